//! What went wrong with a secret.

use jiff::Timestamp;

use super::kind::Kind;

/// A time in which a secret could not be kept as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Who failed.
    pub teller: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was over, or when who failed ended; `None` if it goes on.
    pub over: Option<Timestamp>,
    /// What failed.
    pub message: String,
}

/// Something at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: Kind,
    /// In words.
    pub message: String,
}
