//! What the schedule should be, worked out the slow way and with none of the product's code: every civil minute is looked at,
//! every grid point found by walking, every end by scanning. Slow and plain on purpose.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::windows::union;
pub use super::windows::{Grant, Span, Window, after, instant};

#[derive(Clone, Debug)]
pub struct Cadence {
    pub name: &'static str,
    /// M, in seconds.
    pub session: i64,
    /// L, in seconds.
    pub lead: i64,
    pub exact: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub grants: Vec<String>,
    pub ends: Option<Timestamp>,
    pub closes: Option<Timestamp>,
}

impl Cadence {
    pub fn step(&self) -> i64 {
        self.session - self.lead
    }

    /// What is worth a session: 30 s, without a session policy STS's 900 s.
    fn least(&self) -> SignedDuration {
        SignedDuration::from_secs(if self.exact { 30 } else { 900 })
    }

    /// The last grid point at or before `t`, second by second backwards.
    pub fn grid_point(&self, t: Timestamp) -> Timestamp {
        let hash = Sha256::digest(self.name)[..8].iter().fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        let step = self.step();
        let offset = (hash % step as u64) as i64;
        let mut second = t.as_nanosecond().div_euclid(1_000_000_000) as i64;
        while (second - offset) % step != 0 {
            second -= 1;
        }
        Timestamp::from_second(second).unwrap()
    }
}

/// Who opens what when, from `lo` to `hi`.
pub struct Calendar<'a> {
    grants: &'a [Grant],
    open: Vec<(&'a str, Span)>,
    hi: Timestamp,
}

impl<'a> Calendar<'a> {
    pub fn of(grants: &'a [Grant], lo: Timestamp, hi: Timestamp) -> Self {
        let spans = |grant: &'a Grant| grant.window.open(lo, hi).into_iter().map(|span| (grant.name.as_str(), span));
        Self { grants, open: grants.iter().flat_map(spans).collect(), hi }
    }

    pub fn grants_at(&self, t: Timestamp) -> Vec<String> {
        let open = self.open.iter().filter(|(_, (opens, closes))| *opens <= t && t < *closes);
        let mut names: Vec<String> = open.map(|(name, _)| (*name).to_owned()).collect();
        names.sort();
        names
    }

    /// The end of the coverage that `t` lies in: the end of whatever covers `t`, of whatever covers that end, and so on.
    pub fn end_at(&self, t: Timestamp) -> Option<Timestamp> {
        let mut end = t;
        while let Some((_, (_, closes))) = self.open.iter().find(|(_, (opens, closes))| *opens <= end && end < *closes) {
            end = *closes;
        }
        Some(end).filter(|end| *end > t)
    }

    /// Every instant at which a grant opens or closes.
    pub fn edges(&self) -> Vec<Timestamp> {
        let mut edges: Vec<Timestamp> = self.open.iter().flat_map(|(_, (opens, closes))| [*opens, *closes]).collect();
        edges.sort();
        edges.dedup();
        edges
    }

    /// Every maximal covered span.
    pub fn stretches(&self) -> Vec<Span> {
        union(self.open.iter().map(|(_, span)| *span).collect())
    }

    /// What should be so at `t`, before asking whether so little life is worth a session.
    fn wanted(&self, t: Timestamp, cadence: &Cadence) -> Plan {
        let full = after(cadence.grid_point(t), cadence.session);
        let end = self.end_at(t);
        let ends = end.map(|end| end.min(full));
        Plan { grants: self.grants_at(t), ends, closes: end.filter(|end| *end <= full) }
    }

    /// The plan at `t`.
    pub fn plan(&self, t: Timestamp, cadence: &Cadence) -> Plan {
        let least = cadence.least();
        let wanted = self.wanted(t, cadence);
        Plan { ends: wanted.ends.filter(|ends| ends.duration_since(t) >= least), ..wanted }
    }

    /// The first instant after `now` at which the plan is another.
    pub fn look_again(&self, now: Timestamp, cadence: &Cadence) -> Option<Timestamp> {
        let before = self.wanted(now, cadence);
        let mut instants = self.edges();
        let next = after(cadence.grid_point(now), cadence.step());
        instants.extend([next, after(next, cadence.step())]);
        instants.retain(|t| *t > now && *t <= self.hi);
        instants.sort();
        let changed = instants.into_iter().find(|t| self.wanted(*t, cadence) != before);
        changed.or_else(|| self.grants.iter().filter_map(|grant| grant.window.next_opening(now)).filter(|t| *t > now).min())
    }

    /// The sessions issued in `[from, until)`: when, until when, for whom. With the least left there is less by the time of the call.
    pub fn sessions(&self, from: Timestamp, until: Timestamp, cadence: &Cadence) -> Vec<(Timestamp, Timestamp, Vec<String>)> {
        let mut instants = self.edges();
        let mut grid_point = cadence.grid_point(from);
        while grid_point < until {
            instants.push(grid_point);
            grid_point = after(grid_point, cadence.step());
        }
        instants.push(from);
        instants.retain(|t| from <= *t && *t < until);
        instants.sort();
        let mut sessions: Vec<(Timestamp, Timestamp, Vec<String>)> = Vec::new();
        for at in instants {
            let plan = self.plan(at, cadence);
            let ends = plan.ends.filter(|ends| ends.duration_since(at) > cadence.least());
            if let Some(ends) = ends.filter(|ends| sessions.last().is_none_or(|last| last.1 != *ends)) {
                sessions.push((at, ends, plan.grants));
            }
        }
        sessions
    }
}
