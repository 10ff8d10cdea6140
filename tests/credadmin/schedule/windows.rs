//! When windows should be open, worked out the slow way and with none of the product's code: every civil minute is looked at.

use super::cron_line::Line;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};

/// `[opens, closes)`
pub type Span = (Timestamp, Timestamp);

#[derive(Clone, Debug)]
pub enum Window {
    Once(Span),
    Cron { line: String, zone: &'static str, seconds: i64, bounds: Option<Span> },
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub name: String,
    pub window: Window,
}

/// An elapsed number of seconds later.
pub fn after(t: Timestamp, seconds: i64) -> Timestamp {
    t.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

impl Window {
    /// The maximal spans in which it is open, as far as firings up to `hi` make them, without those that are over by `lo`.
    pub fn open(&self, lo: Timestamp, hi: Timestamp) -> Vec<Span> {
        let spans = match self {
            Window::Once(span) => vec![*span],
            Window::Cron { line, zone, seconds, bounds } => {
                let clip = |(opens, closes): Span| match bounds {
                    Some(bounds) => (opens.max(bounds.0), closes.min(bounds.1)),
                    None => (opens, closes),
                };
                let starts = starts(&Line::parse(line), zone, after(lo, -seconds), hi);
                starts.into_iter().map(|start| clip((start, after(start, *seconds)))).collect()
            }
        };
        union(spans.into_iter().filter(|(opens, closes)| opens < closes && *closes > lo).collect())
    }

    /// The first opening at or after `t`, looking nine years ahead: no two leap days of this century are farther apart.
    pub fn next_opening(&self, t: Timestamp) -> Option<Timestamp> {
        let last = match self {
            Window::Once((opens, _)) => *opens,
            Window::Cron { bounds, .. } => bounds.map_or(Timestamp::MAX, |bounds| bounds.1).min(after(t, 9 * 366 * 86_400)),
        };
        let (mut lo, mut stride) = (t, 86_400);
        while lo <= last {
            let hi = after(lo, stride);
            if let Some((opens, _)) = self.open(lo, hi).into_iter().find(|(opens, _)| *opens >= lo) {
                return Some(opens);
            }
            (lo, stride) = (hi, 2 * stride);
        }
        None
    }
}

/// What touches becomes one.
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut joined: Vec<Span> = Vec::new();
    for (opens, closes) in spans {
        match joined.last_mut() {
            Some(last) if opens <= last.1 => last.1 = last.1.max(closes),
            _ => joined.push((opens, closes)),
        }
    }
    joined
}

fn starts(line: &Line, zone: &str, lo: Timestamp, hi: Timestamp) -> Vec<Timestamp> {
    let zone = TimeZone::get(zone).unwrap();
    let mut day = TimeZone::UTC.to_datetime(after(lo, -2 * 86_400)).date();
    let last = TimeZone::UTC.to_datetime(after(hi, 2 * 86_400)).date();
    let mut starts = Vec::new();
    while day <= last {
        if line.has_day(day) {
            starts.extend(line.times.iter().map(|(hour, minute)| instant(&zone, day.at(*hour, *minute, 0, 0))));
        }
        day = day.tomorrow().unwrap();
    }
    starts.retain(|start| lo <= *start && *start <= hi);
    starts.sort();
    starts.dedup();
    starts
}

/// RFC 5545, from offsets alone: an instant at which the clock on the wall shows `civil`, the first if there are two; if there
/// is none, the one that the offset before the gap makes.
pub fn instant(zone: &TimeZone, civil: civil::DateTime) -> Timestamp {
    let wall = TimeZone::UTC.to_timestamp(civil).unwrap();
    let offset = |t: Timestamp| i64::from(zone.to_offset(t).seconds());
    let (before, later) = (offset(after(wall, -26 * 3600)), offset(after(wall, 26 * 3600)));
    if before == later {
        return after(wall, -before);
    }
    let shown = [before, later].into_iter().filter(|by| offset(after(wall, -by)) == *by).map(|by| after(wall, -by));
    shown.min().unwrap_or_else(|| after(wall, -before))
}
