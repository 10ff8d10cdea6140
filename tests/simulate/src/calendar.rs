//! When windows are open: own arithmetic, on the story's values, for the oracle and for whoever makes trouble at the right moment.
//!
//! A start that a zone's clocks skip is taken with the offset before the gap; one that they show twice is the first.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::story::{Again, Window};

/// Half-open: from, until.
pub type Span = (Timestamp, Timestamp);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// All spans of a window that touch `[from, until)`, each whole, in the order of their dates.
pub fn spans(window: &Window, from: Timestamp, until: Timestamp) -> Vec<Span> {
    let all = match window {
        Window::Once(opens, closes) => vec![(*opens, *closes)],
        Window::Again(again) => recurring(again, from, until),
    };
    all.into_iter().filter(|(opens, closes)| *opens < until && *closes > from).collect()
}

fn recurring(again: &Again, from: Timestamp, until: Timestamp) -> Vec<Span> {
    let zone = TimeZone::get(again.zone).expect("an IANA zone");
    let length = SignedDuration::from_mins(again.minutes);
    let mut date = zone.to_datetime(from - length - DAY * 2).date();
    let last = zone.to_datetime(until + DAY * 2).date();
    let mut spans = Vec::new();
    while date <= last {
        if again.days.contains(&date.weekday().to_sunday_zero_offset()) {
            for hour in &again.hours {
                let opens = instant(&zone, date.at(*hour, again.minute, 0, 0));
                spans.push((opens, opens + length));
            }
        }
        date = date.tomorrow().expect("a year before 9999");
    }
    spans
}

/// The instant of a civil time: by the offset of the day before, unless the clocks then show another time, and show it by the
/// offset of the day after.
fn instant(zone: &TimeZone, civil: DateTime) -> Timestamp {
    let utc = TimeZone::UTC.to_timestamp(civil).expect("a year before 9999");
    let by = |at: Timestamp| utc - SignedDuration::from_secs(i64::from(zone.to_offset(at).seconds()));
    let (before, after) = (by(utc - DAY), by(utc + DAY));
    match () {
        () if zone.to_datetime(before) == civil => before,
        () if zone.to_datetime(after) == civil => after,
        () => before,
    }
}

/// The union of spans: in order, apart from each other.
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut union: Vec<Span> = Vec::new();
    for (opens, closes) in spans {
        match union.last_mut() {
            Some((_, last)) if opens <= *last => *last = closes.max(*last),
            _ => union.push((opens, closes)),
        }
    }
    union
}

/// What of `spans` is left without `holes`; both are unions.
pub fn without(spans: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for (opens, until) in spans.iter().copied() {
        let mut from = opens;
        for (begins, ends) in holes.iter().filter(|(begins, ends)| *begins < until && *ends > opens) {
            if *begins > from {
                left.push((from, *begins));
            }
            from = *ends;
        }
        if from < until {
            left.push((from, until));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn windows_on_the_two_strange_nights_open_as_the_readme_says() {
        let berlin = Again { minute: 30, hours: vec![2], days: (0..7).collect(), minutes: 60, zone: "Europe/Berlin" };
        for (day, opens) in [("2026-03-29", "01:30"), ("2026-03-30", "00:30"), ("2026-10-25", "00:30"), ("2026-10-26", "01:30")] {
            let opens = t(&format!("{day}T{opens}:00Z"));
            let found = spans(&Window::Again(berlin.clone()), opens, opens + DAY / 2);
            assert_eq!(found, [(opens, opens + SignedDuration::from_hours(1))]);
        }
    }

    #[test]
    fn spans_are_joined_and_cut() {
        let at = |minutes: i64| t("2026-12-01T00:00:00Z") + SignedDuration::from_mins(minutes);
        let span = |from, until| (at(from), at(until));
        let joined = union(vec![span(50, 60), span(0, 10), span(10, 20), span(55, 57)]);
        assert_eq!(joined, [span(0, 20), span(50, 60)]);
        let holes = [span(-5, 1), span(5, 6), span(19, 51)];
        assert_eq!(without(&joined, &holes), [span(1, 5), span(6, 19), span(51, 60)]);
        assert_eq!(without(&joined, &[]), joined);
    }
}
