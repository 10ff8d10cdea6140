//! The rhythm of one secret: how long its sessions are, how early they are refreshed, and its own grid of instants.
//! Pure, as `schedule/` is.
#![deny(clippy::disallowed_types, clippy::disallowed_macros)]

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// STS's shortest session: 900 s (aws-facts §1).
pub const SHORTEST_SESSION: SignedDuration = SignedDuration::from_mins(15);
/// STS's longest session: 12 h (aws-facts §1).
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// What every session may last, chained or not, whatever the role's maximum (aws-facts §1).
pub const SAFE_SESSION: SignedDuration = SignedDuration::from_hours(1);
/// Under this lead, botocore's advisory refresh (the last 15 min of a credential, aws-facts §10) would run on every call.
pub const SHORTEST_LEAD: SignedDuration = SignedDuration::from_mins(15);
/// A session with less life than this is not worth a version of the secret (aws-facts §2).
pub const SHORTEST_USE: SignedDuration = SignedDuration::from_secs(30);

/// How long sessions are (M), how much life is left in one when it is refreshed (L), and where the grid lies.
///
/// The grid is `g_j = offset + j·(M−L)` on the UTC time line. Its offset is a hash of the secret's name, so that secrets
/// refresh spread out and not in a herd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    session: SignedDuration,
    lead: SignedDuration,
    offset: i64,
    shortest: SignedDuration,
}

impl Cadence {
    /// A session length and a lead in whole seconds, with 0 < lead < session; `exact` if sessions can be cut to the second
    /// by a session policy. Without that, a session that STS would make longer than planned is not planned at all.
    pub fn new(name: &str, session: SignedDuration, lead: SignedDuration, exact: bool) -> Self {
        let step = (session - lead).as_secs();
        assert!(lead > SignedDuration::ZERO && step > 0, "the config's validation keeps 0 < lead < session");
        let digest = Sha256::digest(name.as_bytes());
        let hash = u64::from_be_bytes(digest[..8].try_into().expect("a SHA-256 digest has 32 bytes"));
        let shortest = if exact { SHORTEST_USE } else { SHORTEST_SESSION };
        Self { session, lead, offset: (hash % step.unsigned_abs()) as i64, shortest }
    }

    /// M: what a session lasts at most.
    pub fn session(&self) -> SignedDuration {
        self.session
    }

    /// L: what is left of a session when its successor is published.
    pub fn lead(&self) -> SignedDuration {
        self.lead
    }

    /// The least life for which a session is issued.
    pub fn shortest(&self) -> SignedDuration {
        self.shortest
    }

    /// The distance between two grid points, M − L.
    pub fn step(&self) -> SignedDuration {
        self.session - self.lead
    }

    /// The last grid point at or before `t`.
    pub fn grid_point(&self, t: Timestamp) -> Timestamp {
        let step = self.step().as_secs();
        let j = (t.as_second() - self.offset).div_euclid(step);
        // Timestamp::MIN is 10,000 years away: saturating there keeps this total without meaning anything.
        Timestamp::from_second(self.offset + j * step).unwrap_or(Timestamp::MIN)
    }

    /// `DurationSeconds` for a session from `now` to `ends`: whole seconds, never past `ends` unless STS's minimum makes it so.
    pub fn duration_seconds(&self, now: Timestamp, ends: Timestamp) -> i64 {
        let planned = ends.duration_since(now).min(self.session).as_secs();
        planned.max(SHORTEST_SESSION.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadence(name: &str, minutes: i64, lead: i64) -> Cadence {
        Cadence::new(name, SignedDuration::from_mins(minutes), SignedDuration::from_mins(lead), true)
    }

    #[test]
    fn the_grid_of_a_name_never_moves() {
        // Every daemon of every release has to agree: a grid that moved would make two sessions of one.
        let grid_point = cadence("sensitive-s3", 60, 20).grid_point("2026-12-01T08:00:00Z".parse().unwrap());
        assert_eq!(grid_point.to_string(), "2026-12-01T07:27:19Z");
    }

    #[test]
    fn a_grid_point_is_its_own_and_the_nanosecond_before_is_the_last_ones() {
        for (minutes, lead) in [(60, 20), (16, 15), (720, 15)] {
            let cadence = cadence("a", minutes, lead);
            let point = cadence.grid_point("2026-12-01T08:00:00Z".parse().unwrap());
            let before = |by| point.saturating_sub(by).unwrap();
            assert_eq!(cadence.grid_point(point), point);
            assert_eq!(cadence.grid_point(before(SignedDuration::from_nanos(1))), before(cadence.step()));
        }
    }

    #[test]
    fn secrets_refresh_spread_out() {
        let now = "2026-12-01T08:00:00Z".parse().unwrap();
        let mut tenths = [0; 10];
        for i in 0..1000 {
            let since = cadence(&format!("secret-{i}"), 60, 20).grid_point(now).duration_until(now);
            tenths[(since.as_secs() / 240) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (60..=140).contains(count)), "{tenths:?}");
    }
}
