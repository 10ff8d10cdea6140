//! What can happen next.

use stateright::{Model, Property};

use crate::daemon::{Daemon, Phase};
use crate::rules;
use crate::scene::Scene;
use crate::state::State;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A daemon looks at the secret, of which DescribeSecret knows so many versions, and asks for a session if one is due.
    Visit(usize, usize),
    /// Its session comes, and it sends it.
    Send(usize),
    /// A request on the wire arrives; who sent it is told, if it still waits.
    Arrive(usize),
    /// A request on the wire is lost; nobody waits for it any more.
    Lose(usize),
    /// A daemon does not wait any longer for the answer to what it has sent.
    TimeOut(usize),
    /// A daemon whose version was there already looks again; DescribeSecret knows so many versions.
    LookAgain(usize, usize),
    /// A daemon is killed and started again.
    Crash(usize),
    /// A daemon goes over to the second config.
    Reload(usize),
    /// Somebody else writes.
    Stranger,
    /// Somebody revokes what was handed out.
    Revoke,
    /// Minutes pass, and nothing in the plan changes.
    Minutes,
    /// The next instant comes, at once.
    Next,
}

impl Model for Scene {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(self)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let left = &state.left;
        for (at, daemon) in state.daemons.iter().enumerate() {
            match &daemon.phase {
                Phase::Idle if daemon.wants(self, state) => {
                    actions.extend(state.world.views().map(|knows| Action::Visit(at, knows)));
                }
                Phase::Idle => {}
                Phase::Issued(_) => actions.push(Action::Send(at)),
                Phase::Sent(..) if left.timeouts > 0 => actions.push(Action::TimeOut(at)),
                Phase::Sent(..) => {}
                Phase::Exists(_) => actions.extend(state.world.views().map(|knows| Action::LookAgain(at, knows))),
            }
            if left.crashes > 0 {
                actions.push(Action::Crash(at));
            }
            if daemon.config + 1 < self.configs.len() {
                actions.push(Action::Reload(at));
            }
        }
        for (at, put) in state.world.wire.iter().enumerate() {
            actions.push(Action::Arrive(at));
            if !state.daemons[put.daemon].waits_for(put) {
                actions.push(Action::Lose(at));
            }
        }
        if left.strangers > 0 {
            actions.push(Action::Stranger);
        }
        if left.revocations > 0 && !state.world.versions.is_empty() {
            actions.push(Action::Revoke);
        }
        let may_wait = state.world.wire.is_empty() || left.late > 0;
        let stands = state.daemons.iter().any(|daemon| daemon.phase != Phase::Idle);
        if may_wait && (!stands || left.stops > 0) {
            actions.push(Action::Minutes);
        }
        if may_wait && state.instant + 1 < self.instants.len() {
            actions.push(Action::Next);
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Visit(at, knows) => state.daemons[at].visit(self, before, knows),
            Action::Send(at) => {
                let put = state.daemons[at].send(self, before);
                state.world.wire.extend(put.map(|put| crate::world::Put { daemon: at, ..put }));
            }
            Action::TimeOut(at) => {
                state.left.timeouts -= 1;
                let put = state.daemons[at].time_out(self, before);
                state.world.wire.extend(put.map(|put| crate::world::Put { daemon: at, ..put }));
            }
            Action::Arrive(at) => {
                let put = state.world.wire.remove(at);
                let outside = self.budget.late == 0 && state.is_outside(self, put.session.config);
                let answer = state.world.put(put.clone(), outside);
                let sender = &mut state.daemons[put.daemon];
                if sender.waits_for(&put) {
                    sender.answered(self, before, answer);
                }
            }
            Action::Lose(at) => {
                state.world.wire.remove(at);
            }
            Action::LookAgain(at, knows) => state.daemons[at].look_again(self, before, knows),
            Action::Crash(at) => {
                state.left.crashes -= 1;
                state.daemons[at] = Daemon::started(before.daemons[at].config);
            }
            Action::Reload(at) => state.daemons[at].reload(self, before.daemons[at].config + 1),
            Action::Stranger => {
                state.left.strangers -= 1;
                let id = format!("{:036}", state.world.versions.len());
                state.world.write(&id);
            }
            Action::Revoke => {
                state.left.revocations -= 1;
                state.deny();
                state.bury(self);
            }
            Action::Minutes => {
                state.left.late -= u8::from(!before.world.wire.is_empty());
                state.left.stops -= u8::from(before.daemons.iter().any(|daemon| daemon.phase != Phase::Idle));
                state.minutes_pass(self);
            }
            Action::Next => {
                state.left.late -= u8::from(!before.world.wire.is_empty());
                state.instant += 1;
                state.minutes = 0;
            }
        }
        state.forget();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        rules::all()
    }

    fn within_boundary(&self, state: &State) -> bool {
        // One more than may ever be: a model that writes without end is told, and not searched without end.
        state.world.versions.len() <= rules::most_versions(self) + 1
    }
}
