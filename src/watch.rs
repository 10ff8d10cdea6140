//! What the daemon knows of one secret, and what it makes of the plan and of each visit. No network, no waiting.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::aws::Description;
use crate::aws::trouble::{Kind, Operation, Trouble};
use crate::clock::Elapsed;
use crate::config::Watched;
use crate::grant::{Grant, Name, Secret};
use crate::journal::{Access, Event};
use crate::schedule::backoff::{self, Pace};
use crate::schedule::coverage::Coverage;
use crate::schedule::plan::{Plan, horizon, plan};
use crate::schedule::quota::{BUDGET, DAY};
use crate::schedule::token;
use crate::schedule::verdict::Written;
use crate::session::SKEW_BOUND;
use crate::standing::Standing;
use crate::visit::{Done, Errand, Visit};

/// How often a covered secret is looked at between refreshes, for what others do to it.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Secrets Manager is eventually consistent; a minute is what it may be behind (aws-facts §6).
const DESCRIBE_LAG: SignedDuration = SignedDuration::from_secs(60);

/// The present, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the clock on the wall says: windows are judged by it.
    pub now: Timestamp,
    /// What the clock that nobody can set says: waits and budgets are measured by it.
    pub elapsed: Elapsed,
}

/// One secret under watch.
#[derive(Debug)]
pub struct Watch {
    /// The secret.
    pub secret: Arc<Secret>,
    grants: Arc<[Grant]>,
    /// The grants that were open when last looked.
    open: BTreeSet<Name>,
    /// What readers get, as far as is known, if it is credadmin's: its version id, and when it dies.
    published: Option<(String, Timestamp)>,
    /// Until when any session lives that was handed out, as far as is known.
    alive_until: Option<Timestamp>,
    settled: Option<Settled>,
    /// The last version id known to have been written, and since when that is known.
    written: Option<(String, Elapsed)>,
    /// When versions were written in the last day, by us and by strangers.
    writes: VecDeque<Elapsed>,
    seen: Seen,
    failing: Option<Failing>,
    /// The next grant to open, as of the last look.
    upcoming: Option<(Timestamp, Name)>,
    /// When to look again, by the wall.
    next: Option<Timestamp>,
    /// When to look again, by the clock that nobody can set.
    look_by: Option<Elapsed>,
    in_flight: bool,
}

/// A planned end that has been seen to, and until when that is good enough.
#[derive(Clone, Copy, Debug)]
struct Settled {
    ends: Timestamp,
    good_until: Timestamp,
}

/// What was last seen of the secret, so that each thing is said once.
#[derive(Debug, Default)]
struct Seen {
    at: Option<Elapsed>,
    rotation: bool,
    empty: bool,
    stranger: Option<String>,
    superseded_by: Option<String>,
    lapsed: bool,
}

#[derive(Debug)]
struct Failing {
    since: Elapsed,
    failures: u32,
    /// The last one, in words.
    trouble: String,
    /// The call that it happened to, and what it was.
    last: (Operation, Kind),
    retry_at: Elapsed,
    /// What was told since. Troubles that may pass at any moment are one and the same, `None`, but for missing credentials;
    /// others each their own.
    told: Vec<Option<Kind>>,
}

impl Watch {
    /// A secret of which nothing is known yet.
    pub fn new(watched: Watched) -> Self {
        Self {
            secret: watched.secret,
            grants: watched.grants,
            open: BTreeSet::new(),
            published: None,
            alive_until: None,
            settled: None,
            written: None,
            writes: VecDeque::new(),
            seen: Seen::default(),
            failing: None,
            upcoming: None,
            next: Some(Timestamp::MIN),
            look_by: None,
            in_flight: false,
        }
    }

    /// Takes over a new config. What is known of the secret stays known.
    pub fn adopt(&mut self, watched: Watched) {
        if self.secret.secret_id != watched.secret.secret_id {
            // Another secret altogether; only what was handed out of the one before lives on.
            let alive_until = self.alive_until;
            let open = std::mem::take(&mut self.open);
            *self = Self { open, alive_until, in_flight: self.in_flight, ..Self::new(watched) };
            return;
        }
        if self.secret != watched.secret {
            self.secret = watched.secret;
            self.settled = None;
            self.failing = None;
        }
        self.grants = watched.grants;
        self.look_now();
    }

    /// Closes what is open: the secret is no longer under watch.
    pub fn abandon(mut self, at: Moment, tell: &mut impl FnMut(Event)) {
        self.tell_changes(at, &[], None, tell);
    }

    /// Plans sessions of an hour from now on, if they are longer.
    pub fn cap(&mut self) {
        if let Some(capped) = self.secret.capped() {
            self.secret = Arc::new(capped);
            self.settled = None;
            self.look_now();
        }
    }

    /// The errand is not run: it waited while the config changed.
    pub fn take_back(&mut self) {
        self.in_flight = false;
        self.look_now();
    }

    /// Whether a visit is under way, or waits for its turn.
    pub fn is_in_flight(&self) -> bool {
        self.in_flight
    }

    /// Whether it is known what is in the secret, or why that can't be known.
    pub fn is_decided(&self) -> bool {
        self.seen.at.is_some() || self.failing.is_some()
    }

    /// How the secret stands.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            secret: &self.secret,
            open: &self.open,
            published_until: self.published.as_ref().map(|(_, dies)| *dies),
            upcoming: self.upcoming.as_ref(),
            trouble: self.failing.as_ref().map(|failing| failing.trouble.as_str()),
        }
    }

    /// Tries again now what was to be tried later: somebody may have mended it.
    pub fn try_now(&mut self, at: Moment) {
        if let Some(failing) = &mut self.failing {
            failing.retry_at = at.elapsed;
        }
        self.look_now();
    }

    /// Looks again at the next opportunity, whatever was planned.
    pub fn look_now(&mut self) {
        self.next = Some(Timestamp::MIN);
    }

    /// Whether it is time to look.
    pub fn is_due(&self, at: Moment) -> bool {
        self.next.is_some_and(|next| next <= at.now) || self.look_by.is_some_and(|by| by <= at.elapsed)
    }

    /// How long it is until it is time to look.
    pub fn wait(&self, at: Moment) -> Option<SignedDuration> {
        let wall = self.next.map(|next| next.duration_since(at.now));
        let steady = self.look_by.map(|by| by.since(at.elapsed));
        wall.into_iter().chain(steady).min()
    }

    /// When what is published dies: the nearest is the most urgent. Nothing published is most urgent of all.
    pub fn urgency(&self) -> Timestamp {
        self.published.as_ref().map_or(Timestamp::MIN, |(_, dies)| *dies)
    }

    /// Looks at the plan: tells which windows opened or closed, and answers with what is to be done, if anything is.
    pub fn look(&mut self, at: Moment, tell: &mut impl FnMut(Event)) -> Option<Errand> {
        let grants = Arc::clone(&self.grants);
        // A little way back, so as to know where coverage began only now: by AWS's clock it may not have begun yet.
        let back = at.now.saturating_sub(SKEW_BOUND).unwrap_or(Timestamp::MIN);
        let coverage = Coverage::between(grants.iter(), back, horizon(at.now, &self.secret.cadence));
        let plan = plan(at.now, &self.secret.cadence, &coverage);
        self.upcoming = coverage.next_opening(at.now).map(|(opens, grant)| (opens, grant.name.clone()));
        self.tell_changes(at, &plan.grants, plan.closes, tell);
        self.tell_lapse(at, tell);
        self.set_wake_ups(at, &plan);
        if self.in_flight || self.failing.as_ref().is_some_and(|failing| failing.retry_at > at.elapsed) {
            return None;
        }
        let stale = self.seen.at.is_none_or(|seen| at.elapsed.since(seen) >= LOOK_EVERY);
        let settled = self.settled.is_some_and(|settled| Some(settled.ends) == plan.ends && at.now < settled.good_until);
        let wanted = plan.ends.is_some() && (!settled || stale || self.failing.is_some());
        if !wanted && self.seen.at.is_some() {
            return None;
        }
        self.in_flight = true;
        self.look_by = None;
        while self.writes.front().is_some_and(|write| at.elapsed.since(*write) >= DAY) {
            self.writes.pop_front();
        }
        Some(Errand {
            secret: Arc::clone(&self.secret),
            grants: plan.grants.iter().map(|grant| grant.name.clone()).collect(),
            opened: coverage.stretches().iter().find(|span| span.contains(at.now)).map_or(back, |span| span.opens),
            ends: plan.ends,
            good_until: plan.look_again.unwrap_or(Timestamp::MAX),
            written: self.written.as_ref().map(|(version_id, since)| Written {
                version_id: version_id.clone(),
                shows: at.elapsed.since(*since) >= DESCRIBE_LAG,
            }),
            room: BUDGET.saturating_sub(self.writes.len()),
        })
    }

    fn set_wake_ups(&mut self, at: Moment, plan: &Plan) {
        let good_until = self.settled.filter(|settled| Some(settled.ends) == plan.ends).map(|settled| settled.good_until);
        let lapse = self.published.as_ref().filter(|_| self.failing.is_some() && !self.seen.lapsed).map(|(_, dies)| *dies);
        let open = plan.ends.is_some();
        // What is past is acted on now: a wake-up for it would come again and again.
        let later = |t: &Timestamp| *t > at.now;
        self.next = plan.look_again.into_iter().chain(good_until).chain(lapse.filter(|_| open)).filter(later).min();
        self.look_by = match (&self.failing, self.seen.at) {
            _ if self.in_flight => None,
            (Some(failing), seen) if open || seen.is_none() => Some(failing.retry_at),
            (None, Some(seen)) if open => Some(seen.after(LOOK_EVERY)),
            _ => None,
        };
    }

    fn tell_changes(&mut self, at: Moment, open: &[&Grant], closes: Option<Timestamp>, tell: &mut impl FnMut(Event)) {
        let now_open: BTreeSet<Name> = open.iter().map(|grant| grant.name.clone()).collect();
        for grant in self.open.difference(&now_open) {
            let access = match self.alive_until {
                _ if !open.is_empty() => Access::Continues { grants: now_open.iter().cloned().collect() },
                Some(until) if until > at.now => Access::LivesOn { until },
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

    /// Takes in what came of a visit; `chance` is uniform in 0..1.
    pub fn record(&mut self, visit: Visit, at: Moment, chance: f64, tell: &mut impl FnMut(Event)) {
        self.in_flight = false;
        self.look_now();
        if visit.errand.secret != self.secret {
            // The config has changed meanwhile: the next look starts from what is there then. What was handed out lives on.
            self.seen.at = None;
            if let Ok(Done::Published { session, .. }) = visit.outcome {
                self.alive_until = self.alive_until.max(Some(session.ends));
                if visit.errand.secret.secret_id == self.secret.secret_id {
                    self.writes.push_back(at.elapsed);
                }
                tell(Event::Published { secret: visit.errand.secret, session });
            }
            return;
        }
        if let Some(description) = &visit.seen {
            self.notice(description, at, tell);
        }
        tell(Event::Looked { secret: Arc::clone(&self.secret), done: format!("{:?}", visit.outcome) });
        match visit.outcome {
            Ok(done) => {
                self.recover(at, tell);
                if let Some(ends) = visit.errand.ends {
                    self.settle(done, ends, at, tell);
                }
            }
            Err(trouble) => self.fail(trouble, &visit.errand, at, chance, tell),
        }
    }

    /// What the description shows beside the plan, each said once.
    fn notice(&mut self, description: &Description, at: Moment, tell: &mut impl FnMut(Event)) {
        let secret = || Arc::clone(&self.secret);
        if description.rotation && !self.seen.rotation {
            tell(Event::RotationOn { secret: secret() });
        }
        let current = description.staged.current.as_deref();
        if current.is_none() && !self.seen.empty {
            tell(Event::SecretEmpty { secret: secret() });
        }
        self.seen.rotation = description.rotation;
        self.seen.empty = current.is_none();
        self.seen.at = Some(at.elapsed);
        let Some(version) = current else {
            return;
        };
        match token::ends(version) {
            // DescribeSecret may be a minute behind: of what was just written, the one who wrote it knows better.
            Some(_) if self.writes.back().is_some_and(|write| at.elapsed.since(*write) < DESCRIBE_LAG) => {}
            Some(ends) => self.reads(version.to_owned(), ends),
            None if self.seen.stranger.as_deref() == Some(version) => {}
            None => {
                self.writes.push_back(at.elapsed);
                self.seen.stranger = Some(version.to_owned());
            }
        }
    }

    /// This version has been written; answers whether that is news.
    fn knows_written(&mut self, version_id: String, at: Moment) -> bool {
        let news = self.written.as_ref().is_none_or(|(known, _)| *known != version_id);
        if news {
            self.written = Some((version_id, at.elapsed));
        }
        news
    }

    /// Readers get this version of credadmin's now.
    fn reads(&mut self, version_id: String, dies: Timestamp) {
        self.alive_until = self.alive_until.max(Some(dies));
        self.published = Some((version_id, dies));
    }

    fn settle(&mut self, done: Done, ends: Timestamp, at: Moment, tell: &mut impl FnMut(Event)) {
        let secret = Arc::clone(&self.secret);
        let mut good_until = ends;
        match done {
            Done::Looked => return,
            Done::InPlace { version_id } => {
                if self.knows_written(version_id.clone(), at) {
                    tell(Event::InPlace { secret, version_id: version_id.clone(), ends });
                }
                self.reads(version_id, ends);
                self.seen.lapsed = false;
            }
            Done::Superseded { planned, current } => {
                let lapses = token::ends(&current);
                let runs_out = lapses.and_then(|lapses| lapses.checked_sub(self.secret.cadence.lead()).ok());
                good_until = runs_out.filter(|runs_out| *runs_out > at.now).unwrap_or(ends).min(ends);
                if self.seen.superseded_by.as_deref() != Some(&current) {
                    self.seen.superseded_by = Some(current.clone());
                    tell(match lapses {
                        None => Event::Drift { secret, version_id: current, replaced: false },
                        Some(_) => Event::Superseded { secret, version_id: current },
                    });
                }
                self.knows_written(planned, at);
            }
            Done::Published { session, over } => {
                if let Some(version_id) = over.filter(|version| token::ends(version).is_none()) {
                    tell(Event::Drift { secret: Arc::clone(&secret), version_id, replaced: true });
                }
                if let Some(lives_until) = self.alive_until.filter(|until| *until > ends && *until > at.now) {
                    tell(Event::Cut { secret: Arc::clone(&secret), lives_until });
                }
                self.writes.push_back(at.elapsed);
                self.knows_written(session.version_id.clone(), at);
                self.reads(session.version_id.clone(), session.ends);
                self.seen.lapsed = false;
                self.seen.superseded_by = None;
                tell(Event::Published { secret, session });
            }
        }
        self.settled = Some(Settled { ends, good_until });
    }

    fn recover(&mut self, at: Moment, tell: &mut impl FnMut(Event)) {
        if let Some(failing) = self.failing.take() {
            let after = at.elapsed.since(failing.since);
            tell(Event::WellAgain { secret: Arc::clone(&self.secret), after, failures: failing.failures });
        }
    }

    /// A failure changes nothing of what is published; it only sets the next try, and is told once.
    fn fail(&mut self, trouble: Trouble, errand: &Errand, at: Moment, chance: f64, tell: &mut impl FnMut(Event)) {
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
        let words = trouble.to_string();
        // That nobody hands out new credentials is not told by the refusal of the old ones.
        let told = Some(trouble.kind).filter(|kind| pace != Pace::Soon || *kind == Kind::NoCredentials);
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
