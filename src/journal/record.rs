//! An event as it goes to the journal.

use tracing::Level;

use super::event::Event;
use super::fields::Fields;
use crate::plain::plain;

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
    /// The event in words: one line, whatever others have written of what it tells.
    pub fn record(&self) -> Record {
        let (level, message_id, message) = self.words();
        Record { level, message_id, message: plain(&message), fields: self.fields() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_one_line_and_does_nothing_to_a_terminal() {
        let message = Event::ReloadRefused { faults: vec!["a\n\u{1b}[2Jb".into()] }.record().message;
        assert!(message.ends_with("a\u{fffd}\u{fffd}[2Jb"), "{message:?}");
    }
}
