//! A request: a small TOML file, and its id, which is made of what it says.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::text::{is_plain, quoted};
use crate::grant::{Name, Span};
use crate::plain::plain;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 1000;
/// The longest ticket, in characters.
pub const LONGEST_TICKET: usize = 200;
/// What an id begins with.
const START: &str = "req-";
/// Digits of the digest in an id: 128 bits, so that nobody finds two requests of one id.
const DIGITS: usize = 32;

/// The id of a request and the name of its grant: `req-`, the day it opens, and the start of its text's SHA-256. Whoever approves
/// an id approves the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(Name);

impl Id {
    /// That of this text, whose window opens then.
    pub fn of(text: &str, opens: Timestamp) -> Self {
        let id = format!("{START}{}-{}", opens.strftime("%Y%m%d"), &sha256(text)[..DIGITS]);
        Self(Name::parse(&id).expect("45 characters of those allowed"))
    }

    /// `None` unless `text` could be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (day, digest) = text.strip_prefix(START)?.split_once('-')?;
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let good =
            day.len() == 8 && day.bytes().all(|c| c.is_ascii_digit()) && digest.len() == DIGITS && digest.bytes().all(is_hex);
        Name::parse(text).filter(|_| good).map(Self)
    }

    /// The name of the grant.
    pub fn name(&self) -> &Name {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The SHA-256 of a text in lower-case hexadecimal digits, as sha256sum prints it.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is asked for. It names a secret, and nothing that could ever be a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The NAME of a `[secrets.NAME]` table.
    pub secret: Name,
    /// When it is to be open.
    pub window: Span,
    /// Why, on one line.
    pub reason: String,
    /// Where it is written down.
    pub ticket: Option<String>,
    /// When it was asked for, by the applicant's clock; finer than seconds, so that no two who ask for the same have one text.
    pub asked: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    request: Keys,
}

/// A key that is not known may be one that somebody hopes to have an effect.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    secret: String,
    from: String,
    until: String,
    reason: String,
    ticket: Option<String>,
    asked: String,
}

impl Request {
    /// Reads the text of a request.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        // It quotes keys as they are.
        let File { request: keys } =
            toml::from_str(text).map_err(|error| format!("not a request: {}", plain(error.message())))?;
        let asked = keys.asked.parse().map_err(|_| format!("asked is {:?}; wanted: an instant in UTC", keys.asked))?;
        let instant = |key: &str, text: &str| {
            let is_good = |instant: &Timestamp| text.ends_with('Z') && instant.subsec_nanosecond() == 0;
            let wanted = "wanted: an instant in UTC and in whole seconds, such as \"2026-12-01T08:00:00Z\"";
            text.parse().ok().filter(is_good).ok_or_else(|| format!("{key} is {text:?}; {wanted}"))
        };
        let secret = Name::parse(&keys.secret)
            .ok_or_else(|| format!("secret is {:?}; wanted: the NAME of a [secrets.NAME] table", keys.secret))?;
        let window = Span { opens: instant("from", &keys.from)?, closes: instant("until", &keys.until)? };
        let request = Self { secret, window, reason: keys.reason, ticket: keys.ticket, asked };
        request.fault().map_or(Ok(request.clone()), Err)
    }

    /// What is wrong with it by itself.
    pub fn fault(&self) -> Option<String> {
        if self.window.opens >= self.window.closes {
            return Some("until is not later than from: the window ends before it starts".into());
        }
        if !is_plain(&self.reason, LONGEST_REASON) {
            return Some(format!(
                "reason is {:?}; wanted: one line of 1 to {LONGEST_REASON} characters, none of them unseen",
                cut(&self.reason)
            ));
        }
        let ticket = self.ticket.as_deref().filter(|ticket| !is_plain(ticket, LONGEST_TICKET))?;
        Some(format!("ticket is {:?}; wanted: one line of 1 to {LONGEST_TICKET} characters, none of them unseen", cut(ticket)))
    }

    /// Its text, as `credadmin request` writes it.
    pub fn text(&self) -> String {
        let ticket = self.ticket.iter().map(|ticket| format!("ticket = {}\n", quoted(ticket))).collect::<String>();
        format!(
            "[request]\nsecret = {}\nfrom = \"{}\"\nuntil = \"{}\"\nreason = {}\n{ticket}asked = \"{}\"\n",
            quoted(self.secret.as_str()),
            self.window.opens,
            self.window.closes,
            quoted(&self.reason),
            self.asked
        )
    }

    /// How long the window is.
    pub fn length(&self) -> SignedDuration {
        self.window.closes.duration_since(self.window.opens)
    }
}

/// The start of a text that may be long.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::super::example::request;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_read_as_it_was_written_and_its_id_is_its_content() {
        let request = request();
        let text = request.text();
        assert_eq!(Request::parse(&text), Ok(request.clone()));
        assert_eq!(Request::parse(&Request { ticket: None, ..request.clone() }.text()).map(|request| request.ticket), Ok(None));
        let id = Id::of(&text, request.window.opens);
        assert_eq!(id.to_string(), format!("req-20261201-{}", &sha256(&text)[..32]));
        assert_eq!(Id::parse(&id.to_string()), Some(id.clone()));
        assert_ne!(Id::of(&text.replace("18:00", "19:00"), request.window.opens), id);
        for text in [
            "",
            "req-20261201-",
            "req-2026120-0123456789abcdef0123456789abcdef",
            "../x",
            "req-20261201-0123456789ABCDEF0123456789abcdef",
        ] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "FIPS 180-2");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_plain_comes_back(text in any::<String>(), reason in "\\PC{1,60}") {
            drop(Request::parse(&text));
            let request = Request { reason, ..request() };
            match request.fault() {
                None => prop_assert_eq!(Request::parse(&request.text()), Ok(request)),
                Some(why) => prop_assert_eq!(Request::parse(&request.text()), Err(why)),
            }
        }
    }

    #[test]
    fn what_is_no_request_is_refused_in_these_words() {
        let text = request().text();
        for (from, to, says) in [
            ("[request]", "[grants.x]", "not a request: unknown field `grants`, expected `request`"),
            (
                "secret =",
                "role_arn = \"arn:aws:iam::123456789012:role/Admin\"\nsecret =",
                "not a request: unknown field `role_arn`, expected one of `secret`, `from`, `until`, `reason`, `ticket`, `asked`",
            ),
            (
                "secret =",
                "\"\\u001b]52;\\nc\" = 1\nsecret =",
                "not a request: unknown field `\u{fffd}]52;\u{fffd}c`, expected one of `secret`, `from`, `until`, `reason`, `ticket`, `asked`",
            ),
            ("secret = \"s\"\n", "", "not a request: missing field `secret`"),
            ("secret = \"s\"", "secret = \"S/..\"", "secret is \"S/..\"; wanted: the NAME of a [secrets.NAME] table"),
            (
                "08:00:00Z",
                "08:00:00+01:00",
                "from is \"2026-12-01T08:00:00+01:00\"; wanted: an instant in UTC and in whole seconds, such as \"2026-12-01T08:00:00Z\"",
            ),
            (
                "18:00:00Z",
                "18:00:00.5Z",
                "until is \"2026-12-01T18:00:00.5Z\"; wanted: an instant in UTC and in whole seconds, such as \"2026-12-01T08:00:00Z\"",
            ),
            ("18:00:00Z", "08:00:00Z", "until is not later than from: the window ends before it starts"),
            ("12:00:00Z", "noon", "asked is \"2026-11-30Tnoon\"; wanted: an instant in UTC"),
            ("OPS-1234", "", "ticket is \"\"; wanted: one line of 1 to 200 characters, none of them unseen"),
            (
                "quarter-end",
                "a\\nb",
                "reason is \"a\\nb \\\"figures\\\" \\\\ more\"; wanted: one line of 1 to 1000 characters, none of them unseen",
            ),
        ] {
            assert!(text.contains(from), "{from}");
            assert_eq!(Request::parse(&text.replacen(from, to, 1)), Err(says.to_owned()));
        }
        assert!(Request::parse("[request\n").is_err_and(|says| says.starts_with("not a request: ")));
        assert!(Request::parse(&format!("{text}[secrets.s]\nrole_arn = \"x\"\n")).is_err());
    }
}
