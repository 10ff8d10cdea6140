//! What has to hold in every state.

use std::sync::atomic::Ordering;

use credadmin::schedule::token;
use jiff::Timestamp;
use stateright::Property;

use crate::rest::rest;
use crate::scene::Scene;
use crate::state::State;
use crate::world::{Session, Version};

/// A version id is written once, and so is a planned session, but for those that are written over somebody else's.
pub const AT_MOST_ONCE: &str = "a planned session is published at most once";
/// Nothing is written outside of the window of the config that planned it, nor sent outside of that which is in force.
pub const INSIDE: &str = "nothing is published outside of its window";
/// The session of a config ends with its window at the latest.
pub const ENDS: &str = "no session ends after its window";
/// Disturbances are answered, but not again and again.
pub const BOUNDED: &str = "the versions are bounded by what is planned and what goes wrong";
/// When nothing more goes wrong, it is soon quiet, and readers get a living session while the plan has one.
pub const RESTS: &str = "it comes to rest, with a living session";

/// All rules.
pub fn all() -> Vec<Property<Scene>> {
    vec![
        Property::always(AT_MOST_ONCE, |_, state: &State| at_most_once(state)),
        Property::always(INSIDE, |_, state: &State| !state.world.versions.iter().any(|version| version.outside)),
        Property::always(ENDS, ends),
        Property::always(BOUNDED, |scene: &Scene, state: &State| {
            let versions = state.world.versions.len();
            scene.peak.fetch_max(versions, Ordering::Relaxed);
            versions <= most_versions(scene)
        }),
        Property::always(RESTS, rests),
        Property::sometimes("the window closes with its last session in place", |scene: &Scene, state: &State| {
            let window = scene.configs[scene.configs.len() - 1].window;
            let last = state.world.current().and_then(|version| version.session.as_ref());
            state.instant + 1 == scene.instants.len() && last.is_some_and(|last| last.ends == window.closes)
        }),
    ]
}

/// How many versions there are at most: each config plans two sessions. Whatever others write (a stranger, a tombstone and the
/// second one, the other config's sessions, a late arrival) can make each config publish once more, and a tombstone twice: only one
/// of two daemons may have seen it.
pub fn most_versions(scene: &Scene) -> usize {
    let configs = scene.configs.len();
    let budget = &scene.budget;
    let (strangers, tombstones) = (usize::from(budget.strangers), 2 * usize::from(budget.revocations));
    let planned = 2 * configs;
    let each = strangers + 2 * tombstones + usize::from(budget.late);
    planned + strangers + tombstones + each * configs + if configs > 1 { planned } else { 0 }
}

fn at_most_once(state: &State) -> bool {
    let versions = &state.world.versions;
    let distinct = versions.iter().enumerate().all(|(at, version)| versions[..at].iter().all(|it| it.id != version.id));
    distinct && sessions(versions).all(|session| published(versions, session) <= 1 + intruders(versions, session))
}

fn sessions(versions: &[Version]) -> impl Iterator<Item = &Session> {
    versions.iter().filter_map(|version| version.session.as_ref())
}

fn is_same(one: &Session, other: &Session) -> bool {
    one.config == other.config && one.ends == other.ends
}

fn published(versions: &[Version], planned: &Session) -> usize {
    sessions(versions).filter(|session| is_same(session, planned)).count()
}

/// The versions that were not to be expected: others than the sessions of its own config, and those of these that came late.
fn intruders(versions: &[Version], planned: &Session) -> usize {
    let first = versions.iter().position(|version| version.session.as_ref().is_some_and(|it| is_same(it, planned)));
    let is_late = |at: usize, session: &Session| session.ends < planned.ends && first.is_some_and(|first| at > first);
    let is_intruder = |at: usize, version: &Version| match &version.session {
        Some(session) => session.config != planned.config || is_late(at, session),
        None => true,
    };
    versions.iter().enumerate().filter(|(at, version)| is_intruder(*at, version)).count()
}

fn ends(scene: &Scene, state: &State) -> bool {
    sessions(&state.world.versions).all(|session| session.ends <= scene.configs[session.config].window.closes)
}

fn rests(scene: &Scene, state: &State) -> bool {
    rest(scene, state).is_some_and(|state| is_served(scene, &state))
}

/// Whether it ends after the coverage that all daemons agree on. What comes late can be that.
fn outlives(scene: &Scene, state: &State, dies: Timestamp) -> bool {
    let closes = |config: usize| scene.planned(config, state.instant).closes;
    let agreed =
        state.daemons.iter().map(|daemon| closes(daemon.config)).reduce(|one, other| one.filter(|it| other == Some(*it)));
    scene.budget.late == 0 && agreed.flatten().is_some_and(|closes| dies > closes)
}

/// Readers get a session that lives; where there is one config only, the planned one.
fn is_served(scene: &Scene, state: &State) -> bool {
    let planned: Vec<Timestamp> =
        state.daemons.iter().filter_map(|daemon| scene.planned(daemon.config, state.instant).ends).collect();
    if planned.is_empty() {
        return true;
    }
    let session = state.world.current().and_then(|version| Some((version.session.as_ref()?, token::ends(&version.id)?)));
    session.is_some_and(|(session, told)| {
        let is_planned = scene.configs.len() > 1 || planned.contains(&session.ends);
        session.ends > state.now(scene) && told == session.ends && !session.denied && is_planned && !outlives(scene, state, told)
    })
}
