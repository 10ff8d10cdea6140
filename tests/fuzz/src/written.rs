//! What the text of a config says, read once more and plainly, against what was made of it.

use credadmin::config::Settings;
use credadmin::grant::{Grant, Window};
use jiff::{SignedDuration, Timestamp};
use toml::{Table, Value};

const SECRET: [&str; 12] = [
    "secret_id",
    "role_arn",
    "session_duration",
    "refresh_lead",
    "session_policy",
    "source_identity",
    "tags",
    "external_id",
    "bucket",
    "console_destination",
    "console_issuer",
    "requests",
];
const GRANT: [&str; 13] = [
    "secret",
    "from",
    "until",
    "cron",
    "duration",
    "time_zone",
    "not_before",
    "not_after",
    "requested_by",
    "approved_by",
    "reason",
    "ticket",
    "evidence",
];

/// The text as a table, if it is one.
pub fn table(text: &str) -> Option<Table> {
    text.strip_prefix('\u{feff}').unwrap_or(text).parse().ok()
}

/// The tables under `[room.NAME]`.
pub fn room<'a>(table: &'a Table, room: &str) -> Vec<(&'a str, &'a Table)> {
    let tables = table.get(room).and_then(Value::as_table);
    tables.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_table()?))).collect()
}

/// Holds settings that were made of this one text to it.
pub fn agrees(text: &Table, settings: &Settings) {
    let secrets = room(text, "secrets");
    assert_eq!(settings.secrets.len(), secrets.len(), "as many secrets as are written");
    for (name, written) in secrets {
        let watched = settings.secrets.iter().find(|it| it.secret.name.as_str() == name).expect("each secret that is written");
        let (secret, cadence) = (&watched.secret, &watched.secret.cadence);
        assert!(written.keys().all(|key| SECRET.contains(&key.as_str())), "unknown keys are refused: {written:?}");
        assert_eq!(Some(secret.secret_id.as_str()), written["secret_id"].as_str());
        assert_eq!(Some(secret.role_arn.as_str()), written["role_arn"].as_str());
        let length = |key: &str| written.get(key).and_then(Value::as_str).map(length);
        assert!(length("session_duration").is_none_or(|it| it == cadence.session()), "{cadence:?}");
        assert!(length("refresh_lead").is_none_or(|it| it == cadence.lead()), "{cadence:?}");
        assert_eq!(secret.session_policy, written.get("session_policy").and_then(Value::as_str) != Some("off"));
        assert!(cadence.lead() >= SignedDuration::from_mins(15) && cadence.lead() < cadence.session());
        assert!(cadence.session() <= SignedDuration::from_hours(12));
    }
    let grants = room(text, "grants");
    let made = settings.secrets.iter().map(|watched| watched.grants.len()).sum::<usize>();
    assert_eq!(made, grants.len(), "as many grants as are written");
    for (name, written) in grants {
        let mut all = settings.secrets.iter().flat_map(|watched| watched.grants.iter());
        grant(written, all.find(|grant| grant.name.as_str() == name).expect("each grant that is written"));
    }
}

/// Holds a grant to what is written of it, as far as it is.
pub fn grant(written: &Table, made: &Grant) {
    assert!(written.keys().all(|key| GRANT.contains(&key.as_str())), "unknown keys are refused: {written:?}");
    let text = |key: &str| match written.get(key)? {
        Value::String(text) => Some(text.clone()),
        // A date without quotes is as good as one in quotes.
        Value::Datetime(instant) => Some(instant.to_string()),
        _ => None,
    };
    let instant = |key: &str| {
        let text = text(key)?;
        assert!(!text.contains('['), "an offset is enough: {text:?}");
        Some(text.parse::<Timestamp>().expect("an instant: it was taken"))
    };
    assert!(text("secret").is_none_or(|secret| secret == made.secret.as_str()));
    assert!(text("reason").is_none_or(|reason| Some(reason.as_str()) == made.papers.reason.as_deref()));
    match &made.window {
        Window::Once(span) => {
            assert!(!written.contains_key("cron") && span.opens < span.closes);
            assert!(instant("from").is_none_or(|from| from == span.opens), "{span:?}");
            assert!(instant("until").is_none_or(|until| until == span.closes), "{span:?}");
        }
        Window::Recurring(recurrence) => {
            assert!(!written.contains_key("from") && !written.contains_key("until"));
            assert!(instant("not_before").is_none_or(|it| it == recurrence.bounds.opens));
            assert!(instant("not_after").is_none_or(|it| it == recurrence.bounds.closes));
            assert!(text("duration").is_none_or(|text| length(&text) == recurrence.duration));
            let zone = recurrence.time_zone.iana_name();
            assert!(text("time_zone").is_none_or(|it| zone.is_some_and(|zone| zone.eq_ignore_ascii_case(&it))), "{zone:?}");
        }
    }
}

/// `90m`, `1h 30min`, `1.5 hours`: numbers, each with its unit.
fn length(text: &str) -> SignedDuration {
    let mut rest = text.trim_start();
    let mut nanoseconds = 0;
    let until = |text: &str, ends: fn(char) -> bool| text.find(ends).unwrap_or(text.len());
    while !rest.is_empty() {
        let (number, after) = rest.split_at(until(rest, |c| !c.is_ascii_digit() && c != '.'));
        let after = after.trim_start();
        let (unit, after) = after.split_at(until(after, |c| !c.is_alphabetic()));
        let unit: i128 = match unit {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => panic!("{text:?} is taken, and is no length of time"),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        nanoseconds += unit * 1_000_000_000 * whole.parse::<i128>().expect("a number");
        if !part.is_empty() {
            let tens = 10_i128.pow(part.len().try_into().expect("a few digits"));
            let part = unit * 1_000_000_000 * part.parse::<i128>().expect("a fraction") / tens;
            // Of what is longer than a minute, humantime leaves out what is less than a second.
            nanoseconds += if unit > 60 { part / 1_000_000_000 * 1_000_000_000 } else { part };
        }
        rest = after.trim_start();
    }
    SignedDuration::from_nanos_i128(nanoseconds)
}
