//! Reading a manual page in mdoc(7), as far as its tests need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

pub type Words = BTreeSet<String>;

/// One key of the config, as its page has it.
pub struct Key<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    /// What stands in the parentheses.
    pub default: &'a str,
    pub said: String,
}

/// A page. What is to be typed is escaped in it, so that no reader of pages makes it prettier.
pub fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man").join(name);
    let escapes = [("\\-", "-"), ("\\(dq", "\""), ("\\(aq", "'")];
    escapes.iter().fold(fs::read_to_string(path).expect(name), |text, (from, to)| text.replace(from, to))
}

/// What follows each `.request` line up to the next, each with the rest of that line. It begins with a newline, so that its
/// own requests are found in it.
fn parts<'a>(page: &'a str, request: &str) -> Vec<(&'a str, &'a str)> {
    let parts: Vec<&str> = page.split(&format!("\n.{request} ")).skip(1).collect();
    parts.into_iter().map(|part| part.split_at(part.find('\n').unwrap_or(part.len()))).collect()
}

pub fn section<'a>(page: &'a str, title: &str) -> &'a str {
    parts(page, "Sh").into_iter().find(|(head, _)| *head == title).map(|(_, body)| body).unwrap_or_default()
}

pub fn subsections(section: &str) -> BTreeMap<&str, &str> {
    parts(section, "Ss").into_iter().collect()
}

/// The items of lists.
pub fn items(body: &str) -> Vec<(&str, &str)> {
    parts(body, "It").into_iter().map(|(head, text)| (head, text.split("\n.El").next().unwrap_or_default())).collect()
}

/// The items of lists, without what is said of them.
pub fn heads(body: &str) -> String {
    items(body).iter().map(|(head, _)| format!("{head}\n")).collect()
}

/// The words after each `start`.
pub fn words_after(text: &str, start: &str) -> Words {
    let is_end = |c: char| c.is_whitespace() || "\"<,;)".contains(c);
    let words = text.split(start).skip(1).map(|rest| rest.split(is_end).next().unwrap_or_default().to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// The names that `request` marks, at the start of a line or of an item.
pub fn names(body: &str, request: &str) -> Words {
    let lines = body.lines().map(|line| line.trim_start_matches(".It ").trim_start_matches('.'));
    let named = lines.filter_map(|line| line.strip_prefix(request)?.strip_prefix(' '));
    named.flat_map(str::split_whitespace).filter(|name| name.len() > 1).map(str::to_owned).collect()
}

/// The keys of each table: `.It Cm NAME No = KIND Pq DEFAULT`.
pub fn keys(page: &str) -> BTreeMap<&str, Vec<Key<'_>>> {
    let key = |(head, said): (_, &str)| {
        let (name, rest) = str::split_once(str::strip_prefix(head, "Cm ")?, " No = ")?;
        let (kind, default) = rest.trim_start_matches("Ar ").split_once(" Pq ")?;
        Some(Key { name, kind, default, said: said.replace("\n.Ql ", " ").replace('\n', " ") })
    };
    subsections(section(page, "KEYS"))
        .into_iter()
        .map(|(table, body)| (table, items(body).into_iter().filter_map(key).collect()))
        .collect()
}

/// The config in the examples.
pub fn example(page: &str) -> &str {
    let literal = page.split("\n.Bd -literal -offset indent\n").nth(1);
    literal.and_then(|rest| rest.split(".Ed\n").next()).unwrap_or_default()
}
