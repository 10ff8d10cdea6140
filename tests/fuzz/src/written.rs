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
        let length = |key: &str| written.get(key).and_then(Value::as_str).and_then(length);
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
    let instant = |key: &str| text(key).map(|text| text.parse::<Timestamp>().expect("an instant: it was taken"));
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
            assert!(text("duration").and_then(|text| length(&text)).is_none_or(|it| it == recurrence.duration));
            let zone = recurrence.time_zone.iana_name();
            assert!(text("time_zone").is_none_or(|it| zone.is_some_and(|zone| zone.eq_ignore_ascii_case(&it))), "{zone:?}");
        }
    }
}

/// `90m`, `1h`, `30s`; what is written in another way is not judged.
fn length(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok()?;
    match unit {
        "s" => Some(SignedDuration::from_secs(number)),
        "m" => Some(SignedDuration::from_secs(number * 60)),
        "h" => Some(SignedDuration::from_secs(number * 3600)),
        _ => None,
    }
}
