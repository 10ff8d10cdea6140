//! What one daemon remembers, and what it makes of answers: `watch` and `visit` of the product, without what they only tell.
//!
//! What is to be done is asked of the product's own plan, verdict and token. The order in which it is done is told again here, and
//! held to the real daemon by a test that lets both go the same ways.

use credadmin::schedule::token;
use credadmin::schedule::verdict::{Verdict, Wanted, Written, judge};
use jiff::Timestamp;

use crate::departure::Departure;
use crate::scene::Scene;
use crate::state::State;
use crate::world::{Answer, Id, Put, Session};

/// How often an ambiguous PutSecretValue is sent, as in `vault`.
const SENDS: u8 = 2;

/// A daemon.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Daemon {
    /// Which of the configs is in force.
    pub config: usize,
    /// Where it stands.
    pub phase: Phase,
    /// The planned end that was seen to, and until when that is good enough.
    settled: Option<(Timestamp, Until)>,
    /// The last version known to have been written, and whether DescribeSecret shows by now what came of it.
    written: Option<(Id, bool)>,
    failing: bool,
    seen: Seen,
}

/// Where a daemon stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// No visit is under way.
    Idle,
    /// AssumeRole has answered; PutSecretValue is next.
    Issued(Work),
    /// It waits for the answer to PutSecretValue, sent so often.
    Sent(Work, u8),
    /// PutSecretValue said that the version exists; a second DescribeSecret is next.
    Exists(Work),
}

/// A visit that publishes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Work {
    /// Its token.
    pub id: Id,
    /// Its session.
    pub session: Session,
    /// Whether coverage ends with it.
    is_last: bool,
    /// When another one may be due.
    good_until: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Until {
    /// Then.
    At(Timestamp),
    /// Until minutes have passed.
    Minutes,
}

/// When it has looked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Seen {
    Never,
    MinutesAgo,
    JustNow,
}

/// What came of a visit.
enum Done {
    Looked,
    InPlace(Id),
    Unseen(Id),
    Superseded { planned: Id, current: Id },
    Waits,
    Published(Id),
}

impl Daemon {
    /// One that has just started on a config.
    pub fn started(config: usize) -> Self {
        Self { config, phase: Phase::Idle, settled: None, written: None, failing: false, seen: Seen::Never }
    }

    /// `Watch::look`: whether it wants to look at the secret.
    pub fn wants(&self, scene: &Scene, state: &State) -> bool {
        let plan = scene.planned(self.config, state.instant);
        let is_good = |until: Until| match until {
            Until::At(until) => state.now(scene) < until,
            Until::Minutes => true,
        };
        let settled = self.settled.is_some_and(|(ends, until)| Some(ends) == plan.ends && is_good(until));
        let wanted = plan.ends.is_some() && (!settled || self.seen != Seen::JustNow || self.failing);
        self.phase == Phase::Idle && (wanted || self.seen == Seen::Never)
    }

    /// `visit`, to the answer of AssumeRole: DescribeSecret says what it says that knows of so many versions.
    pub fn visit(&mut self, scene: &Scene, state: &State, knows: usize) {
        let plan = scene.planned(self.config, state.instant);
        let Some(ends) = plan.ends else {
            return self.record(scene, state, self.config, None, Done::Looked);
        };
        let current = || state.world.current_id(knows);
        let wanted = Wanted { ends, is_last: plan.closes.is_some() };
        let id: Id = match self.judge(scene, state, knows, wanted, self.remembers(scene)) {
            Verdict::InPlace => return self.record(scene, state, self.config, Some(ends), Done::InPlace(current())),
            Verdict::Unseen { planned } => {
                return self.record(scene, state, self.config, Some(ends), Done::Unseen(planned.into()));
            }
            Verdict::Superseded { planned } => {
                let done = Done::Superseded { planned: planned.into(), current: current() };
                return self.record(scene, state, self.config, Some(ends), done);
            }
            Verdict::Publish { version_id } => version_id.into(),
        };
        if state.world.stamp_is_ahead(&current()) {
            return self.record(scene, state, self.config, Some(ends), Done::Waits);
        }
        let session = state.issue(self.config, ends);
        self.phase = Phase::Issued(Work { id, session, is_last: wanted.is_last, good_until: plan.look_again });
    }

    /// Its session has come: it is sent, if it is still in time.
    pub fn send(&mut self, scene: &Scene, state: &State) -> Option<Put> {
        let Phase::Issued(work) = self.phase.clone() else {
            return None;
        };
        if !self.in_time(scene, state, &work) {
            self.record(scene, state, work.session.config, Some(work.session.ends), Done::Looked);
            return None;
        }
        Some(self.put(scene, state, work, 1))
    }

    /// No answer has come: it is sent again, as it is, if it is still in time; but not for ever.
    pub fn time_out(&mut self, scene: &Scene, state: &State) -> Option<Put> {
        let Phase::Sent(mut work, sends) = self.phase.clone() else {
            return None;
        };
        if scene.departure == Some(Departure::FreshTokenAfterTimeout) {
            let Session { config, ends, .. } = work.session;
            work.id = token::token(&scene.configs[config].secret, ends, Some("another try")).into();
        }
        if sends < SENDS && self.in_time(scene, state, &work) {
            return Some(self.put(scene, state, work, sends + 1));
        }
        self.fail(scene, work.session.config);
        None
    }

    fn put(&mut self, scene: &Scene, state: &State, work: Work, send: u8) -> Put {
        let outside = [work.session.config, self.config].iter().any(|config| state.is_outside(scene, *config));
        let put = Put { daemon: 0, send, id: work.id.clone(), session: work.session.clone(), outside };
        self.phase = Phase::Sent(work, send);
        put
    }

    /// Whether it waits for the answer to this, which it has sent.
    pub fn waits_for(&self, put: &Put) -> bool {
        matches!(&self.phase, Phase::Sent(work, send) if work.session.number == put.session.number && *send == put.send)
    }

    /// The answer.
    pub fn answered(&mut self, scene: &Scene, state: &State, answer: Answer) {
        let Phase::Sent(work, _) = self.phase.clone() else {
            return;
        };
        let (config, ends) = (work.session.config, Some(work.session.ends));
        match answer {
            Answer::Written => self.record(scene, state, config, ends, Done::Published(work.id)),
            Answer::Exists if scene.departure == Some(Departure::DeafToExists) => self.fail(scene, config),
            Answer::Exists => self.phase = Phase::Exists(work),
        }
    }

    /// It looks who was first.
    pub fn look_again(&mut self, scene: &Scene, state: &State, knows: usize) {
        let Phase::Exists(work) = self.phase.clone() else {
            return;
        };
        let Session { config, ends, .. } = work.session;
        let written = Written { version_id: work.id.to_string(), shows: false };
        let done = if !self.in_time(scene, state, &work) {
            Done::Looked
        } else {
            let current = state.world.current_id(knows);
            let secret = &scene.configs[config].secret;
            let wanted = Wanted { ends, is_last: work.is_last };
            match judge(secret, wanted, state.now(scene), &state.world.staged(knows), Some(&written)) {
                Verdict::InPlace => Done::InPlace(current),
                Verdict::Unseen { planned } => Done::Unseen(planned.into()),
                Verdict::Superseded { .. } | Verdict::Publish { .. } => Done::Superseded { planned: work.id, current },
            }
        };
        self.record(scene, state, config, Some(ends), done);
    }

    /// SIGHUP, with another config.
    pub fn reload(&mut self, scene: &Scene, config: usize) {
        if scene.configs[self.config].secret != scene.configs[config].secret {
            self.failing = false;
        }
        self.settled = None;
        self.config = config;
    }

    /// Minutes pass.
    pub fn minutes_pass(&mut self) {
        if self.seen == Seen::JustNow {
            self.seen = Seen::MinutesAgo;
        }
        if let Some((_, shows)) = &mut self.written {
            *shows = true;
        }
        self.settled = self.settled.filter(|(_, until)| *until != Until::Minutes);
    }

    /// The session that it may still send.
    pub fn session(&self) -> Option<&Session> {
        match &self.phase {
            Phase::Issued(work) | Phase::Sent(work, _) => Some(&work.session),
            Phase::Idle | Phase::Exists(_) => None,
        }
    }

    /// See [`Daemon::session`].
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        match &mut self.phase {
            Phase::Issued(work) | Phase::Sent(work, _) => Some(&mut work.session),
            Phase::Idle | Phase::Exists(_) => None,
        }
    }

    fn remembers(&self, scene: &Scene) -> Option<Written> {
        let written = self.written.as_ref().filter(|_| scene.departure != Some(Departure::NoMemory));
        written.map(|(id, shows)| Written { version_id: id.to_string(), shows: *shows })
    }

    fn judge(&self, scene: &Scene, state: &State, knows: usize, wanted: Wanted, written: Option<Written>) -> Verdict {
        let (secret, staged) = (&scene.configs[self.config].secret, state.world.staged(knows));
        let ends = match scene.departure {
            Some(Departure::TokenWithoutEnd) => Timestamp::UNIX_EPOCH,
            _ => wanted.ends,
        };
        let verdict = judge(secret, Wanted { ends, ..wanted }, state.now(scene), &staged, written.as_ref());
        match (verdict, scene.departure, &staged.current) {
            (Verdict::Superseded { .. }, Some(Departure::NeverSuperseded), Some(current)) => {
                Verdict::Publish { version_id: token::token(secret, ends, Some(current)) }
            }
            (verdict, ..) => verdict,
        }
    }

    /// `Watch::record` of what went well.
    fn record(&mut self, scene: &Scene, state: &State, config: usize, ends: Option<Timestamp>, done: Done) {
        self.phase = Phase::Idle;
        if scene.configs[config].secret != scene.configs[self.config].secret {
            self.seen = Seen::Never;
            return;
        }
        self.seen = Seen::JustNow;
        self.failing = false;
        let Some(ends) = ends else {
            return;
        };
        let mut until = Until::At(ends);
        match done {
            Done::Looked => return,
            Done::Waits => until = Until::Minutes,
            Done::InPlace(id) | Done::Unseen(id) | Done::Published(id) => self.knows_written(id),
            Done::Superseded { planned, current } => {
                let cadence = &scene.configs[self.config].secret.cadence;
                let left = |time| token::ends(&current).and_then(|lapses| lapses.checked_sub(time).ok());
                let next = [left(cadence.lead()), left(cadence.shortest())];
                let next = next.into_iter().flatten().find(|it| *it > state.now(scene));
                until = Until::At(next.unwrap_or(ends).min(ends));
                self.knows_written(planned);
            }
        }
        self.settled = Some((ends, until));
    }

    /// `Watch::fail`: it is tried again within a minute.
    fn fail(&mut self, scene: &Scene, config: usize) {
        self.phase = Phase::Idle;
        if scene.configs[config].secret != scene.configs[self.config].secret {
            self.seen = Seen::Never;
            return;
        }
        self.seen = Seen::JustNow;
        self.failing = true;
    }

    /// Whether what it works on is due, and what its config wants.
    fn in_time(&self, scene: &Scene, state: &State, work: &Work) -> bool {
        let Session { config, ends, .. } = work.session;
        let plan = scene.planned(self.config, state.instant);
        let stands = [plan.ends, plan.closes].contains(&Some(ends));
        let is_wanted = stands && scene.configs[config].secret == scene.configs[self.config].secret;
        match scene.departure {
            Some(Departure::NeverTooLate) => true,
            Some(Departure::NotCalledOff) => state.now(scene) < work.good_until,
            _ => state.now(scene) < work.good_until && is_wanted,
        }
    }

    fn knows_written(&mut self, id: Id) {
        if self.written.as_ref().is_none_or(|(known, _)| *known != id) {
            self.written = Some((id, false));
        }
    }
}
