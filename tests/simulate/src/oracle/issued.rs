//! Invariants 1 and 3, of every session that AWS made, published or not.

use jiff::Timestamp;

use super::past::Past;
use super::written::{EARLY, LATE};
use super::{Breach, Verdict};

/// A session that AWS made.
pub struct Session {
    /// For that host.
    pub host: usize,
    /// For that secret.
    pub secret: usize,
    /// Then.
    pub at: Timestamp,
    /// From when on it opens nothing.
    pub dies: Timestamp,
    /// Whether it was ever in the secret.
    pub is_published: bool,
    /// Whether sessions of the secret carry a session policy.
    pub policy: bool,
}

/// Judges one session.
pub fn judge(past: &Past, session: Session, verdict: &mut Verdict) {
    let Session { host: number, secret, at, dies, .. } = session;
    let host = &past.hosts[number];
    // A host whose clock is ahead asks early: what it gets, it must not publish. One that is behind asks late, and gets what is
    // dead on arrival.
    let (ahead, behind) = host.off(at);
    let late = if host.was_stalled(at) { LATE.max(behind) } else { behind };
    let covers = |(opens, closes): &(Timestamp, Timestamp)| *opens - EARLY - ahead <= at && at < *closes + late;
    let latest = host.in_force(secret, at).flat_map(|it| it.open.iter()).filter(|it| covers(it)).map(|it| it.1).max();
    // Without a session policy nothing ends a session early. One that AWS made too long never leaves the process.
    let is_held = session.is_published || session.policy;
    let (invariant, found) = match latest {
        None => (3, format!("host {number} was issued a session outside of coverage")),
        Some(closes) if is_held && dies > closes.max(at) => {
            (1, format!("host {number} was issued a session that lives until {dies}, past {closes}"))
        }
        Some(_) => return,
    };
    verdict.breaches.push(Breach { invariant, secret, at, found });
}
