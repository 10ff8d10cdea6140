//! Single values: what each has to look like, and the sentence for the admin where it does not.

use std::collections::BTreeMap;

use figment::value::Value;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{instant, length};

/// A value, or the sentence.
pub type Read<T> = Result<T, String>;

/// Any text that is not empty.
pub fn text(value: &Value) -> Read<String> {
    let text = value.as_str().ok_or("wanted: text in quotes")?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("wanted: text on one line, not empty".into());
    }
    Ok(text.to_owned())
}

/// A length of time in whole seconds, from `least` to `most`.
pub fn duration(value: &Value, least: SignedDuration, most: SignedDuration, why: &str) -> Read<SignedDuration> {
    let bounds = format!("{} to {}", length::show(least), length::show(most));
    let wanted = || format!("wanted: a length of time such as \"1h\", \"90m\" or \"3600s\", {bounds}{why}");
    let duration = value.as_str().and_then(length::parse).ok_or_else(wanted)?;
    if duration.subsec_nanos() != 0 {
        return Err("wanted: whole seconds".into());
    }
    if !(least..=most).contains(&duration) {
        return Err(wanted());
    }
    Ok(duration)
}

/// An instant in whole seconds.
pub fn instant(value: &Value) -> Read<Timestamp> {
    let wanted =
        "wanted: an instant with its offset (RFC 3339), such as \"2026-12-01T08:00:00Z\" or \"2026-12-01T09:00:00+01:00\"";
    let instant = value.as_str().and_then(instant::parse).ok_or(wanted)?;
    if instant.subsec_nanosecond() != 0 {
        return Err("wanted: whole seconds".into());
    }
    Ok(instant)
}

/// An IANA time zone known to this system.
pub fn time_zone(value: &Value) -> Read<TimeZone> {
    let wanted =
        "wanted: an IANA time zone known to this system, such as \"Europe/Berlin\" or \"UTC\" (timedatectl list-timezones)";
    let name = text(value).map_err(|_| wanted)?;
    TimeZone::get(&name).map_err(|_| wanted.into())
}

/// A role's ARN.
pub fn role_arn(value: &Value) -> Read<String> {
    let wanted = "wanted: the ARN of a role, such as \"arn:aws:iam::123456789012:role/SensitiveS3Access\"";
    let arn = text(value).map_err(|_| wanted)?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let well_formed = match parts[..] {
        ["arn", partition, "iam", "", account, role] => {
            let name = role.strip_prefix("role/").unwrap_or("");
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && !name.is_empty()
                && !name.ends_with('/')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c))
        }
        _ => false,
    };
    if well_formed { Ok(arn) } else { Err(wanted.into()) }
}

/// The name of a secret in Secrets Manager, or its ARN.
pub fn secret_id(value: &Value) -> Read<String> {
    let wanted = "wanted: the name of a secret in AWS Secrets Manager (letters, digits and /_+=.@-), or its ARN";
    let id = text(value).map_err(|_| wanted)?;
    let name = match id.strip_prefix("arn:") {
        Some(_) => match id.splitn(7, ':').collect::<Vec<_>>()[..] {
            ["arn", partition, "secretsmanager", region, account, "secret", name]
                if partition.starts_with("aws") && !region.is_empty() && account.len() == 12 =>
            {
                name
            }
            _ => "",
        },
        None => &id,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if (1..=512).contains(&name.len()) && name.chars().all(allowed) { Ok(id) } else { Err(wanted.into()) }
}

/// The name of a bucket, by S3's own rule.
pub fn bucket(value: &Value) -> Read<String> {
    let wanted = "wanted: the name of a bucket: 3 to 63 lower-case letters, digits and -.";
    let name = text(value).map_err(|_| wanted)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if (3..=63).contains(&name.len()) && name.chars().all(allowed) { Ok(name) } else { Err(wanted.into()) }
}

/// The URL of a page for people.
pub fn url(value: &Value) -> Read<String> {
    let wanted = "wanted: a URL that begins with https://, without blanks";
    let url = text(value).map_err(|_| wanted)?;
    let host = url.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let allowed = |c: char| !c.is_whitespace() && !"\"<>\\".contains(c);
    if host.is_some_and(|host| !host.is_empty()) && url.chars().all(allowed) { Ok(url) } else { Err(wanted.into()) }
}

/// A region's name.
pub fn region(value: &Value) -> Read<String> {
    let wanted = "wanted: a region, such as \"eu-central-1\"";
    let region = text(value).map_err(|_| wanted)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.contains('-') && region.chars().all(allowed) { Ok(region) } else { Err(wanted.into()) }
}

/// One of a few words.
pub fn one_of<T: Copy>(value: &Value, words: &[(&str, T)]) -> Read<T> {
    let found = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
    let list = words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(" or ");
    found.map(|(_, meaning)| *meaning).ok_or_else(|| format!("wanted: {list}"))
}

/// AssumeRole's `SourceIdentity` (aws-facts §3).
pub fn source_identity(value: &Value) -> Read<String> {
    let wanted = "wanted: 2 to 64 letters, digits and _+=,.@-, not beginning with aws:";
    let identity = text(value).map_err(|_| wanted)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (2..=64).contains(&identity.len()) && identity.chars().all(allowed) { Ok(identity) } else { Err(wanted.into()) }
}

/// AssumeRole's `ExternalId` (aws-facts §3).
pub fn external_id(value: &Value) -> Read<String> {
    let wanted = "wanted: 2 to 1224 letters, digits and _+=,.@:/-";
    let id = text(value).map_err(|_| wanted)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if (2..=1224).contains(&id.len()) && id.chars().all(allowed) { Ok(id) } else { Err(wanted.into()) }
}

/// AssumeRole's session tags (aws-facts §3; the characters are those of the API's model): keys differ by more than case.
pub fn tags(value: &Value) -> Read<BTreeMap<String, String>> {
    let wanted = "wanted: at most 50 tags such as { team = \"billing\" }, keys of 1 to 128 and values of up to 256 \
                  letters, digits, blanks and _.:/=+-@";
    let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c));
    let table = value.as_dict().ok_or(wanted)?;
    let mut tags = BTreeMap::new();
    for (key, value) in table {
        let value = value.as_str().ok_or(wanted)?;
        let fits = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256 && allowed(key) && allowed(value);
        if !fits || key.to_lowercase().starts_with("aws:") {
            return Err(wanted.into());
        }
        tags.insert(key.clone(), value.to_owned());
    }
    let folded: std::collections::BTreeSet<String> = tags.keys().map(|key| key.to_lowercase()).collect();
    if tags.len() > 50 || folded.len() < tags.len() { Err(wanted.into()) } else { Ok(tags) }
}
