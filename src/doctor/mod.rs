//! What can go wrong around credadmin, looked for before it does: each check with what it found and what to do about it.
//!
//! ```text
//! host (clock, unit, journal) ───────────────────┐
//! metadata ──▶ identity ──▶ secrets, roles ─────▶ findings
//! ```
//!
//! Nothing is changed by it, and no value of a secret is asked for.

mod console;
mod cut;
mod host;
mod identity;
mod mail;
mod metadata;
mod roles;
mod secrets;

use serde::Serialize;

use crate::aws::Credentials;
use crate::aws::sdk::Sdk;
use crate::aws::trouble::Trouble;
use crate::clock::Clock;
use crate::config::Settings;

/// As many calls at a time as the daemon makes.
const AT_A_TIME: usize = 12;

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub check: &'static str,
    /// The secret, role or host that it is about, if there are several.
    pub about: Option<String>,
    /// How it went.
    pub verdict: Verdict,
    /// What was found, in a sentence.
    pub says: String,
    /// What to do, unless nothing is to be done.
    pub remedy: Option<String>,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Well,
    /// It can't be known from here.
    Unknown,
    /// It works, and is not as it should be.
    Warning,
    /// It keeps access from being as planned.
    Wrong,
}

impl Finding {
    /// As it should be.
    pub fn well(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, about: None, verdict: Verdict::Well, says: says.into(), remedy: None }
    }

    /// Anything else, with what to do.
    pub fn of(verdict: Verdict, check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, about: None, verdict, says: says.into(), remedy: Some(remedy.into()) }
    }

    /// The same, about one of several.
    pub fn about(self, what: impl Into<String>) -> Self {
        Self { about: Some(what.into()), ..self }
    }
}

/// Whether anything keeps access from being as planned.
pub fn is_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.verdict == Verdict::Wrong)
}

/// A call that failed.
fn amiss(verdict: Verdict, check: &'static str, trouble: &Trouble) -> Finding {
    Finding::of(verdict, check, trouble.to_string(), trouble.remedy())
}

/// The host: its clock, the service and its sandbox, the journal.
pub fn host() -> Vec<Finding> {
    [vec![host::clock()], host::unit(), host::journal()].concat()
}

/// What is tried beyond looking: see credadmin(8).
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What AWS has to refuse, or may refuse.
    pub refused: bool,
    /// A bucket that sessions may look at until they end.
    pub bucket: Option<String>,
}

/// Everything that AWS has to say to these settings.
pub async fn aws(settings: &Settings, clock: &Clock, live: &Live) -> Vec<Finding> {
    let aws = Sdk::new(clock.clone(), &settings.connection).await;
    let mut findings = Vec::new();
    if settings.connection.credentials == Credentials::InstanceRole {
        findings.extend(metadata::metadata(&aws).await);
    }
    // Without credentials, each further check would only say so again.
    if !is_wrong(&findings) {
        findings.push(identity::identity(&aws).await);
    }
    if !is_wrong(&findings) {
        findings.extend(secrets::secrets(&aws, clock, settings, live.refused).await);
        findings.extend(roles::roles(&aws, clock, settings, live).await);
        if let Some(mail) = &settings.telling.mail {
            findings.extend(mail::mail(&aws, mail).await);
        }
    }
    findings
}
