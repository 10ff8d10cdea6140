//! A window that was open.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::entry::Entry;
use crate::grant::Span;
use crate::instant::{after, before};

/// How far apart two hosts' words on one thing may be: clocks that are further apart are told as wrong by the daemon itself.
pub const APART: SignedDuration = SignedDuration::from_mins(5);

/// One window of a grant, as all journals together tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The grant.
    pub grant: String,
    /// Who asked, as the grant said when the window opened.
    pub requested_by: Option<String>,
    /// Who said yes.
    pub approved_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is written down.
    pub ticket: Option<String>,
    /// When it opened, or when a daemon that started found it open; `None` if no journal tells.
    pub opened: Option<Timestamp>,
    /// When it is first known to have been open, if no journal tells when it opened.
    pub heard_from: Option<Timestamp>,
    /// When it was to close, if that was within a session length as it opened.
    pub to_close: Option<Timestamp>,
    /// When it was seen to close; `None` if it is open, or if no journal tells.
    pub closed: Option<Timestamp>,
    /// How long it is known to have been open, if it is known to have ended and no journal tells when.
    pub heard_until: Option<Timestamp>,
    /// When access for it really ended, as told when it closed: later than that for a grant that was taken away.
    pub access_ended: Option<Timestamp>,
    /// Whose journals tell of it.
    pub told_by: BTreeSet<String>,
}

impl Window {
    /// As an entry tells that it opened.
    pub fn opened(entry: &Entry, grant: &str, teller: &str) -> Self {
        let field = |name| entry.field(name).map(str::to_owned);
        Self {
            grant: grant.to_owned(),
            requested_by: field("REQUESTED_BY"),
            approved_by: field("APPROVED_BY"),
            reason: field("REASON"),
            ticket: field("TICKET"),
            opened: Some(entry.at),
            heard_from: None,
            to_close: entry.instant("EXPIRATION"),
            closed: None,
            heard_until: None,
            access_ended: None,
            told_by: BTreeSet::from([teller.to_owned()]),
        }
    }

    /// As is known of it when no more than its end is told.
    pub fn unknown(grant: &str) -> Self {
        Self {
            grant: grant.to_owned(),
            requested_by: None,
            approved_by: None,
            reason: None,
            ticket: None,
            opened: None,
            heard_from: None,
            to_close: None,
            closed: None,
            heard_until: None,
            access_ended: None,
            told_by: BTreeSet::new(),
        }
    }

    /// Whether both are of one grant with the same people behind it.
    pub fn is_like(&self, other: &Self) -> bool {
        let papers = |window: &Self| {
            let Self { grant, requested_by, approved_by, reason, ticket, .. } = window;
            [Some(grant), requested_by.as_ref(), approved_by.as_ref(), reason.as_ref(), ticket.as_ref()].map(|text| text.cloned())
        };
        papers(self) == papers(other)
    }

    /// When it was open, as far as is known.
    pub fn span(&self, now: Timestamp) -> Span {
        let to_close = self.to_close.filter(|to_close| *to_close <= now);
        let closes = self.closed.or(to_close).or(self.heard_until).unwrap_or(now);
        Span { opens: self.opened.or(self.heard_from).unwrap_or(Timestamp::MIN).min(closes), closes }
    }

    /// Whether it was open at `t`, by a clock that is so far off at most.
    pub fn was_open(&self, t: Timestamp, apart: SignedDuration) -> bool {
        let ended = self.closed.or(self.heard_until);
        self.opened.or(self.heard_from).is_none_or(|opened| opened <= after(t, apart))
            && ended.is_none_or(|ended| ended > before(t, apart))
    }
}
