//! Everything that credadmin ever says: the closed list of events, as data. `words.rs` puts them into words.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tracing::Level;

use crate::aws::trouble::Trouble;
use crate::grant::{Grant, Name, Secret};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The daemon has read its config and begins.
    Started {
        /// The main file.
        config: PathBuf,
        /// How many secrets it looks after.
        secrets: usize,
        /// How many grants.
        grants: usize,
    },
    /// The daemon ends.
    Stopped {
        /// The signal that it was stopped with.
        signal: &'static str,
        /// Secrets whose work in flight was finished.
        finished: Vec<Name>,
        /// Secrets whose work in flight was given up.
        abandoned: Vec<Name>,
    },
    /// A new config is in force.
    Reloaded {
        /// How many secrets it looks after.
        secrets: usize,
        /// How many grants.
        grants: usize,
    },
    /// A reload was refused; the config before it stays in force.
    ReloadRefused {
        /// Every mistake, a line each.
        faults: Vec<String>,
    },
    /// Something about the config that is no reason to refuse it: a warning, or a drop-in that counts as absent.
    Remark {
        /// Whether it is a mistake: in a drop-in, that closes a grant.
        refused: bool,
        /// Where and what.
        text: String,
    },
    /// Somebody asked for a grant.
    Requested {
        /// The secret.
        secret: Arc<Secret>,
        /// What it would be.
        grant: Grant,
    },
    /// Somebody approved a request, and its drop-in is in its place.
    Approved {
        /// The secret.
        secret: Arc<Secret>,
        /// What it is.
        grant: Grant,
    },
    /// Somebody said no to a request.
    Denied {
        /// The secret.
        secret: Arc<Secret>,
        /// What it would have been.
        grant: Grant,
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// Somebody took back what they had asked for.
    Withdrawn {
        /// The secret.
        secret: Arc<Secret>,
        /// What it would have been.
        grant: Grant,
    },
    /// A grant's window opened.
    Opened {
        /// The secret.
        secret: Arc<Secret>,
        /// The grant.
        grant: Grant,
        /// When coverage ends, if that is within a session length.
        closes: Option<Timestamp>,
    },
    /// A grant's window ends soon.
    Ending {
        /// The secret.
        secret: Arc<Secret>,
        /// The grant.
        grant: Grant,
        /// When its window ends.
        closes: Timestamp,
        /// How long that is from now.
        left: SignedDuration,
    },
    /// A grant's window ended, or the grant was taken away.
    Closed {
        /// The secret.
        secret: Arc<Secret>,
        /// The grant.
        grant: Name,
        /// What that means for access.
        access: Access,
    },
    /// A session was published.
    Published {
        /// The secret.
        secret: Arc<Secret>,
        /// The session.
        session: Published,
    },
    /// The planned session was found in its place: published by an earlier run or by another instance.
    InPlace {
        /// The secret.
        secret: Arc<Secret>,
        /// The version.
        version_id: String,
        /// When it ends.
        ends: Timestamp,
    },
    /// The planned session was published once, and a version of another plan is in its place now.
    Superseded {
        /// The secret.
        secret: Arc<Secret>,
        /// The version in its place.
        version_id: String,
    },
    /// The plan ends earlier than a session that has been handed out.
    Cut {
        /// The secret.
        secret: Arc<Secret>,
        /// How long that session lives.
        lives_until: Timestamp,
    },
    /// A tombstone was found in a secret: access was revoked.
    Revoked {
        /// The secret.
        secret: Arc<Secret>,
        /// The tombstone's version.
        version_id: String,
        /// Sessions issued before that are denied.
        denied_before: Timestamp,
        /// The grants open all the same: a fresh session follows for them.
        grants: Vec<Name>,
    },
    /// Somebody revoked access, by `credadmin revoke`.
    Revocation {
        /// Who: as the host and as AWS know them.
        by: String,
        /// The role whose sessions were denied.
        role_arn: String,
        /// Sessions issued before that are denied, if `denied`.
        denied_before: Timestamp,
        /// Whether the Deny is on the role.
        denied: bool,
        /// The secrets that got a tombstone.
        secrets: Vec<Name>,
        /// The grants that were closed.
        grants: Vec<Name>,
        /// Why, if that was said.
        reason: Option<String>,
        /// What could not be done.
        undone: Vec<String>,
    },
    /// A secret can't be kept as planned.
    Failing {
        /// The secret.
        secret: Arc<Secret>,
        /// The grants open.
        grants: Vec<Name>,
        /// What failed.
        trouble: Trouble,
        /// When what is published dies; `None` if nothing alive is.
        published_until: Option<Timestamp>,
        /// How long until the next try.
        retry_in: SignedDuration,
    },
    /// Grants are open, and the last session has died.
    Lapsed {
        /// The secret.
        secret: Arc<Secret>,
        /// The grants open.
        grants: Vec<Name>,
        /// When it died.
        died: Timestamp,
    },
    /// A secret that was failing is as planned again.
    WellAgain {
        /// The secret.
        secret: Arc<Secret>,
        /// How long it was not.
        after: SignedDuration,
        /// How many tries failed.
        failures: u32,
    },
    /// A stranger's version was what readers got.
    Drift {
        /// The secret.
        secret: Arc<Secret>,
        /// The stranger's version.
        version_id: String,
        /// Whether the planned session takes its place.
        replaced: bool,
    },
    /// The secret has no value yet.
    SecretEmpty {
        /// The secret.
        secret: Arc<Secret>,
    },
    /// A rotation function writes to the secret too.
    RotationOn {
        /// The secret.
        secret: Arc<Secret>,
    },
    /// STS makes only sessions of one hour of this role.
    Capped {
        /// The secret.
        secret: Arc<Secret>,
        /// What STS said.
        trouble: Trouble,
    },
    /// A secret's sessions carry no session policy.
    NoSessionPolicy {
        /// The secret.
        secret: Arc<Secret>,
    },
    /// AWS's clock and this host's differ.
    ClockSkew {
        /// AWS's minus ours.
        skew: SignedDuration,
    },
    /// This host's clock was set, or the host slept.
    ClockStepped {
        /// Forward, or back.
        by: SignedDuration,
    },
    /// How things stand, because somebody asked.
    Status {
        /// The secret; `None` for all together.
        secret: Option<Arc<Secret>>,
        /// How it stands.
        text: String,
    },
    /// Events were lost because the journal did not take them.
    EventsLost {
        /// How many.
        count: u64,
    },
    /// The notifier has read its config and begins.
    NotifierStarted {
        /// By which ways it tells people.
        ways: Vec<String>,
    },
    /// SES took a message.
    MailSent {
        /// What it is about.
        about: About,
        /// Whom it is for.
        to: String,
        /// SES's id of the message.
        message_id: String,
    },
    /// A message could not be handed to SES.
    MailFailed {
        /// What it is about.
        about: About,
        /// Whom it is for.
        to: String,
        /// Why, and what to do.
        why: String,
        /// How long until the next try; `None` if it is given up.
        retry_in: Option<SignedDuration>,
    },
    /// No mail goes until somebody has changed something.
    MailHeld {
        /// Why, and what to do.
        why: String,
    },
    /// `notify.command` has run.
    HookRan {
        /// What it was told.
        about: About,
        /// What it wrote.
        said: String,
    },
    /// `notify.command` failed.
    HookFailed {
        /// What it was told.
        about: About,
        /// How it ended, and what it wrote.
        why: String,
        /// How long until the next try; `None` if it is given up.
        retry_in: Option<SignedDuration>,
    },
    /// Nobody is told of something.
    NotTold {
        /// What it is about.
        about: About,
        /// Why.
        why: String,
    },
    /// It could not be found out whether another notifier sends a message: so this one does.
    NotClaimed {
        /// What it is about.
        about: About,
        /// Why.
        why: String,
    },
    /// The notifier lost the journal.
    JournalLost {
        /// Why.
        why: String,
        /// How long until the next try.
        retry_in: SignedDuration,
    },
    /// A library said something.
    Library {
        /// How bad it is.
        level: Level,
        /// Which.
        target: String,
        /// What.
        text: String,
    },
    /// A secret was looked at: what was found and done. For debugging.
    Looked {
        /// The secret.
        secret: Arc<Secret>,
        /// What was done.
        done: String,
    },
}

/// What a message to people is about, as the notifier's events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The event, by its name in the config.
    pub event: &'static str,
    /// The secret.
    pub secret: Option<String>,
    /// The grants.
    pub grants: Vec<String>,
}

/// What the end of a grant means for access to its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Over: the last session died then.
    Lapsed {
        /// When the last session died; `None` if none was published by this process.
        died: Option<Timestamp>,
    },
    /// Others cover the secret.
    Continues {
        /// Which.
        grants: Vec<Name>,
    },
    /// The grant was taken away, and a session that was handed out lives on.
    LivesOn {
        /// Until then.
        until: Timestamp,
    },
}

/// A session that was published, as the journal tells it.
#[derive(Clone, Debug)]
pub struct Published {
    /// The grants it was issued for.
    pub grants: Vec<Name>,
    /// When it ends.
    pub ends: Timestamp,
    /// The version id.
    pub version_id: String,
    /// `ASIA…`.
    pub access_key_id: String,
    /// The role session name.
    pub session_name: String,
    /// AWS's clock minus ours.
    pub skew: SignedDuration,
    /// How much of the largest session token is used up, in percent.
    pub token_utilization: Option<i32>,
    /// AssumeRole's request id.
    pub sts_request_id: Option<String>,
    /// PutSecretValue's request id.
    pub request_id: Option<String>,
}
