//! Worked examples: what a person reading the config expects of single days.

use credadmin::schedule::coverage::Coverage;
use credadmin::schedule::plan::{horizon, plan, sessions};
use jiff::{SignedDuration, Timestamp};

use super::oracle::{Cadence, Grant, after};
use super::{at, cadence, cron, grants, once, window};

const HOURLY: Cadence = Cadence { name: "sensitive-s3", session: 3600, lead: 1200, exact: true };

/// The windows of `grant` between two days, in UTC.
fn windows(grant: &Grant, from: &str, until: &str) -> Vec<String> {
    let (spans, _) = window(&grant.window).spans(at(from), at(until));
    spans.iter().map(|span| format!("{} {}", span.opens, span.closes)).collect()
}

fn issued(windows: &[Grant], rhythm: &Cadence, from: &str, until: &str) -> Vec<(Timestamp, Timestamp)> {
    let grants = grants(windows);
    sessions(at(from), at(until), &cadence(rhythm), &grants).iter().map(|session| (session.at, session.ends)).collect()
}

#[test]
fn half_past_two_in_berlin_on_the_day_that_has_none() {
    let told = windows(&cron("g", "30 2 * * *", "Europe/Berlin", 3600), "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z");
    let at_half_past_three = "2026-03-29T01:30:00Z 2026-03-29T02:30:00Z";
    assert_eq!(
        told,
        ["2026-03-28T01:30:00Z 2026-03-28T02:30:00Z", at_half_past_three, "2026-03-30T00:30:00Z 2026-03-30T01:30:00Z"]
    );
}

#[test]
fn half_past_two_in_berlin_on_the_day_that_has_two() {
    let told = windows(&cron("g", "30 2 * * *", "Europe/Berlin", 3600), "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z");
    let the_first = "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z";
    assert_eq!(told, ["2026-10-24T00:30:00Z 2026-10-24T01:30:00Z", the_first, "2026-10-26T01:30:00Z 2026-10-26T02:30:00Z"]);
}

#[test]
fn lord_howe_moves_its_clock_by_half_an_hour() {
    let fold = windows(&cron("g", "45 1 * * *", "Australia/Lord_Howe", 900), "2026-04-04T00:00:00Z", "2026-04-06T00:00:00Z");
    assert_eq!(fold, ["2026-04-04T14:45:00Z 2026-04-04T15:00:00Z", "2026-04-05T15:15:00Z 2026-04-05T15:30:00Z"]);
    let gap = windows(&cron("g", "15 2 * * *", "Australia/Lord_Howe", 900), "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z");
    assert_eq!(gap, ["2026-10-03T15:45:00Z 2026-10-03T16:00:00Z", "2026-10-04T15:15:00Z 2026-10-04T15:30:00Z"]);
    // 02:10, in the gap, comes after 02:35 on that day.
    let both = |from, until| windows(&cron("g", "10,35 2 * * *", "Australia/Lord_Howe", 240), from, until);
    let [sooner, later] = ["2026-10-03T15:35:00Z 2026-10-03T15:39:00Z", "2026-10-03T15:40:00Z 2026-10-03T15:44:00Z"];
    assert_eq!(both("2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z"), [sooner, later]);
    assert_eq!(both("2026-10-03T15:39:00Z", "2026-10-04T00:00:00Z"), [later]);
    assert_eq!(both("2026-10-03T15:42:00Z", "2026-10-04T00:00:00Z"), ["2026-10-03T15:42:00Z 2026-10-03T15:44:00Z"]);
}

#[test]
fn duration_is_elapsed_time_on_the_day_the_clock_moves() {
    let told = windows(&cron("g", "0 0 * * *", "Europe/Berlin", 86_400), "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z");
    assert_eq!(told, ["2026-03-29T00:00:00Z 2026-03-30T22:00:00Z"], "24 h from a midnight 23 h before the next: no gap");
    let told = windows(&cron("g", "0 0 * * *", "Europe/Berlin", 86_400), "2026-10-24T23:00:00Z", "2026-10-25T23:30:00Z");
    assert_eq!(told, ["2026-10-24T23:00:00Z 2026-10-25T22:00:00Z", "2026-10-25T23:00:00Z 2026-10-26T23:00:00Z"]);
}

#[test]
fn windows_across_midnight_week_year_and_leap_day() {
    let friday_night =
        windows(&cron("g", "0 22 * * FRI", "Europe/Berlin", 14_400), "2026-12-04T00:00:00Z", "2026-12-06T00:00:00Z");
    assert_eq!(friday_night, ["2026-12-04T21:00:00Z 2026-12-05T01:00:00Z"]);
    let sunday_night = windows(&cron("g", "0 23 * * SUN", "UTC", 7200), "2026-12-06T00:00:00Z", "2026-12-08T00:00:00Z");
    assert_eq!(sunday_night, ["2026-12-06T23:00:00Z 2026-12-07T01:00:00Z"]);
    let new_year = cron("g", "0 23 31 12 *", "UTC", 7200);
    let told = windows(&new_year, "2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z");
    assert_eq!(told, ["2026-12-31T23:00:00Z 2027-01-01T01:00:00Z"]);
    let leap_day = windows(&cron("g", "0 0 29 2 *", "UTC", 86_400), "2026-01-01T00:00:00Z", "2029-01-01T00:00:00Z");
    assert_eq!(leap_day, ["2028-02-29T00:00:00Z 2028-03-01T00:00:00Z"]);
    // Nothing is issued because a year begins: each session but the last is followed 40 min after it at the latest.
    let told = issued(&[new_year], &HOURLY, "2026-12-31T00:00:00Z", "2027-01-02T00:00:00Z");
    assert_eq!(told.first().unwrap().0, at("2026-12-31T23:00:00Z"));
    assert_eq!(told.last().unwrap().1, at("2027-01-01T01:00:00Z"));
    assert!(told.windows(2).skip(1).all(|pair| pair[1].0.duration_since(pair[0].0) == SignedDuration::from_mins(40)));
}

#[test]
fn complaint_01_back_to_back_and_overlapping_windows_are_one_coverage() {
    let (first, second) =
        (once("a", "2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z"), once("b", "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z"));
    let apart = issued(&[first.clone(), second], &HOURLY, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
    let whole = [once("a", "2026-12-01T08:00:00Z", "2026-12-01T10:00:00Z")];
    assert_eq!(apart, issued(&whole, &HOURLY, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z"));
    // Where two overlap, the end of the first takes nothing from the second: the session is the one already in place.
    let both = [first, once("b", "2026-12-01T08:30:00Z", "2026-12-01T09:20:00Z")];
    let (grants, rhythm) = (grants(&both), cadence(&HOURLY));
    let end = at("2026-12-01T09:00:00Z");
    let ends = |t| plan(t, &rhythm, &Coverage::between(&grants, t, horizon(t, &rhythm))).ends;
    assert_eq!(ends(after(end, -1)), ends(end));
    assert!(ends(end).is_some());
}

#[test]
fn windows_that_open_every_minute_for_longer_than_that_are_one() {
    let told = windows(&cron("g", "* 8 * * *", "UTC", 61), "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
    assert_eq!(told, ["2026-12-01T08:00:00Z 2026-12-01T09:00:01Z"]);
}

#[test]
fn a_window_that_opens_just_where_a_session_would_end_is_seen_in_time() {
    let now = cadence(&HOURLY).grid_point(at("2026-12-01T08:00:00Z"));
    let end = after(now, HOURLY.session);
    let window = |name: &str, opens, closes| Grant { name: name.into(), window: super::oracle::Window::Once((opens, closes)) };
    let grants = grants(&[window("a", now, end), window("b", end, after(end, 3600))]);
    let rhythm = cadence(&HOURLY);
    let plan = plan(now, &rhythm, &Coverage::between(&grants, now, horizon(now, &rhythm)));
    assert_eq!((plan.ends, plan.closes, plan.look_again), (Some(end), None, Some(after(now, HOURLY.step()))));
}

#[test]
fn complaint_05_windows_and_sessions_of_15_minutes_make_no_loop() {
    for (seconds, asked_for) in [(899, 900), (900, 900), (901, 901)] {
        let opens = at("2026-12-01T08:00:00Z");
        let window = [Grant { name: "g".into(), window: super::oracle::Window::Once((opens, after(opens, seconds))) }];
        let told = issued(&window, &HOURLY, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
        assert_eq!(told, [(opens, after(opens, seconds))], "one session, cut at the end of the window");
        assert_eq!(cadence(&HOURLY).duration_seconds(opens, after(opens, seconds)), asked_for);
        // Without a session policy nothing could cut what STS makes longer than the window.
        let uncut = issued(&window, &Cadence { exact: false, ..HOURLY }, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
        assert_eq!(uncut.len(), usize::from(seconds > 900), "of 900 s less is left once it is open");
    }
    // The least that the config allows beside a lead of 15 min: still a floor between two issues.
    let tight = Cadence { session: 960, lead: 900, ..HOURLY };
    let told = issued(
        &[once("g", "2026-12-01T08:00:00Z", "2026-12-01T10:00:00Z")],
        &tight,
        "2026-12-01T08:00:00Z",
        "2026-12-01T10:00:00Z",
    );
    assert!(told.windows(2).skip(1).all(|pair| pair[1].0.duration_since(pair[0].0) == SignedDuration::from_secs(60)));
}

#[test]
fn complaint_07_the_lead_is_what_is_left_at_a_refresh_at_both_ends_of_its_range() {
    for lead in [900, 1200, 3540] {
        let rhythm = Cadence { lead, ..HOURLY };
        let told = issued(
            &[once("g", "2026-12-01T08:00:00Z", "2026-12-01T14:00:00Z")],
            &rhythm,
            "2026-12-01T08:00:00Z",
            "2026-12-01T14:00:00Z",
        );
        assert!(told.len() > 5);
        for pair in told.windows(2) {
            assert_eq!(pair[0].1.duration_since(pair[1].0), SignedDuration::from_secs(lead));
        }
    }
}

#[test]
fn a_grant_cut_short_or_extended_moves_the_planned_end_at_once() {
    let now = at("2026-12-01T08:10:00Z");
    let ends = |closes: &str| {
        let (grants, rhythm) = (grants(&[once("g", "2026-12-01T08:00:00Z", closes)]), cadence(&HOURLY));
        let plan = plan(now, &rhythm, &Coverage::between(&grants, now, horizon(now, &rhythm)));
        plan.wanted().map(|wanted| (wanted.ends, wanted.is_last))
    };
    assert_eq!(ends("2026-12-01T08:20:00Z"), Some((at("2026-12-01T08:20:00Z"), true)));
    assert_eq!(ends("2026-12-01T08:12:00Z"), Some((at("2026-12-01T08:12:00Z"), true)));
    let (full, is_last) = ends("2026-12-01T18:00:00Z").unwrap();
    assert!(!is_last, "coverage goes on after it");
    assert!(at("2026-12-01T08:30:00Z") <= full && full <= at("2026-12-01T09:10:00Z"));
    assert_eq!(ends("2026-12-01T08:00:01Z"), None);
}

#[test]
fn a_session_that_ends_with_its_window_is_not_looked_at_before() {
    let rhythm = cadence(&HOURLY);
    let now = rhythm.grid_point(at("2026-12-01T08:00:00Z"));
    let end = after(now, HOURLY.session);
    let grants = grants(&[Grant { name: "g".into(), window: super::oracle::Window::Once((now, end)) }]);
    let plan = plan(now, &rhythm, &Coverage::between(&grants, now, horizon(now, &rhythm)));
    assert_eq!((plan.ends, plan.closes, plan.look_again), (Some(end), Some(end), Some(end)));
}

#[test]
fn a_session_of_the_instant_up_to_which_sessions_are_told_is_not_among_them() {
    let window = [once("g", "2026-12-01T08:00:00Z", "2026-12-01T10:00:00Z")];
    assert_eq!(issued(&window, &HOURLY, "2026-12-01T07:00:00Z", "2026-12-01T08:00:00Z"), []);
    assert_eq!(issued(&window, &HOURLY, "2026-12-01T07:00:00Z", "2026-12-01T08:00:01Z").len(), 1);
}

#[test]
fn whose_window_closes_when_and_whose_opens_next_is_known_to_the_second() {
    let grants = grants(&[
        once("a", "2026-12-01T08:00:00Z", "2026-12-01T10:00:00Z"),
        once("b", "2026-12-01T09:00:00Z", "2026-12-01T12:00:00Z"),
        once("later", "2026-12-03T08:00:00Z", "2026-12-03T10:00:00Z"),
    ]);
    let coverage = Coverage::between(&grants, at("2026-12-01T08:00:00Z"), at("2026-12-02T00:00:00Z"));
    let closings = |t: &str| coverage.closings_at(at(t)).map(|(closes, g)| format!("{} {closes}", g.name)).collect::<Vec<_>>();
    assert_eq!(closings("2026-12-01T08:59:59Z"), ["a 2026-12-01T10:00:00Z"]);
    assert_eq!(closings("2026-12-01T09:00:00Z"), ["a 2026-12-01T10:00:00Z", "b 2026-12-01T12:00:00Z"]);
    assert_eq!(closings("2026-12-01T10:00:00Z"), ["b 2026-12-01T12:00:00Z"]);
    assert_eq!(closings("2026-12-01T12:00:00Z"), [""; 0]);
    let next = |t: &str| coverage.next_opening(at(t)).map(|(opens, g)| format!("{} {opens}", g.name)).unwrap_or_default();
    assert_eq!(next("2026-12-01T08:59:59Z"), "b 2026-12-01T09:00:00Z");
    assert_eq!(next("2026-12-01T09:00:00Z"), "later 2026-12-03T08:00:00Z");
    assert_eq!(next("2026-12-03T08:00:00Z"), "");
}

#[test]
fn a_window_without_length_never_opens() {
    let opens = "2026-12-01T08:00:00Z";
    assert!(window(&once("g", opens, opens).window).is_over(at("2026-12-01T07:00:00Z")));
    assert!(!window(&once("g", opens, "2026-12-01T08:00:01Z").window).is_over(at("2026-12-01T07:00:00Z")));
}
