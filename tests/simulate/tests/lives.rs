//! Stories are the same in every run; their daemons keep the invariants; and CI's run meets every kind of disturbance there is.

use std::collections::BTreeSet;

use simulate::generate::{story, years_each};
use simulate::run::run;
use simulate::tally::{Tally, live};

#[test]
fn a_story_is_the_same_in_every_run() {
    let (one, two) = (story(3), story(3));
    assert_eq!(one.to_string(), two.to_string());
    let [one, two] = [run(&one, None), run(&two, None)];
    assert_eq!((one.sessions, one.versions, one.met), (two.sessions, two.versions, two.met));
}

#[test]
fn daemons_keep_the_invariants() {
    let mut tally = Tally::default();
    for seed in 1..3 {
        tally.add(live(&story(seed)));
    }
    assert_eq!(tally.failed, []);
    assert!(tally.sessions > 1000 && tally.judged.as_hours() > 1000 && tally.with_lead.as_hours() > 500, "{tally:?}");
}

/// CI's run is `cargo simulate --years 500 --seed 1`; what its stories hold is known without living them.
#[test]
fn every_kind_of_disturbance_comes_in_a_run_of_500_years() {
    let mut missing: BTreeSet<String> = simulate::trouble::kinds();
    let mut seed = 1;
    while f64::from(seed) * years_each() <= 500.0 {
        for disturbance in story(seed as u64).disturbances {
            missing.remove(&disturbance.what.kind());
        }
        seed += 1;
    }
    assert_eq!(missing, BTreeSet::new());
}
