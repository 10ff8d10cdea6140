//! The journal's catalog and the table of events are held to the code: whatever can be told is explained in both, and truly.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::secrets::source::product;

/// The texts that have to agree.
#[derive(Clone)]
struct Texts {
    record: String,
    writer: String,
    cli: String,
    catalog: String,
    table: String,
}

/// What the code says of one MESSAGE_ID.
struct Told {
    event: String,
    levels: BTreeSet<&'static str>,
}

/// One entry of the catalog.
struct Entry<'a> {
    id: &'a str,
    headers: Vec<&'a str>,
    paragraphs: Vec<&'a str>,
}

fn texts() -> Texts {
    let sources: BTreeMap<String, String> = product().into_iter().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = |name: &str| fs::read_to_string(root.join(name)).expect(name);
    Texts {
        record: with_ids(&(sources["journal/words.rs"].clone() + &sources["journal/fields.rs"]), &sources["journal/ids.rs"]),
        writer: sources["journal/writer.rs"].clone(),
        cli: sources["cli/mod.rs"].clone(),
        catalog: file("systemd/credadmin.catalog"),
        table: file("docs/events.md"),
    }
}

/// The code with each id in the place of its name.
fn with_ids(code: &str, ids: &str) -> String {
    let ids: BTreeMap<&str, &str> =
        ids.lines().filter_map(|line| line.strip_prefix("pub const ")?.strip_suffix(';')?.split_once(": &str = ")).collect();
    let mut parts = code.split("ids::");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = &part[..part.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(part.len())];
        text += ids.get(name).unwrap_or(&"");
        text += &part[name.len()..];
    }
    text
}

/// The arms of a match over events, and the functions: each stretch of code with what it begins with.
fn stretches(code: &str) -> impl Iterator<Item = (&str, &str)> {
    let name = |text: &str| text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    code.split("\nfn ").flat_map(|function| function.split("\n            Self::")).map(move |text| (&text[..name(text)], text))
}

/// `ReloadRefused` is "Reload refused", and `closed`, which is a function, "Closed".
fn in_words(variant: &str) -> String {
    let mut words = String::new();
    for c in variant.chars() {
        match (words.is_empty(), c.is_uppercase()) {
            (true, _) => words.extend(c.to_uppercase()),
            (false, true) => words.extend([' '].into_iter().chain(c.to_lowercase())),
            (false, false) => words.push(c),
        }
    }
    words
}

/// What looks like a MESSAGE_ID that somebody might have mistyped, too.
fn is_like_an_id(word: &str) -> bool {
    word.len() >= 16 && word.chars().all(|c| c.is_ascii_hexdigit())
}

/// Every MESSAGE_ID of the code, and the ids that two events have.
fn told(record: &str) -> (BTreeMap<&str, Told>, Vec<String>) {
    const LEVELS: &[(&str, &str)] =
        &[("Level::ERROR", "error"), ("Level::WARN", "warning"), ("Level::INFO", "info"), ("Level::DEBUG", "debug")];
    let (mut told, mut twice) = (BTreeMap::<&str, Told>::new(), Vec::new());
    for (name, text) in stretches(record) {
        let event = in_words(name);
        for id in text.split('"').filter(|word| is_like_an_id(word)) {
            let levels = LEVELS.iter().filter(|(code, _)| text.contains(code)).map(|(_, word)| *word).collect();
            let before = told.insert(id, Told { event: event.clone(), levels });
            twice.extend(before.filter(|before| before.event != event).map(|_| format!("{id}: two events have it")));
        }
    }
    (told, twice)
}

/// The fields that `code` sets, whatever is in the event: those that depend on it are mapped or filtered.
fn set_in(code: &str, fields: &BTreeSet<&str>) -> BTreeSet<String> {
    let sets = |field: &&&str| {
        let start = format!(" {}: Some(", field.to_lowercase());
        code.lines().any(|line| line.contains(&start) && !line.contains(".filter("))
    };
    fields.iter().filter(sets).map(|field| (*field).to_owned()).collect()
}

/// The fields that an event always has.
fn always_set(record: &str, event: &str, fields: &BTreeSet<&str>) -> BTreeSet<String> {
    let made = |by: &str| {
        let code =
            record.split(&format!("fn {by}(")).nth(1).and_then(|rest| rest.split("\n    fn ").next()).expect("a constructor");
        set_in(code, fields)
    };
    let (of_secret, of_grant) = (made("of"), made("of_grant"));
    let code = record.split("fn fields(&self)").nth(1).expect("Event::fields");
    let arms = stretches(code).map(|(_, arm)| format!("Self::{arm}"));
    let arms = arms.filter(|arm| arm.split("Self::").skip(1).any(|of| in_words(of.split(' ').next().unwrap_or(of)) == event));
    let sets = arms.map(|arm| {
        let mut set = set_in(&arm, fields);
        if arm.contains("Fields::of_grant(") {
            set.extend(of_grant.iter().cloned());
        }
        if arm.contains("Fields::of") {
            set.extend(of_secret.iter().cloned());
        }
        set
    });
    sets.reduce(|one, other| one.intersection(&other).cloned().collect()).unwrap_or_default()
}

fn entries(catalog: &str) -> Vec<Entry<'_>> {
    let entry = |text| {
        let (head, body) = str::split_once(text, "\n\n").unwrap_or((text, ""));
        let mut head = head.lines();
        let id = head.next().unwrap_or_default();
        Entry { id, headers: head.collect(), paragraphs: body.trim().split("\n\n").filter(|text| !text.is_empty()).collect() }
    };
    catalog.split("\n\n-- ").skip(1).map(entry).collect()
}

/// The cells of each row.
fn rows(table: &str) -> Vec<Vec<&str>> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(1).map(|row| row.split(" | ").collect()).collect()
}

/// What stands between each pair of `@`.
fn fields_used(text: &str) -> impl Iterator<Item = &str> {
    text.split('@').skip(1).step_by(2)
}

/// The sub-commands of credadmin that `commands` call.
fn called<'a>(commands: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let called = commands.filter_map(|command| command.trim().strip_prefix("credadmin "));
    called.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned()).collect()
}

/// Each id once, and the same as in the code.
fn wrong_ids(file: &str, ids: &[&str], told: &BTreeMap<&str, Told>) -> Vec<String> {
    let mut wrong: Vec<String> =
        told.keys().filter(|id| !ids.contains(id)).map(|id| format!("{file} does not have {id} ({})", told[id].event)).collect();
    wrong.extend(ids.iter().filter(|id| !told.contains_key(**id)).map(|id| format!("{file} has {id}, which nothing tells")));
    let mut once = BTreeSet::new();
    wrong.extend(ids.iter().filter(|id| !once.insert(**id)).map(|id| format!("{file} has {id} twice")));
    wrong
}

fn wrong_entry(entry: &Entry<'_>, set: &BTreeSet<String>, fields: &BTreeSet<&str>) -> Vec<String> {
    let mut wrong = Vec::new();
    for header in ["Subject", "Defined-By"] {
        let says = |line: &&str| line.split_once(": ").is_some_and(|(name, what)| name == header && !what.is_empty());
        if !entry.headers.iter().any(says) {
            wrong.push(format!("no {header}"));
        }
    }
    if !matches!(entry.paragraphs[..], [_, access, to_do] if access.starts_with("Access: ") && to_do.starts_with("To do: ")) {
        wrong.push("not three paragraphs: what happened, Access, To do".into());
    }
    if !entry.paragraphs.last().is_some_and(|to_do| to_do.contains("\n    ")) {
        wrong.push("no command".into());
    }
    let lines = || entry.headers.iter().copied().chain(entry.paragraphs.iter().flat_map(|paragraph| paragraph.lines()));
    let comments = lines().filter(|line| line.starts_with(['#', ';']));
    wrong.extend(comments.map(|line| format!("systemd takes this for a comment: {line}")));
    for field in lines().flat_map(fields_used) {
        match (fields.contains(field), set.contains(field)) {
            (false, _) => wrong.push(format!("the journal has no field {field}")),
            (true, false) => wrong.push(format!("a line may lack {field}")),
            (true, true) => {}
        }
    }
    wrong
}

fn wrong(texts: &Texts) -> Vec<String> {
    let (told, mut wrong) = told(&texts.record);
    wrong.extend(
        told.keys()
            .filter(|id| id.len() != 32 || id.chars().any(|c| c.is_ascii_uppercase()))
            .map(|id| format!("{id} is not 32 lower-case hex digits")),
    );
    let fields: BTreeSet<&str> = texts.writer.lines().filter_map(|line| Some(line.trim().split_once(" = fields.")?.0)).collect();

    let entries = entries(&texts.catalog);
    wrong.extend(wrong_ids("the catalog", &entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), &told));
    for entry in &entries {
        let set = told.get(entry.id).map(|told| always_set(&texts.record, &told.event, &fields)).unwrap_or_default();
        wrong.extend(wrong_entry(entry, &set, &fields).into_iter().map(|what| format!("{}: {what}", entry.id)));
    }

    let rows = rows(&texts.table);
    wrong.extend(rows.iter().filter(|row| row.len() != 5).map(|row| format!("not five cells: {row:?}")));
    let rows: Vec<_> = rows.iter().filter(|row| row.len() == 5).map(|row| (row[0], row[1], row[2].trim_matches('`'))).collect();
    wrong.extend(wrong_ids("the table", &rows.iter().map(|row| row.2).collect::<Vec<_>>(), &told));
    for (event, level, id) in rows {
        let Some(told) = told.get(id) else { continue };
        if event.split(':').next() != Some(&told.event) {
            wrong.push(format!("{id} is {}, not {event}", told.event));
        }
        // An event without a level of its own has that of what it passes on.
        if !told.levels.is_empty() && level.split(" or ").collect::<BTreeSet<_>>() != told.levels {
            wrong.push(format!("{event} is told as {:?}, not as {level}", told.levels));
        }
    }

    let commands = texts.cli.split("enum Command {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the sub-commands");
    let commands = commands.lines().filter_map(|line| line.strip_prefix("    ")?.split(['(', ',', ' ']).next());
    let commands: BTreeSet<String> = commands.map(str::to_lowercase).collect();
    let indented = texts.catalog.lines().filter(|line| line.starts_with("    "));
    let called = called(indented.chain(texts.table.split('`').skip(1).step_by(2)));
    wrong.extend(called.difference(&commands).map(|name| format!("there is no credadmin {name}")));
    wrong
}

#[test]
fn the_catalog_and_the_table_say_what_the_code_does() {
    let texts = texts();
    assert_eq!(wrong(&texts), [""; 0]);
    assert!(told(&texts.record).0.len() >= 28, "the events are where they were");
}

#[test]
fn each_of_these_rules_can_be_broken() {
    let texts = texts();
    let before = wrong(&texts);
    type Place = fn(&mut Texts) -> &mut String;
    let record: Place = |texts| &mut texts.record;
    let catalog: Place = |texts| &mut texts.catalog;
    let table: Place = |texts| &mut texts.table;
    for (place, from, to, says) in [
        (record, "6706b15a75c\"", "6706b15a75d\"", "nothing tells"),
        (record, "6706b15a75c\"", "6706b15a75\"", "not 32 lower-case"),
        (record, "\"9b5e56b75019", "\"9B5E56b75019", "not 32 lower-case"),
        (record, "\"9b5e56b75019c0bda7e8e6706b15a75c\"", "\"9ae233910e76729493e3f5decbda5468\"", "two events have it"),
        (record, "Level::INFO,\n                \"9b5e", "Level::WARN,\n                \"9b5e", "Started is told as"),
        (record, "grant: Some(list(grants)), ..Fields", "grant: None, ..Fields", "a line may lack GRANT"),
        (catalog, "-- 9b5e56b75019c0bda7e8e6706b15a75c", "-- 9b5e56b75019c0bda7e8e6706b15a75d", "the catalog does not have"),
        (catalog, "-- 9b5e56b75019c0bda7e8e6706b15a75c", "-- 9ae233910e76729493e3f5decbda5468", "the catalog has 9ae2"),
        (catalog, "Subject: credadmin started", "Subject: ", "no Subject"),
        (catalog, "Defined-By: credadmin\n\ncredadmin has read", "\ncredadmin has read", "no Defined-By"),
        (catalog, "\n\nAccess: sessions published", "\nAccess: sessions published", "not three paragraphs"),
        (catalog, "To do: nothing, if somebody meant to start it", "Nothing, if somebody meant", "not three paragraphs"),
        (catalog, "    timedatectl\n    timedatectl set-ntp true", "timedatectl", "no command"),
        (catalog, "again, and what is open:", "# again, and what is open:", "takes this for a comment"),
        (catalog, "@SECRET_ID@ has no value yet", "@SECRET_NAME@ has no value yet", "the journal has no field SECRET_NAME"),
        (catalog, "@SECRET_ID@ has no value yet", "@GRANT@ has no value yet", "a line may lack GRANT"),
        (catalog, "    credadmin plan", "    credadmin undo", "there is no credadmin undo"),
        (table, "`9b5e56b75019c0bda7e8e6706b15a75c`", "`9b5e56b75019c0bda7e8e6706b15a75d`", "the table does not have"),
        (table, "| Started | info |", "| Started | error |", "Started is told as"),
        (table, "| Library | warning or error |", "| Failing | warning or error |", "is Library, not Failing"),
        (table, "| Remark | warning or error |", "| Remark | warning |", "Remark is told as"),
        (table, "| Started | info |", "| Started | info | new |", "not five cells"),
        (table, "`credadmin plan`", "`credadmin undo`", "there is no credadmin undo"),
    ] {
        let mut broken = texts.clone();
        let text = place(&mut broken);
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
        let news: Vec<String> = wrong(&broken).into_iter().filter(|what| !before.contains(what)).collect();
        assert!(news.iter().any(|what| what.contains(says)), "{from} -> {to}: {news:?}");
    }
}
