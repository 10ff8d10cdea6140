//! A cron line and a time zone, the plain way: every civil minute is looked at, and every offset tried.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use credadmin::grant::Span;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A cron line of numbers, names, ranges, lists and steps, and of days that are counted within their month.
pub struct Cron {
    minutes: BTreeSet<u8>,
    hours: BTreeSet<u8>,
    days: BTreeSet<u8>,
    months: BTreeSet<u8>,
    weekdays: BTreeSet<u8>,
    counted: Vec<Counted>,
    /// Where both name days, either is enough.
    either: bool,
}

/// A day that is counted within its month.
enum Counted {
    Last,
    /// The working day nearest to one.
    Nearest(u8),
    /// The so many-th of a weekday.
    Nth(u8, i8),
    LastOf(u8),
}

impl Cron {
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return None };
        let [day, weekday] = [day, weekday].map(|field| if field == "?" { "*" } else { field });
        let (mut counted, mut days, mut weekdays) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for part in day.split(',') {
            match Counted::of_the_month(part) {
                Some(it) => counted.push(it),
                None => days.extend(field(part, 1..=31, &[], 0)?),
            }
        }
        for part in weekday.split(',') {
            match Counted::of_the_week(part) {
                Some(it) => counted.push(it),
                None => weekdays.extend(field(part, 0..=7, &DAYS, 0)?),
            }
        }
        Some(Self {
            minutes: field(minute, 0..=59, &[], 0)?,
            hours: field(hour, 0..=23, &[], 0)?,
            days,
            months: field(month, 1..=12, &MONTHS, 1)?,
            weekdays: weekdays.into_iter().map(|day| day % 7).collect(),
            counted,
            either: day != "*" && weekday != "*",
        })
    }

    /// How often it fires on a day on which it does.
    pub fn starts_a_day(&self) -> usize {
        self.hours.len() * self.minutes.len()
    }

    fn fires_on(&self, date: Date) -> bool {
        let counted = |of_week| self.counted.iter().any(|it| it.is_of_week() == of_week && it.is(date));
        let day = self.days.contains(&date.day().unsigned_abs()) || counted(false);
        let weekday = self.weekdays.contains(&weekday(date)) || counted(true);
        let is_day = if self.either { day || weekday } else { day && weekday };
        is_day && self.months.contains(&date.month().unsigned_abs())
    }

    /// All that is open in `[from, until)`, for `duration` from each start in `bounds`: in order, joined where it touches.
    pub fn open(&self, zone: &TimeZone, duration: SignedDuration, bounds: Span, from: Timestamp, until: Timestamp) -> Vec<Span> {
        let first = zone.to_datetime(from - duration).date().saturating_sub(2.days());
        let last = zone.to_datetime(until).date().saturating_add(2.days());
        let dates = first.series(1.day()).take_while(|date| *date <= last).filter(|date| self.fires_on(*date));
        let civils = dates.flat_map(|date| {
            let minutes = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
            minutes.map(move |(hour, minute)| date.at(hour.cast_signed(), minute.cast_signed(), 0, 0))
        });
        let spans = civils.filter_map(|civil| {
            let opens = instant(zone, civil)?;
            let span = Span { opens, closes: opens + duration };
            span.intersect(&bounds)?.intersect(&Span { opens: from, closes: until })
        });
        let mut spans: Vec<Span> = spans.collect();
        spans.sort();
        let mut joined: Vec<Span> = Vec::new();
        for span in spans {
            match joined.last_mut().filter(|last| span.opens <= last.closes) {
                Some(last) => last.closes = last.closes.max(span.closes),
                None => joined.push(span),
            }
        }
        joined
    }
}

impl Counted {
    fn of_the_month(part: &str) -> Option<Self> {
        match part {
            "L" | "l" => Some(Self::Last),
            _ => Some(Self::Nearest(*field(part.strip_suffix(['W', 'w'])?, 1..=31, &[], 0)?.first()?)),
        }
    }

    fn of_the_week(part: &str) -> Option<Self> {
        let day = |text: &str| field(text, 0..=7, &DAYS, 0)?.first().map(|day| day % 7);
        if let Some(last) = part.strip_suffix(['L', 'l']) {
            return Some(Self::LastOf(day(last.strip_suffix('#').unwrap_or(last))?));
        }
        let (text, which) = part.split_once('#')?;
        Some(Self::Nth(day(text)?, which.parse().ok()?))
    }

    fn is_of_week(&self) -> bool {
        matches!(self, Self::Nth(..) | Self::LastOf(_))
    }

    fn is(&self, date: Date) -> bool {
        match self {
            Self::Last => date == date.last_of_month(),
            Self::LastOf(day) => weekday(date) == *day && date.day() > date.days_in_month() - 7,
            Self::Nth(day, which) => weekday(date) == *day && (date.day() + 6) / 7 == *which,
            Self::Nearest(day) => {
                let Ok(wanted) = Date::new(date.year(), date.month(), day.cast_signed()) else { return false };
                let days = wanted.first_of_month().series(1.day()).take(wanted.days_in_month().unsigned_abs().into());
                let work = days.filter(|day| !matches!(weekday(*day), 0 | 6));
                // Of two that are as near there is none: a weekend has two days.
                work.min_by_key(|day| (day.day() - wanted.day()).abs()) == Some(date)
            }
        }
    }
}

/// From Sunday on.
fn weekday(date: Date) -> u8 {
    date.weekday().to_sunday_zero_offset().unsigned_abs()
}

/// When the clocks of a zone show this: the first time, if twice; if never, as if they had not been set forward yet.
fn instant(zone: &TimeZone, civil: DateTime) -> Option<Timestamp> {
    let utc = TimeZone::UTC.to_timestamp(civil).ok()?;
    let hours = (-27..=27).filter_map(|hours| utc.checked_add(SignedDuration::from_hours(hours)).ok());
    let offsets: Vec<i32> = hours.map(|t| zone.to_offset(t).seconds()).collect();
    let at = |offset: i32| utc.checked_sub(SignedDuration::from_secs(offset.into())).ok();
    let shows = offsets.iter().filter_map(|offset| at(*offset)).filter(|t| zone.to_datetime(*t) == civil).min();
    shows.or_else(|| at(*offsets.first()?))
}

fn field(text: &str, range: std::ops::RangeInclusive<u8>, names: &[&str], first: u8) -> Option<BTreeSet<u8>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|at| at as u8 + first);
        let digits = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        named.or_else(|| text.parse().ok().filter(|number| digits && range.contains(number)))
    };
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (span, step) = part.split_once('/').map_or((part, 1_u8), |(span, step)| (span, step.parse::<u8>().unwrap_or(0)));
        let (low, high) = match span.split_once('-') {
            _ if span == "*" => (*range.start(), *range.end()),
            // The last day of a week as well as the first.
            Some((low, high)) if names == DAYS && high.eq_ignore_ascii_case("SUN") => (number(low)?, 7),
            Some((low, high)) => (number(low)?, number(high)?),
            None if part.contains('/') => return None,
            None => (number(span)?, number(span)?),
        };
        if step == 0 || low > high {
            return None;
        }
        all.extend((low..=high).step_by(step.into()));
    }
    Some(all)
}
