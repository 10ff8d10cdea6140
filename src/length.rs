//! Lengths of time, as people write them and as they are told: `1d 2h 3m 4s`. Pure.

use jiff::SignedDuration;

/// The units that are taken. humantime knows more: a month, which is an M where a minute is an m, and a year, of which none is as long
/// as anybody means.
const UNITS: [&str; 21] = [
    "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "d",
    "day", "days", "w", "week", "weeks",
];

/// A length of time that is written like `1h 30m`.
pub fn parse(text: &str) -> Option<SignedDuration> {
    let mut units = text.split(|c: char| !c.is_alphabetic()).filter(|unit| !unit.is_empty());
    // To humantime `1 30m` is 130 minutes, and `1. 5h` an hour and a half.
    let words: Vec<&str> = text.split_whitespace().collect();
    let of_a_number = |c: char| c.is_ascii_digit() || c == '.';
    let is_torn = words.windows(2).any(|words| words[0].ends_with(of_a_number) && words[1].starts_with(of_a_number));
    let length = humantime::parse_duration(text).ok().filter(|_| !is_torn && units.all(|unit| UNITS.contains(&unit)))?;
    SignedDuration::try_from(length).ok()
}

/// A length of time in whole seconds, as [`parse`] takes it.
pub fn show(length: SignedDuration) -> String {
    let seconds = length.as_secs().unsigned_abs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect::<Vec<_>>();
    if parts.is_empty() { "0s".into() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_as_it_is_shown() {
        for seconds in [0, 1, 59, 60, 3_599, 3_600, 86_399, 86_400, 93_784, 366 * 86_400] {
            let length = SignedDuration::from_secs(seconds);
            assert_eq!(parse(&show(length)), Some(length));
        }
        assert_eq!(show(SignedDuration::from_secs(93_784)), "1d 2h 3m 4s");
    }

    #[test]
    fn a_month_is_never_taken_for_a_minute_nor_two_numbers_for_one() {
        for (text, seconds) in
            [("90m", 5_400), ("1h30min", 5_400), ("1 h 30 m", 5_400), ("2 days", 172_800), ("1w", 604_800), ("1.5h", 5_400)]
        {
            assert_eq!(parse(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in [
            "10M", "1month", "2months", "1y", "1year", "1h 1M", "5", "h", "-1h", "1500ms", "1 30m", "1h 3 0m", "1. 5h", "1 .5h",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
