//! Invariants 4 and 5: each planned session is published once, and Secrets Manager's version limit is never used up by daemons.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use strict_aws::VersionRecord;

use super::past::Past;
use super::{Breach, Verdict, Version};

/// Versions that daemons may write in any 24 hours: all of them, and together with others' at most 100, which AWS enforces.
const BUDGET: usize = 90;
/// The longest refresh lead of any config, and a look each five minutes.
const RUNS_OUT: SignedDuration = SignedDuration::from_mins(45 + 6);

/// Judges the versions of one secret, of which `ours` are those of daemons.
pub fn judge(past: &Past, secret: usize, all: &[VersionRecord], ours: &[Option<Version>], verdict: &mut Verdict) {
    let mut seen: BTreeMap<(Timestamp, usize), usize> = BTreeMap::new();
    let mut breach = |invariant, at, found| verdict.breaches.push(Breach { invariant, secret, at, found });
    for (number, version) in ours.iter().enumerate() {
        let Some(version) = version else { continue };
        let known = past.hosts[version.host].in_force(secret, version.created).map(|it| it.tags).max().unwrap_or_default();
        let before = seen.insert((version.ends, known), number);
        // Once more only where something else took its place: a stranger's, or another plan's that runs out.
        let Some(before) = before else { continue };
        let replaced = ours[number - 1].as_ref();
        let again = match replaced {
            _ if before == number - 1 => false,
            None => true,
            Some(other) if other.ends == version.ends => false,
            Some(other) if other.dies.duration_since(version.created) <= RUNS_OUT => true,
            // Of a session that took a stranger's place, and then lost it to another plan's, the plan knows only the version id that
            // it would have had without the stranger: hosts on different configs publish it once more, under that one.
            Some(_) => {
                let nearest = &ours[before.saturating_sub(past.hosts.len())..before];
                !past.agree(secret, version.created) && nearest.iter().any(Option::is_none)
            }
        };
        if !again {
            let first = all[before].created;
            let found = format!("the session that ends at {} was published again, after {first}", version.ends);
            breach(4, version.created, found);
        }
    }
    let times: Vec<Timestamp> = ours.iter().flatten().map(|version| version.created).collect();
    let mut first = 0;
    for (last, at) in times.iter().enumerate() {
        while at.duration_since(times[first]) >= SignedDuration::from_hours(24) {
            first += 1;
        }
        if last + 1 - first > BUDGET {
            return breach(5, *at, format!("{} versions were written in 24 hours", last + 1 - first));
        }
    }
}
