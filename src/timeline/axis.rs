//! The axis: when its ticks are, and where the clocks of its zone are changed.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::grant::Span;
use crate::instant::before;

/// Distances of ticks, in minutes; the last ones are whole days.
const STEPS: [i64; 11] = [5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080];
const DAY: i64 = 1440;

/// A tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Where.
    pub at: Timestamp,
    /// `08:00`, or `Tue 1 Dec` at the start of a day.
    pub label: String,
    /// Whether a day starts.
    pub is_day: bool,
}

/// The clocks are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// When.
    pub at: Timestamp,
    /// `02:00 CET becomes 03:00 CEST`.
    pub label: String,
    /// By how much: forward, or back.
    pub by: SignedDuration,
}

/// Ticks at even hours of the zone's own clock, no more than `most` of them. An hour that comes twice has two, one that is left
/// out has none.
pub fn ticks(span: &Span, zone: &TimeZone, most: usize) -> Vec<Tick> {
    let minutes = span.closes.duration_since(span.opens).as_mins().max(1);
    let fits = |step: &&i64| minutes / **step < i64::try_from(most.max(2)).unwrap_or(i64::MAX);
    let step = *STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]);
    let mut date = zone.to_datetime(span.opens).date();
    let last = zone.to_datetime(span.closes).date();
    let mut ticks = Vec::new();
    while date <= last {
        let times = if step >= DAY { 0..=0 } else { 0..=(DAY / step - 1) };
        for time in times {
            ticks.extend(instants(date, time * step, zone).into_iter().filter(|at| span.contains(*at)).map(|at| tick(at, zone)));
        }
        match date.checked_add((step / DAY).max(1).days()) {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    ticks.sort_by_key(|tick| tick.at);
    ticks
}

/// When the clock on the wall shows this: once, twice, or never.
fn instants(date: Date, minute: i64, zone: &TimeZone) -> Vec<Timestamp> {
    let (Ok(hour), Ok(rest)) = (i8::try_from(minute / 60), i8::try_from(minute % 60)) else { return Vec::new() };
    let civil = date.to_datetime(Time::constant(hour, rest, 0, 0));
    let at = |offset: Offset| offset.to_timestamp(civil).ok();
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => at(offset).into_iter().collect(),
        AmbiguousOffset::Fold { before, after } => [at(before), at(after)].into_iter().flatten().collect(),
        // The day starts all the same, where its clocks go on.
        AmbiguousOffset::Gap { before, .. } if minute == 0 => at(before).into_iter().collect(),
        AmbiguousOffset::Gap { .. } => Vec::new(),
    }
}

fn tick(at: Timestamp, zone: &TimeZone) -> Tick {
    let local = zone.to_datetime(at);
    let is_day = zone.to_datetime(before(at, SignedDuration::from_nanos(1))).date() != local.date();
    Tick { at, label: local.strftime(if is_day { "%a %-d %b" } else { "%H:%M" }).to_string(), is_day }
}

/// Every change of the zone's offset.
pub fn shifts(span: &Span, zone: &TimeZone) -> Vec<Shift> {
    let changes = zone.following(span.opens).take_while(|change| change.timestamp() < span.closes);
    let shift = |change: jiff::tz::TimeZoneTransition| {
        let at = change.timestamp();
        let before = zone.to_offset_info(before(at, SignedDuration::from_nanos(1)));
        let by = SignedDuration::from_secs((change.offset().seconds() - before.offset().seconds()).into());
        let show = |offset: Offset, name: &str| format!("{} {name}", offset.to_datetime(at).strftime("%H:%M"));
        let (was, is) = (show(before.offset(), before.abbreviation()), show(change.offset(), change.abbreviation()));
        Shift { at, label: format!("{was} becomes {is}"), by }
    };
    // Some changes are of the zone's name alone.
    changes.map(shift).filter(|shift| !shift.by.is_zero()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, until: &str) -> Span {
        Span { opens: from.parse().unwrap(), closes: until.parse().unwrap() }
    }

    fn labels(span: &Span, zone: &str, most: usize) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        ticks(span, &zone, most).into_iter().map(|tick| format!("{}Z {}", tick.at.strftime("%H:%M"), tick.label)).collect()
    }

    #[test]
    fn an_hour_that_is_left_out_has_no_tick_and_one_that_comes_twice_has_two() {
        let berlin = |day: &str| labels(&span(&format!("{day}T00:00:00Z"), &format!("{day}T03:00:00Z")), "Europe/Berlin", 4);
        assert_eq!(berlin("2026-03-29"), ["00:00Z 01:00", "01:00Z 03:00", "02:00Z 04:00"]);
        assert_eq!(berlin("2026-10-25"), ["00:00Z 02:00", "01:00Z 02:00", "02:00Z 03:00"]);
        // Half an hour, and at two in the morning by another clock.
        let howe = labels(&span("2026-10-03T14:30:00Z", "2026-10-03T16:30:00Z"), "Australia/Lord_Howe", 5);
        assert_eq!(howe, ["14:30Z 01:00", "15:00Z 01:30", "15:30Z 02:30", "16:00Z 03:00"]);
        let back = labels(&span("2026-04-04T14:00:00Z", "2026-04-04T16:00:00Z"), "Australia/Lord_Howe", 5);
        assert_eq!(back, ["14:00Z 01:00", "14:30Z 01:30", "15:00Z 01:30", "15:30Z 02:00"]);
    }

    #[test]
    fn changes_of_the_clock_are_told_as_the_wall_shows_them() {
        let year = span("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        let of = |zone: &str| {
            let shifts = shifts(&year, &TimeZone::get(zone).unwrap());
            shifts.into_iter().map(|shift| (shift.at.to_string(), shift.label, shift.by.as_mins())).collect::<Vec<_>>()
        };
        assert_eq!(
            of("Europe/Berlin"),
            [
                ("2026-03-29T01:00:00Z".into(), "02:00 CET becomes 03:00 CEST".into(), 60),
                ("2026-10-25T01:00:00Z".into(), "03:00 CEST becomes 02:00 CET".into(), -60)
            ]
        );
        assert_eq!(of("Australia/Lord_Howe").iter().map(|(_, _, by)| *by).collect::<Vec<_>>(), [-30, 30]);
        assert_eq!(of("UTC"), []);
    }

    #[test]
    fn ticks_are_days_or_hours_and_never_too_many() {
        let week = span("2026-12-01T00:00:00Z", "2026-12-08T00:00:00Z");
        assert_eq!(labels(&week, "UTC", 8)[..2], ["00:00Z Tue 1 Dec", "00:00Z Wed 2 Dec"]);
        for hours in [1, 5, 24, 36, 24 * 7, 24 * 366] {
            for most in [4, 8, 20] {
                let closes = week.opens + SignedDuration::from_hours(hours);
                let ticks = ticks(&Span { closes, ..week }, &TimeZone::get("Europe/Berlin").unwrap(), most);
                assert!(ticks.len() <= most + 1 || hours > 24 * 60, "{hours} h, {most}: {}", ticks.len());
                assert!(!ticks.is_empty());
            }
        }
        let end = span("9999-12-30T00:00:00Z", "9999-12-30T22:00:00Z");
        assert!(!labels(&end, "Europe/Berlin", 8).is_empty(), "the end of time is no panic");
    }
}
