//! What the admin declares, once it is known to be valid: secrets, and the grants that cover them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cadence::{Cadence, SAFE_SESSION};

/// The name of a `[secrets.NAME]` or `[grants.NAME]` table: 1 to 64 characters of `[a-z0-9-]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Longest name, so that a secret and a grant still fit a log line.
    pub const MAX: usize = 64;

    /// `None` unless `text` is 1 to 64 characters of `[a-z0-9-]`.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (!text.is_empty() && text.len() <= Self::MAX && text.chars().all(allowed)).then(|| Self(text.into()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Secrets Manager secret and the role whose sessions are published in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its name in the config file.
    pub name: Name,
    /// Secrets Manager's name or ARN.
    pub secret_id: String,
    /// The role to assume.
    pub role_arn: String,
    /// How long its sessions are and when they are refreshed.
    pub cadence: Cadence,
    /// Whether sessions carry the session policy that ends them exactly (aws-facts §2).
    pub session_policy: bool,
    /// AssumeRole's `SourceIdentity` (aws-facts §3), if asked for.
    pub source_identity: Option<String>,
    /// AssumeRole's session tags.
    pub tags: BTreeMap<String, String>,
    /// AssumeRole's `ExternalId`.
    pub external_id: Option<String>,
}

impl Secret {
    /// The same with sessions of an hour, which STS makes whatever the role's maximum, and whether chained or not; `None` if its
    /// sessions are no longer than that.
    pub fn capped(&self) -> Option<Self> {
        if self.cadence.session() <= SAFE_SESSION {
            return None;
        }
        let lead = self.cadence.lead().min(SAFE_SESSION / 3);
        let cadence = Cadence::new(self.name.as_str(), SAFE_SESSION, lead, self.session_policy);
        Some(Self { cadence, ..self.clone() })
    }
}

/// One permission: a secret, when it is open, and the people behind it.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Its name in the config file.
    pub name: Name,
    /// The secret that it opens.
    pub secret: Name,
    /// When it is open.
    pub window: Window,
    /// Who stands behind it.
    pub papers: Papers,
}

/// Who asked for a grant, who approved it, and why: copied into the journal, never interpreted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    /// Who asked.
    pub requested_by: Option<Box<str>>,
    /// Who said yes.
    pub approved_by: Option<Box<str>>,
    /// Why.
    pub reason: Option<Box<str>>,
    /// Where it is written down.
    pub ticket: Option<Box<str>>,
}

/// When a grant is open. Instants are whole seconds; every window is half-open, `[opens, closes)`.
#[derive(Clone, Debug)]
pub enum Window {
    /// Once, `from` ≤ t < `until`.
    Once(Span),
    /// Again and again, `duration` of elapsed time from each firing of a cron line.
    Recurring(Box<Recurrence>),
}

/// A cron line with a length, in a time zone.
#[derive(Clone, Debug)]
pub struct Recurrence {
    /// The cron line, read on the civil time of `time_zone`. Equal lines are shared: one takes 11 KiB.
    pub cron: Arc<croner::Cron>,
    /// Elapsed time from each opening, a second or more.
    pub duration: SignedDuration,
    /// The zone, from the system's tzdata.
    pub time_zone: TimeZone,
    /// Closed outside these bounds.
    pub bounds: Span,
}

/// A half-open span of time, `[opens, closes)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first instant inside.
    pub opens: Timestamp,
    /// The first instant after it.
    pub closes: Timestamp,
}

impl Span {
    /// Whether `t` lies inside.
    pub fn contains(&self, t: Timestamp) -> bool {
        self.opens <= t && t < self.closes
    }

    /// What both have in common, if anything.
    pub fn intersect(&self, other: &Span) -> Option<Span> {
        let span = Span { opens: self.opens.max(other.opens), closes: self.closes.min(other.closes) };
        (span.opens < span.closes).then_some(span)
    }
}
