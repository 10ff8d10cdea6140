//! The protocol departed from: the rule that must break does, and the shortest way to it is printed.

use credadmin_protocol::departure::Departure;
use credadmin_protocol::rules::{AT_MOST_ONCE, INSIDE, RESTS};
use credadmin_protocol::scene::{Budget, Rollout, Scene};
use stateright::{Checker, HasDiscoveries, Model};

fn breaks(departure: Departure, rule: &'static str, scene: Scene) {
    let only = HasDiscoveries::AnyOf(std::collections::BTreeSet::from([rule]));
    let checker = scene.departing(departure).checker().finish_when(only).spawn_bfs().join();
    let path = checker.discovery(rule).unwrap_or_else(|| panic!("{departure:?} breaks nothing"));
    println!("{departure:?}: \"{rule}\" is broken by\n  {:?}", path.into_actions());
}

#[test]
fn a_token_without_the_end() {
    breaks(Departure::TokenWithoutEnd, RESTS, Scene::new(2, Rollout::None, Budget::default()));
}

#[test]
fn a_fresh_token_after_a_timeout() {
    let budget = Budget { timeouts: 1, ..Budget::default() };
    breaks(Departure::FreshTokenAfterTimeout, AT_MOST_ONCE, Scene::new(2, Rollout::None, budget));
}

#[test]
fn deaf_to_what_exists() {
    breaks(Departure::DeafToExists, RESTS, Scene::new(2, Rollout::Retagged, Budget { strangers: 1, ..Budget::default() }));
}

#[test]
fn never_too_late() {
    breaks(Departure::NeverTooLate, INSIDE, Scene::new(2, Rollout::None, Budget::default()));
}

#[test]
fn no_memory_of_what_was_written() {
    breaks(Departure::NoMemory, RESTS, Scene::new(2, Rollout::Retagged, Budget { strangers: 1, ..Budget::default() }));
}

#[test]
fn never_superseded() {
    breaks(Departure::NeverSuperseded, RESTS, Scene::new(2, Rollout::Retagged, Budget::default()));
}

#[test]
fn not_called_off_when_its_grant_goes() {
    breaks(Departure::NotCalledOff, INSIDE, Scene::new(2, Rollout::Cut, Budget::default()));
}
