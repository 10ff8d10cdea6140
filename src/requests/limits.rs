//! The limits of a secret's requests: how long, how late, how many at once, at which hours.

use jiff::{SignedDuration, Timestamp};

use super::Rules;
use crate::grant::{Name, Span};
use crate::instant::after;
use crate::length;

impl Rules {
    /// Every limit that a window of `secret` breaks at `now`, in words. `others` are the windows that are there already.
    pub fn broken(&self, secret: &Name, window: Span, others: &[Span], now: Timestamp) -> Vec<String> {
        let mut broken = Vec::new();
        if window.closes <= now {
            broken.push(format!("the window ended at {}", window.closes));
        }
        let length = window.closes.duration_since(window.opens);
        let longer = |most: &SignedDuration| length > *most;
        if let Some(most) = self.longest_window.filter(longer) {
            broken.push(format!(
                "the window is {} long; longest_window of {secret} is {}",
                length::show(length),
                length::show(most)
            ));
        }
        let ahead = window.opens.duration_since(now);
        if let Some(most) = self.latest_start.filter(|most| ahead > *most) {
            broken.push(format!(
                "the window opens at {}; latest_start of {secret} is {} from now, {}",
                window.opens,
                length::show(most),
                after(now, most).strftime("%Y-%m-%dT%H:%M:%SZ")
            ));
        }
        if let Some(hours) = &self.hours {
            let (spans, _) = hours.spans(window.opens, window.closes);
            if !spans.first().is_some_and(|span| span.opens <= window.opens && window.closes <= span.closes) {
                broken.push(format!("the window does not lie within one window of the hours of {secret}"));
            }
        }
        if let Some(most) = self.most_at_once {
            let open = at_once(window, others);
            if open > most {
                broken.push(format!("{open} windows of {secret} would be open at once; most_at_once is {most}"));
            }
        }
        broken
    }
}

/// How many are open at one instant of `window`, itself among them.
fn at_once(window: Span, others: &[Span]) -> u32 {
    // The most are open where one of them opens.
    let openings = others.iter().map(|other| other.opens).chain([window.opens]).filter(|t| window.contains(*t));
    let open = openings.map(|t| others.iter().filter(|other| other.contains(t)).count()).max().unwrap_or_default();
    u32::try_from(open).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::grant::{Recurrence, Window};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn span(opens: &str, closes: &str) -> Span {
        Span { opens: at(&format!("2026-12-{opens}:00Z")), closes: at(&format!("2026-12-{closes}:00Z")) }
    }

    fn rules() -> Rules {
        let recurrence = Recurrence {
            cron: Arc::new("0 8 * * 1-5".parse().expect("a cron line")),
            duration: SignedDuration::from_hours(10),
            time_zone: TimeZone::get("Europe/Berlin").expect("a zone"),
            bounds: Span { opens: Timestamp::MIN, closes: Timestamp::MAX },
        };
        Rules {
            approvers: vec![],
            applicants: None,
            longest_window: Some(SignedDuration::from_hours(8)),
            latest_start: Some(SignedDuration::from_hours(14 * 24)),
            most_at_once: Some(2),
            hours: Some(Window::Recurring(Box::new(recurrence))),
            signatures_required: false,
        }
    }

    fn broken(window: Span, others: &[Span], now: &str) -> Vec<String> {
        rules().broken(&Name::parse("s").expect("a name"), window, others, at(now))
    }

    #[test]
    fn each_limit_holds_to_the_second_and_is_told_in_these_words() {
        // A Tuesday; Berlin is an hour ahead, so the hours are 07:00 to 17:00.
        let now = "2026-12-01T06:00:00Z";
        assert_eq!(broken(span("01T07:00", "01T15:00"), &[], now), [""; 0]);
        assert_eq!(broken(span("01T09:00", "01T17:00"), &[], now), [""; 0]);
        assert_eq!(
            broken(span("15T06:00", "15T07:00"), &[], now),
            ["the window does not lie within one window of the hours of s"]
        );
        assert_eq!(
            broken(span("01T10:00", "01T17:01"), &[], now),
            ["the window does not lie within one window of the hours of s"]
        );
        assert_eq!(
            broken(span("05T08:00", "05T09:00"), &[], now),
            ["the window does not lie within one window of the hours of s"]
        );
        assert_eq!(broken(span("01T07:00", "01T15:01"), &[], now), ["the window is 8h 1m long; longest_window of s is 8h"]);
        assert_eq!(
            broken(span("15T08:00", "15T09:00"), &[], now),
            ["the window opens at 2026-12-15T08:00:00Z; latest_start of s is 14d from now, 2026-12-15T06:00:00Z"]
        );
        assert_eq!(broken(span("15T08:00", "15T09:00"), &[], "2026-12-01T08:00:00Z"), [""; 0]);
        assert_eq!(broken(span("01T07:00", "01T09:00"), &[], "2026-12-01T08:59:59Z"), [""; 0], "open already");
        assert_eq!(
            broken(span("01T07:00", "01T09:00"), &[], "2026-12-01T09:00:00Z"),
            ["the window ended at 2026-12-01T09:00:00Z"]
        );
        assert_eq!(broken(span("01T08:00", "02T20:00"), &[], "2026-12-03T00:00:00Z").len(), 3, "all that is wrong at once");
    }

    #[test]
    fn at_once_is_at_one_instant_and_windows_are_half_open() {
        let now = "2026-12-01T06:00:00Z";
        let window = span("01T08:00", "01T14:00");
        let one_after_another = [span("01T08:00", "01T10:00"), span("01T10:00", "01T12:00"), span("01T14:00", "01T15:00")];
        assert_eq!(broken(window, &one_after_another, now), [""; 0]);
        let together = [span("01T07:00", "01T10:01"), span("01T10:00", "01T12:00")];
        assert_eq!(broken(window, &together, now), ["3 windows of s would be open at once; most_at_once is 2"]);
    }
}
