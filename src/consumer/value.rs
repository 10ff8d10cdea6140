//! What a secret holds, read without trust: whatever it is, nothing of it comes into an error.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::credential::{Credential, is_visible, json};

/// How much of a reason is told, in characters.
const LONGEST_REASON: usize = 200;

/// What a secret holds.
#[derive(Debug)]
pub enum Content {
    /// A session; it may be over.
    Session(Session),
    /// Access was ended before its time.
    Tombstone {
        /// When, if that is told.
        since: Option<Timestamp>,
        /// Why, if that is told: one line.
        reason: Option<String>,
    },
}

/// A session with all that is needed to use it.
#[derive(Debug)]
pub struct Session {
    /// Its three parts.
    pub credential: Credential,
    /// The moment from which it is good for nothing.
    pub ends: Timestamp,
    /// When the next window was planned to open, as the session was issued; only the last session of a window tells it.
    pub opens_next: Option<Timestamp>,
}

/// What is left of a session that is over: a value that says the same, without its keys.
#[derive(Serialize)]
struct Over<'a> {
    #[serde(rename = "sessionId")]
    session_id: &'a str,
    #[serde(rename = "sessionKey")]
    session_key: &'static str,
    #[serde(rename = "sessionToken")]
    session_token: &'static str,
    expiration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_next: Option<String>,
}

impl Session {
    /// Its value without its keys, for when it is over.
    pub fn without_keys(&self) -> Zeroizing<String> {
        json(&Over {
            session_id: &self.credential.access_key_id,
            session_key: "over",
            session_token: "over",
            expiration: self.ends.to_string(),
            opens_next: self.opens_next.map(|next| next.to_string()),
        })
    }
}

/// Why a value is no session of credadmin's. Nothing of the value is in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Not JSON, or JSON of another shape.
    #[error("it is not the JSON object that credadmin writes (line {line}, column {column})")]
    Shape {
        /// From 1.
        line: usize,
        /// From 0, in bytes.
        column: usize,
    },
    /// A key is not there, or empty.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// A part of a credential with blanks, control or other characters that AWS's never have.
    #[error("its {0} has characters that no credential has")]
    Characters(&'static str),
    /// Not RFC 3339.
    #[error("its {0} is no instant")]
    Instant(&'static str),
    /// `state` is there, and is not `closed`.
    #[error("its state is none that this version of credadmin knows")]
    State,
}

/// The keys that credadmin writes, all others left aside.
#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "sessionId")]
    session_id: Option<Zeroizing<String>>,
    #[serde(rename = "sessionKey")]
    session_key: Option<Zeroizing<String>>,
    #[serde(rename = "sessionToken")]
    session_token: Option<Zeroizing<String>>,
    expiration: Option<Zeroizing<String>>,
    opens_next: Option<Zeroizing<String>>,
    state: Option<Zeroizing<String>>,
    since: Option<Zeroizing<String>>,
    reason: Option<Zeroizing<String>>,
}

/// Reads the value of a secret.
///
/// # Errors
/// Why it is no session and no tombstone.
pub fn read(value: &[u8]) -> Result<Content, Unreadable> {
    if value.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        // An array would pass for an object whose keys come in that order.
        return Err(Unreadable::Shape { line: 1, column: 0 });
    }
    let keys: Keys = serde_json::from_slice(value).map_err(|e| Unreadable::Shape { line: e.line(), column: e.column() })?;
    match &keys.state {
        None => session(keys).map(Content::Session),
        Some(state) if state.as_str() == "closed" => {
            let since = keys.since.and_then(|since| since.parse().ok());
            Ok(Content::Tombstone { since, reason: keys.reason.as_deref().and_then(|text| line(text)) })
        }
        Some(_) => Err(Unreadable::State),
    }
}

fn session(keys: Keys) -> Result<Session, Unreadable> {
    let credential = Credential {
        access_key_id: part("sessionId", keys.session_id)?.to_string(),
        secret_access_key: part("sessionKey", keys.session_key)?,
        session_token: part("sessionToken", keys.session_token)?,
    };
    // Without it an SDK would take the session for one that never ends, and never ask again.
    let ends = keys.expiration.ok_or(Unreadable::Missing("expiration"))?;
    let ends = ends.parse().map_err(|_| Unreadable::Instant("expiration"))?;
    // It is said, and nothing rests on it.
    let opens_next = keys.opens_next.and_then(|next| next.parse().ok());
    Ok(Session { credential, ends, opens_next })
}

/// A part that can be put into a header or an environment as it is.
fn part(key: &'static str, text: Option<Zeroizing<String>>) -> Result<Zeroizing<String>, Unreadable> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Unreadable::Missing(key))?;
    match is_visible(&text) {
        true => Ok(text),
        false => Err(Unreadable::Characters(key)),
    }
}

/// A text of somebody else's, as one line of a sane length.
fn line(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line: String = words.collect::<Vec<_>>().join(" ").chars().take(LONGEST_REASON).collect();
    (!line.is_empty()).then_some(line)
}
