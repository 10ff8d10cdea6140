//! All of it at one moment.

use jiff::{SignedDuration, Timestamp};
use stateright::Representative;

use crate::daemon::Daemon;
use crate::scene::{Budget, MINUTES, Scene};
use crate::world::{Session, World};

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    /// Which of the scene's instants it is.
    pub instant: usize,
    /// How often minutes have passed since, where they are counted.
    pub minutes: u8,
    /// Secrets Manager.
    pub world: World,
    /// The daemons.
    pub daemons: Vec<Daemon>,
    /// What may still go wrong.
    pub left: Budget,
}

impl State {
    /// Nothing was ever written, and all daemons have just started on the first config, before the window opens.
    pub fn first(scene: &Scene) -> Self {
        let daemons = vec![Daemon::started(0); scene.daemons];
        Self { instant: 0, minutes: 0, world: World::default(), daemons, left: scene.budget }
    }

    /// What all clocks show.
    pub fn now(&self, scene: &Scene) -> Timestamp {
        scene.instants[self.instant] + MINUTES * i32::from(self.minutes)
    }

    /// Whether it is outside of the window of a config.
    pub fn is_outside(&self, scene: &Scene, config: usize) -> bool {
        !scene.configs[config].window.contains(self.now(scene))
    }

    /// AssumeRole: a session of its own.
    pub fn issue(&self, config: usize, ends: Timestamp) -> Session {
        let written = self.world.versions.iter().filter_map(|version| version.session.as_ref());
        let taken: Vec<u8> = written.map(|session| session.number).chain(self.sendable()).collect();
        let number = (1..).find(|number| !taken.contains(number)).expect("few sessions");
        Session { number, config, ends, denied: self.world.is_stamped() }
    }

    /// Minutes pass: what was written is shown and known to be, and it is time to look again. Whoever revoked has looked for what
    /// slipped in meanwhile, and buried it too.
    pub fn minutes_pass(&mut self, scene: &Scene) {
        if self.world.is_stamped() && self.world.current().is_some_and(|it| it.session.as_ref().is_some_and(|it| it.denied)) {
            self.bury(scene);
        }
        self.world.shown = self.world.versions.len();
        self.minutes += u8::from(scene.counts_minutes);
        self.daemons.iter_mut().for_each(Daemon::minutes_pass);
    }

    /// A tombstone, stamped half a minute ahead.
    pub fn bury(&mut self, scene: &Scene) {
        let stamp = self.now(scene) + SignedDuration::from_secs(30);
        let nonce = (self.world.versions.len() as u128) << 32;
        self.world.write(&credadmin::schedule::token::tombstone(stamp, nonce));
    }

    /// Every session that was issued until now is denied.
    pub fn deny(&mut self) {
        let written = self.world.versions.iter_mut().filter_map(|version| version.session.as_mut());
        let sent = self.world.wire.iter_mut().map(|put| &mut put.session);
        let held = self.daemons.iter_mut().filter_map(|daemon| daemon.session_mut());
        written.chain(sent).chain(held).for_each(|session| session.denied = true);
    }

    /// Forgets of written sessions what makes no difference any more: which of them it was, where nobody can send it again.
    pub fn forget(&mut self) {
        let sendable: Vec<u8> = self.sendable().collect();
        for session in self.world.versions.iter_mut().filter_map(|version| version.session.as_mut()) {
            if !sendable.contains(&session.number) {
                session.number = 0;
            }
        }
    }

    fn sendable(&self) -> impl Iterator<Item = u8> {
        let held = self.daemons.iter().filter_map(|daemon| daemon.session());
        held.chain(self.world.wire.iter().map(|put| &put.session)).map(|session| session.number)
    }
}

/// Daemons have no names: which of them is the first makes no difference.
impl Representative for State {
    fn representative(&self) -> Self {
        let mut order: Vec<usize> = (0..self.daemons.len()).collect();
        // Equal daemons may still have sent other things.
        let sent = |at: usize| self.world.wire.iter().filter(move |put| put.daemon == at).map(|put| (put.send, &put.id));
        order.sort_by(|a, b| self.daemons[*a].cmp(&self.daemons[*b]).then_with(|| sent(*a).cmp(sent(*b))));
        let mut state = self.clone();
        state.daemons = order.iter().map(|at| self.daemons[*at].clone()).collect();
        for put in &mut state.world.wire {
            put.daemon = order.iter().position(|at| *at == put.daemon).expect("a daemon");
        }
        state
    }
}
