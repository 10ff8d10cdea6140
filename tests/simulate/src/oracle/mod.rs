//! Judges AWS's records against the invariants of the design. It shares no code with the product: windows, coverage, configs in
//! force and version ids are read by arithmetic of its own.
//!
//! - `past`: which windows were in force, and when something was wrong: `telling` from what was done to a host, `outside` to a secret
//! - `written`, `issued`: what was published and what was issued lies in coverage and ends with it (1, 3, 6, 8); what follows a
//!   tombstone is not denied (2)
//! - `counted`: each planned session once, and not too many (4, 5)
//! - `alive`: while covered and undisturbed, readers have a session with life left in it (2, 8)

mod alive;
mod counted;
mod issued;
mod outside;
mod past;
mod telling;
mod written;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::config::number_of;
use crate::run::Records;
use crate::story::Story;
use past::Past;

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Its number in the design.
    pub invariant: u8,
    /// The secret's number.
    pub secret: usize,
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub found: String,
}

/// What the oracle found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What did not hold, in no order.
    pub breaches: Vec<Breach>,
    /// Versions that daemons wrote.
    pub versions: usize,
    /// Sessions issued and never published.
    pub lost: usize,
    /// For how long readers were known to have to have a session, all secrets and hosts together.
    pub judged: SignedDuration,
    /// The same, where the whole refresh lead had to be left.
    pub with_lead: SignedDuration,
}

/// A version that a daemon wrote.
struct Version {
    host: usize,
    created: Timestamp,
    /// Until when by its id.
    ends: Timestamp,
    /// Whether its id says that it took the place of something out of the ordinary.
    is_over: bool,
    issued: Timestamp,
    /// From when on its session opens nothing.
    dies: Timestamp,
    key: String,
}

/// Judges.
pub fn judge(story: &Story, records: &Records) -> Verdict {
    let past = Past::of(story, records);
    let mut verdict = Verdict::default();
    let mut published = std::collections::BTreeSet::new();
    for secret in &story.secrets {
        let all = &records.versions[&secret.number];
        let ours: Vec<Option<Version>> = all.iter().map(|version| ours(version, records)).collect();
        verdict.versions += ours.iter().flatten().count();
        published.extend(ours.iter().flatten().map(|version| version.key.clone()));
        for (number, version) in ours.iter().enumerate() {
            let Some(version) = version else { continue };
            written::judge(&past, secret.number, version, &mut verdict);
            if let Some(before) = number.checked_sub(1) {
                written::judge_over(&past, secret.number, &all[before], version, &mut verdict);
            }
        }
        counted::judge(&past, secret.number, all, &ours, &mut verdict);
        alive::judge(&past, story, secret, all, &ours, &mut verdict);
    }
    for session in &records.sessions {
        let is_published = published.contains(&session.access_key_id);
        verdict.lost += usize::from(!is_published);
        let secret = number_of(&session.role_arn).expect("a role of the story");
        let policy = story.secrets.iter().any(|it| it.number == secret && it.policy);
        let host = host_of(&session.assumed_by, records).expect("an instance of the story");
        let (_, dies) = records.lives[&session.access_key_id];
        issued::judge(&past, issued::Session { host, secret, at: session.issued_at, dies, is_published, policy }, &mut verdict);
    }
    verdict
}

/// The version as the oracle reads it, if a daemon wrote it.
fn ours(version: &strict_aws::VersionRecord, records: &Records) -> Option<Version> {
    let host = host_of(&version.written_by, records)?;
    let ends = instant(version.version_id.strip_prefix("credadmin-")?)?;
    let is_over = !version.version_id.ends_with("000000000000");
    let content: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
    let key = content["sessionId"].as_str().expect("a session id").to_owned();
    let (issued, dies) = records.lives[&key];
    Some(Version { host, created: version.created, ends, is_over, issued, dies, key })
}

/// The instant that begins this part of a version id: `20261201T085112Z`.
fn instant(text: &str) -> Option<Timestamp> {
    let digits = |from: usize, to: usize| text.get(from..to);
    let (date, hour) = ([digits(0, 4)?, digits(4, 6)?, digits(6, 8)?], [digits(9, 11)?, digits(11, 13)?, digits(13, 15)?]);
    format!("{}T{}Z", date.join("-"), hour.join(":")).parse().ok()
}

fn host_of(arn: &str, records: &Records) -> Option<usize> {
    records.instances.iter().position(|instance| arn.ends_with(&format!("/{instance}")))
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invariant {}: secret {} at {}: {}", self.invariant, self.secret, self.at, self.found)
    }
}
