//! How many versions a plan writes: Secrets Manager keeps every version of the last 24 hours and takes 100 at most
//! (aws-facts §6). The budget is 90, and leaves room for versions that others write.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::plan::sessions;
use crate::grant::{Grant, Secret, Span, Window};
use crate::instant::after;

/// Versions that may be written to one secret in any 24 hours.
pub const BUDGET: usize = 90;
/// The time over which Secrets Manager counts them.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How far ahead a plan is counted: a year and the longest day at both ends.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 368);

/// The first 24 hours from `now` on in which the plan writes more than [`BUDGET`] versions, from the first of these to the one that
/// is too much, or `None`.
///
/// Looks at the year that begins now, and at the one that begins with each grant that first opens after it, so that what is
/// accepted today is not refused when the daemon starts again next year.
pub fn over_budget(secret: &Secret, grants: &[Grant], now: Timestamp) -> Option<Span> {
    if at_most(secret, grants) <= BUDGET as i64 {
        return None;
    }
    let mut openings: Vec<Timestamp> = grants.iter().filter_map(|grant| grant.window.spans(now, now).1).collect();
    openings.sort();
    let mut looked_until = after(now, AHEAD);
    let mut over = first_over(secret, grants, now, looked_until);
    for opening in openings {
        if over.is_none() && opening >= looked_until {
            looked_until = after(opening, AHEAD);
            over = first_over(secret, grants, after(opening, -DAY), looked_until);
        }
    }
    over
}

/// How many of the [`BUDGET`] are free for what is not planned, in any 24 hours: that much at least.
pub fn spare(secret: &Secret, grants: &[Grant]) -> usize {
    usize::try_from(BUDGET as i64 - at_most(secret, grants)).unwrap_or(0)
}

/// Day by day, so that a plan of a million sessions is never held in memory.
fn first_over(secret: &Secret, grants: &[Grant], from: Timestamp, until: Timestamp) -> Option<Span> {
    let mut day: VecDeque<Timestamp> = VecDeque::new();
    let mut last = None;
    let mut begins = from;
    while begins < until {
        let ends = after(begins, DAY).min(until);
        for session in sessions(begins, ends, &secret.cadence, grants) {
            // The one that goes on from the day before is not issued again.
            if last.replace(session.ends) == Some(session.ends) {
                continue;
            }
            while day.front().is_some_and(|at| session.at.duration_since(*at) >= DAY) {
                day.pop_front();
            }
            day.push_back(session.at);
            if day.len() > BUDGET {
                return Some(Span { opens: day[0], closes: session.at });
            }
        }
        begins = ends;
    }
    None
}

/// No less than a plan can write in 24 hours, without looking at any day: each grid point once, and each start of coverage once.
///
/// Stretches of coverage don't touch, so the shortest window bounds how many there can be; and each begins with an opening.
fn at_most(secret: &Secret, grants: &[Grant]) -> i64 {
    let seconds = |window: &Window| match window {
        Window::Once(span) => span.closes.duration_since(span.opens).as_secs(),
        Window::Recurring(recurrence) => recurrence.duration.as_secs(),
    };
    let Some(shortest) = grants.iter().map(|grant| seconds(&grant.window)).min() else {
        return 0;
    };
    // Bounds can cut a recurring window at either end, once each.
    let cuts = |window: &Window| match window {
        Window::Once(_) => 0,
        Window::Recurring(it) => i64::from(it.bounds.opens > Timestamp::MIN) + i64::from(it.bounds.closes < Timestamp::MAX),
    };
    let cut: i64 = grants.iter().map(|grant| cuts(&grant.window)).sum();
    let by_length = DAY.as_secs() / shortest.max(1) + cut;
    let by_openings = grants.iter().map(|grant| openings(&grant.window)).sum::<i64>() + cut;
    // What is open already at either end of the time looked at.
    let stretches = by_length.min(by_openings) + 2;
    DAY.as_secs() / secret.cadence.step().as_secs() + 1 + stretches
}

/// How often a window opens in 24 hours at most. Where clocks are put forward, by a day at most, these are two days of them.
fn openings(window: &Window) -> i64 {
    match window {
        Window::Once(_) => 1,
        Window::Recurring(it) => {
            let pattern = &it.cron.pattern;
            let hours = (0..24).filter(|hour| pattern.hour_match(*hour).unwrap_or(true)).count();
            let minutes = (0..60).filter(|minute| pattern.minute_match(*minute).unwrap_or(true)).count();
            2 * (hours * minutes) as i64
        }
    }
}
