//! What was done, told as it is done, and what was not: each with what that means for access, and how it is done by hand.

use std::fmt;

/// One thing that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// What, and why not.
    pub what: String,
    /// What that means for access.
    pub means: String,
    /// What to do by hand: a command, where there is one.
    pub by_hand: String,
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  access: {}\n  to do: {}", self.what, self.means, self.by_hand)
    }
}

/// What came of a revocation.
pub struct Report<'a> {
    tell: Box<dyn FnMut(String) + 'a>,
    /// What could not be done.
    pub undone: Vec<Undone>,
}

impl<'a> Report<'a> {
    /// Each line is handed to `tell` when it is known.
    pub fn new(tell: impl FnMut(String) + 'a) -> Self {
        Self { tell: Box::new(tell), undone: Vec::new() }
    }

    /// This was done, or seen.
    pub fn done(&mut self, what: impl Into<String>) {
        (self.tell)(what.into());
    }

    /// This could not be done.
    pub fn not_done(&mut self, what: String, means: String, by_hand: String) {
        let undone = Undone { what, means, by_hand };
        (self.tell)(format!("NOT DONE: {undone}"));
        self.undone.push(undone);
    }
}

/// A word of a shell's command line.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
