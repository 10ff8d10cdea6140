//! The plan: what should be in a secret at an instant, and when to ask again. It needs no history.
//!
//! With M the session length, L the lead, `g_j` the grid of the secret and E the end of the coverage that `now` lies in, the
//! session that should be in the secret now **ends at e = min(g_j + M, E)**, where `g_j ≤ now < g_j + (M − L)`. So
//!
//! - the last refresh before E already ends at E, and no useless one follows;
//! - a session planned on its grid point lasts at least L, or until E;
//! - whatever moves E (a grant extended, cut short, added, removed) moves e, and is acted on at once.

use jiff::{SignedDuration, Timestamp};

use super::coverage::Coverage;
use super::verdict::Wanted;
use crate::cadence::Cadence;
use crate::grant::Grant;
use crate::instant::after;

/// What should be so at one instant.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The grants open now, by name. Empty means closed.
    pub grants: Vec<&'a Grant>,
    /// When the session that should be in the secret ends. `None` when closed, and in the last moments of a window, for which
    /// no session is worth issuing (or, without a session policy, possible).
    pub ends: Option<Timestamp>,
    /// When the coverage ends, if that is within a session length.
    pub closes: Option<Timestamp>,
    /// When to plan again; later than now. `None` means that nothing will ever change.
    pub look_again: Option<Timestamp>,
}

impl Plan<'_> {
    /// The session that should be in the secret, if any.
    pub fn wanted(&self) -> Option<Wanted> {
        self.ends.map(|ends| Wanted { ends, is_last: self.closes.is_some() })
    }
}

/// How far ahead of `now` the coverage given to [`plan`] has to reach: past the latest end that a session could have, so that
/// an end of coverage up to there is known to be one.
pub fn horizon(now: Timestamp, cadence: &Cadence) -> Timestamp {
    after(now, cadence.session() + SignedDuration::from_secs(1))
}

/// The plan at `now`, for a coverage that reaches from `now` or earlier to at least [`horizon`].
pub fn plan<'a>(now: Timestamp, cadence: &Cadence, coverage: &Coverage<'a>) -> Plan<'a> {
    let change = coverage.next_change(now);
    let Some(end) = coverage.end_at(now) else {
        return Plan { grants: Vec::new(), ends: None, closes: None, look_again: change };
    };
    let grid_point = cadence.grid_point(now);
    let full = after(grid_point, cadence.session());
    let ends = full.min(end);
    let next_grid_point = after(grid_point, cadence.step());
    // Once a session ends with the coverage, no grid point before that moves it.
    let refresh = Some(next_grid_point).filter(|_| full < end);
    Plan {
        grants: coverage.grants_at(now),
        ends: Some(ends).filter(|ends| ends.duration_since(now) >= cadence.shortest()),
        closes: Some(end).filter(|end| *end <= full),
        look_again: change.into_iter().chain(refresh).min(),
    }
}

/// A session that will be issued, as `credadmin plan` tells it.
#[derive(Clone, Debug)]
pub struct Planned<'a> {
    /// When it is issued: where coverage starts, or at a grid point that moves the planned end.
    pub at: Timestamp,
    /// When it is made to end.
    pub ends: Timestamp,
    /// The grants open at that moment, by name.
    pub grants: Vec<&'a Grant>,
}

/// The sessions issued in `[from, until)`, in order: the daemon's own plan, looked at again whenever it says so.
pub fn sessions<'a>(from: Timestamp, until: Timestamp, cadence: &Cadence, grants: &'a [Grant]) -> Vec<Planned<'a>> {
    /// How much coverage is held at a time, so that a year is not slower by the day.
    const STRIDE: SignedDuration = SignedDuration::from_hours(24);
    let mut sessions: Vec<Planned> = Vec::new();
    let mut stride = from;
    while stride < until {
        let begins = stride;
        stride = after(stride, STRIDE).min(until);
        let coverage = Coverage::between(grants, begins, horizon(stride, cadence));
        let mut now = Some(begins);
        while let Some(at) = now.filter(|at| *at < stride) {
            let plan = plan(at, cadence, &coverage);
            // A moment passes before one is issued: where the shortest is left now, less is left then.
            if let Some(ends) = plan.ends
                && ends.duration_since(at) > cadence.shortest()
                && sessions.last().is_none_or(|last| last.ends != ends)
            {
                sessions.push(Planned { at, ends, grants: plan.grants });
            }
            now = plan.look_again;
        }
    }
    sessions
}
