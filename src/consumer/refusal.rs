//! Why there is no credential, for whoever asked for one.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use super::value::Unreadable;
use crate::aws::trouble::{Kind, Trouble};
use crate::schedule::backoff::Pace;

/// Why there is no credential.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is none to be had.
    #[error("{0}")]
    Closed(Closed),
    /// Something else is in the secret.
    #[error("the value of the secret is no session: {0}; find out who else writes to it")]
    Unreadable(Unreadable),
    /// The secret can't be read.
    #[error("{0}; {remedy}", remedy = .0.remedy())]
    Trouble(Trouble),
}

/// Access is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nothing has ever been published.
    NeverOpened,
    /// The last session has ended by itself.
    Ended {
        /// When.
        since: Timestamp,
        /// When the next window was planned to open, as far as is known.
        opens_next: Option<Timestamp>,
        /// When this was found.
        now: Timestamp,
    },
    /// Somebody ended access before its time.
    Revoked {
        /// When, if that is known.
        since: Option<Timestamp>,
        /// Why, if that is known.
        reason: Option<String>,
    },
}

impl Refusal {
    /// Whether asking again a little later may help, without that anybody does anything.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Trouble(trouble) if passes(trouble))
    }

    /// A word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Closed(_) => "AccessClosed",
            Self::Unreadable(_) => "UnreadableSecret",
            Self::Trouble(trouble) => &trouble.code,
        }
    }
}

/// Whether a call that failed like that may go well the next time.
pub fn passes(trouble: &Trouble) -> bool {
    trouble.kind.pace() == Pace::Soon && trouble.kind != Kind::NoRegion
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverOpened => f.write_str("closed: the secret has no value yet; no window has opened so far"),
            Self::Ended { since, opens_next, now } => {
                let since = since.strftime("%FT%TZ");
                write!(f, "closed since {since}: the session in the secret has ended, and none has taken its place")?;
                match opens_next {
                    Some(next) if next > now => write!(f, "; by the plan of then it opens again at {}", next.strftime("%FT%TZ")),
                    Some(next) => write!(f, "; by the plan of then it was to open again at {}", next.strftime("%FT%TZ")),
                    None => Ok(()),
                }
            }
            Self::Revoked { since, reason } => {
                f.write_str("closed")?;
                if let Some(since) = since {
                    write!(f, " since {}", since.strftime("%FT%TZ"))?;
                }
                f.write_str(": revoked")?;
                reason.iter().try_for_each(|reason| write!(f, ": {reason}"))
            }
        }
    }
}
