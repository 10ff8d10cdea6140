//! docs/faults.md: what was seen, in a table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::SignedDuration;
use strict_aws::Operation;
use tracing::Level;

use super::cells::{Cell, Ill};
use super::run::Seen;

/// Set, the table is written anew.
const UPDATE: &str = "UPDATE_FAULTS";
/// Where the generated part of the page begins and ends.
const MARKS: [&str; 2] = ["<!-- generated: cells -->\n", "<!-- end of what is generated -->\n"];

/// The table's rows.
pub struct Table {
    /// Names of events by their ids, as the runbook has them.
    names: BTreeMap<String, String>,
    rows: Vec<String>,
}

impl Table {
    /// With no rows yet.
    pub fn new() -> Self {
        let runbook = std::fs::read_to_string(page("events")).expect("docs/events.md");
        let cells = runbook.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let (name, id) = (cells.next()?, cells.nth(1)?);
            Some((id.trim_matches('`').to_owned(), name.to_owned()))
        });
        Self { names: cells.collect(), rows: Vec::new() }
    }

    /// Adds a cell.
    pub fn add(&mut self, cell: &Cell, seen: &Seen) {
        let first = match cell.ill {
            Ill::Wire(_) if seen.waited_for_the_first() => "none until it heals",
            Ill::Wire(_) => "published all the same",
            _ => "—",
        };
        let (call, journal, bound) = (call(cell.call), self.journal(cell, seen), cell.bound());
        let row = format!("| {} | {call} | {first} | {} | {journal} | {bound:#} |\n", cell.fault, access(seen));
        self.rows.push(row);
    }

    fn journal(&self, cell: &Cell, seen: &Seen) -> String {
        let mut told: Vec<String> = Vec::new();
        for record in seen.during(seen.began, seen.healed + cell.bound()) {
            let name = self.names.get(record.message_id).expect("every event is in the runbook");
            let code = record.fields.error_code.as_ref().map(|code| format!(" `{code}`")).unwrap_or_default();
            let line = format!("{}{code}", name.to_lowercase());
            if (record.level <= Level::WARN || ["Closed", "Well again"].contains(&name.as_str())) && !told.contains(&line) {
                told.push(line);
            }
        }
        // At the end of its tries or of the hour, whichever comes first.
        told.sort_by_key(|line| line == "well again");
        told.join(", ")
    }

    /// Compares it with the page, or writes it there.
    pub fn keep(&self) {
        let path = page("faults");
        let text = std::fs::read_to_string(&path).expect("docs/faults.md");
        let (head, rest) = text.split_once(MARKS[0]).expect("where the table begins");
        let (written, tail) = rest.split_once(MARKS[1]).expect("where it ends");
        let head_of_table = "| Fault | Call | Before a first session | Under a session | Journal | Well again within |\n|---|---|---|---|---|---|\n";
        let table = format!("{head_of_table}{}", self.rows.concat());
        if std::env::var_os(UPDATE).is_some() {
            return std::fs::write(&path, [head, MARKS[0], &table, MARKS[1], tail].concat()).expect("written");
        }
        let wrong: Vec<_> = table.lines().filter(|line| !written.lines().any(|other| other == *line)).collect();
        assert!(
            written == table,
            "docs/faults.md is not what was seen: {UPDATE}=1 cargo test --test credadmin faults::matrix\n{}",
            wrong.join("\n")
        );
    }
}

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md"))
}

fn call(call: Operation) -> &'static str {
    match call {
        Operation::ImdsToken => "IMDS token",
        Operation::ImdsCredentials => "IMDS credentials",
        Operation::DescribeSecret => "DescribeSecret",
        Operation::AssumeRole => "AssumeRole",
        Operation::PutSecretValue => "PutSecretValue",
        other => panic!("no cell calls {other:?}"),
    }
}

fn access(seen: &Seen) -> String {
    let Some(dead) = seen.dead() else { return "goes on".into() };
    let without = (seen.healed - dead.at).as_mins();
    match dead.at - seen.began < SignedDuration::from_secs(60) {
        true => format!("ends at once, none for {without} min"),
        false => format!("to the end of its session, then none for {without} min"),
    }
}
