//! What each host knew, and when something was wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::Span;
use crate::run::Records;
use crate::story::{Story, Window};

use super::{outside, telling};

/// How long it may take until a daemon acts on what happens to its drop-ins: a wake-up each minute, and a visit of three calls
/// under way.
const NOTICED: SignedDuration = SignedDuration::from_mins(3);

/// What was in force for one secret on one host, from then on.
#[derive(Clone, Debug)]
pub struct InForce {
    /// From then on.
    pub since: Timestamp,
    /// When it is open: a union.
    pub open: Arc<Vec<Span>>,
    /// How often its tags had been edited.
    pub tags: usize,
    pub(super) windows: Vec<Window>,
}

/// The past of one host.
#[derive(Default)]
pub struct Host {
    /// By secret.
    pub in_force: BTreeMap<usize, Vec<InForce>>,
    /// When it might not do its job, a union.
    pub ill: Vec<Span>,
    /// When it might do it late, or by a wrong clock: a union.
    pub stalled: Vec<Span>,
    /// The refresh lead by secret, in minutes.
    pub lead: BTreeMap<usize, i64>,
    /// As its config says it, whatever STS caps: it makes the plan until the cap is met.
    pub written_lead: BTreeMap<usize, i64>,
    /// By how much its clock was off, from when on.
    pub(super) offsets: Vec<(Timestamp, SignedDuration)>,
}

/// The past of a story.
pub struct Past {
    /// By host.
    pub hosts: Vec<Host>,
    /// When something was wrong with a secret: unions.
    pub secrets: BTreeMap<usize, Vec<Span>>,
}

impl Past {
    /// Whether all hosts began with the same plan for a secret.
    pub fn are_alike(&self, secret: usize) -> bool {
        let plan = |host: &Host| (host.written_lead[&secret], host.in_force[&secret].first().map(|it| Arc::clone(&it.open)));
        self.hosts.iter().all(|host| plan(host) == plan(&self.hosts[0]))
    }

    /// Whether all hosts have the same plan for a secret, as far as can be told at `at`.
    pub fn agree(&self, secret: usize, at: Timestamp) -> bool {
        let plans = || {
            self.hosts.iter().flat_map(|host| host.in_force(secret, at).map(|it| (host.written_lead[&secret], &it.open, it.tags)))
        };
        plans().zip(plans().skip(1)).all(|(one, other)| one == other)
    }

    /// From what was done.
    pub fn of(story: &Story, records: &Records) -> Self {
        let hosts = (0..story.hosts.len()).map(|host| telling::host(story, records, host)).collect();
        Self { hosts, secrets: outside::secrets(story, records) }
    }
}

impl Host {
    /// What may have been in force when it decided on what happened at `at`.
    pub fn in_force(&self, secret: usize, at: Timestamp) -> impl Iterator<Item = &InForce> {
        let from = self.decided_from(at);
        let known = self.in_force.get(&secret).map_or(&[][..], Vec::as_slice);
        known.iter().enumerate().filter_map(move |(number, it)| {
            let ends = known.get(number + 1).map_or(Timestamp::MAX, |next| next.since);
            (it.since <= at && ends > from).then_some(it)
        })
    }

    /// From when on the decision may date to which something at `at` goes back.
    fn decided_from(&self, at: Timestamp) -> Timestamp {
        let mut from = at - NOTICED;
        for (begins, ends) in self.stalled.iter().rev() {
            if *begins <= at && *ends >= from {
                from = from.min(*begins - NOTICED);
            }
        }
        from
    }

    /// Whether what happened at `at` may have been held up, or done by a wrong clock.
    pub fn was_stalled(&self, at: Timestamp) -> bool {
        self.decided_from(at) < at - NOTICED
    }

    /// How far ahead and how far behind its clock was, at most, in the minutes up to `at`.
    pub fn off(&self, at: Timestamp) -> (SignedDuration, SignedDuration) {
        let from = self.decided_from(at);
        let first = self.offsets.iter().rposition(|(since, _)| *since <= from).unwrap_or(0);
        let offsets = || self.offsets[first..].iter().filter(|(since, _)| *since <= at).map(|(_, by)| *by);
        let zero = SignedDuration::ZERO;
        (offsets().max().unwrap_or(zero).max(zero), -offsets().min().unwrap_or(zero).min(zero))
    }
}
