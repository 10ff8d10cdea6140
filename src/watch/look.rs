//! What the plan wants of a secret now: which windows opened or closed, what is to be done, and when to look again.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{DESCRIBE_LAG, Flight, Moment, Watch};
use crate::errand::{CallOff, Errand};
use crate::grant::{Grant, Name};
use crate::instant::before;
use crate::journal::{Access, Event};
use crate::schedule::coverage::Coverage;
use crate::schedule::plan::{Plan, horizon, plan};
use crate::schedule::verdict::Written;
use crate::session::SKEW_BOUND;

/// How often a covered secret is looked at between refreshes, for what others do to it.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(5);

impl Watch {
    /// Looks at the plan: tells which windows opened or closed, and answers with what is to be done, if anything is.
    pub fn look(&mut self, at: Moment, tell: &mut impl FnMut(Event)) -> Option<Errand> {
        let grants = Arc::clone(&self.grants);
        // A little way back, so as to know where coverage began only now: by AWS's clock it may not have begun yet.
        let back = before(at.now, SKEW_BOUND);
        let coverage = Coverage::between(grants.iter(), back, horizon(at.now, &self.secret.cadence));
        let plan = plan(at.now, &self.secret.cadence, &coverage);
        self.upcoming = coverage.next_opening(at.now).map(|(opens, grant)| (opens, grant.name.clone()));
        self.tell_changes(at, &plan.grants, plan.closes, tell);
        self.tell_lapse(at, tell);
        let ending = self.tell_ending(at, &coverage, tell);
        self.set_wake_ups(at, &plan, ending);
        // In its last moments coverage wants no other session; one that is under way and ends with it may come.
        let stands = |flight: &Flight| flight.ends == plan.ends || flight.ends.is_some_and(|ends| plan.closes == Some(ends));
        if !self.in_flight.as_ref().is_none_or(stands) {
            self.call_off();
        }
        if self.in_flight.is_some() || self.failing.as_ref().is_some_and(|failing| failing.retry_at > at.elapsed) {
            return None;
        }
        let stale = self.seen.at.is_none_or(|seen| at.elapsed.since(seen) >= self.look_every());
        let settled = self.settled.is_some_and(|settled| Some(settled.ends) == plan.ends && at.now < settled.good_until);
        let wanted = plan.ends.is_some() && (!settled || stale || self.failing.is_some());
        if !wanted && self.seen.at.is_some() {
            return None;
        }
        let call_off = CallOff::default();
        self.in_flight = Some(Flight { ends: plan.ends, call_off: call_off.clone() });
        self.due.steady = None;
        self.writes.forget(at.elapsed);
        Some(Errand {
            secret: Arc::clone(&self.secret),
            grants: plan.grants.iter().map(|grant| grant.name.clone()).collect(),
            opened: coverage.stretches().iter().find(|span| span.contains(at.now)).map_or(back, |span| span.opens),
            wanted: plan.wanted(),
            // Of the last session of its coverage: those before it are followed by another.
            opens_next: plan
                .ends
                .filter(|ends| coverage.end_at(at.now) == Some(*ends))
                .and_then(|ends| Some(coverage.next_opening(ends)?.0)),
            good_until: plan.look_again.unwrap_or(Timestamp::MAX),
            written: self.written.as_ref().map(|(version_id, since)| Written {
                version_id: version_id.clone(),
                shows: at.elapsed.since(*since) >= DESCRIBE_LAG,
            }),
            room: self.writes.room(),
            repairs: self.writes.repairs(self.spare),
            call_off,
        })
    }

    fn look_every(&self) -> SignedDuration {
        if self.seen.unseen { DESCRIBE_LAG } else { LOOK_EVERY }
    }

    fn set_wake_ups(&mut self, at: Moment, plan: &Plan, ending: Option<Timestamp>) {
        let good_until = self.settled.filter(|settled| Some(settled.ends) == plan.ends).map(|settled| settled.good_until);
        let lapse = self.published.as_ref().filter(|_| self.failing.is_some() && !self.seen.lapsed).map(|(_, dies)| *dies);
        let open = plan.ends.is_some();
        // What is past is acted on now: a wake-up for it would come again and again.
        let later = |t: &Timestamp| *t > at.now;
        let planned = plan.look_again.into_iter().chain(good_until).chain(ending);
        self.due.wall = planned.chain(lapse.filter(|_| open)).filter(later).min();
        self.due.steady = match (&self.failing, self.seen.at) {
            _ if self.in_flight.is_some() => None,
            (Some(failing), seen) if open || seen.is_none() => Some(failing.retry_at),
            (None, Some(seen)) if open => Some(seen.after(self.look_every())),
            _ => None,
        };
    }

    /// Which windows opened or closed since it was looked last.
    pub fn tell_changes(&mut self, at: Moment, open: &[&Grant], closes: Option<Timestamp>, tell: &mut impl FnMut(Event)) {
        let now_open: BTreeSet<Name> = open.iter().map(|grant| grant.name.clone()).collect();
        for grant in self.open.difference(&now_open) {
            let access = match self.alive_until {
                _ if !open.is_empty() => Access::Continues { grants: now_open.iter().cloned().collect() },
                Some(until) if until > at.now => {
                    self.seen.lives_on = Some(until);
                    Access::LivesOn { until }
                }
                died => Access::Lapsed { died },
            };
            tell(Event::Closed { secret: Arc::clone(&self.secret), grant: grant.clone(), access });
        }
        for grant in open.iter().filter(|grant| !self.open.contains(&grant.name)) {
            tell(Event::Opened { secret: Arc::clone(&self.secret), grant: (*grant).clone(), closes });
        }
        self.open = now_open;
    }

    fn tell_lapse(&mut self, at: Moment, tell: &mut impl FnMut(Event)) {
        let Some((_, died)) = self.published.as_ref().filter(|(_, dies)| *dies <= at.now) else {
            return;
        };
        if self.failing.is_some() && !self.open.is_empty() && !self.seen.lapsed {
            self.seen.lapsed = true;
            tell(Event::Lapsed { secret: Arc::clone(&self.secret), grants: self.open.iter().cloned().collect(), died: *died });
        }
    }
}
