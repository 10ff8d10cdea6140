//! The statement that a request is approved: what an approver signs.

use jiff::Timestamp;
use serde::Deserialize;

use super::request::sha256;
use super::text::{is_plain, quoted};
use crate::plain::plain;

/// The longest name of an approver, in characters.
pub const LONGEST_NAME: usize = 256;

/// Who approved which text, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Of the request's text.
    pub sha256: String,
    /// The name of a user of the system, or the principal of a signature.
    pub approver: String,
    /// When, by the approver's clock.
    pub at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    approval: Keys,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    sha256: String,
    approver: String,
    at: String,
}

impl Statement {
    /// That `approver` approves the request of this text.
    pub fn of(request: &str, approver: &str, at: Timestamp) -> Self {
        Self { sha256: sha256(request), approver: approver.to_owned(), at }
    }

    /// Reads the text of one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let File { approval: Keys { sha256, approver, at } } =
            toml::from_str(text).map_err(|error| format!("not an approval: {}", plain(error.message())))?;
        let at = at.parse().map_err(|_| format!("at is {at:?}; wanted: an instant such as \"2026-12-01T08:00:00Z\""))?;
        if !is_plain(&approver, LONGEST_NAME) {
            return Err("approver is not a name on one line".into());
        }
        Ok(Self { sha256, approver, at })
    }

    /// Its text.
    pub fn text(&self) -> String {
        let Self { sha256, approver, at } = self;
        format!("[approval]\nsha256 = {}\napprover = {}\nat = \"{at}\"\n", quoted(sha256), quoted(approver))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_as_it_was_written() {
        let statement = Statement::of("text", "bob", "2026-12-01T08:00:00Z".parse().expect("an instant"));
        assert_eq!(Statement::parse(&statement.text()), Ok(statement.clone()));
        for (from, to, says) in [
            ("at =", "role = \"x\"\nat =", "not an approval: unknown field `role`, expected one of `sha256`, `approver`, `at`"),
            ("08:00:00Z", "08:00", "at is \"2026-12-01T08:00\"; wanted: an instant such as \"2026-12-01T08:00:00Z\""),
            ("bob", "b\\nob", "approver is not a name on one line"),
        ] {
            assert_eq!(Statement::parse(&statement.text().replace(from, to)), Err(says.to_owned()));
        }
    }
}
