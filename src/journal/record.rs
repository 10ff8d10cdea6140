//! An event as it goes to the journal.

use tracing::Level;

use super::event::Event;
use super::fields::Fields;
use crate::plain::plain;

/// As long as a sentence can be. Where journalctl is not asked for all, as by the notifier, it leaves out a field of 4 KiB.
const LONGEST: usize = 3 << 10;

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
    /// The event in words: one line of sane length, whatever others have written of what it tells.
    pub fn record(&self) -> Record {
        let (level, message_id, message) = self.words();
        Record { level, message_id, message: cut(plain(&message)), fields: self.fields() }
    }
}

fn cut(mut message: String) -> String {
    if message.len() > LONGEST {
        let end = message.floor_char_boundary(LONGEST - '…'.len_utf8());
        message.truncate(end);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_never_too_long_to_be_shown() {
        let said = |text: String| Event::Status { secret: None, text }.record().message;
        let long = said("漢".repeat(1000) + "a" + &"漢".repeat(1000));
        assert!((LONGEST - 3..=LONGEST).contains(&long.len()) && long.ends_with("漢…"), "{} {long}", long.len());
        let most = "x".repeat(LONGEST - "status: ".len());
        assert_eq!(said(most.clone()), format!("status: {most}"));
    }

    #[test]
    fn what_others_wrote_is_one_line_and_does_nothing_to_a_terminal() {
        let message = Event::ReloadRefused { faults: vec!["a\n\u{1b}[2Jb".into()] }.record().message;
        assert!(message.ends_with("a\u{fffd}\u{fffd}[2Jb"), "{message:?}");
    }
}
