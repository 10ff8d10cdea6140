//! When a daemon kept watch, and so a journal tells what happened.

use jiff::Timestamp;

/// One run of a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The host.
    pub host: String,
    /// Who, as it is called everywhere in a ledger: the host, with the instance of the unit if it is one.
    pub teller: String,
    /// When it started; `None` if it ran before its journal begins.
    pub started: Option<Timestamp>,
    /// The first that is heard of it.
    pub first_word: Timestamp,
    /// The last that is heard of it.
    pub last_word: Timestamp,
    /// When it ended in order; `None` if it runs, or if it ended without a word.
    pub stopped: Option<Timestamp>,
    /// When the next one started that found no word of this one's end.
    pub replaced: Option<Timestamp>,
}

impl Watch {
    /// When it ended, as far as is known: after its last word, if it ended without one.
    pub fn ended(&self) -> Option<Timestamp> {
        self.stopped.or(self.replaced.map(|_| self.last_word))
    }
}

/// Events that a journal did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whose.
    pub teller: String,
    /// When that was told.
    pub at: Timestamp,
    /// In words.
    pub message: String,
}
