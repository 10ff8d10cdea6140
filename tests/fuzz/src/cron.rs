//! A cron line, a zone and a length, around a change of the clocks: the windows are those that a scan over every minute finds.

use std::cell::RefCell;

use credadmin::grant::{Span, Window};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::files::Files;
use crate::naive::Cron;

pub const WORDS: &[&str] = &[
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Tehran",
    "Europe/London",
    "Pacific/Auckland",
    "America/Nuuk",
    "UTC",
    "EST5EDT",
    "2026-03-28T12:00:00Z",
    "2026-10-24T12:00:00Z",
    "2026-11-01T00:00:00Z",
    "2026-04-04T00:00:00Z",
    "2026-02-14T00:00:00Z",
    "2011-12-29T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2028-02-28T00:00:00Z",
    "30 2 * * *",
    "*/30 1-3 * * *",
    "0 0 * * SUN",
    "0 12 L * *",
    "15 1,2,3 28-31 3,10 *",
    "* 2 * * *",
    "0 22 1 * MON",
    "59 23 * * 7",
    "*",
    "MON-FRI",
    "SAT-SUN",
    "MON#2",
    "FRI#L",
    "5L",
    "15W",
    "?",
    "JAN",
    "0-59/7",
    "1-5,6",
    "60",
    "900",
    "3600",
    "7200",
    "86400",
    "90000",
    "172800",
];

/// How much is looked at.
const STRETCH: SignedDuration = SignedDuration::from_hours(72);

thread_local!(static FILES: RefCell<Option<Files>> = const { RefCell::new(None) });

/// Four lines: cron, zone, seconds, and when to look.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (cron, zone, seconds, from) = (next(), next(), next(), next());
    let (Ok(seconds), Ok(from)) = (seconds.parse::<u32>(), from.parse::<Timestamp>()) else { return };
    let range = jiff::civil::date(1900, 1, 1)..jiff::civil::date(2200, 1, 1);
    if seconds > 2 * 86_400 || !range.contains(&TimeZone::UTC.to_datetime(from).date()) {
        return;
    }
    // Bounds, so that the budget is not counted for a year.
    let bounds = Span { opens: from, closes: from + STRETCH };
    let main = format!(
        "[secrets.s]\nsecret_id = \"S\"\nrole_arn = \"arn:aws:iam::123456789012:role/S\"\n[grants.g]\nsecret = \"s\"\n\
         cron = {cron:?}\ntime_zone = {zone:?}\nduration = \"{seconds}s\"\nnot_before = \"{}\"\nnot_after = \"{}\"\n",
        bounds.opens.strftime("%FT%TZ"),
        bounds.closes.strftime("%FT%TZ")
    );
    FILES.with_borrow_mut(|files| {
        let files = files.get_or_insert_with(|| Files::new(""));
        files.write("credadmin.toml", main.as_bytes());
        let Ok(settings) = files.load(from) else { return };
        // A day that is skipped, as Samoa's of 2011, is looked through firing by firing: of a line that fires each minute, that takes
        // a second for each question.
        let offset = |t| TimeZone::get(zone).map_or(0, |zone| zone.to_offset(t).seconds());
        let naive = Cron::parse(cron);
        let Some(naive) = naive else { panic!("{cron:?} is taken, and is no cron line") };
        if (offset(bounds.opens) - offset(bounds.closes)).abs() > 4 * 3600 && naive.starts_a_day() > 12 {
            return;
        }
        let watched = &settings.secrets[0];
        crate::plan::obeys(watched, from);
        let window = &watched.grants[0].window;
        let Window::Recurring(recurrence) = window else { return };
        let duration = SignedDuration::from_secs(seconds.into());
        let (until, bounds) = (recurrence.bounds.closes, recurrence.bounds);
        for from in [bounds.opens, bounds.opens + SignedDuration::from_secs(2 * 86_400 + 7201)] {
            let (spans, later) = window.spans(from, until);
            let spans: Vec<Span> = spans.iter().filter_map(|span| span.intersect(&Span { opens: from, closes: until })).collect();
            assert_eq!(spans, naive.open(&recurrence.time_zone, duration, bounds, from, until), "from {from}, {main}");
            assert_eq!(later, None, "it is over by {until}");
        }
    });
}
