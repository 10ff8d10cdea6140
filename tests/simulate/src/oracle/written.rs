//! Invariants 1 and 3, of what was published: it was written while covered, and its session ends with the coverage, to the second.
//! Invariant 2, of what took the place of a tombstone: it is good for something.

use jiff::SignedDuration;
use strict_aws::VersionRecord;

use super::past::Past;
use super::{Breach, Verdict, Version, instant};

/// By AWS's clock a window may be written to so early: STS tells whole seconds only, and two clocks kept by NTP differ by less.
pub const EARLY: SignedDuration = SignedDuration::from_secs(2);
/// What was under way when coverage ended may arrive so late, if it was held up: AWS takes no older signature than of five
/// minutes, and clocks may differ by as much.
pub const LATE: SignedDuration = SignedDuration::from_mins(11);

/// Judges one version.
pub fn judge(past: &Past, secret: usize, version: &Version, verdict: &mut Verdict) {
    let host = &past.hosts[version.host];
    let late = if host.was_stalled(version.created) { LATE } else { SignedDuration::ZERO };
    let at = version.created;
    let covers = || host.in_force(secret, at).flat_map(|it| it.open.iter()).filter(|it| it.0 - EARLY <= at && at < it.1 + late);
    let latest = covers().map(|(_, closes)| *closes).max();
    let (invariant, found) = match latest {
        None => (3, format!("host {} wrote a session outside of coverage", version.host)),
        Some(closes) if version.dies > closes => {
            (1, format!("host {} published a session that lives until {}, past {closes}", version.host, version.dies))
        }
        Some(_) => return,
    };
    verdict.breaches.push(Breach { invariant, secret, at, found });
}

/// Judges one version that follows another. Over a tombstone, its session was issued after what the tombstone says: one from before
/// is denied. What was under way to take the place of something else may be held up; if it was not, and the tombstone
/// came just then, it is told as a breach too: that was not met in 10,000 years.
pub fn judge_over(past: &Past, secret: usize, before: &VersionRecord, version: &Version, verdict: &mut Verdict) {
    let Some(stamp) = before.version_id.strip_prefix("credadmin-closed-").and_then(instant) else { return };
    let at = version.created;
    if version.is_over && version.issued < stamp && !past.hosts[version.host].was_stalled(at) {
        let found = format!("host {} published a session that is denied: issued before {stamp}", version.host);
        verdict.breaches.push(Breach { invariant: 2, secret, at, found });
    }
}
