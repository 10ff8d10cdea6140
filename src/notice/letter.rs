//! A message in its two forms, from templates.

use jiff::tz::TimeZone;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use zeroize::Zeroizing;

use super::read::Notice;
use super::templates::Templates;
use super::words::Words;

/// SES takes more, but a subject is one line on a screen.
const LONGEST_SUBJECT: usize = 150;

/// A way in that goes with a message: a credential.
pub struct Entrance {
    /// The URL.
    pub url: Zeroizing<String>,
    /// What whoever reads it has to know.
    pub warning: String,
}

/// A message.
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: Zeroizing<String>,
    /// HTML.
    pub html: Zeroizing<String>,
}

/// What a template can name; docs/man/credadmin.toml.5 lists it.
#[derive(Serialize)]
struct Given<'a> {
    event: &'static str,
    headline: &'a str,
    sentences: &'a [String],
    facts: &'a [(&'static str, String)],
    until: Option<&'a str>,
    at: &'a str,
    secret: Option<&'a str>,
    grants: &'a [String],
    requested_by: Option<&'a str>,
    approved_by: Option<&'a str>,
    reason: Option<&'a str>,
    ticket: Option<&'a str>,
    error_code: Option<&'a str>,
    said: &'a str,
    host: &'a str,
    console_url: Option<&'a str>,
    console_warning: Option<&'a str>,
}

impl Letter {
    /// The message about a notice.
    ///
    /// # Errors
    /// What is wrong with a template: its name, its line, and why. Never what it was given.
    pub fn of(notice: &Notice, entrance: Option<&Entrance>, zone: &TimeZone, templates: &Templates) -> Result<Self, String> {
        let Words { headline, sentences, until } = Words::of(notice, zone);
        let at = notice.at.to_zoned_datetime(zone.clone()).strftime("%a %F %H:%M:%S %Z").to_string();
        let facts = [
            ("secret", notice.secret.clone()),
            ("grant", Some(notice.grants.join(", ")).filter(|grants| !grants.is_empty())),
            ("until", until.clone()),
            ("requested by", notice.requested_by.clone()),
            ("approved by", notice.approved_by.clone()),
            ("reason", notice.reason.clone()),
            ("ticket", notice.ticket.clone()),
            ("told by", Some(format!("{} at {at}", notice.host))),
        ];
        let facts: Vec<(&str, String)> = facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect();
        let given = Given {
            event: notice.news.name(),
            headline: &headline,
            sentences: &sentences,
            facts: &facts,
            until: until.as_deref(),
            at: &at,
            secret: notice.secret.as_deref(),
            grants: &notice.grants,
            requested_by: notice.requested_by.as_deref(),
            approved_by: notice.approved_by.as_deref(),
            reason: notice.reason.as_deref(),
            ticket: notice.ticket.as_deref(),
            error_code: notice.code.as_deref(),
            said: &notice.said,
            host: &notice.host,
            console_url: entrance.map(|entrance| entrance.url.as_str()),
            console_warning: entrance.map(|entrance| entrance.warning.as_str()),
        };
        let (text, html) = templates.render(notice.news, &Value::from(Serde(&given)))?;
        let subject: String =
            format!("[credadmin] {headline}").chars().filter(|c| !c.is_control()).take(LONGEST_SUBJECT).collect();
        Ok(Self { subject, text: Zeroizing::new(text), html: Zeroizing::new(html) })
    }
}
