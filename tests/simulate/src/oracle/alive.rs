//! Invariant 1, of what readers get: once all hosts agree on the end of coverage, nothing that outlives it.
//!
//! Invariant 2: while a host covers a secret, and nothing has been wrong with either for long enough, readers have a live session,
//! and in steady state one with the refresh lead left, or to the end of the coverage.

use jiff::{SignedDuration, Timestamp};
use strict_aws::VersionRecord;

use super::past::{Host, InForce, Past};
use super::{Breach, Verdict, Version};
use crate::calendar::{Span, without};
use crate::story::{Secret, Story};

/// After so long without trouble everything is as planned: a look each five minutes finds what is not, the slowest retry comes
/// within three.
const SETTLED: SignedDuration = SignedDuration::from_mins(10);
/// So long after a window opens, the session is there; after a config changes on a host that is well, so much later at most.
const OPENED: SignedDuration = SignedDuration::from_secs(20);
const CHANGED: SignedDuration = SignedDuration::from_secs(100);
/// A refresh comes so late at most, where all is well.
const REFRESHED: SignedDuration = SignedDuration::from_secs(5);
/// What others do to a secret is seen so much later at most.
const LOOKED: SignedDuration = SignedDuration::from_secs(320);
/// The longest session: what was decided longer ago has no part in what readers have.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// No session is made for less life than this; without a session policy STS makes none under a quarter of an hour.
const SHORTEST: SignedDuration = SignedDuration::from_secs(40);
const SHORTEST_WITHOUT_POLICY: SignedDuration = SignedDuration::from_mins(26);

/// Judges one secret.
pub fn judge(
    past: &Past,
    story: &Story,
    secret: &Secret,
    all: &[VersionRecord],
    ours: &[Option<Version>],
    verdict: &mut Verdict,
) {
    for (number, host) in past.hosts.iter().enumerate() {
        let settled = |ill: &[Span]| ill.iter().map(|(from, until)| (*from, *until + SETTLED)).collect::<Vec<_>>();
        let ill = crate::calendar::union([settled(&host.ill), settled(&past.secrets[&secret.number])].concat());
        let lead = SignedDuration::from_mins(host.lead[&secret.number]);
        // Hosts of other leads have other grids.
        let agreed = past.hosts.iter().all(|other| other.written_lead[&secret.number] == host.written_lead[&secret.number]);
        let known = &host.in_force[&secret.number];
        for (i, it) in known.iter().enumerate() {
            let until = known.get(i + 1).map_or(story.end(), |next| next.since).min(story.end());
            for (opens, closes) in it.open.iter().filter(|(opens, closes)| *opens < until && *closes > it.since) {
                let from = (*opens + OPENED).max(it.since + CHANGED);
                let piece = (from, until.min(*closes - SignedDuration::from_secs(2)));
                for (from, until) in without(&[piece], &ill) {
                    let shortest = if secret.policy { SHORTEST } else { SHORTEST_WITHOUT_POLICY };
                    if from < until && closes.duration_since(from) >= shortest {
                        let piece = Piece { span: (from, until), closes: *closes, lead, agreed, it, host: number };
                        piece.judge(past, secret.number, all, ours, verdict);
                    }
                }
            }
        }
    }
}

/// A span in which readers have to have a session.
struct Piece<'a> {
    span: Span,
    closes: Timestamp,
    lead: SignedDuration,
    agreed: bool,
    it: &'a InForce,
    host: usize,
}

impl Piece<'_> {
    fn judge(&self, past: &Past, secret: usize, all: &[VersionRecord], ours: &[Option<Version>], verdict: &mut Verdict) {
        let (from, until) = self.span;
        verdict.judged += until.duration_since(from);
        let steady = self.is_steady(past, secret);
        if steady {
            verdict.with_lead += until.duration_since(from);
        }
        let mut at = from;
        let mut next = all.partition_point(|version| version.created <= from);
        while at < until {
            let ends = all.get(next).map_or(until, |version| version.created).min(until);
            if let Some(found) = self.wants(past, next.checked_sub(1).map(|current| &ours[current]), ends, steady) {
                let found = format!("{found}; host {} is open until {} and well since {from}", self.host, self.closes);
                return verdict.breaches.push(Breach { invariant: 2, secret, at: ends, found });
            }
            if let Some(found) = self.outlives(past, secret, next.checked_sub(1).and_then(|current| ours[current].as_ref()), ends)
            {
                return verdict.breaches.push(Breach { invariant: 1, secret, at: ends, found });
            }
            (at, next) = (ends, next + 1);
        }
    }

    /// What is wrong with this version being what readers get until then.
    fn wants(&self, past: &Past, current: Option<&Option<Version>>, until: Timestamp, steady: bool) -> Option<String> {
        let version = match current {
            None => return Some("nothing was ever written".into()),
            Some(None) => return Some("what is in it is no session".into()),
            Some(Some(version)) => version,
        };
        let left = version.dies.duration_since(until);
        // By a clock that is ahead a session is shorter by as much, and its version id says none the less that it ends with coverage.
        let (ahead, _) = past.hosts[version.host].off(version.created);
        let to_the_end = self.closes.duration_since(version.dies) <= SignedDuration::from_secs(2) + ahead;
        let wanted = match () {
            () if steady => self.lead - REFRESHED,
            // Another host's plan may end sooner: that is seen at the next look.
            () if version.host != self.host => -LOOKED,
            () => SignedDuration::ZERO,
        };
        let enough = left >= wanted || (to_the_end && left >= -ahead);
        (!enough).then(|| format!("the session written at {} has {left:#} left", version.created))
    }

    /// What is wrong with this version being what readers get at `at`, in the last lead of coverage, if all hosts agree on that.
    /// Further from its end no session that ends with it may be planned yet.
    fn outlives(&self, past: &Past, secret: usize, current: Option<&Version>, at: Timestamp) -> Option<String> {
        let version = current.filter(|version| version.dies > self.closes)?;
        let is_near = self.closes.duration_since(at) <= self.lead - LOOKED;
        let is_well = past.agree(secret, at) && !past.hosts.iter().any(|host| host.was_stalled(at));
        let (from, until) = (version.created, version.dies);
        (is_near && is_well).then(|| {
            format!("readers get a session of {from} that lives until {until}, past {}, on which all hosts agree", self.closes)
        })
    }

    /// Whether nothing has happened for the life of a session that would let readers have less than the lead: no other plan, here or
    /// on another host; nothing late; no wrong clock.
    fn is_steady(&self, past: &Past, secret: usize) -> bool {
        let (from, until) = (self.span.0 - LONGEST, self.span.1);
        let agrees = |host: &Host| {
            let known = &host.in_force[&secret];
            let during = known.iter().enumerate().filter(|(i, it)| {
                let ends = known.get(i + 1).map_or(Timestamp::MAX, |next| next.since);
                it.since < until && ends > from
            });
            during.into_iter().all(|(_, it)| it.open == self.it.open && it.tags == self.it.tags)
        };
        let in_time = |host: &Host| !host.stalled.iter().any(|(begins, ends)| *begins < until && *ends > from);
        self.agreed && past.hosts.iter().all(|host| agrees(host) && in_time(host))
    }
}
