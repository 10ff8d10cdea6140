//! What the properties are tried on, drawn from where schedules go wrong: clocks that are moved, the ends of weeks, months and
//! years, leap days, windows a second longer or shorter than a bound, and windows that touch.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use super::oracle::{Cadence, Calendar, Grant, Span, Window, after};

/// Zones, each with an instant near which something happens to the clock or the calendar.
const EDGES: [(&str, &str); 18] = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),       // gap of an hour
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),       // fold of an hour
    ("America/New_York", "2026-03-08T07:00:00Z"),    // gap
    ("America/New_York", "2026-11-01T06:00:00Z"),    // fold
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"), // fold of 30 min
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"), // gap of 30 min
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),        // a day that never was
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),   // fold, before Ramadan
    ("Africa/Casablanca", "2026-03-22T02:00:00Z"),   // gap, after it
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),   // gap at midnight
    ("Asia/Kathmandu", "2026-12-31T18:15:00Z"),      // a year begins
    ("UTC", "2026-12-06T00:00:00Z"),                 // Sunday
    ("UTC", "2026-12-07T00:00:00Z"),                 // Monday
    ("UTC", "2027-01-01T00:00:00Z"),                 // a year begins
    ("UTC", "2027-03-01T00:00:00Z"),                 // no leap day
    ("UTC", "2028-02-29T00:00:00Z"),                 // a leap day
    ("Europe/Berlin", "2028-02-29T23:00:00Z"),       // its end
    ("America/New_York", "2027-02-01T05:00:00Z"),    // a month begins
];

/// Around every bound of the design: 30 s, 15 min, 1 h, a day.
const LENGTHS: [i64; 19] =
    [1, 29, 30, 31, 60, 899, 900, 901, 1800, 2400, 3599, 3600, 3601, 7200, 36_000, 86_399, 86_400, 86_401, 172_800];

/// Session and lead, in seconds.
const RHYTHMS: [(i64, i64); 9] = [
    (3600, 1200),
    (3600, 900),
    (3600, 2700),
    (1800, 900),
    (1801, 901),
    (960, 900),
    (7200, 3333),
    (43_200, 36_000),
    (14_400, 9_000),
];

/// A secret's rhythm, its grants, and an instant that matters to them.
#[derive(Clone, Debug)]
pub struct Case {
    pub cadence: Cadence,
    pub grants: Vec<Grant>,
    edge: Timestamp,
    pick: usize,
    nudge: i64,
}

impl Case {
    /// On an edge of the coverage, on a grid point, or on the edge of the clock, or next to it.
    pub fn now(&self) -> Timestamp {
        let (lo, hi) = (after(self.edge, -86_400), after(self.edge, 86_400));
        let mut instants = vec![self.edge];
        instants.extend(Calendar::of(&self.grants, lo, hi).edges().into_iter().filter(|edge| lo <= *edge && *edge <= hi));
        let edge = instants[self.pick % instants.len()];
        let t = match self.pick % 4 {
            0 | 1 => edge,
            2 => self.cadence.grid_point(edge),
            _ => after(self.cadence.grid_point(edge), self.cadence.step()),
        };
        Timestamp::from_nanosecond(t.as_nanosecond() + i128::from(self.nudge)).unwrap()
    }

    /// The oracle's calendar around now, as far as anything that is asked of it looks.
    pub fn calendar(&self, from: Timestamp, until: Timestamp) -> Calendar<'_> {
        Calendar::of(&self.grants, after(from, -1), after(until, 3 * self.cadence.session + 1))
    }
}

/// Up to four grants.
pub fn case() -> impl Strategy<Value = Case> {
    const SECOND: i64 = 1_000_000_000;
    let nudge = prop_oneof![
        3 => Just(0),
        3 => select(&[-1, 1, -SECOND, SECOND, 1 - SECOND, SECOND - 1, -30 * SECOND, -900 * SECOND][..]),
        1 => -7200 * SECOND..7200 * SECOND,
    ];
    let around = (select(&EDGES[..]), cadence(), any::<usize>(), nudge);
    around.prop_flat_map(|((zone, edge), cadence, pick, nudge)| {
        let edge: Timestamp = edge.parse().unwrap();
        windows(zone, edge, &cadence).prop_map(move |windows| {
            let grant = |(i, window)| Grant { name: format!("grant-{}", 9 - i), window };
            let grants = windows.into_iter().enumerate().map(grant).collect();
            Case { cadence: cadence.clone(), grants, edge, pick, nudge }
        })
    })
}

/// A rhythm, mostly with a session policy.
pub fn cadence() -> impl Strategy<Value = Cadence> {
    (select(&["sensitive-s3", "a", "z-9", "billing"][..]), select(&RHYTHMS[..]), prop::bool::weighted(0.8))
        .prop_map(|(name, (session, lead), exact)| Cadence { name, session, lead, exact })
}

fn windows(zone: &'static str, edge: Timestamp, cadence: &Cadence) -> impl Strategy<Value = Vec<Window>> + use<> {
    let cron = prop::collection::vec(recurring(zone, edge), 0..=2);
    // The end of a session that a grid point makes: coverage that ends just there, or a second off.
    let full = after(cadence.grid_point(edge), cadence.session);
    let aligned = select(&[-1_i64, 0, 1][..]).prop_map(move |off| (after(edge, -60), after(full, off)));
    let aligned = prop::option::weighted(0.3, aligned);
    (cron, aligned.prop_flat_map(move |aligned| touching(edge, aligned))).prop_map(|(mut cron, once)| {
        cron.extend(once.into_iter().map(Window::Once));
        cron
    })
}

/// One-off windows, each placed against the one before it.
fn touching(edge: Timestamp, first: Option<Span>) -> impl Strategy<Value = Vec<Span>> {
    let offset = prop_oneof![-3600_i64..3600, select(&[-86_400, -1, 0, 1, 43_200][..])];
    prop::collection::vec((select(&LENGTHS[..]), 0..7, offset), 0..=3).prop_map(move |shapes| {
        let mut spans: Vec<Span> = Vec::from_iter(first);
        for (length, relation, offset) in shapes {
            let (opens, closes) = spans.last().copied().unwrap_or((after(edge, offset), after(edge, offset)));
            let opens = match relation {
                0 => closes,                // adjoining
                1 => after(closes, 1),      // a second apart
                2 => after(closes, -1),     // a second in common
                3 => opens,                 // nested, or equal
                4 => after(opens, 1),       // nested, or overlapping
                5 => after(opens, -length), // adjoining at the other end
                _ => after(edge, offset),
            };
            spans.push((opens, after(opens, length)));
        }
        spans
    })
}

/// A recurring window that opens near `edge`, with or without bounds.
pub fn recurring(zone: &'static str, edge: Timestamp) -> impl Strategy<Value = Window> {
    let sparse = (
        select(&["0", "30", "15,45", "59", "*/30", "0-10/5", "5"][..]),
        select(&["*", "2", "1-3", "0", "23", "22,2", "*/6", "0-23/5"][..]),
        prop_oneof![4 => Just("*"), 1 => select(&["1", "29", "31", "28-31", "*/2", "1,15,29"][..])],
        prop_oneof![4 => Just("*"), 1 => select(&["2", "1-3,10-12", "MAR,OCT,NOV,DEC", "*/3"][..])],
        prop_oneof![3 => Just("*"), 1 => select(&["MON-FRI", "SUN", "SAT,SUN", "1-5/2", "7", "0,3"][..])],
        select(&LENGTHS[..]),
    );
    // Windows that overlap themselves, adjoin themselves, or leave a second out.
    let dense = (select(&[5_i64, 7, 15, 20][..]), select(&[-1_i64, 0, 1, 600, 7200][..]));
    let line = prop_oneof![
        11 => sparse.prop_map(|(minute, hour, day, month, weekday, length)| {
            // A line that never fires is refused by the config, and slow to find out.
            let day = if (day, month) == ("31", "2") { "29" } else { day };
            (format!("{minute} {hour} {day} {month} {weekday}"), length)
        }),
        1 => dense.prop_map(|(every, more)| (format!("*/{every} * * * *"), every * 60 + more)),
    ];
    let bound = || select(&[-90_000_i64, -3600, -61, -1, 0, 1, 1800, 90_000][..]);
    let bounds = prop_oneof![3 => Just(None), 1 => (bound(), bound()).prop_map(Some)];
    (line, bounds).prop_map(move |((line, seconds), bounds)| {
        let bounds = bounds.filter(|(a, b)| a != b).map(|(a, b)| (after(edge, a.min(b)), after(edge, a.max(b))));
        Window::Cron { line, zone, seconds, bounds }
    })
}
