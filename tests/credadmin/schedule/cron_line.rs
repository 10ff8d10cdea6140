//! Cron lines as far as the oracle reads them: lists, ranges, steps, `*`, and the names of months and days.

use jiff::civil::Date;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

type Allowed = [bool; 60];

/// What each field allows.
pub struct Line {
    /// Hour and minute.
    pub times: Vec<(i8, i8)>,
    days: Allowed,
    months: Allowed,
    /// 0 or 7 is Sunday.
    weekdays: Allowed,
    any_day: bool,
    any_weekday: bool,
}

impl Line {
    pub fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.split(' ').collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { panic!("five fields: {line}") };
        let (minutes, hours) = (field(minutes, 0, 59, &[]), field(hours, 0, 23, &[]));
        let every_minute = (0..24).flat_map(|hour| (0..60).map(move |minute| (hour, minute)));
        Self {
            times: every_minute.filter(|(hour, minute)| hours[*hour as usize] && minutes[*minute as usize]).collect(),
            days: field(days, 1, 31, &[]),
            months: field(months, 1, 12, &MONTHS),
            weekdays: field(weekdays, 0, 7, &DAYS),
            any_day: days == "*",
            any_weekday: weekdays == "*",
        }
    }

    /// Where day and weekday are both restricted, either will do (crontab(5)).
    pub fn has_day(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset() as usize;
        let day = self.days[date.day() as usize];
        let weekday = self.weekdays[weekday] || (weekday == 0 && self.weekdays[7]);
        let fits = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        fits && self.months[date.month() as usize]
    }
}

fn field(text: &str, least: usize, most: usize, names: &[&str]) -> Allowed {
    let number = |text: &str| match names.iter().position(|name| *name == text) {
        Some(position) => least + position,
        None => text.parse().unwrap(),
    };
    let mut allowed = [false; 60];
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, 1), |(range, step)| (range, step.parse().unwrap()));
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first), number(last)),
            None if range == "*" => (least, most),
            None => (number(range), number(range)),
        };
        for value in (first..=last).step_by(step) {
            allowed[value] = true;
        }
    }
    allowed
}
