//! The kinds of event that are of use afterwards, by the MESSAGE_ID that names each for good.

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
        (Self::Started, "9b5e56b75019c0bda7e8e6706b15a75c"),
        (Self::Stopped, "9ae233910e76729493e3f5decbda5468"),
        (Self::Opened, "82e2e6b95f90c4ea1881916231a3db98"),
        (Self::Ending, "77a747bbae85508173485b14fe8a4845"),
        (Self::Closed, "84ccb55564873a45bbf1f246dfaf607a"),
        (Self::Published, "c16bf542b0ff72d1975c3f8edf7f136e"),
        (Self::InPlace, "638bc67fc42e692a1f5d5697d3c7d4d1"),
        (Self::Superseded, "e91875909f8979e29941ef94fed63eb3"),
        (Self::Cut, "bff2b9f99f42aae715922a70022709fb"),
        (Self::Failing, "2c1e295c1163b0d2fe8bdd79945feb11"),
        (Self::Failing, "97376561ab3518d7ef3ede5e3974b5fb"),
        (Self::Failing, "9eab0d93f546671c8d8d068e1252d17d"),
        (Self::Failing, "bd96beff48f27f8a2e97d9433e432138"),
        (Self::Lapsed, "90851e5d2550abe544c428e241068575"),
        (Self::WellAgain, "a4a5248f784f4d24b0f5efa77956fc2e"),
        (Self::Drift, "46cdad9522a9b24fe7eef6b662aae0e4"),
        (Self::Revoked, "983df80e8230a6162266f9874d48e0e5"),
        (Self::EventsLost, "4305dc63ffdf9cb381315419b77c1dcb"),
        (Self::Requested, "f0f885d5f3ef57751617c10cdcf4ef82"),
        (Self::Approved, "58279830900458777d52188ba419029d"),
        (Self::Denied, "a47aab9b208f549e8b53e52f2c719f8e"),
        (Self::Withdrawn, "0df55a61643bde6e3d41ab09ce90a98f"),
        (Self::Revocation, "621d8aefbc95b8be48f458ed83a95870"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Record};

    #[test]
    fn the_ids_are_those_of_the_journal() {
        let stopped = Event::Stopped { signal: "SIGTERM", finished: vec![], abandoned: vec![] };
        let started = Event::Started { config: "/etc".into(), secrets: 0, grants: 0 };
        let kind = |event: &Event| {
            let Record { message_id, .. } = event.record();
            Kind::of(message_id)
        };
        assert_eq!(kind(&stopped), Some(Kind::Stopped));
        assert_eq!(kind(&started), Some(Kind::Started));
        assert_eq!(kind(&Event::EventsLost { count: 1 }), Some(Kind::EventsLost));
        assert_eq!(kind(&Event::Reloaded { secrets: 0, grants: 0 }), None);
    }
}
