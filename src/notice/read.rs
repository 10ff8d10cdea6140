//! One thing to tell: what happened, to which grants and secret, and what it is called on every host.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::news::News;
use super::window::{ended_at, open_at};
use crate::config::Watched;
use crate::grant::{Grant, Papers};
use crate::history::Entry;
use crate::instant::after;
use crate::journal::About;

/// What is longest of what people wrote, in characters: it goes into mail whole, and into a pipe.
const LONGEST: usize = 1000;

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub news: News,
    /// When journald took it in.
    pub at: Timestamp,
    /// The host that said it.
    pub host: String,
    /// The secret's name in the config.
    pub secret: Option<String>,
    /// The grants' names.
    pub grants: Vec<String>,
    /// Until when there is access, as far as it is known: of a window that opens or ends soon, its end; of one that ended, or
    /// of a secret that is failing, the end of what was handed out; of a revocation, the instant before which sessions are denied.
    pub until: Option<Timestamp>,
    /// Who asked.
    pub requested_by: Option<String>,
    /// Who said yes.
    pub approved_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is written down.
    pub ticket: Option<String>,
    /// AWS's error code, of a secret that is failing.
    pub code: Option<String>,
    /// The journal's own sentence.
    pub said: String,
    /// What tells it from others of its kind, grants and secret, on every host alike.
    pub instance: String,
}

impl Notice {
    /// What an entry tells people, seen by this config; `None` if nothing.
    pub fn of(entry: &Entry, watched: &[Watched]) -> Option<Self> {
        let news = News::of(entry.kind)?;
        let secret = entry.field("SECRET").map(clean);
        let grants: Vec<String> = entry.names("GRANT").map(clean).collect();
        let known: Vec<&Grant> = grants.iter().filter_map(|name| grant(watched, name)).collect();
        let expiration = entry.instant("EXPIRATION");
        let window = match (news, &known[..]) {
            (News::Opens, [grant]) => open_at(grant, entry.at),
            (News::Ended, [grant]) => ended_at(grant, entry.at),
            _ => None,
        };
        let minutes = |of: i64| format!("about {}", entry.at.as_second() / (60 * of));
        let exact = |t: Option<Timestamp>| t.map_or_else(|| minutes(10), |t| t.to_string());
        let code = entry.field("ERROR_CODE").map(clean);
        let instance = match news {
            News::Opens => exact(window.map(|span| span.opens).or(expiration)),
            News::Ending => exact(expiration),
            News::Ended => exact(window.map(|span| span.closes).or(expiration)),
            // Two hosts fail and recover at moments of their own, and again and again: one message an hour.
            News::Failing | News::WellAgain => format!("{} {}", code.as_deref().unwrap_or_default(), minutes(60)),
            // One host's journal has it.
            _ => entry.at.to_string(),
        };
        let paper = |field: &str, of: fn(&Papers) -> &Option<Box<str>>| {
            let in_config = || of(&known.first()?.papers).as_deref().map(clean);
            entry.field(field).map(clean).or_else(in_config)
        };
        Some(Self {
            news,
            at: entry.at,
            host: clean(&entry.host),
            until: if news == News::Opens { window.map(|span| span.closes).or(expiration) } else { expiration },
            requested_by: paper("REQUESTED_BY", |papers| &papers.requested_by),
            approved_by: paper("APPROVED_BY", |papers| &papers.approved_by),
            reason: paper("REASON", |papers| &papers.reason),
            ticket: paper("TICKET", |papers| &papers.ticket),
            code,
            said: clean(&entry.message),
            secret,
            grants,
            instance,
        })
    }

    /// What the message to somebody about it is called, on every host alike: 64 hex digits.
    pub fn key(&self, to: &str) -> String {
        let mut hash = Sha256::new();
        for part in [self.news.name(), self.secret.as_deref().unwrap_or_default(), &self.grants.join(" "), &self.instance, to] {
            hash.update(part);
            hash.update([0]);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Until when it is of use to tell it: an hour, and that there is access, until there is none.
    pub fn of_use_until(&self) -> Timestamp {
        let hour = after(self.at, super::deliver::OF_USE);
        match self.news {
            News::Opens | News::Ending => self.until.map_or(hour, |until| until.min(hour)),
            _ => hour,
        }
    }

    /// For the journal.
    pub fn about(&self) -> About {
        About { event: self.news.name(), secret: self.secret.clone(), grants: self.grants.clone() }
    }
}

/// The grant of that name.
pub fn grant<'a>(watched: &'a [Watched], name: &str) -> Option<&'a Grant> {
    watched.iter().flat_map(|watched| watched.grants.iter()).find(|grant| grant.name.as_str() == name)
}

/// One line of sane length: whoever wrote it must neither end a header nor write a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}
