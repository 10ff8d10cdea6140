//! A secret that fails: told once for each sort of trouble, tried again at its pace, told when it is over.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{Moment, Watch};
use crate::aws::trouble::{Kind, Operation, Trouble};
use crate::clock::Elapsed;
use crate::errand::Errand;
use crate::journal::Event;
use crate::schedule::backoff::{self, Pace};

/// A trouble that goes on.
#[derive(Debug)]
pub struct Failing {
    since: Elapsed,
    failures: u32,
    /// The last one, in words.
    pub trouble: String,
    /// The call that it happened to, and what it was.
    last: (Operation, Kind),
    /// When it is tried again.
    pub retry_at: Elapsed,
    /// What was told since. Troubles that may pass at any moment are one and the same, `None`, but for those that people mend;
    /// others each their own.
    told: Vec<Option<Kind>>,
}

impl Failing {
    /// Each trouble is told once more: what it means for access has changed.
    pub fn tell_again(&mut self) {
        self.told.clear();
    }
}

impl Watch {
    /// A visit went well.
    pub fn recover(&mut self, at: Moment, tell: &mut impl FnMut(Event)) {
        if let Some(failing) = self.failing.take() {
            let after = at.elapsed.since(failing.since);
            tell(Event::WellAgain { secret: Arc::clone(&self.secret), after, failures: failing.failures });
        }
    }

    /// A failure changes nothing of what is published; it only sets the next try, and is told once.
    pub fn fail(&mut self, trouble: Trouble, errand: &Errand, at: Moment, chance: f64, tell: &mut impl FnMut(Event)) {
        let pace = trouble.kind.pace();
        let failures = self.failing.as_ref().map_or(1, |failing| failing.failures.saturating_add(1));
        let published_until = self.published.as_ref().map(|(_, dies)| *dies).filter(|dies| *dies > at.now);
        let last = (trouble.operation, trouble.kind);
        // What a refusal tells of AWS's time, the SDK uses in the next call of that sort: no need to wait long for that.
        let learned = trouble.kind == Kind::WrongTime && self.failing.as_ref().is_none_or(|failing| failing.last != last);
        let mut wait = backoff::wait(pace, if learned { 1 } else { failures }, chance);
        if let Some(until) = published_until.filter(|_| pace != Pace::AfterQuota) {
            wait = wait.min(backoff::bound(pace, until.duration_since(at.now)));
        }
        if trouble.kind == Kind::VersionBudget {
            // For the next planned session there may be room where there was none for a repair.
            wait = wait.min(errand.good_until.duration_since(at.now)).max(SignedDuration::from_secs(1));
        }
        let words = trouble.to_string();
        // That nobody hands out new credentials is not told by the refusal of the old ones, nor a wrong clock by a lost network.
        let kind = if trouble.kind == Kind::BadSession { Kind::WrongTime } else { trouble.kind };
        let is_its_own = matches!(kind, Kind::NoCredentials | Kind::WrongTime | Kind::NoRegion);
        let told = Some(kind).filter(|_| pace != Pace::Soon || is_its_own);
        let before = self.failing.take();
        let since = before.as_ref().map_or(at.elapsed, |failing| failing.since);
        let mut told_before = before.map_or_else(Vec::new, |failing| failing.told);
        if !told_before.contains(&told) {
            told_before.push(told);
            let grants = errand.grants.clone();
            tell(Event::Failing { secret: Arc::clone(&self.secret), grants, trouble, published_until, retry_in: wait });
        }
        let retry_at = at.elapsed.after(wait);
        self.failing = Some(Failing { since, failures, trouble: words, last, retry_at, told: told_before });
    }
}
