//! From a seed to a story: who there is. What happens to them is in `trouble`.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use crate::story::{Again, Grant, Host, Secret, Story, Window};
use crate::trouble;

/// How many secrets there are, and for how many days: some ten secret-years to a story. A year of one secret costs a daemon half
/// a million wake-ups; secrets share them.
const SECRETS: usize = 120;
const DAYS: i64 = 30;

/// Zones with ordinary clocks, with clocks that move by half an hour, and with none that move.
pub const ZONES: [&str; 6] =
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "UTC"];

/// How many secret-years there are in each story.
pub fn years_each() -> f64 {
    (SECRETS as i64 * DAYS) as f64 / 365.0
}

/// The story of a seed.
pub fn story(seed: u64) -> Story {
    let mut chance = Rng::with_seed(seed);
    let start = start(&mut chance);
    let length = SignedDuration::from_hours(24 * DAYS);
    let secrets: Vec<Secret> = (0..SECRETS).map(|number| secret(number, &mut chance)).collect();
    let mut grants = Vec::new();
    for secret in &secrets {
        for window in windows(secret, start, length, &mut chance) {
            grants.push(Grant { number: grants.len(), secret: secret.number, window });
        }
    }
    let hosts = hosts(&grants, &mut chance);
    let mut story = Story { seed, start, length, capped: chance.bool(), hosts, secrets, grants, disturbances: Vec::new() };
    story.disturbances = trouble::of(&story, &mut chance);
    story
}

/// Half of them begin in the two weeks before clocks are changed somewhere.
fn start(chance: &mut Rng) -> Timestamp {
    let year = chance.i16(2026..2036);
    let (month, day) = match chance.u8(0..8) {
        0 => (3, chance.i8(1..28)),
        1 => (10, chance.i8(12..28)),
        2 => (9, chance.i8(5..30)),
        3 => (2, chance.i8(20..28)),
        _ => (chance.i8(1..13), chance.i8(1..29)),
    };
    let civil = jiff::civil::date(year, month, day).at(chance.i8(0..24), chance.i8(0..60), chance.i8(0..60), 0);
    jiff::tz::TimeZone::UTC.to_timestamp(civil).expect("a year before 9999")
}

fn secret(number: usize, chance: &mut Rng) -> Secret {
    let (session, lead) = match chance.u8(0..10) {
        0 => (120, 30),
        1 => (12 * 60, 45),
        2 => (60, 15),
        3 => (45, 20),
        4 => (60, 35),
        _ => (60, 20),
    };
    Secret { number, session, lead, policy: chance.u8(0..8) > 0 }
}

/// Most are open for hours in a month, one in ten on many days, one in a hundred and twenty always or nearly so.
fn windows(secret: &Secret, start: Timestamp, length: SignedDuration, chance: &mut Rng) -> Vec<Window> {
    let zone = ZONES[chance.usize(0..ZONES.len())];
    let hour = chance.i8(0..24);
    let minute = [0, 0, 30, chance.i8(0..60)][chance.usize(0..4)];
    let weekly = |chance: &mut Rng, minutes: i64| {
        Window::Again(Again { minute, hours: vec![hour], days: vec![chance.i8(0..7)], minutes, zone })
    };
    match secret.number {
        0 => return vec![always(chance, start, length, zone)],
        1 | 2 => {
            // In the middle of the night, every day: where clocks move.
            let (hours, minutes) = (vec![chance.i8(1..4)], chance.i64(40..150));
            return vec![Window::Again(Again { minute: 30, hours, days: (0..7).collect(), minutes, zone })];
        }
        3..9 => {
            let days = if chance.bool() { (1..6).collect() } else { vec![chance.i8(0..3), chance.i8(3..7)] };
            return vec![Window::Again(Again { minute, hours: vec![hour], days, minutes: chance.i64(20..200), zone })];
        }
        _ => {}
    }
    match chance.u8(0..10) {
        0..3 => vec![weekly(chance, chance_minutes(hour))],
        3 => vec![weekly(chance, 95), weekly(chance, 30)],
        4 => {
            // Two that adjoin.
            let from = whole(start + SignedDuration::from_mins(chance.i64(0..length.as_mins())));
            let until = from + SignedDuration::from_mins(chance.i64(1..90));
            vec![Window::Once(from, until), Window::Once(until, until + SignedDuration::from_secs(chance.i64(1..5000)))]
        }
        _ => {
            let from = whole(start + SignedDuration::from_mins(chance.i64(-60..length.as_mins())));
            vec![Window::Once(from, from + SignedDuration::from_secs(chance.i64(20..16_000)))]
        }
    }
}

fn chance_minutes(hour: i8) -> i64 {
    20 + i64::from(hour) * 5
}

/// Open without end, one way or another, or for most of the time.
fn always(chance: &mut Rng, start: Timestamp, length: SignedDuration, zone: &'static str) -> Window {
    let day = SignedDuration::from_hours(24);
    match chance.u8(0..4) {
        0 => Window::Once(whole(start - day), whole(start + length + day)),
        1 => Window::Again(Again { minute: 0, hours: vec![0, 8, 16], days: (0..7).collect(), minutes: 480, zone }),
        2 => Window::Again(Again { minute: 15, hours: vec![6], days: (1..6).collect(), minutes: 14 * 60, zone }),
        _ => Window::Again(Again { minute: 30, hours: vec![2], days: vec![0, 3], minutes: 30 * 60, zone }),
    }
}

/// One host, two or three; one in three is on a config of its own.
fn hosts(grants: &[Grant], chance: &mut Rng) -> Vec<Host> {
    let mut hosts = vec![Host::default(); [1, 1, 2, 2, 3][chance.usize(0..5)]];
    for host in hosts.iter_mut().skip(1) {
        if chance.u8(0..3) > 0 {
            continue;
        }
        host.lead = Some([15, 25, 30][chance.usize(0..3)]);
        host.without = grants.iter().map(|grant| grant.number).filter(|_| chance.u8(0..5) == 0).collect();
    }
    hosts
}

/// Cut to seconds, as windows are.
pub fn whole(t: Timestamp) -> Timestamp {
    Timestamp::from_second(t.as_second()).expect("an instant")
}
