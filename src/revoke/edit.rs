//! A grant's end, written into the text of a drop-in: every other word of it stays, comments too.

use jiff::{SignedDuration, Timestamp};
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::grant::{Grant, Window};

/// The text of a drop-in in which the grant ends at `end`, and a comment that says `why`. A grant that it does not name yet gets
/// a table: a drop-in comes over what the other files say of it.
///
/// # Errors
/// In words: it is no TOML, or the grant is no table of it.
pub fn ended(text: &str, grant: &Grant, end: Timestamp, why: &str) -> Result<String, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut document: DocumentMut = text.parse().map_err(|_| "it is not valid TOML".to_owned())?;
    let name = grant.name.as_str();
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let no_table = || format!("grants.{name} is no table of it");
    let grants = document.entry("grants").or_insert_with(implicit).as_table_like_mut().ok_or_else(no_table)?;
    let table = grants.entry(name).or_insert_with(|| Item::Table(Table::new())).as_table_like_mut().ok_or_else(no_table)?;
    let (begins, ends, opens) = match &grant.window {
        Window::Once(span) => ("from", "until", span.opens),
        Window::Recurring(recurrence) => ("not_before", "not_after", recurrence.bounds.opens),
    };
    if opens >= end {
        // No window ends before it begins: one that has not opened yet was open for a second that is over.
        set(table, begins, end - SignedDuration::from_secs(1));
    }
    set(table, ends, end);
    let mut text = document.to_string();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.push_str(&format!("# grants.{name} was closed at {end} by credadmin revoke, for {why}\n"));
    Ok(text)
}

/// What stands around the value stays there.
fn set(table: &mut dyn TableLike, key: &str, instant: Timestamp) {
    let mut value = Value::from(instant.to_string());
    if let Some(before) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = before.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::{Name, Papers, Recurrence, Span};
    use std::sync::Arc;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn grant(window: Window) -> Grant {
        Grant { name: Name::parse("g").unwrap(), secret: Name::parse("s").unwrap(), window, papers: Papers::default() }
    }

    fn once(opens: &str) -> Grant {
        grant(Window::Once(Span { opens: at(opens), closes: at("2026-12-02T08:00:00Z") }))
    }

    fn nightly() -> Grant {
        grant(Window::Recurring(Box::new(Recurrence {
            cron: Arc::new("0 22 * * *".parse().unwrap()),
            duration: SignedDuration::from_hours(2),
            time_zone: jiff::tz::TimeZone::UTC,
            bounds: Span { opens: Timestamp::MIN, closes: Timestamp::MAX },
        })))
    }

    const END: &str = "2026-12-01T09:00:00Z";
    const WHY: &str = "# grants.g was closed at 2026-12-01T09:00:00Z by credadmin revoke, for alice: a \"leak\" # yes\n";

    fn edited(text: &str, grant: &Grant) -> String {
        ended(text, grant, at(END), "alice: a \"leak\" #\nyes").unwrap()
    }

    #[test]
    fn only_the_end_changes_and_every_comment_stays() {
        let open = once("2026-12-01T08:00:00Z");
        let text = "# approved in OPS-1\n[grants.g] # ours\nsecret = 's'\nfrom = '2026-12-01T08:00:00Z'\nuntil =  '2026-12-02T08:00:00Z'  # a day\n\n[grants.h]\nsecret = 's'";
        let want = text.replace("'2026-12-02T08:00:00Z'", "\"2026-12-01T09:00:00Z\"") + "\n" + WHY;
        assert_eq!(edited(text, &open), want);
        for (before, after) in [
            ("grants.g = { secret = 's', until = 'x' }\n", "grants.g = { secret = 's', until = \"2026-12-01T09:00:00Z\" }\n"),
            ("[grants]\ng.until = 2026-12-02T08:00:00Z\n", "[grants]\ng.until = \"2026-12-01T09:00:00Z\"\n"),
            ("", "[grants.g]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
            ("[grants.h]\nsecret = 's'\n", "[grants.h]\nsecret = 's'\n\n[grants.g]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ] {
            assert_eq!(edited(before, &open), after.to_owned() + WHY);
        }
    }

    #[test]
    fn what_recurs_ends_for_good_and_what_has_not_opened_does_not_open() {
        let text = "[grants.g]\ncron = '0 22 * * *'\n";
        assert_eq!(edited(text, &nightly()), text.to_owned() + "not_after = \"2026-12-01T09:00:00Z\"\n" + WHY);
        let later = "[grants.g]\nfrom = \"2026-12-01T10:00:00Z\"\nuntil = \"2026-12-02T08:00:00Z\"\n";
        let want = "[grants.g]\nfrom = \"2026-12-01T08:59:59Z\"\nuntil = \"2026-12-01T09:00:00Z\"\n".to_owned() + WHY;
        assert_eq!(edited(later, &once("2026-12-01T10:00:00Z")), want);
    }

    #[test]
    fn what_is_no_toml_or_no_table_is_left_alone() {
        for (text, says) in [("[grants.g", "it is not valid TOML"), ("grants = 1", "grants.g is no table of it")] {
            assert_eq!(ended(text, &nightly(), at(END), "x").unwrap_err(), says);
        }
    }
}
