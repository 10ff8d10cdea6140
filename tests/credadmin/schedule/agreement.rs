//! The product and the oracle say the same.

use credadmin::schedule::coverage::Coverage;
use credadmin::schedule::plan::{horizon, plan, sessions};
use jiff::Timestamp;
use proptest::prelude::*;

use super::cases::{case, recurring};
use super::oracle::{after, instant};
use super::{at, cadence, grants, seeded, window};

/// What has to be equal up to the end of what was looked at need only lie past it beyond.
fn same_up_to(until: Timestamp, told: Option<Timestamp>, truth: Option<Timestamp>) -> bool {
    match truth.filter(|truth| *truth < until) {
        Some(truth) => told == Some(truth),
        None => told.is_none_or(|told| told >= until),
    }
}

proptest! {
    #![proptest_config(seeded(2000))]

    #[test]
    fn windows_open_when_the_oracle_says(case in case(), length in 1_i64..100_000) {
        let (from, until) = (case.now(), after(case.now(), length));
        for grant in &case.grants {
            let (told, opens) = window(&grant.window).spans(from, until);
            let told: Vec<_> = told.iter().map(|span| (span.opens, span.closes)).collect();
            let mut truth = grant.window.open(from, after(until, 3 * 86_400));
            truth.retain(|span| span.0 < until);
            if let Some(first) = truth.first_mut() {
                first.0 = first.0.max(from);
            }
            let reaches_the_end = truth.last().is_some_and(|last| last.1 >= until);
            if reaches_the_end {
                let (last, true_last) = (told.last().copied(), truth.pop().unwrap());
                prop_assert!(last.is_some_and(|last| last.0 == true_last.0 && until <= last.1 && last.1 <= true_last.1));
                prop_assert_eq!(&told[..told.len() - 1], &truth[..]);
                prop_assert_eq!(opens, None);
            } else {
                prop_assert_eq!(told, truth);
                prop_assert_eq!(opens, grant.window.next_opening(until));
            }
        }
    }

    #[test]
    fn coverage_is_the_union_of_the_windows(case in case(), length in 1_i64..100_000, at in 0.0..1.0_f64) {
        let (from, until) = (case.now(), after(case.now(), length));
        let grants = grants(&case.grants);
        let (told, truth) = (Coverage::between(&grants, from, until), case.calendar(from, until));
        let mut instants: Vec<_> = truth.edges().into_iter().filter(|edge| from <= *edge && *edge < until).take(8).collect();
        instants.extend([from, after(from, (length as f64 * at) as i64)]);
        for t in instants {
            let names: Vec<_> = told.grants_at(t).iter().map(|grant| grant.name.as_str().to_owned()).collect();
            prop_assert_eq!(names, truth.grants_at(t));
            prop_assert_eq!(told.end_at(t).is_some(), truth.end_at(t).is_some());
            prop_assert!(same_up_to(until, told.end_at(t), truth.end_at(t)), "the end at {}", t);
            let change = truth.edges().into_iter().find(|edge| *edge > t);
            prop_assert!(same_up_to(until, told.next_change(t), change), "the change after {}", t);
        }
        let within = |(opens, closes): (Timestamp, Timestamp)| (opens.max(from), closes.min(until));
        let told: Vec<_> = told.stretches().iter().map(|span| within((span.opens, span.closes))).collect();
        let truth: Vec<_> = truth.stretches().into_iter().filter(|span| span.0 < until && span.1 > from).map(within).collect();
        prop_assert_eq!(told, truth);
    }
}

proptest! {
    #![proptest_config(seeded(3000))]

    #[test]
    fn the_plan_is_the_oracles(case in case()) {
        let (now, rhythm, grants) = (case.now(), cadence(&case.cadence), grants(&case.grants));
        let told = plan(now, &rhythm, &Coverage::between(&grants, now, horizon(now, &rhythm)));
        let truth = case.calendar(now, after(now, 2 * case.cadence.session));
        let expected = truth.plan(now, &case.cadence);
        let names: Vec<_> = told.grants.iter().map(|grant| grant.name.as_str().to_owned()).collect();
        prop_assert_eq!(names, expected.grants);
        prop_assert_eq!(told.ends, expected.ends);
        prop_assert_eq!(told.closes, expected.closes);
        prop_assert_eq!(told.look_again, truth.look_again(now, &case.cadence));
    }
}

proptest! {
    #![proptest_config(seeded(1000))]

    #[test]
    fn a_window_is_over_when_the_oracle_finds_no_more_of_it(case in case()) {
        for grant in &case.grants {
            let open = grant.window.open(case.now(), case.now()).iter().any(|span| span.0 <= case.now());
            let more = open || grant.window.next_opening(case.now()).is_some();
            prop_assert_eq!(window(&grant.window).is_over(case.now()), !more);
        }
    }

    #[test]
    fn the_sessions_are_the_oracles(case in case(), length in 1_i64..150_000) {
        let (from, until) = (case.now(), after(case.now(), length));
        let grants = grants(&case.grants);
        let told: Vec<_> = sessions(from, until, &cadence(&case.cadence), &grants)
            .into_iter()
            .map(|planned| {
                let names = planned.grants.iter().map(|grant| grant.name.as_str().to_owned());
                (planned.at, planned.ends, names.collect::<Vec<_>>())
            })
            .collect();
        prop_assert_eq!(told, case.calendar(from, until).sessions(from, until, &case.cadence));
    }

    #[test]
    fn every_zone_moves_its_clock_as_the_oracle_says(
        zone in prop::sample::select(&["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Cairo",
            "America/Santiago", "Pacific/Chatham", "Asia/Gaza", "Europe/Dublin", "America/Havana", "Asia/Beirut"][..]),
        hours in 0_i64..24 * 365 * 8,
        line in recurring("UTC", at("2027-01-01T00:00:00Z")),
    ) {
        // Eight years, not only the edges of one.
        let super::oracle::Window::Cron { line, seconds, .. } = line else { unreachable!() };
        let window = super::oracle::Window::Cron { line, zone, seconds: seconds.min(3600), bounds: None };
        let from = after(at("2024-01-01T00:00:00Z"), hours * 3600);
        let told = super::window(&window).spans(from, after(from, 40_000)).0;
        let told: Vec<_> = told.iter().map(|span| (span.opens, span.closes.min(after(from, 40_000)))).collect();
        let truth = window.open(from, after(from, 40_000)).into_iter().filter(|span| span.0 < after(from, 40_000));
        let truth: Vec<_> = truth.map(|span| (span.0.max(from), span.1.min(after(from, 40_000)))).collect();
        prop_assert_eq!(told, truth);
    }
}

#[test]
fn the_oracle_itself_reads_rfc_5545_gaps_and_folds() {
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let apia = jiff::tz::TimeZone::get("Pacific/Apia").unwrap();
    let civil = |text: &str| text.parse::<jiff::civil::DateTime>().unwrap();
    assert_eq!(instant(&berlin, civil("2026-03-29T02:30")), at("2026-03-29T01:30:00Z"), "02:30 becomes 03:30");
    assert_eq!(instant(&berlin, civil("2026-10-25T02:30")), at("2026-10-25T00:30:00Z"), "the first of two");
    assert_eq!(instant(&apia, civil("2011-12-30T12:00")), at("2011-12-30T22:00:00Z"), "the day that never was");
}
