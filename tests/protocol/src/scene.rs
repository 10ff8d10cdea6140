//! What is fixed while a model is searched: the configs, the instants at which anything can happen, and how much may go wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use credadmin::cadence::{Cadence, SHORTEST_USE};
use credadmin::grant::{Grant, Name, Papers, Secret, Span, Window};
use credadmin::schedule::coverage::Coverage;
use credadmin::schedule::plan::{horizon, plan};
use jiff::{SignedDuration, Timestamp};

use crate::departure::Departure;

/// M and L: long, so that there is room for many minutes between two instants.
pub const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// See [`SESSION`].
pub const LEAD: SignedDuration = SignedDuration::from_hours(4);
/// What passes when minutes pass: DescribeSecret has caught up (after one), and it is time to look again (after five).
pub const MINUTES: SignedDuration = SignedDuration::from_mins(6);

/// How a second config, if there is one, differs from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    /// There is none.
    None,
    /// The window closes earlier.
    Cut,
    /// The window closes later.
    Extended,
    /// The session is another one with the same end: it carries a tag.
    Retagged,
}

/// How often something may go wrong. A reload of each daemon is free where there is a second config.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Budget {
    /// No answer comes to a PutSecretValue: it may have arrived, may yet arrive, or be lost.
    pub timeouts: u8,
    /// kill -9, and a start without memory.
    pub crashes: u8,
    /// Somebody else writes into the secret.
    pub strangers: u8,
    /// `credadmin revoke`.
    pub revocations: u8,
    /// A request is on its way while minutes pass, or while the plan changes.
    pub late: u8,
    /// Minutes pass while a daemon stands between AssumeRole and PutSecretValue.
    pub stops: u8,
}

/// One config, and what the product's own plan makes of it at each instant.
#[derive(Clone, Debug)]
pub struct Config {
    /// The secret.
    pub secret: Secret,
    /// Its only grant.
    pub grants: Vec<Grant>,
    /// When that is open.
    pub window: Span,
    plans: Vec<Planned>,
}

/// What the plan wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When the session that should be there ends.
    pub ends: Option<Timestamp>,
    /// When coverage ends, if it does so with that session.
    pub closes: Option<Timestamp>,
    /// When another one may be due.
    pub look_again: Timestamp,
}

/// A model's fixed part.
#[derive(Clone, Debug)]
pub struct Scene {
    /// How many daemons there are.
    pub daemons: usize,
    /// The config of all of them at first, and the one that they may go over to.
    pub configs: Vec<Config>,
    /// Instants, each shortly after a threshold. Between two thresholds nothing depends on what time it is.
    pub instants: Vec<Timestamp>,
    /// How much may go wrong.
    pub budget: Budget,
    /// How the daemons depart from the protocol, if they do.
    pub departure: Option<Departure>,
    /// Whether the clock shows the minutes that pass between two instants: with a real daemon it does, and the states are many.
    pub counts_minutes: bool,
    /// The most versions that were seen in any state.
    pub peak: Arc<AtomicUsize>,
}

impl Scene {
    /// So many daemons, of which so much may go wrong.
    pub fn new(daemons: usize, rollout: Rollout, budget: Budget) -> Self {
        let mut configs = vec![Config::new(window(17), false)];
        match rollout {
            Rollout::None => {}
            Rollout::Cut => configs.push(Config::new(window(14), false)),
            Rollout::Extended => configs.push(Config::new(window(19), false)),
            Rollout::Retagged => configs.push(Config::new(window(17), true)),
        }
        let mut thresholds: Vec<Timestamp> = configs.iter().flat_map(Config::thresholds).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        let first = thresholds[0] - SignedDuration::from_hours(1);
        let shortly = SignedDuration::from_secs(1);
        let instants: Vec<_> = std::iter::once(first).chain(thresholds).map(|it| it + shortly).collect();
        configs.iter_mut().for_each(|config| config.plan(&instants));
        Self { daemons, configs, instants, budget, departure: None, counts_minutes: false, peak: Arc::default() }
    }

    /// The same with daemons that depart from the protocol.
    pub fn departing(self, departure: Departure) -> Self {
        Self { departure: Some(departure), ..self }
    }

    /// What a config plans at an instant.
    pub fn planned(&self, config: usize, instant: usize) -> Planned {
        self.configs[config].plans[instant]
    }
}

impl Config {
    fn new(window: Span, tagged: bool) -> Self {
        let name = Name::parse("alpha").expect("a name");
        let tags = if tagged { BTreeMap::from([("team".to_owned(), "billing".to_owned())]) } else { BTreeMap::new() };
        let secret = Secret {
            name: name.clone(),
            secret_id: "Alpha".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/AlphaAccess".to_owned(),
            cadence: cadence(),
            session_policy: true,
            source_identity: None,
            tags,
            external_id: None,
        };
        let grant = Grant { name: name.clone(), secret: name, window: Window::Once(window), papers: Papers::default() };
        Self { secret, grants: vec![grant], window, plans: Vec::new() }
    }

    /// Where anything changes: the plan, what of a session is left, what a look makes of that.
    fn thresholds(&self) -> Vec<Timestamp> {
        let Span { opens, closes } = self.window;
        let refresh = grid() + cadence().step();
        vec![opens, refresh, grid() + SESSION, closes - LEAD, closes - SHORTEST_USE, closes]
    }

    fn plan(&mut self, instants: &[Timestamp]) {
        let planned = |now: &Timestamp| {
            let cadence = &self.secret.cadence;
            let plan = plan(*now, cadence, &Coverage::between(&self.grants, *now, horizon(*now, cadence)));
            Planned { ends: plan.ends, closes: plan.closes, look_again: plan.look_again.unwrap_or(Timestamp::MAX) }
        };
        self.plans = instants.iter().map(planned).collect();
    }
}

fn cadence() -> Cadence {
    Cadence::new("alpha", SESSION, LEAD, true)
}

/// A grid point of the secret.
fn grid() -> Timestamp {
    cadence().grid_point(Timestamp::from_second(1_796_000_000).expect("an instant"))
}

/// Two sessions: the first from two hours after a grid point, the second from the next grid point to the end.
fn window(closes: i64) -> Span {
    Span { opens: grid() + SignedDuration::from_hours(2), closes: grid() + SignedDuration::from_hours(closes) }
}
