//! What comes of a state when nothing more goes wrong, and no instant comes: whatever is on its way arrives, every daemon does what
//! it wants, DescribeSecret shows what is there, minutes pass.

use stateright::Model;

use crate::daemon::Phase;
use crate::model::Action;
use crate::scene::Scene;
use crate::state::State;

/// So many times minutes pass at most. One is enough for each thing that a daemon finds out late.
const ROUNDS: usize = 6;

/// The state in which nobody wants anything any more, however often they look; `None` if there is none.
pub fn rest(scene: &Scene, state: &State) -> Option<State> {
    let mut state = state.clone();
    let mut quiet = 0;
    for _ in 0..ROUNDS {
        let before = state.world.versions.len();
        let issued = settle(scene, &mut state)?;
        quiet = if issued || state.world.versions.len() > before { 0 } else { quiet + 1 };
        if quiet == 2 {
            return Some(state);
        }
        state.minutes_pass(scene);
    }
    None
}

/// Until every daemon is idle and wants nothing for minutes. Answers whether a session was issued.
fn settle(scene: &Scene, state: &mut State) -> Option<bool> {
    let mut issued = false;
    for _ in 0..64 {
        let Some(action) = next(scene, state) else {
            return Some(issued);
        };
        *state = scene.next_state(state, action)?;
        issued |= state.daemons.iter().any(|daemon| matches!(daemon.phase, Phase::Issued(_)));
    }
    None
}

fn next(scene: &Scene, state: &State) -> Option<Action> {
    let knows = state.world.versions.len();
    if !state.world.wire.is_empty() {
        return Some(Action::Arrive(0));
    }
    state.daemons.iter().enumerate().find_map(|(at, daemon)| match &daemon.phase {
        Phase::Idle => daemon.wants(scene, state).then_some(Action::Visit(at, knows)),
        Phase::Issued(_) => Some(Action::Send(at)),
        Phase::Exists(_) => Some(Action::LookAgain(at, knows)),
        // Its request is on the wire, or else it was lost with the answer.
        Phase::Sent(..) => None,
    })
}
