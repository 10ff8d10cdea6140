//! Whom to tell, and how: the tables `[mail]` and `[notify]` of the config.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::news::News;

/// All ways to tell people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// By mail.
    pub mail: Option<Mail>,
    /// To a program.
    pub hook: Option<Hook>,
    /// Where several notifiers agree on who sends what.
    pub claims: Option<Claims>,
}

/// Mail by SES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The sender's address.
    pub from: String,
    /// The configuration set, which has to require TLS.
    pub configuration_set: String,
    /// SES's region, if it is not that of the config.
    pub region: Option<String>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// The addresses of people, by what `requested_by` and `approved_by` call them.
    pub people: BTreeMap<String, String>,
    /// Who is told of everything.
    pub always: Vec<String>,
    /// Who is told of everything about a secret, by its name.
    pub secrets: BTreeMap<String, Vec<String>>,
    /// Where templates are that take the place of the usual ones.
    pub templates: Option<PathBuf>,
    /// Whether the mail to whoever asked for a grant holds a sign-in URL when its window opens.
    pub console_url: bool,
    /// What is mailed.
    pub events: BTreeSet<News>,
    /// The zone of the times in it, if it is not that of the system.
    pub time_zone: Option<TimeZone>,
}

/// A program that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may take.
    pub timeout: SignedDuration,
    /// What it is told.
    pub events: BTreeSet<News>,
}

/// A place in S3 where each message is claimed before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The bucket, in the region of the config.
    pub bucket: String,
    /// What the keys in it begin with, without a slash at its end.
    pub prefix: String,
}
