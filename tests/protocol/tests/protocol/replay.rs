//! The model beside the real daemon: both go the same ways, at random, and after each step each real daemon has asked AWS for exactly
//! what the model's daemon is about to. So what the model tells again of `watch` and `visit`, it tells right.

use std::collections::BTreeMap;

use credadmin::clock::Clock;
use credadmin_protocol::daemon::{Daemon, Phase};
use credadmin_protocol::model::Action;
use credadmin_protocol::scene::{Budget, MINUTES, Rollout, Scene};
use credadmin_protocol::state::State;
use jiff::SignedDuration;
use stateright::Model;

use crate::host::{Asked, Host, Told};

const WALKS: u64 = 40;
const STEPS: usize = 80;

/// What a real daemon is to have asked, where the model's stands there.
fn asked(scene: &Scene, state: &State, daemon: &Daemon) -> Option<Asked> {
    match &daemon.phase {
        Phase::Idle => daemon.wants(scene, state).then_some(Asked::Describe),
        // The model's AssumeRole has answered; the real answer is held back until it is used.
        Phase::Issued(_) => Some(Asked::Assume),
        Phase::Sent(work, _) => Some(Asked::Put(work.id.to_string())),
        Phase::Exists(_) => Some(Asked::Describe),
    }
}

/// Whether a step can be gone with real daemons: a look at the secret, which is one step of the model's, is not under way while the
/// plan or the config changes or minutes pass.
fn is_possible(scene: &Scene, state: &State, action: Action) -> bool {
    let room = scene.instants.get(state.instant + 1).map(|next| next.duration_since(state.now(scene)));
    let looks = |daemon: &Daemon| daemon.wants(scene, state);
    match action {
        Action::Minutes => state.minutes < 40 && room.is_none_or(|room| room > MINUTES * 2) && !state.daemons.iter().any(looks),
        // By the clock on the wall a stamp is past then.
        Action::Next => !state.world.is_stamped() && !state.daemons.iter().any(looks),
        Action::Reload(at) => !looks(&state.daemons[at]),
        _ => true,
    }
}

/// The model and the real daemons, side by side.
struct Pair {
    scene: Scene,
    state: State,
    hosts: Vec<Host>,
    way: Vec<Action>,
}

impl Pair {
    fn start(scene: Scene) -> Self {
        let scene = Scene { counts_minutes: true, ..scene };
        let state = State::first(&scene);
        let clock = Clock::bent(state.now(&scene), 1);
        let hosts = state.daemons.iter().map(|daemon| Host::start(&scene, daemon.config, &clock)).collect();
        Self { scene, state, hosts, way: Vec::new() }
    }

    /// All real daemons stand where the model's do.
    async fn agree(&self) {
        pass(SignedDuration::from_millis(25)).await;
        for (host, daemon) in self.hosts.iter().zip(&self.state.daemons) {
            let (way, state) = (&self.way, &self.state);
            assert_eq!(host.asked(), asked(&self.scene, state, daemon), "after {way:?}, in {state:#?}");
        }
    }

    /// What can be gone next.
    fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        self.scene.actions(&self.state, &mut actions);
        actions.retain(|action| is_possible(&self.scene, &self.state, *action));
        actions
    }

    /// Both go one step.
    async fn step(&mut self, action: Action) {
        let next = self.scene.next_state(&self.state, action).expect("each step leads somewhere");
        go(&self.scene, &self.state, &next, action, &mut self.hosts).await;
        self.way.push(action);
        self.state = next;
        self.agree().await;
    }

    fn end(mut self) {
        self.hosts.iter_mut().for_each(Host::kill);
    }
}

/// Goes one way at random, and counts each kind of step.
async fn walk(scene: Scene, seed: u64, gone: &mut BTreeMap<String, usize>) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut pair = Pair::start(scene);
    pair.agree().await;
    for _ in 0..STEPS {
        let actions = pair.actions();
        let Some(mut action) = chance.choice(&actions).copied() else {
            break;
        };
        // Else the window is over before anything has happened.
        if action == Action::Next && chance.u8(0..4) > 0 {
            action = *chance.choice(&actions).expect("there is one");
        }
        pair.step(action).await;
        *gone.entry(name(action)).or_default() += 1;
    }
    pair.end();
}

/// The same step with the real daemons.
async fn go(scene: &Scene, state: &State, next: &State, action: Action, hosts: &mut [Host]) {
    match action {
        Action::Visit(at, knows) | Action::LookAgain(at, knows) => hosts[at].tell(Told::Staged(state.world.staged(knows))),
        Action::Send(at) => hosts[at].tell(Told::Session),
        Action::Arrive(at) => {
            let put = &state.world.wire[at];
            if state.daemons[put.daemon].waits_for(put) {
                let is_written = !matches!(next.daemons[put.daemon].phase, Phase::Exists(_));
                hosts[put.daemon].tell(if is_written { Told::Written } else { Told::Exists });
            }
        }
        Action::TimeOut(at) => {
            hosts[at].tell(Told::Nothing);
            // The longest wait after a second failure.
            pass(SignedDuration::from_millis(2100)).await;
        }
        Action::Crash(at) => hosts[at].restart(scene, state.daemons[at].config),
        Action::Reload(at) => hosts[at].reload(scene, next.daemons[at].config).await,
        Action::Minutes => pass(MINUTES).await,
        Action::Next => {
            let clock = hosts[0].clock().clone();
            clock.step(next.now(scene).duration_since(clock.now()));
            for host in hosts {
                host.wake().await;
            }
        }
        Action::Lose(_) | Action::Stranger | Action::Revoke => {}
    }
}

/// So much time goes by, for everybody, and everybody does what there is to do.
async fn pass(time: SignedDuration) {
    let everybody = || async {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
    };
    everybody().await;
    tokio::time::advance(time.try_into().expect("forward")).await;
    everybody().await;
}

fn name(action: Action) -> String {
    format!("{action:?}").split('(').next().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_real_daemon_goes_the_models_ways() {
    let budget = Budget { timeouts: 3, crashes: 1, strangers: 1, revocations: 1, late: 1, stops: 2 };
    let mut gone = BTreeMap::new();
    for rollout in [Rollout::None, Rollout::Cut, Rollout::Extended, Rollout::Retagged] {
        for seed in 0..WALKS {
            println!("{rollout:?}, seed {seed}");
            walk(Scene::new(2, rollout, budget), seed, &mut gone).await;
        }
    }
    println!("{} ways: {gone:?}", 4 * WALKS);
    assert!(gone.len() == 12 && gone.values().all(|times| *times >= 20), "{gone:?}");
}

/// A session is due within a minute of a stranger's being replaced, and DescribeSecret still shows the stranger: it is published as
/// if he had never been, and stays when he is no longer listed.
#[tokio::test(start_paused = true)]
async fn a_stranger_about_a_refresh_costs_one_version() {
    let mut pair = Pair::start(Scene::new(1, Rollout::None, Budget { strangers: 1, ..Budget::default() }));
    pair.agree().await;
    let publish = |knows| [Action::Visit(0, knows), Action::Send(0), Action::Arrive(0)];
    let way = [Action::Visit(0, 0), Action::Next].into_iter().chain(publish(0));
    let way = way.chain([Action::Minutes, Action::Stranger]).chain(publish(2));
    let way = way.chain([Action::Next]).chain(publish(2));
    for action in way.chain([Action::Minutes, Action::Visit(0, 4), Action::Minutes, Action::Visit(0, 4)]) {
        pair.step(action).await;
    }
    let ends: Vec<_> = pair.state.world.versions.iter().map(|version| version.session.as_ref().map(|it| it.ends)).collect();
    let [first, stranger, again, second] = ends.as_slice() else { panic!("{ends:?}") };
    assert!(first == again && stranger.is_none() && first < second, "{ends:?}");
    pair.end();
}
