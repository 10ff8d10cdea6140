//! The story: wait, plan, do, record, tell. Losing, doubling or delaying a wake-up is harmless: whatever is due is done at the
//! next one, from the config and from what AWS says, never from a stored timer.
//!
//! `config` puts a config into force, `tell` says how things stand.

mod config;
mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::aws::trouble::Kind;
use crate::aws::{Aws, Connection};
use crate::clock::Clock;
use crate::config::{Settings, Sources};
use crate::errand::Errand;
use crate::grant::Name;
use crate::journal::{Event, Journal};
use crate::notify::Notify;
use crate::pace::Pace;
use crate::session::SKEW_ALERT;
use crate::standing::Sum;
use crate::visit::{Done, Visit, visit};
use crate::watch::{Due, Moment, Watch};

/// Work in flight: more makes nothing faster and costs memory (measured: best at 10).
const SLOTS: usize = 12;
/// Work that has been in flight for so long gives its slot to others: silent calls must not hold up the rest.
const STALLED: SignedDuration = SignedDuration::from_secs(2);
/// Work in flight with the stalled, for memory's sake.
const MOST: usize = 256;
/// How long work in flight may take after a stop.
const GRACE: SignedDuration = SignedDuration::from_secs(10);
/// No sleep is longer: the clock that sleeps stands still while the host does.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_secs(60);
/// A wall clock that goes astray by more than this was set.
const STEP: SignedDuration = SignedDuration::from_secs(2);

/// What wakes the daemon, beside its own sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The alarm rang, or something else worth a look happened.
    Look,
    /// Read the config again.
    Reload,
    /// Write into the journal how things stand.
    Report,
    /// Stop, because of this signal.
    Stop(&'static str),
}

/// The running daemon.
pub struct Daemon<A> {
    aws: Arc<A>,
    clock: Clock,
    journal: Journal,
    sources: Sources,
    connection: Connection,
    /// What was said of the config, and whether a grant is closed for it: each is said once.
    remarks: BTreeSet<(String, bool)>,
    watches: BTreeMap<Name, Watch>,
    /// No later than the first of the watches is due.
    soonest: Due,
    /// The secrets that were visited since it was looked last.
    visited: Vec<Name>,
    /// Roles of which STS refused sessions so long: of these, such and longer ones are made of one hour.
    capped: BTreeMap<String, SignedDuration>,
    work: JoinSet<Visit>,
    slots: Arc<Semaphore>,
    pace: Arc<Pace>,
    queue: Vec<Errand>,
    chance: fastrand::Rng,
    notify: Notify,
    /// Whether the first pass over all secrets goes on.
    starting: bool,
    /// How things stood when systemd was told last.
    stood: Option<Sum>,
    /// Wall clock minus steady clock, to notice that the wall clock was set.
    steady: Moment,
    skewed: bool,
}

impl<A: Aws> Daemon<A> {
    /// A daemon on `settings`, which `sources` made. `seed` makes the jitter of its retries.
    pub fn new(aws: A, clock: Clock, journal: Journal, sources: Sources, settings: Settings, seed: u64) -> Self {
        let steady = Moment { now: clock.now(), elapsed: clock.elapsed() };
        let mut daemon = Self {
            aws: Arc::new(aws),
            clock,
            journal,
            sources,
            connection: settings.connection.clone(),
            remarks: BTreeSet::new(),
            watches: BTreeMap::new(),
            soonest: Due::NOW,
            visited: Vec::new(),
            capped: BTreeMap::new(),
            work: JoinSet::new(),
            slots: Arc::new(Semaphore::new(SLOTS)),
            pace: Arc::default(),
            queue: Vec::new(),
            chance: fastrand::Rng::with_seed(seed),
            notify: Notify::to_nobody(),
            starting: true,
            stood: None,
            steady,
            skewed: false,
        };
        let (secrets, grants) = config::size(&settings);
        daemon.journal.tell(Event::Started { config: daemon.sources.main().into(), secrets, grants });
        daemon.adopt(settings);
        daemon
    }

    /// Tells systemd how it goes.
    pub fn notifying(self, notify: Notify) -> Self {
        Self { notify, ..self }
    }

    /// Runs until it is told to stop.
    pub async fn run(mut self, mut wakes: mpsc::Receiver<Wake>) {
        let signal = loop {
            self.plan();
            self.tell_systemd();
            let slots = Arc::clone(&self.slots);
            let work_waits = !self.queue.is_empty() && self.work.len() < MOST;
            let sleep = self.sleep();
            tokio::select! {
                // In this order, so that what happens at one instant comes about in one way only.
                biased;
                wake = wakes.recv() => match wake {
                    Some(Wake::Stop(signal)) => break signal,
                    Some(Wake::Reload) => self.reload(),
                    Some(Wake::Report) => self.report(),
                    Some(Wake::Look) => self.look_at_files(),
                    None => break "the end of its wake-ups",
                },
                Ok(slot) = slots.acquire_owned(), if work_waits => self.start(slot),
                Some(visit) = self.work.join_next() => self.record(visit.expect("a visit does not panic")),
                () = sleep => self.look_at_files(),
            }
        };
        self.stop(signal).await;
    }

    /// Looks at every secret whose time has come, and queues what is to be done: nearest expiry first.
    fn plan(&mut self) {
        let at = self.moment();
        self.notice_step(at);
        let journal = &self.journal;
        let mut tell = |event| journal.tell(event);
        let before = self.queue.len();
        let mut look = |watch: &mut Watch| {
            if watch.due().has_come(at) {
                self.queue.extend(watch.look(at, &mut tell));
            }
            watch.due()
        };
        // There may be thousands, and something happens all the time: all of them are asked only where one is due.
        if self.soonest.has_come(at) {
            self.soonest = self.watches.values_mut().map(look).fold(Due::default(), Due::or);
        } else {
            let visited = self.visited.iter().filter_map(|name| self.watches.get_mut(name).map(&mut look));
            self.soonest = visited.fold(self.soonest, Due::or);
        }
        self.visited.clear();
        if self.queue.len() > before {
            let urgency = |errand: &Errand| self.watches.get(&errand.secret.name).map(Watch::urgency);
            // The last of the queue is taken first.
            self.queue.sort_by_cached_key(|errand| std::cmp::Reverse(urgency(errand)));
        }
    }

    /// Waits for the next instant at which anything can be due.
    fn sleep(&self) -> impl Future<Output = ()> + use<A> {
        let at = self.moment();
        let longest = self.notify.longest_sleep().unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        let wait = self.soonest.wait(at).unwrap_or(longest).clamp(SignedDuration::ZERO, longest);
        let clock = self.clock.clone();
        async move { clock.sleep(wait).await }
    }

    /// Starts the most urgent errand.
    fn start(&mut self, slot: OwnedSemaphorePermit) {
        let Some(errand) = self.queue.pop() else {
            return;
        };
        let (aws, clock, pace) = (Arc::clone(&self.aws), self.clock.clone(), Arc::clone(&self.pace));
        self.work.spawn(async move {
            let mut visit = std::pin::pin!(visit(&*aws, &clock, &pace, errand));
            tokio::select! {
                biased;
                visit = &mut visit => return visit,
                () = clock.sleep(STALLED) => drop(slot),
            }
            visit.await
        });
    }

    /// Takes in what came of a visit.
    fn record(&mut self, visit: Visit) {
        let at = self.moment();
        if let Ok(Done::Published { session, .. }) = &visit.outcome {
            let skewed = session.skew.abs() >= SKEW_ALERT;
            if skewed && !self.skewed {
                self.journal.tell(Event::ClockSkew { skew: session.skew });
            }
            self.skewed = skewed;
        }
        let journal = &self.journal;
        let mut tell = |event| journal.tell(event);
        let secret = Arc::clone(&visit.errand.secret);
        if let Err(trouble) = &visit.outcome
            && matches!(trouble.kind, Kind::OverRoleMaximum | Kind::OverChainMaximum)
            && secret.capped().is_some()
            && config::caps(&mut self.capped, &secret)
        {
            tell(Event::Capped { secret: Arc::clone(&secret), trouble: trouble.clone() });
            for watch in self.watches.values_mut().filter(|watch| config::is_capped(&self.capped, &watch.secret)) {
                watch.cap();
            }
            self.soonest = Due::NOW;
        }
        self.visited.push(secret.name.clone());
        match (self.watches.get_mut(&secret.name), visit.outcome) {
            (Some(watch), outcome) => watch.record(Visit { outcome, ..visit }, at, self.chance.f64(), &mut tell),
            // Taken out of the config meanwhile; but what was handed out has to be in the journal.
            (None, Ok(Done::Published { session, .. })) => {
                let lives_until = session.ends;
                tell(Event::Published { secret: Arc::clone(&secret), session });
                tell(Event::Cut { secret, lives_until });
            }
            (None, _) => {}
        }
    }

    /// A host whose clock was set, or that slept, looks at everything again.
    fn notice_step(&mut self, at: Moment) {
        let by = at.now.duration_since(self.steady.now) - at.elapsed.since(self.steady.elapsed);
        self.steady = at;
        if by.abs() >= STEP {
            self.journal.tell(Event::ClockStepped { by });
            self.watches.values_mut().for_each(Watch::look_now);
            self.soonest = Due::NOW;
        }
    }

    /// Takes no more work, and gives what is in flight its grace.
    async fn stop(mut self, signal: &'static str) {
        self.notify.stopping();
        let mut finished = Vec::new();
        let clock = self.clock.clone();
        let mut grace = std::pin::pin!(clock.sleep(GRACE));
        let mut in_flight: BTreeSet<Name> =
            self.watches.iter().filter(|(_, watch)| watch.is_in_flight()).map(|(name, _)| name.clone()).collect();
        for errand in self.queue.drain(..) {
            in_flight.remove(&errand.secret.name);
        }
        loop {
            tokio::select! {
                biased;
                visit = self.work.join_next() => match visit {
                    Some(visit) => {
                        let visit = visit.expect("a visit does not panic");
                        in_flight.remove(&visit.errand.secret.name);
                        finished.push(visit.errand.secret.name.clone());
                        self.record(visit);
                    }
                    None => break,
                },
                () = &mut grace => break,
            }
        }
        self.journal.tell(Event::Stopped { signal, finished, abandoned: in_flight.into_iter().collect() });
    }

    fn moment(&self) -> Moment {
        Moment { now: self.clock.now(), elapsed: self.clock.elapsed() }
    }
}
