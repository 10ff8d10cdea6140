//! What there is to see, before anybody draws it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::axis::{Shift, Tick, shifts, ticks};
use super::lane::Lane;
use super::spans::{union, within, without};
use crate::config::Watched;
use crate::grant::Span;
use crate::history::{Ledger, Reach};

/// What is known of the past.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// What the journals tell.
    pub ledger: &'a Ledger,
    /// From when to when they reach.
    pub reach: &'a Reach,
}

/// Past and future of all secrets on one axis.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The time shown.
    pub span: Span,
    /// What parts past and future.
    pub now: Timestamp,
    /// Whose clock the axis shows.
    pub zone: TimeZone,
    /// A lane for each secret: those of the config by name, then those that only the journal knows.
    pub lanes: Vec<Lane>,
    /// The part of the past that no journal tells of.
    pub unknown: Vec<Span>,
    /// When no daemon ran, as far as is known.
    pub idle: Vec<Span>,
    /// What whoever looks has to know.
    pub remarks: Vec<String>,
}

impl Timeline {
    /// Of what was told and what is planned. Without a past nothing is shown of it.
    pub fn new(past: Option<Past>, plan: &[Watched], span: Span, now: Timestamp, zone: TimeZone) -> Self {
        let mut pasts: BTreeMap<_, _> = past.iter().flat_map(|past| &past.ledger.lanes).collect();
        let mut lanes = Vec::new();
        for watched in plan {
            let key = (watched.secret.name.to_string(), watched.secret.secret_id.clone());
            let lane = Lane::of(pasts.remove(&key), Some(watched), &span, now);
            lanes.push(Lane { name: key.0, secret_id: key.1, ..lane });
        }
        for ((name, secret_id), told) in pasts {
            let lane = Lane::of(Some(told), None, &span, now);
            // The config has it no more, and nothing of it is in sight.
            if lane != Lane::default() {
                lanes.push(Lane { name: name.clone(), secret_id: secret_id.clone(), ..lane });
            }
        }
        let before = Span { opens: span.opens, closes: now.clamp(span.opens, span.closes) };
        let (unknown, idle) = past.map_or((vec![before], Vec::new()), |past| silence(past, &before, now));
        let unknown = unknown.into_iter().filter(|span| span.opens < span.closes).collect();
        Self { span, now, zone, lanes, unknown, idle, remarks: Vec::new() }
    }

    /// Where an instant is, from 0 to 1; what is not shown is at one of the ends.
    pub fn place(&self, t: Timestamp) -> f64 {
        let length = self.span.closes.duration_since(self.span.opens).as_secs_f64();
        (t.duration_since(self.span.opens).as_secs_f64() / length.max(1.0)).clamp(0.0, 1.0)
    }

    /// No more than `most` ticks.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        ticks(&self.span, &self.zone, most)
    }

    /// Where the clocks are changed.
    pub fn shifts(&self) -> Vec<Shift> {
        shifts(&self.span, &self.zone)
    }

    /// An instant by the zone's clock.
    pub fn show(&self, t: Timestamp) -> String {
        t.to_zoned_datetime(self.zone.clone()).strftime("%a %F %H:%M:%S %Z").to_string()
    }

    /// What the zone is called.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("local time")
    }

    /// Whether now is in sight.
    pub fn shows_now(&self) -> bool {
        self.span.contains(self.now)
    }
}

/// The part of `before` that no journal reaches, and that in which no daemon ran.
fn silence(past: Past, before: &Span, now: Timestamp) -> (Vec<Span>, Vec<Span>) {
    let reach = past.reach.values().map(|(opens, _)| Span { opens: *opens, closes: now });
    let watches = past.ledger.watches.iter().map(|watch| {
        let begins = past.reach.get(&watch.host).map(|(first, _)| *first);
        let opens = watch.started.or(begins).unwrap_or(watch.first_word);
        Span { opens: opens.min(watch.first_word), closes: watch.ended().unwrap_or(now) }
    });
    let ran = union(watches.collect());
    let known = union(reach.chain(ran.iter().copied()).collect());
    let unknown = without(&[*before], &known);
    let idle = without(&within(&known, before), &ran);
    (unknown, idle)
}
