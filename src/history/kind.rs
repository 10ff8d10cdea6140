//! The kinds of event that are of use afterwards, by the MESSAGE_ID that names each for good.

use crate::journal::ids;

/// What an entry of the journal tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "as in journal::Event")]
pub enum Kind {
    Started,
    Stopped,
    Opened,
    Ending,
    Closed,
    Published,
    InPlace,
    Superseded,
    Cut,
    Failing,
    Lapsed,
    WellAgain,
    Drift,
    Revoked,
    EventsLost,
    Requested,
    Approved,
    Denied,
    Withdrawn,
    Revocation,
}

impl Kind {
    /// All of them, each with its MESSAGE_ID. A secret that is failing has several, by what is the matter.
    pub const IDS: &[(Self, &str)] = &[
        (Self::Started, ids::STARTED),
        (Self::Stopped, ids::STOPPED),
        (Self::Opened, ids::OPENED),
        (Self::Ending, ids::ENDING),
        (Self::Closed, ids::CLOSED),
        (Self::Published, ids::PUBLISHED),
        (Self::InPlace, ids::IN_PLACE),
        (Self::Superseded, ids::SUPERSEDED),
        (Self::Cut, ids::CUT),
        (Self::Failing, ids::FAILING_NO_SECRET),
        (Self::Failing, ids::FAILING_DELETED),
        (Self::Failing, ids::FAILING_NOT_WRITABLE),
        (Self::Failing, ids::FAILING),
        (Self::Lapsed, ids::LAPSED),
        (Self::WellAgain, ids::WELL_AGAIN),
        (Self::Drift, ids::DRIFT),
        (Self::Revoked, ids::REVOKED),
        (Self::EventsLost, ids::EVENTS_LOST),
        (Self::Requested, ids::REQUESTED),
        (Self::Approved, ids::APPROVED),
        (Self::Denied, ids::DENIED),
        (Self::Withdrawn, ids::WITHDRAWN),
        (Self::Revocation, ids::REVOCATION),
    ];

    /// The kind that a MESSAGE_ID names; `None` for what is of no use here.
    pub fn of(message_id: &str) -> Option<Self> {
        Self::IDS.iter().find_map(|(kind, id)| (*id == message_id).then_some(*kind))
    }

    /// Whether it is what people do, each by a command of credadmin's, and not what the daemon does.
    pub fn is_of_people(self) -> bool {
        matches!(self, Self::Requested | Self::Approved | Self::Denied | Self::Withdrawn | Self::Revocation)
    }
}
