//! Cron lines: which are taken. What they mean is croner's; but croner takes more than anybody means. It puts numbers in the place of
//! names wherever they stand, so that `0 22 MON-FRI * *` would open on the first five days of each month, and leaves out what it does
//! not understand, such as the end of `15W3`. So each part has to be one of its field before croner reads it.

use figment::value::Value;

use super::values::{Read, text};

/// A field of a line.
struct Field {
    /// What it is called.
    name: &'static str,
    least: u8,
    most: u8,
    /// The names of its numbers, from the least on.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: MONTHS },
    // 7 is Sunday, as 0 is.
    Field { name: "day of week", least: 0, most: 7, names: WEEKDAYS },
];
const DAY: usize = 2;
const WEEKDAY: usize = 4;

/// A cron line of five fields.
pub fn line(value: &Value) -> Read<croner::Cron> {
    let wanted = "wanted: five fields (minute, hour, day of month, month, day of week) such as \"0 22 * * MON-FRI\"";
    let line = text(value).map_err(|_| wanted)?;
    let fields: [&str; 5] = line.split_whitespace().collect::<Vec<_>>().try_into().map_err(|_| wanted)?;
    for (field, text) in FIELDS.iter().zip(fields) {
        // Any day at all.
        if field.is_of_days() && text == "?" {
            continue;
        }
        if let Some(part) = text.split(',').find(|part| !field.takes(part)) {
            return Err(format!("{wanted}: {part:?} is no {}", field.name));
        }
    }
    // Where both are restricted, cron opens on either. `*/2` is a restriction to some crons and none to others (Debian's),
    // which then open on days that are both.
    let starred = |field: &str| field.len() > 1 && field.contains('*');
    let restricted = |field: &str| !matches!(field, "*" | "?");
    let (day, weekday) = (fields[DAY], fields[WEEKDAY]);
    if (starred(day) && restricted(weekday)) || (starred(weekday) && restricted(day)) {
        return Err("wanted: no */n in one of the day fields where the other names days: programs differ in what that means. \
                    Write the days out, such as 1-31/2"
            .into());
    }
    let parser = croner::parser::CronParser::builder()
        .seconds(croner::parser::Seconds::Disallowed)
        .year(croner::parser::Year::Disallowed)
        .build();
    let cron = parser.parse(&line).map_err(|error| format!("{wanted}: {error}"))?;
    if ever_fires(&cron) { Ok(cron) } else { Err("wanted: a day that comes: this line never fires".into()) }
}

impl Field {
    /// Whether this is a number or a name of the field, all of them, a range, or any of these with a step; or a day that is counted
    /// within its month. A number with a step is none: to some programs it begins a range, to others it is an error.
    fn takes(&self, part: &str) -> bool {
        let (span, step) = part.split_once('/').map_or((part, None), |(span, step)| (span, Some(step)));
        let range = match span.split_once('-') {
            _ if span == "*" => Some((self.least, self.most)),
            Some((first, last)) => self.number(first).zip(self.last(last)),
            None => return step.is_none() && (self.number(span).is_some() || self.is_counted(span)),
        };
        let Some((first, last)) = range.filter(|(first, last)| first <= last) else { return false };
        // `*/90` would fire each hour, and somebody means every 90 minutes.
        step.is_none_or(|step| number(step).is_some_and(|step| (1..=last - first + 1).contains(&step)))
    }

    /// The number that a text of the field stands for.
    fn number(&self, text: &str) -> Option<u8> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| Some(self.least + u8::try_from(at).ok()?));
        named.or_else(|| number(text)).filter(|number| (self.least..=self.most).contains(number))
    }

    /// The same at the end of a range, where Sunday is the last day of a week.
    fn last(&self, text: &str) -> Option<u8> {
        if self.is_week() && text.eq_ignore_ascii_case(WEEKDAYS[0]) { Some(self.most) } else { self.number(text) }
    }

    /// The last day of the month, `L`, or the working day nearest to one, `15W`; the last, `5L` or `FRI#L`, or the second Friday,
    /// `FRI#2`. croner never comes to a last 7.
    fn is_counted(&self, text: &str) -> bool {
        let text = text.to_ascii_uppercase();
        if self.is_week() {
            let (day, which) = match text.strip_suffix('L') {
                Some(day) => (day.strip_suffix('#').unwrap_or(day), Some(5)),
                None => text.split_once('#').map_or(("", None), |(day, which)| (day, number(which))),
            };
            let is_last = text.ends_with('L');
            which.is_some_and(|which| (1..=5).contains(&which)) && self.number(day).is_some_and(|day| day < 7 || !is_last)
        } else {
            self.is_of_days() && (text == "L" || text.strip_suffix('W').is_some_and(|day| self.number(day).is_some()))
        }
    }

    fn is_of_days(&self) -> bool {
        self.is_week() || self.most == 31
    }

    fn is_week(&self) -> bool {
        self.most == 7
    }
}

/// One or two digits.
fn number(text: &str) -> Option<u8> {
    let good = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| good)
}

/// Whether a day comes that it names. Every date falls on every day of the week within 28 years; croner itself would look on
/// until the year 5000, which takes it a tenth of a second, and whoever drops in a thousand such lines would stop the daemon.
fn ever_fires(cron: &croner::Cron) -> bool {
    let mut dates = (2000..2028).flat_map(|year| (1..=12).flat_map(move |month| (1..=31).map(move |day| (year, month, day))));
    dates.any(|(year, month, day)| {
        jiff::civil::Date::new(year, month, day).is_ok()
            && cron.pattern.month_match(month.unsigned_abs().into()).unwrap_or(false)
            && cron.pattern.day_match(year.into(), month.unsigned_abs().into(), day.unsigned_abs().into()).unwrap_or(false)
    })
}
