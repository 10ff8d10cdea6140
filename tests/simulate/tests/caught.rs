//! The oracle can fail: a daemon that is not as it should be is caught, and the story that shows it is a small one.

use simulate::cripple::Cripple;
use simulate::disturbance::{Disturbance, What};
use simulate::generate::story;
use simulate::oracle::Breach;
use simulate::shrink::{fails, shrink};
use simulate::story::Story;

/// The first of these seeds whose story shows it, made smaller; every story is fine with daemons that are as they should be.
fn caught(cripple: Cripple, invariants: &[u8]) -> (Story, Breach) {
    caught_in(shorter, cripple, invariants)
}

fn caught_in(of: impl Fn(u64) -> Story, cripple: Cripple, invariants: &[u8]) -> (Story, Breach) {
    for seed in 1..20 {
        let story = of(seed);
        if let Some(breach) = fails(&story, Some(cripple)) {
            assert!(invariants.contains(&breach.invariant), "{cripple:?}: {breach}");
            let (small, breach) = shrink(&story, breach, Some(cripple));
            println!("{cripple:?}, from {} disturbances:\n{small}{breach}", story.disturbances.len());
            assert!(invariants.contains(&breach.invariant), "{cripple:?}: {breach}");
            assert_eq!(fails(&small, None), None, "nothing is wrong with the story itself");
            assert!(small.secrets.len() == 1 && small.hosts.len() == 1 && small.grants.len() <= 1, "{small}");
            return (small, breach);
        }
    }
    panic!("{cripple:?} was never caught");
}

/// Ten days of it are enough.
fn shorter(seed: u64) -> Story {
    let mut story = story(seed);
    story.length = jiff::SignedDuration::from_hours(240);
    story.disturbances.retain(|it| it.at < story.length);
    story
}

#[test]
fn a_session_that_outlives_its_window_is_caught() {
    let (small, breach) = caught(Cripple::Outlives, &[1]);
    assert_eq!(small.disturbances.len(), 0, "it takes no disturbance");
    assert!(breach.found.contains("past"), "{breach}");
}

#[test]
fn a_second_publication_is_caught() {
    let (small, _) = caught(Cripple::PublishesTwice, &[4]);
    assert_eq!(small.disturbances.len(), 0, "it takes no disturbance");
}

#[test]
fn a_session_that_was_never_written_is_caught() {
    let (small, _) = caught(Cripple::Forgets, &[2]);
    assert_eq!(small.disturbances.len(), 0, "it takes no disturbance");
}

#[test]
fn a_clock_that_is_wrong_unseen_is_caught() {
    let (small, _) = caught(Cripple::ClockBehind, &[2, 3]);
    assert_eq!(small.disturbances.len(), 0, "it takes no disturbance");
}

#[test]
fn a_daemon_that_sees_no_drop_in_is_caught() {
    let (small, _) = caught(Cripple::Blind, &[2]);
    assert_eq!(small.disturbances.len(), 1, "it takes one drop-in");
}

#[test]
fn a_session_that_a_revocation_denies_is_caught() {
    // One an hour: few looks come within the half minute in which new sessions are denied too.
    let revoked = |seed| {
        let mut story = shorter(seed);
        let hours = (1..240).map(jiff::SignedDuration::from_hours);
        story.disturbances = hours.map(|at| Disturbance { at, what: What::Tombstone(0) }).collect();
        story
    };
    let (_, breach) = caught_in(revoked, Cripple::Overlooks, &[2]);
    assert!(breach.found.contains("denied"), "{breach}");
}
