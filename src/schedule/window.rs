//! One grant's window on the time line.
//!
//! Cron lines are read on civil time; the zone then says which instant that is. As in RFC 5545, a start that falls into a gap
//! is taken with the offset before the gap (02:30 becomes 03:30), and one in a fold is the first of the two.

use chrono::{DateTime, Utc};
use jiff::civil::DateTimeRound;
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{RoundMode, SignedDuration, Timestamp, Unit, civil};

use crate::grant::{Recurrence, Span, Window};
use crate::instant::{after, before};

/// No zone has ever moved its clocks by more (Samoa's lost day of 2011 was 24 h).
const WIDEST_SHIFT: SignedDuration = SignedDuration::from_hours(26);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

impl Window {
    /// The spans that touch `[from, until)`, joined where they overlap or adjoin, in order; and the first opening after them.
    ///
    /// A span that is open at `from` is told from `from` on. One that reaches `until` may end later than told, and nothing
    /// is said of what comes after it.
    pub fn spans(&self, from: Timestamp, until: Timestamp) -> (Vec<Span>, Option<Timestamp>) {
        match self {
            Window::Once(span) if span.opens >= until => (Vec::new(), Some(span.opens.max(from)).filter(|t| *t < span.closes)),
            Window::Once(span) => {
                let rest = Span { opens: span.opens.max(from), closes: span.closes };
                (Vec::from_iter((rest.opens < rest.closes).then_some(rest)), None)
            }
            Window::Recurring(recurrence) => recurrence.spans(from, until),
        }
    }

    /// Whether it is neither open at `t` nor opens later.
    pub fn is_over(&self, t: Timestamp) -> bool {
        let (spans, later) = self.spans(t, t);
        spans.is_empty() && later.is_none()
    }
}

/// One firing of a cron line: what the clock on the wall says, and when that is.
#[derive(Clone, Copy)]
struct Firing {
    civil: civil::DateTime,
    start: Timestamp,
}

impl Recurrence {
    fn spans(&self, from: Timestamp, until: Timestamp) -> (Vec<Span>, Option<Timestamp>) {
        let from = from.max(self.bounds.opens);
        let mut spans: Vec<Span> = Vec::new();
        // All windows are of one length: none that opened before this one closes after it.
        let mut start = self.last_start(from).or_else(|| self.next_start(from));
        while let Some(opens) = start.filter(|opens| *opens < self.bounds.closes) {
            let closes = after(opens, self.duration).min(self.bounds.closes);
            if closes > from {
                match spans.last_mut() {
                    Some(last) if opens <= last.closes => last.closes = closes,
                    _ if opens.max(from) >= until => return (spans, Some(opens.max(from))),
                    _ => spans.push(Span { opens: opens.max(from), closes }),
                }
                if closes >= until {
                    return (spans, None);
                }
            }
            start = self.next_start(opens);
        }
        (spans, None)
    }

    /// A start at or before `t`: the latest, but for the hours around a move of the clocks, in which later ones may follow.
    fn last_start(&self, t: Timestamp) -> Option<Timestamp> {
        let mut civil = add(self.civil(t), self.shift_around(t));
        while let Some(firing) = self.firing(civil, Way::Back) {
            if firing.start <= t {
                return Some(firing.start);
            }
            civil = add(firing.civil, -SECOND);
        }
        None
    }

    /// The earliest start after `t`.
    fn next_start(&self, t: Timestamp) -> Option<Timestamp> {
        let mut best: Option<Firing> = None;
        let mut civil = add(self.civil(t), SECOND - self.shift_around(t));
        while let Some(firing) = self.firing(civil, Way::On) {
            if best.is_some_and(|best| firing.civil > add(best.civil, self.shift_around(best.start))) {
                break;
            }
            if firing.start > t && best.is_none_or(|best| firing.start < best.start) {
                best = Some(firing);
                if self.shift_around(firing.start).is_zero() {
                    break;
                }
            }
            civil = add(firing.civil, SECOND);
        }
        best.map(|best| best.start)
    }

    /// By how much the clocks of the zone move near `t`: zero on all but a few days of the year. Within that distance of a
    /// move, civil time and the time line need not run in the same order, so one firing more has to be looked at.
    fn shift_around(&self, t: Timestamp) -> SignedDuration {
        let offset = |t: Timestamp| self.time_zone.to_offset(t).seconds();
        let before = offset(before(t, WIDEST_SHIFT));
        let after = offset(after(t, WIDEST_SHIFT));
        SignedDuration::from_secs(i64::from((before - after).abs()))
    }

    fn civil(&self, t: Timestamp) -> civil::DateTime {
        self.time_zone.to_datetime(t)
    }

    /// The firing at `civil` or the nearest one before or after it. croner reads civil time as if it were UTC, which has
    /// neither gaps nor folds.
    fn firing(&self, civil: civil::DateTime, way: Way) -> Option<Firing> {
        // A line has no seconds, and croner would try each of them by itself.
        let to = match way {
            Way::Back => RoundMode::Floor,
            Way::On => RoundMode::Ceil,
        };
        let civil = civil.round(DateTimeRound::new().smallest(Unit::Minute).mode(to)).ok()?;
        let seconds = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        let civil: DateTime<Utc> = DateTime::from_timestamp(seconds, 0)?;
        let found = match way {
            Way::Back => self.cron.find_previous_occurrence(&civil, true),
            Way::On => self.cron.find_next_occurrence(&civil, true),
        };
        let civil = TimeZone::UTC.to_datetime(Timestamp::from_second(found.ok()?.timestamp()).ok()?);
        let start = self.time_zone.to_ambiguous_timestamp(civil).disambiguate(Disambiguation::Compatible).ok()?;
        Some(Firing { civil, start })
    }
}

#[derive(Clone, Copy)]
enum Way {
    Back,
    On,
}

fn add(civil: civil::DateTime, by: SignedDuration) -> civil::DateTime {
    civil.saturating_add(by)
}
