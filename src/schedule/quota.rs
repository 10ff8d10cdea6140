//! How many versions a plan writes: Secrets Manager keeps every version of the last 24 hours and takes 100 at most
//! (aws-facts §6). The budget is 90, and leaves room for versions that others write.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::plan::sessions;
use crate::grant::{Grant, Secret, Window};

/// Versions that may be written to one secret in any 24 hours.
pub const BUDGET: usize = 90;
/// The time over which Secrets Manager counts them.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How far ahead a plan is counted: a year and the longest day at both ends.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 368);

/// The first 24 hours from `now` on in which the plan writes more than [`BUDGET`] versions: how many until when, or `None`.
///
/// Looks a year ahead.
pub fn over_budget(secret: &Secret, grants: &[Grant], now: Timestamp) -> Option<Timestamp> {
    if at_most(secret, grants) <= BUDGET as i64 {
        return None;
    }
    let mut day: VecDeque<Timestamp> = VecDeque::new();
    let until = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
    for session in sessions(now, until, &secret.cadence, grants) {
        while day.front().is_some_and(|at| session.at.duration_since(*at) >= DAY) {
            day.pop_front();
        }
        day.push_back(session.at);
        if day.len() > BUDGET {
            return Some(session.at);
        }
    }
    None
}

/// More than a plan can write in 24 hours, without looking at any day: each grid point once, and each start of coverage once.
/// Stretches of coverage don't touch, so the shortest window bounds how many there can be.
fn at_most(secret: &Secret, grants: &[Grant]) -> i64 {
    let seconds = |window: &Window| match window {
        Window::Once(span) => span.closes.duration_since(span.opens).as_secs(),
        Window::Recurring(recurrence) => recurrence.duration.as_secs(),
    };
    let Some(shortest) = grants.iter().map(|grant| seconds(&grant.window)).min() else {
        return 0;
    };
    // Bounds can cut a recurring window at either end, once each.
    let cut = 2 * grants.iter().filter(|grant| matches!(grant.window, Window::Recurring(_))).count() as i64;
    let stretches = DAY.as_secs() / shortest.max(1) + 2 + cut;
    DAY.as_secs() / secret.cadence.step().as_secs() + 1 + stretches
}
