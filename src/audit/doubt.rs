//! What is known to be missing, or may be.

use std::fmt;

use jiff::Timestamp;

use crate::grant::Span;
use crate::history::{Ledger, Reach, Unit, Watch};

/// Why the record is not known to be complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No daemon has said anything.
    NoWord {
        /// As which one was looked for.
        unit: Unit,
    },
    /// A host's journal begins later than the time asked for.
    Begins {
        /// Which.
        host: String,
        /// When.
        at: Timestamp,
    },
    /// A host's journal ends earlier than that, and its daemon had not.
    Ends {
        /// Which.
        host: String,
        /// When.
        at: Timestamp,
    },
    /// A daemon ended without a word.
    Silent {
        /// Whose.
        teller: String,
        /// The last that it said.
        last_word: Timestamp,
        /// When the next one started.
        next: Timestamp,
    },
    /// A journal did not take events.
    Lost {
        /// Whose.
        teller: String,
        /// When that was told.
        at: Timestamp,
        /// How it was told.
        message: String,
    },
    /// A session was found that nobody tells of having published.
    Unpublished {
        /// In which secret.
        secret: String,
        /// Its version.
        version_id: String,
        /// Who found it.
        found_by: Vec<String>,
    },
    /// Not all of the journal could be read.
    Partial(String),
}

/// All of them that are about a moment in `span`. `reach` is how far the journals go; their ends are judged if `is_copy`: what a
/// host says of itself ends now.
pub fn doubts(ledger: &Ledger, reach: &Reach, unit: &Unit, span: &Span, is_copy: bool) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if ledger.watches.is_empty() {
        doubts.push(Doubt::NoWord { unit: unit.clone() });
    }
    for (host, (first, last)) in reach {
        let watches: Vec<&Watch> = ledger.watches.iter().filter(|watch| watch.host == *host).collect();
        if *first > span.opens {
            doubts.push(Doubt::Begins { host: host.clone(), at: *first });
        }
        if is_copy && *last < span.closes && watches.last().is_some_and(|watch| watch.stopped.is_none()) {
            doubts.push(Doubt::Ends { host: host.clone(), at: *last });
        }
    }
    for watch in &ledger.watches {
        if let Some(next) = watch.replaced
            && watch.last_word < span.closes
            && next >= span.opens
        {
            doubts.push(Doubt::Silent { teller: watch.teller.clone(), last_word: watch.last_word, next });
        }
    }
    let lost = ledger.lost.iter().filter(|lost| span.contains(lost.at));
    doubts.extend(lost.map(|lost| Doubt::Lost { teller: lost.teller.clone(), at: lost.at, message: lost.message.clone() }));
    for ((secret, _), lane) in &ledger.lanes {
        let unpublished = lane.sessions.iter().filter(|session| session.published.is_none());
        doubts.extend(unpublished.filter(|session| session.span().intersect(span).is_some()).map(|session| Doubt::Unpublished {
            secret: secret.clone(),
            version_id: session.version_id.clone(),
            found_by: session.found_by.iter().cloned().collect(),
        }));
    }
    doubts
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWord { unit } => {
                write!(f, "no entry of {unit}: is it the right journal, and the right unit (--unit)?")
            }
            Self::Begins { host, at } => {
                write!(
                    f,
                    "the journal of {host} begins at {at:.0}: what happened there before is not known, unless that host is no older"
                )
            }
            Self::Ends { host, at } => write!(f, "the journal of {host} ends at {at:.0}: what happened there after is not known"),
            Self::Silent { teller, last_word, next } => write!(
                f,
                "the daemon on {teller} ended without a word after {last_word:.0}, and the next one started at {next:.0}: if it \
                 published a session as it ended, the journal lacks it"
            ),
            Self::Lost { teller, at, message } => write!(f, "{teller}, before {at:.0}: {message}"),
            Self::Unpublished { secret, version_id, found_by } => write!(
                f,
                "version {version_id} of {secret} was found in its place by {}, and no journal tells of its publishing: the \
                 journal of the host that did is missing here, or that entry; CloudTrail's PutSecretValue names the host",
                found_by.join(", ")
            ),
            Self::Partial(said) => write!(f, "not all of the journal could be read: {said}"),
        }
    }
}
