//! A drop-in beside a fixed config: it brings no secret and no role, disturbs no grant that it does not name, and counts as absent if
//! it is bad.

use std::cell::RefCell;

use credadmin::config::{Fault, Settings};
use credadmin::grant::{Grant, Window};
use jiff::Timestamp;

use crate::files::Files;
use crate::{plan, written};

const MAIN: &str = r#"
[secrets.s]
secret_id = "S"
role_arn = "arn:aws:iam::123456789012:role/S"
[secrets.t]
secret_id = "T"
role_arn = "arn:aws:iam::123456789012:role/T"
session_policy = "off"
[grants.once]
secret = "s"
from = "2026-12-01T08:00:00Z"
until = "2026-12-01T18:00:00Z"
[grants.again]
secret = "t"
cron = "0 22 * * MON-FRI"
duration = "2h"
"#;
/// Another drop-in.
const NEIGHBOUR: &str = "[grants.neighbour]\nsecret = \"s\"\nfrom = \"2026-11-30T08:00:00Z\"\nuntil = \"2026-12-02T09:00:00Z\"\n";

pub const WORDS: &[&str] = &[
    "[grants.once]\n",
    "[grants.again]\n",
    "[grants.neighbour]\n",
    "[grants.new]\nsecret = \"s\"\nfrom = \"2026-12-01T08:00:00Z\"\nuntil = \"2026-12-01T10:00:00Z\"\n",
    "[grants.more]\nsecret = \"t\"\ncron = \"*/20 * * * *\"\nduration = \"10m\"\n",
    "[grants]\n",
    "[secrets.u]\nsecret_id = \"U\"\nrole_arn = \"arn:aws:iam::123456789012:role/U\"\n",
    "[secrets.s]\n",
    "secrets.s.role_arn = \"arn:aws:iam::123456789012:role/U\"\n",
    "role_arn = \"arn:aws:iam::123456789012:role/U\"\n",
    "grants.once.until = \"2026-12-01T09:00:00Z\"\n",
    "region = \"eu-west-1\"\n",
    "until = \"2026-12-01T09:00:00Z\"\n",
    "from = \"2026-12-01T07:00:00Z\"\n",
    "secret = \"t\"\n",
    "secret = \"u\"\n",
    "cron = \"0 1 * * *\"\n",
    "duration = \"1h\"\n",
    "time_zone = \"Europe/Berlin\"\n",
    "reason = \"\\u001b\"\n",
    "[grants.new.evidence]\nrequest = \"x\"\napproval = \"y\"\n",
    "[[grants]]\n",
    "\"",
    "'''",
    "\u{0}",
    "# ",
    "=",
    ".",
];

thread_local!(static SCENE: RefCell<Option<(Files, Settings)>> = const { RefCell::new(None) });

pub fn run(data: &[u8]) {
    SCENE.with_borrow_mut(|scene| {
        let now: Timestamp = "2026-12-01T00:00:00Z".parse().expect("an instant");
        let (files, before) = scene.get_or_insert_with(|| {
            let files = Files::new(MAIN);
            files.write("grants.d/60-neighbour.toml", NEIGHBOUR.as_bytes());
            let before = files.load(now).expect("it is valid");
            (files, before)
        });
        files.write("grants.d/50.toml", data);
        let after = files.load(now).expect("no drop-in spoils the main file");
        judge(data, before, &after, &files.path("grants.d/50.toml"));
        after.secrets.iter().for_each(|watched| plan::obeys(watched, now));
    });
}

fn judge(data: &[u8], before: &Settings, after: &Settings, path: &std::path::Path) {
    let secrets = |settings: &Settings| settings.secrets.iter().map(|watched| (*watched.secret).clone()).collect::<Vec<_>>();
    assert_eq!(secrets(before), secrets(after), "secrets and roles are the main file's");
    let text = String::from_utf8_lossy(data);
    let is_budget = |fault: &Fault| fault.found.contains("would get more than");
    let crowded = after.remarks.iter().any(is_budget);
    for (name, shown) in all(before).filter(|grant| !may_name(&text, grant.name.as_str())).map(|it| (&it.name, shown(it))) {
        // What is too much of all drop-ins together may be another's.
        if !(crowded && name.as_str() == "neighbour") {
            assert_eq!(all(after).find(|grant| grant.name == *name).map(self::shown), Some(shown), "it is not named");
        }
    }
    let mistakes = |fault: &&Fault| fault.is_error() && !is_budget(fault) && fault.place.path() == Some(path);
    let bad = after.remarks.iter().find(mistakes);
    let table = std::str::from_utf8(data).ok().and_then(written::table);
    let only_grants = |table: &toml::Table| table.keys().all(|room| room == "grants");
    assert!(bad.is_some() || table.as_ref().is_some_and(only_grants), "what is no TOML, or more than grants, is bad");
    let bare = |table: &toml::Table| written::room(table, "grants").iter().any(|(_, written)| written.is_empty());
    assert!(bad.is_some() || !table.as_ref().is_some_and(bare), "a table that sets nothing is bad: it may have been cut off");
    for (name, written) in table.iter().flat_map(|table| written::room(table, "grants")) {
        match (bad, all(after).find(|grant| grant.name.as_str() == name)) {
            (Some(fault), Some(_)) => panic!("{name} is open, and {}", fault.one_line()),
            // What two files say together is told of the one or the other.
            (None, None) => assert!(crowded || is_told(after, name), "{name} is closed without a word"),
            // The neighbour is laid over it.
            (None, Some(grant)) if name != "neighbour" => written::grant(written, grant),
            _ => {}
        }
    }
    let known = |grant: &Grant| all(before).any(|old| old.name == grant.name);
    assert!(bad.is_none() || all(after).all(known), "a bad drop-in opens nothing");
}

/// Whether a mistake is told, of whichever file, that names the grant.
fn is_told(settings: &Settings, name: &str) -> bool {
    settings.remarks.iter().any(|fault| fault.is_error() && fault.one_line().contains(&format!("grants.{name}")))
}

fn all(settings: &Settings) -> impl Iterator<Item = &Grant> {
    settings.secrets.iter().flat_map(|watched| watched.grants.iter())
}

/// A name that does not stand in the text, and can't be written in another way there, is not named.
fn may_name(text: &str, name: &str) -> bool {
    text.contains(name) || text.contains('\\')
}

fn shown(grant: &Grant) -> String {
    let window = match &grant.window {
        Window::Once(span) => format!("{span:?}"),
        Window::Recurring(it) => format!("{} {:?} {:?} {:?}", it.cron.pattern, it.duration, it.time_zone, it.bounds),
    };
    format!("{} {window} {:?}", grant.secret, grant.papers)
}
