//! Daemons that are not as they should be: what the oracle has to catch.

use jiff::SignedDuration;
use strict_aws::AssumeRole;

/// What is wrong with the daemons of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cripple {
    /// Their sessions live ten minutes longer than they believe, without a session policy.
    Outlives,
    /// They publish each session a second time, under another version id.
    PublishesTwice,
    /// They believe to have written what they have not.
    Forgets,
    /// Their hosts' clocks are four minutes behind, and nobody knows.
    ClockBehind,
    /// They do not see what happens to drop-ins.
    Blind,
    /// They take a tombstone for a stranger's version.
    Overlooks,
}

/// By how much [`Cripple::Outlives`] outlives.
const LONGER: SignedDuration = SignedDuration::from_mins(10);

impl Cripple {
    /// Asks for a longer session, where that is the matter; answers with by how much its end is to be told too early.
    pub fn lengthen(self, request: &mut AssumeRole) -> SignedDuration {
        if self != Self::Outlives {
            return SignedDuration::ZERO;
        }
        request.policy = None;
        let asked = request.duration_seconds.unwrap_or(3600);
        let longer = (asked + LONGER.as_secs()).min(3600);
        request.duration_seconds = Some(longer);
        SignedDuration::from_secs(longer - asked)
    }
}
