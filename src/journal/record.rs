//! An event as it goes to the journal.

use tracing::Level;

use super::event::Event;
use super::fields::Fields;

/// An event as it goes to the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How bad it is.
    pub level: Level,
    /// Names the kind of event for `journalctl MESSAGE_ID=…`; never changes.
    pub message_id: &'static str,
    /// The sentence.
    pub message: String,
    /// The journal's fields.
    pub fields: Fields,
}

impl Event {
    /// The event in words.
    pub fn record(&self) -> Record {
        let (level, message_id, message) = self.words();
        Record { level, message_id, message, fields: self.fields() }
    }
}
