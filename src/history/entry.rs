//! One entry, from a line of `journalctl --output=json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::kind::Kind;

/// The fields that are of use, here and wherever entries are read. journalctl is asked for no other: anybody can write some of any
/// size. `__CURSOR` and `__REALTIME_TIMESTAMP` it shows in any case.
pub const FIELDS: &[&str] = &[
    "MESSAGE_ID",
    "MESSAGE",
    "_HOSTNAME",
    "_SYSTEMD_UNIT",
    "_UID",
    "_EXE",
    "GRANT",
    "SECRET",
    "SECRET_ID",
    "ROLE_ARN",
    "ROLE_SESSION_NAME",
    "SOURCE_IDENTITY",
    "ACCESS_KEY_ID",
    "EXPIRATION",
    "SECRET_VERSION_ID",
    "ERROR_CODE",
    "REQUESTED_BY",
    "APPROVED_BY",
    "REASON",
    "TICKET",
];

/// Something that credadmin said of itself, or that somebody said in its name: `unit` and `uid` are journald's own word,
/// everything else is the word of whoever wrote the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When journald took it in, by its own clock (`__REALTIME_TIMESTAMP`).
    pub at: Timestamp,
    /// What it tells of.
    pub kind: Kind,
    /// The sentence; empty if whoever wrote it left it out.
    pub message: String,
    /// Where in the journal it stands.
    pub cursor: String,
    /// The host (`_HOSTNAME`).
    pub host: String,
    /// The unit whose process wrote it (`_SYSTEMD_UNIT`), by journald's word.
    pub unit: Option<String>,
    /// The user whose process wrote it (`_UID`), by journald's word.
    pub uid: Option<u32>,
    /// The program that wrote it (`_EXE`), by journald's word.
    pub program: Option<String>,
    fields: BTreeMap<String, String>,
}

/// A line that is no entry of a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not an object of JSON.
    #[error("no line of `journalctl --output=json`: {0}")]
    NoEntry(String),
    /// A field without which nothing can be said.
    #[error("an entry without {0}")]
    Without(&'static str),
}

impl Entry {
    /// Reads a line; `None` if it tells of nothing that is of use.
    ///
    /// # Errors
    /// If the line is no entry of a journal.
    pub fn parse(line: &str) -> Result<Option<Self>, Unreadable> {
        Line::read(line)?.entry()
    }

    /// A field of the entry, such as `GRANT`.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A field that is an instant, such as `EXPIRATION`.
    pub fn instant(&self, name: &str) -> Option<Timestamp> {
        self.field(name)?.parse().ok()
    }

    /// The names in a field that is a list, such as `GRANT` of a published session.
    pub fn names(&self, name: &str) -> impl Iterator<Item = &str> {
        self.field(name).into_iter().flat_map(|names| names.split(", "))
    }
}

/// A line of `journalctl --output=json`, whatever it tells of.
pub struct Line(BTreeMap<String, String>);

impl Line {
    /// # Errors
    /// If it is not one.
    pub fn read(line: &str) -> Result<Self, Unreadable> {
        let fields: Map<String, Value> = serde_json::from_str(line).map_err(|error| Unreadable::NoEntry(error.to_string()))?;
        Ok(Self(fields.into_iter().filter_map(|(name, value)| Some((name, text(&value)?))).collect()))
    }

    /// When and where it was written.
    pub fn written(&self) -> Option<(Timestamp, String)> {
        let at = Timestamp::from_microsecond(self.0.get("__REALTIME_TIMESTAMP")?.parse().ok()?).ok()?;
        Some((at, self.0.get("_HOSTNAME").cloned().unwrap_or_default()))
    }

    /// What it tells; `None` if that is of no use.
    ///
    /// # Errors
    /// If it lacks what every entry has.
    pub fn entry(self) -> Result<Option<Entry>, Unreadable> {
        let Self(mut fields) = self;
        let Some(kind) = fields.get("MESSAGE_ID").and_then(|id| Kind::of(id)) else {
            return Ok(None);
        };
        let mut take = |name: &'static str| fields.remove(name).ok_or(Unreadable::Without(name));
        let microseconds = take("__REALTIME_TIMESTAMP")?;
        let at = microseconds.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
        Ok(Some(Entry {
            at: at.ok_or_else(|| Unreadable::NoEntry(format!("__REALTIME_TIMESTAMP is {microseconds:?}")))?,
            kind,
            message: take("MESSAGE").unwrap_or_default(),
            cursor: take("__CURSOR").unwrap_or_default(),
            host: take("_HOSTNAME").unwrap_or_default(),
            unit: take("_SYSTEMD_UNIT").ok(),
            uid: take("_UID").ok().and_then(|uid| uid.parse().ok()),
            program: take("_EXE").ok(),
            fields: fields.into_iter().filter(|(name, _)| FIELDS.contains(&name.as_str())).collect(),
        }))
    }
}

/// journalctl writes bytes that are no text as an array of numbers, and the values of a field that has several as an array of
/// these: the first counts.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(values) if values.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = values.iter().filter_map(|byte| byte.as_u64()?.try_into().ok()).collect();
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        Value::Array(values) => values.first().and_then(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: &str = r#""MESSAGE_ID":"82e2e6b95f90c4ea1881916231a3db98","MESSAGE":"window opened""#;

    #[test]
    fn an_entry_is_what_journalctl_says() {
        let line = format!(
            r#"{{{OPENED},"__REALTIME_TIMESTAMP":"1795000000123456","__CURSOR":"s=1","_HOSTNAME":"a","_SYSTEMD_UNIT":"credadmin.service",
                "_UID":"991","GRANT":"night, day","EXPIRATION":"2026-12-01T08:00:00Z","REASON":[72,105,255],"TICKET":["T-1","T-2"]}}"#
        );
        let entry = Entry::parse(&line).unwrap().unwrap();
        assert_eq!((entry.kind, entry.at.as_microsecond()), (Kind::Opened, 1_795_000_000_123_456));
        assert_eq!((entry.unit.as_deref(), entry.uid), (Some("credadmin.service"), Some(991)));
        assert_eq!(entry.names("GRANT").collect::<Vec<_>>(), ["night", "day"]);
        assert_eq!(entry.instant("EXPIRATION"), "2026-12-01T08:00:00Z".parse().ok());
        assert_eq!(entry.field("REASON"), Some("Hi\u{fffd}"));
        assert_eq!(entry.field("TICKET"), Some("T-1"));
    }

    /// journald takes it from anybody, and journalctl shows what is long as null.
    #[test]
    fn an_entry_without_a_sentence_is_an_entry() {
        for message in ["", r#","MESSAGE":null"#] {
            let id = &OPENED[..OPENED.find(',').expect("two fields")];
            let entry = Entry::parse(&format!(r#"{{{id}{message},"__REALTIME_TIMESTAMP":"1","GRANT":"night","X":"1"}}"#));
            let entry = entry.unwrap().unwrap();
            assert_eq!((entry.message.as_str(), entry.field("GRANT"), entry.field("X")), ("", Some("night"), None));
        }
    }

    #[test]
    fn what_is_no_entry_is_told_and_what_is_of_no_use_is_passed_over() {
        assert_eq!(Entry::parse(r#"{"MESSAGE":"hello","__REALTIME_TIMESTAMP":"1"}"#), Ok(None));
        assert_eq!(Entry::parse(&format!("{{{OPENED}}}")), Err(Unreadable::Without("__REALTIME_TIMESTAMP")));
        let stamped = |at: &str| Entry::parse(&format!(r#"{{{OPENED},"__REALTIME_TIMESTAMP":"{at}"}}"#));
        assert!(matches!(stamped("yesterday"), Err(Unreadable::NoEntry(_))));
        assert!(matches!(stamped("99999999999999999999"), Err(Unreadable::NoEntry(_))));
        assert!(matches!(Entry::parse("-- cursor: s=1"), Err(Unreadable::NoEntry(_))));
    }
}
