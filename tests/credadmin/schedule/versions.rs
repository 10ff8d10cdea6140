//! Design.md's invariant 5, as far as the config is held to it: what is accepted writes at most 90 versions in any 24 hours.

use credadmin::schedule::quota::{BUDGET, over_budget, spare};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::oracle::{Cadence, Calendar, Grant, Window, after};
use super::{at, cron, grants, once, secret, seeded};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// By brute force: the first issue that is one too many for the 24 hours up to it.
fn one_too_many(issues: &[Timestamp]) -> Option<Timestamp> {
    let within = |last: Timestamp| issues.iter().filter(|at| **at <= last && last.duration_since(**at) < DAY).count();
    issues.iter().copied().find(|at| within(*at) > 90)
}

fn dense() -> impl Strategy<Value = Cadence> {
    (select(&[60_i64, 300, 900, 958, 959, 960, 961, 970, 1800][..]), select(&["a", "sensitive-s3"][..]))
        .prop_map(|(step, name)| Cadence { name, session: 900 + step, lead: 900, exact: true })
}

/// Windows that take about 90 sessions, alone, in a row, or in pieces.
fn long(cadence: &Cadence) -> impl Strategy<Value = Vec<Grant>> + use<> {
    let step = cadence.step();
    let piece = (select(&[1_i64, 2, 45, 88, 89, 90, 91, 92][..]), -1_i64..=1, select(&[0_i64, 1, 31, 4000, 80_000][..]));
    prop::collection::vec(piece, 1..4).prop_map(move |pieces| {
        let mut closes = at("2026-12-31T20:00:00Z");
        let grant = |(i, (sessions, more, gap)): (usize, (i64, i64, i64))| {
            let opens = after(closes, gap);
            closes = after(opens, (sessions * step + more).max(40));
            Grant { name: format!("grant-{i}"), window: Window::Once((opens, closes)) }
        };
        pieces.into_iter().enumerate().map(grant).collect()
    })
}

proptest! {
    #![proptest_config(seeded(120))]

    #[test]
    fn invariant_5_never_more_than_90_versions_in_24_hours_for_what_is_accepted(
        (cadence, windows) in dense().prop_flat_map(|cadence| long(&cadence).prop_map(move |windows| (cadence.clone(), windows))),
        early in select(&[0_i64, 1, 3600, 40 * 86_400][..]),
    ) {
        let now = after(at("2026-12-31T20:00:00Z"), -early);
        let until = after(now, 60 * 86_400);
        let calendar = Calendar::of(&windows, after(now, -1), after(until, 86_400));
        let issues: Vec<_> = calendar.sessions(now, until, &cadence).into_iter().map(|session| session.0).collect();
        prop_assert_eq!(over_budget(&secret(&cadence), &grants(&windows), now).map(|day| day.closes), one_too_many(&issues));
    }
}

fn budget(step: i64, windows: &[Grant], now: &str) -> Option<Timestamp> {
    let cadence = Cadence { name: "sensitive-s3", session: 900 + step, lead: 900, exact: true };
    over_budget(&secret(&cadence), &grants(windows), at(now)).map(|day| day.closes)
}

#[test]
fn the_budget_is_90_and_is_reached_by_sessions_16_minutes_apart() {
    assert_eq!(BUDGET, 90);
    let always = [cron("always", "0 * * * *", "UTC", 3600)];
    assert_eq!(budget(980, &always, "2026-11-24T00:00:00Z"), None, "89 grid points, and the start");
    assert!(budget(950, &always, "2026-11-24T00:00:00Z").is_some());
}

#[test]
fn short_windows_count_by_their_openings() {
    let windows = |line| [cron("often", line, "Europe/Berlin", 60)];
    assert_eq!(budget(2700, &windows("*/20 * * * *"), "2026-11-24T00:00:00Z"), None, "72 a day");
    assert!(budget(2700, &windows("*/15 * * * *"), "2026-11-24T00:00:00Z").is_some(), "96 a day");
    // 25 hours long is the day that ends summer time: still 24 hours are counted.
    assert!(budget(2700, &windows("*/15 0-21 * * *"), "2026-11-24T00:00:00Z").is_none(), "88 on other days, 89 in any 24 h");
}

#[test]
fn a_window_more_than_a_year_ahead_is_counted_like_any_other() {
    let far = [once("far", "2029-06-01T00:00:00Z", "2029-06-03T00:00:00Z")];
    assert!(budget(300, &far, "2026-11-24T00:00:00Z").is_some());
    let leap_day = [cron("leap-day", "0 0 29 2 *", "UTC", 86_400)];
    assert!(budget(300, &leap_day, "2026-11-24T00:00:00Z").is_some(), "29 Feb 2028 is 462 days ahead");
    let short = once("short", "2029-06-01T00:00:00Z", "2029-06-01T01:00:00Z");
    let both = [once("long", "2026-12-01T00:00:00Z", "2026-12-03T00:00:00Z"), short];
    assert!(budget(300, &both, "2026-11-24T00:00:00Z").is_some(), "it takes nothing away from what was counted before it");
}

#[test]
fn what_is_too_much_half_a_year_from_now_is_too_much_now() {
    let both = [cron("a", "*/20 * 1 6,12 *", "UTC", 60), cron("b", "10-59/20 * 1 1,6 *", "UTC", 60)];
    assert!(budget(2700, &both, "2026-11-24T00:00:00Z").is_some(), "72 on 1 December and on 1 January, 144 on 1 June");
}

/// 36 refreshes and the first session, two stretches that are open already, and each opening: of these, twice as many as on a
/// usual day, but no more than fit into one; and one for each bound.
#[test]
fn what_is_free_on_any_day_is_known_without_looking_at_one() {
    let rhythm = Cadence { name: "sensitive-s3", session: 3600, lead: 1200, exact: true };
    let spare = |windows: &[Grant]| spare(&secret(&rhythm), &grants(windows));
    let bounded = |grant: Grant, bounds| match grant.window {
        Window::Cron { line, zone, seconds, .. } => Grant { window: Window::Cron { line, zone, seconds, bounds }, ..grant },
        Window::Once(_) => grant,
    };
    let (from, until) = (at("2026-12-01T00:00:00Z"), at("2027-12-01T00:00:00Z"));
    let once = once("once", "2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z");
    let (hourly, daily) = (cron("hourly", "0 * * * *", "UTC", 60), cron("daily", "30 8 * * *", "UTC", 60));
    let midnight = cron("midnight", "0 0 * * *", "UTC", 86_400);
    for (windows, free) in [
        (vec![], 90),
        (vec![once.clone()], 50),
        (vec![daily.clone()], 49),
        (vec![hourly.clone()], 3),
        (vec![hourly, daily.clone()], 1),
        (vec![cron("often", "*/20 * * * *", "UTC", 60)], 0),
        (vec![cron("twice", "0 8,20 * * *", "UTC", 43_200)], 49),
        (vec![midnight.clone()], 50),
        (vec![daily.clone(), once], 48),
        (vec![bounded(daily.clone(), Some((Timestamp::MIN, until)))], 48),
        (vec![bounded(daily.clone(), Some((from, Timestamp::MAX)))], 48),
        (vec![bounded(daily, Some((from, until)))], 47),
        (vec![bounded(midnight, Some((from, until)))], 48),
    ] {
        assert_eq!(spare(&windows), free, "{windows:?}");
    }
}
