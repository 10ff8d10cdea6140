//! The journals beside what Secrets Manager knows.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::aws::Version;
use crate::grant::Span;
use crate::history::Lane;
use crate::schedule::token;

/// Secrets Manager removes no version that is younger, however many there are (aws-facts §6).
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The journal's clock and AWS's may be apart, and a call takes its time.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// Where they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A version of credadmin's that no journal tells of.
    Untold {
        /// Which.
        version_id: String,
        /// When it was made, if AWS was allowed to say.
        created: Option<Timestamp>,
    },
    /// A version that is not credadmin's.
    Strange {
        /// Which.
        version_id: String,
        /// When it was made.
        created: Timestamp,
        /// Its stages, such as AWSCURRENT.
        stages: Vec<String>,
    },
    /// A version of which the journal tells, and which should be there still.
    Gone {
        /// Which.
        version_id: String,
        /// When it was published.
        published: Timestamp,
    },
    /// AWS says another time.
    OtherTime {
        /// Of which version.
        version_id: String,
        /// The journal's.
        published: Timestamp,
        /// AWS's.
        created: Timestamp,
    },
}

impl Remark {
    /// Whether it says that the journals are not all there is.
    pub fn is_doubt(&self) -> bool {
        !matches!(self, Self::Strange { .. })
    }
}

/// Where the journals of one secret and AWS's list of its versions differ, of what was made in `span`. What is missing from the
/// list is told if it `is_all`.
pub fn compare(lane: &Lane, versions: &[Version], is_all: bool, span: &Span, now: Timestamp) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let of_journal = |version_id: &str| lane.sessions.iter().find(|session| session.version_id == version_id);
    for Version { id, created, stages } in versions {
        let is_ours = token::ends(id).is_some();
        match (of_journal(id).map(|session| session.published.as_ref()), *created) {
            (Some(Some((published, _))), Some(created)) if published.duration_since(created).abs() > APART => {
                remarks.push(Remark::OtherTime { version_id: id.clone(), published: *published, created });
            }
            (None, created)
                if is_ours && created.is_none_or(|created| span.contains(created)) && token::ends(id) > Some(span.opens) =>
            {
                remarks.push(Remark::Untold { version_id: id.clone(), created });
            }
            (None, Some(created)) if !is_ours && span.contains(created) => {
                remarks.push(Remark::Strange { version_id: id.clone(), created, stages: stages.clone() });
            }
            _ => {}
        }
    }
    for session in &lane.sessions {
        let Some((published, _)) = &session.published else { continue };
        let is_kept = is_all && now.duration_since(*published) < KEPT;
        if is_kept && span.contains(*published) && !versions.iter().any(|version| version.id == session.version_id) {
            remarks.push(Remark::Gone { version_id: session.version_id.clone(), published: *published });
        }
    }
    remarks
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold { version_id, created } => {
                let made = created.map_or("is in its place".into(), |created| format!("was made at {created}"));
                write!(
                    f,
                    "version {version_id} {made}, and no journal tells of it: a host's journal is missing here, or that entry; \
                     CloudTrail's PutSecretValue names the host"
                )
            }
            Self::Strange { version_id, created, stages } => {
                let stages = if stages.is_empty() { "no stage".into() } else { stages.join(", ") };
                write!(
                    f,
                    "version {version_id} ({stages}) was made at {created} by somebody else: see CloudTrail's PutSecretValue"
                )
            }
            Self::Gone { version_id, published } => write!(
                f,
                "version {version_id} was published at {published}, and AWS does not know it, which keeps what is younger than a day: \
                 was the secret deleted and made again, or is it another secret of this name?"
            ),
            Self::OtherTime { version_id, published, created } => write!(
                f,
                "version {version_id} was published at {published} by the journal and made at {created} by AWS: a clock was wrong"
            ),
        }
    }
}
