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

/// What a daemon takes the place of, it may have seen so long before: a visit under way, and a DescribeSecret that is behind.
const SEEN: SignedDuration = SignedDuration::from_mins(2);
/// A visit under way alone, where nothing was late. Another host may have been faster, over what a stranger had written before.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(30);

/// Judges the versions of one secret, of which `ours` are those of daemons.
pub fn judge(past: &Past, secret: usize, all: &[VersionRecord], ours: &[Option<Version>], verdict: &mut Verdict) {
    let mut planned: BTreeMap<(Timestamp, usize), usize> = BTreeMap::new();
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    let mut breach = |invariant, at, found| verdict.breaches.push(Breach { invariant, secret, at, found });
    for (number, version) in ours.iter().enumerate() {
        let Some(version) = version else { continue };
        let known = past.hosts[version.host].in_force(secret, version.created).map(|it| it.tags).max().unwrap_or_default();
        let same_plan = planned.insert((version.ends, known), number);
        let same_name = named.insert(session(&all[number].version_id), number);
        // Hosts on different configs plan different sessions that end at one instant: these are known by their names alone.
        // And several may see at once that one runs out.
        let (before, seen_from) = match past.agree(secret, version.created) {
            true => (same_plan.or(same_name), version.created - UNDER_WAY),
            false => (same_name, version.created - SEEN),
        };
        // Once more only where something else took its place: a stranger's, or another plan's that runs out or outlives coverage.
        let Some(before) = before else { continue };
        let mut replaced = (0..number).rev().take_while(|it| all[it + 1].created >= seen_from).map(|it| ours[it].as_ref());
        let replaces = replaced.any(|other| {
            other.is_none_or(|other| {
                let runs_out = other.dies.duration_since(version.created) <= RUNS_OUT;
                other.ends != version.ends && (runs_out || (other.ends > version.ends && is_last(past, secret, version)))
            })
        });
        if !replaces {
            let first = all[before].created;
            let found = format!("the session that ends at {} was published again, after {first}", version.ends);
            breach(4, version.created, found);
        }
    }
    let times = |is: &dyn Fn(&Version) -> bool| -> Vec<Timestamp> {
        ours.iter().flatten().filter(|version| is(version)).map(|version| version.created).collect()
    };
    // Each daemon keeps to its budget; two on different configs have two plans, and AWS's limit between them.
    let all_together = if past.are_alike(secret) { times(&|_| true) } else { Vec::new() };
    for times in (0..past.hosts.len()).map(|host| times(&|version| version.host == host)).chain([all_together]) {
        if let Some((at, many)) = too_many(&times) {
            breach(5, at, format!("{many} versions were written in 24 hours"));
        }
    }
}

/// Whether coverage ends with it, by what may have been in force on its host.
fn is_last(past: &Past, secret: usize, version: &Version) -> bool {
    let mut open = past.hosts[version.host].in_force(secret, version.created).flat_map(|it| it.open.iter());
    open.any(|(_, closes)| *closes == version.ends)
}

/// What tells one session from others in a version id: all but the 12 digits of what it took the place of.
fn session(version_id: &str) -> &str {
    &version_id[..version_id.len() - 12]
}

/// When there were first more than the budget in 24 hours, and how many.
fn too_many(times: &[Timestamp]) -> Option<(Timestamp, usize)> {
    let within_a_day = |last: usize| {
        let first = times.partition_point(|at| times[last].duration_since(*at) >= SignedDuration::from_hours(24));
        last + 1 - first
    };
    (0..times.len()).map(|last| (times[last], within_a_day(last))).find(|(_, many)| *many > BUDGET)
}
