//! The true protocol: every state within the bounds is reached, and no rule is broken.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use credadmin_protocol::scene::{Budget, Rollout, Scene};
use stateright::{Checker, Model};

const CALM: Budget = Budget { timeouts: 0, crashes: 0, strangers: 0, revocations: 0, late: 0, stops: 0 };

/// Searches a model to its end.
fn search(daemons: usize, rollout: Rollout, budget: Budget) {
    let scene = Scene::new(daemons, rollout, budget);
    let peak = Arc::clone(&scene.peak);
    let checker = scene.checker().symmetry().spawn_dfs().join();
    println!(
        "{daemons} daemons, {rollout:?}, {budget:?}: {} states, {} steps, {} deep, {} versions at most",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        peak.load(Ordering::Relaxed)
    );
    checker.assert_properties();
    assert!(checker.is_done());
}

#[test]
fn lost_answers_and_crashes() {
    search(2, Rollout::None, Budget { timeouts: 1, crashes: 1, ..CALM });
}

#[test]
fn processes_that_stand_still() {
    search(2, Rollout::None, Budget { timeouts: 1, stops: 1, ..CALM });
}

#[test]
fn requests_that_arrive_late() {
    search(2, Rollout::None, Budget { timeouts: 1, late: 1, ..CALM });
}

#[test]
fn a_stranger() {
    search(2, Rollout::None, Budget { strangers: 1, ..CALM });
}

#[test]
fn a_revocation() {
    search(2, Rollout::None, Budget { revocations: 1, ..CALM });
}

#[test]
fn a_window_that_is_cut() {
    search(2, Rollout::Cut, CALM);
}

#[test]
fn another_session_with_the_same_end() {
    search(2, Rollout::Retagged, CALM);
}

#[test]
fn three_daemons() {
    search(3, Rollout::None, CALM);
}

/// Minutes each, and gigabytes: cargo test --package credadmin-protocol -- --ignored --nocapture --test-threads 1
mod larger {
    use super::*;

    #[test]
    #[ignore = "larger than a run of all tests has time for"]
    fn two_daemons_and_all_that_is_ambiguous() {
        search(2, Rollout::None, Budget { timeouts: 2, crashes: 1, stops: 1, ..CALM });
        search(2, Rollout::None, Budget { timeouts: 1, crashes: 1, late: 1, ..CALM });
    }

    #[test]
    #[ignore = "larger than a run of all tests has time for"]
    fn two_daemons_and_two_strangers() {
        search(2, Rollout::None, Budget { strangers: 2, ..CALM });
        search(2, Rollout::None, Budget { strangers: 1, crashes: 1, ..CALM });
        search(2, Rollout::None, Budget { strangers: 1, timeouts: 1, ..CALM });
    }

    #[test]
    #[ignore = "larger than a run of all tests has time for"]
    fn two_daemons_and_a_revocation() {
        search(2, Rollout::None, Budget { revocations: 1, crashes: 1, ..CALM });
        search(2, Rollout::None, Budget { revocations: 1, timeouts: 1, ..CALM });
        search(2, Rollout::None, Budget { revocations: 1, strangers: 1, ..CALM });
    }

    #[test]
    #[ignore = "larger than a run of all tests has time for"]
    fn a_rollout_and_a_crash() {
        search(2, Rollout::Extended, CALM);
        search(2, Rollout::Cut, Budget { crashes: 1, ..CALM });
        search(2, Rollout::Retagged, Budget { crashes: 1, ..CALM });
    }

    #[test]
    #[ignore = "larger than a run of all tests has time for"]
    fn a_rollout_and_a_stranger() {
        search(2, Rollout::Cut, Budget { strangers: 1, ..CALM });
        search(2, Rollout::Retagged, Budget { strangers: 1, ..CALM });
    }

    #[test]
    #[ignore = "larger than a run of all tests has time for"]
    fn three_daemons_and_one_disturbance() {
        search(3, Rollout::None, Budget { timeouts: 1, ..CALM });
        search(3, Rollout::None, Budget { crashes: 1, ..CALM });
        search(3, Rollout::None, Budget { strangers: 1, ..CALM });
    }
}
