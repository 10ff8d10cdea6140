//! Each event in words: what happened, to which grant and secret, what it means for access, and what to do.

use std::fmt;

use jiff::SignedDuration;
use tracing::Level;

use super::event::{About, Access, Event};
use crate::aws::trouble::Kind;
use crate::grant::{Grant, Name, Secret, Window};
use crate::session::apart;

/// An event as it goes to the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How bad it is.
    pub level: Level,
    /// Names the kind of event for `journalctl MESSAGE_ID=…`; never changes.
    pub message_id: &'static str,
    /// The sentence.
    pub message: String,
    /// The journal's fields.
    pub fields: Fields,
}

/// The fields of a record; the names in the journal are these in upper case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of AWS and of the config")]
pub struct Fields {
    pub grant: Option<String>,
    pub secret: Option<String>,
    pub secret_id: Option<String>,
    pub role_arn: Option<String>,
    pub role_session_name: Option<String>,
    pub source_identity: Option<String>,
    pub access_key_id: Option<String>,
    pub expiration: Option<String>,
    pub secret_version_id: Option<String>,
    pub aws_request_id: Option<String>,
    pub sts_request_id: Option<String>,
    pub error_code: Option<String>,
    pub requested_by: Option<String>,
    pub approved_by: Option<String>,
    pub reason: Option<String>,
    pub ticket: Option<String>,
}

impl Fields {
    fn of(secret: &Secret) -> Self {
        Self {
            secret: Some(secret.name.to_string()),
            secret_id: Some(secret.secret_id.clone()),
            role_arn: Some(secret.role_arn.clone()),
            source_identity: secret.source_identity.clone(),
            ..Self::default()
        }
    }

    fn about(about: &About) -> Self {
        let grant = Some(about.grants.join(", ")).filter(|grants| !grants.is_empty());
        Self { secret: about.secret.clone(), grant, ..Self::default() }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event)?;
        if let Some(secret) = &self.secret {
            write!(f, " of {secret}")?;
        }
        match self.grants.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.grants.join(", ")),
        }
    }
}

impl Event {
    /// The event in words.
    pub fn record(&self) -> Record {
        let (level, message_id, message) = self.words();
        Record { level, message_id, message, fields: self.fields() }
    }

    fn words(&self) -> (Level, &'static str, String) {
        match self {
            Self::Started { config, secrets, grants } => (
                Level::INFO,
                "9b5e56b75019c0bda7e8e6706b15a75c",
                format!("started: {}, {} from {}", count(*secrets, "secret"), count(*grants, "grant"), config.display()),
            ),
            Self::Stopped { signal, finished, abandoned } => {
                let mut message = format!("stopped by {signal}: sessions that were published live until their own end");
                if !finished.is_empty() {
                    message += &format!("; finished: {}", list(finished));
                }
                if !abandoned.is_empty() {
                    message += &format!("; given up in mid-flight: {} (looked at again at the next start)", list(abandoned));
                }
                (Level::INFO, "9ae233910e76729493e3f5decbda5468", message)
            }
            Self::Reloaded { secrets, grants } => (
                Level::INFO,
                "0727926c8c3125f574fcfd55318fe556",
                format!("reloaded: {}, {}", count(*secrets, "secret"), count(*grants, "grant")),
            ),
            Self::ReloadRefused { faults } => (
                Level::ERROR,
                "45191ff7e2064053b800914899236838",
                format!(
                    "reload refused, the config before it stays in force; {}: {}",
                    count(faults.len(), "mistake"),
                    faults.join(" | ")
                ),
            ),
            Self::Remark { refused, text } => {
                let level = if *refused { Level::ERROR } else { Level::WARN };
                let means = if *refused { "drop-in not taken, the grants that it names are closed: " } else { "" };
                (level, "ede08a08de13359a35bcab87e5a46956", format!("{means}{text}"))
            }
            Self::Requested { secret, grant } => (
                Level::INFO,
                "f0f885d5f3ef57751617c10cdcf4ef82",
                format!("requested: {}; nothing is open for it before somebody approves it", asked(secret, grant)),
            ),
            Self::Approved { secret, grant } => {
                let by = grant.papers.approved_by.as_deref().unwrap_or("nobody");
                (Level::INFO, "58279830900458777d52188ba419029d", format!("approved by {by}: {}", asked(secret, grant)))
            }
            Self::Denied { secret, grant, by, why } => {
                (Level::INFO, "a47aab9b208f549e8b53e52f2c719f8e", format!("denied by {by}, {why:?}: {}", asked(secret, grant)))
            }
            Self::Withdrawn { secret, grant } => {
                (Level::INFO, "0df55a61643bde6e3d41ab09ce90a98f", format!("withdrawn: {}", asked(secret, grant)))
            }
            Self::Opened { secret, grant, closes } => {
                let until = closes.map_or_else(String::new, |closes| format!(", access until {closes}"));
                let papers = &grant.papers;
                let people =
                    [("requested by", &papers.requested_by), ("approved by", &papers.approved_by), ("ticket", &papers.ticket)];
                let people: String =
                    people.iter().filter_map(|(label, who)| Some(format!(", {label} {}", who.as_ref()?))).collect();
                (
                    Level::INFO,
                    "82e2e6b95f90c4ea1881916231a3db98",
                    format!("window opened: grant {} of secret {}{until}{people}", grant.name, secret.name),
                )
            }
            Self::Ending { secret, grant, closes, left } => (
                Level::INFO,
                "77a747bbae85508173485b14fe8a4845",
                format!("window ends in {}: grant {} of secret {}, at {closes}", roughly(*left), grant.name, secret.name),
            ),
            Self::Closed { secret, grant, access } => closed(secret, grant, access),
            Self::Published { secret, session } => {
                let mut message = format!(
                    "session published in {} ({}) for {}: ends {}, version {}, access key {}, role session {}",
                    secret.name,
                    secret.secret_id,
                    list(&session.grants),
                    session.ends,
                    session.version_id,
                    session.access_key_id,
                    session.session_name,
                );
                let ids = [("sts request", &session.sts_request_id), ("put request", &session.request_id)];
                message.extend(ids.iter().filter_map(|(label, id)| Some(format!(", {label} {}", id.as_ref()?))));
                if session.skew.as_secs() != 0 {
                    message += &format!(", AWS's clock is {} ours", apart(session.skew));
                }
                if let Some(percent) = session.token_utilization {
                    message += &format!(", token {percent}% full");
                }
                (Level::INFO, "c16bf542b0ff72d1975c3f8edf7f136e", message)
            }
            Self::InPlace { secret, version_id, ends } => (
                Level::INFO,
                "638bc67fc42e692a1f5d5697d3c7d4d1",
                format!(
                    "session in place in {}: published earlier or by another instance, ends {ends}, version {version_id}",
                    secret.name
                ),
            ),
            Self::Superseded { secret, version_id } => (
                Level::WARN,
                "e91875909f8979e29941ef94fed63eb3",
                format!(
                    "version {version_id} took the place of the planned session in {}, which was published once and is not again: \
                     if another instance runs on another config, give both the same; the next refresh is as planned",
                    secret.name
                ),
            ),
            Self::Cut { secret, lives_until } => (
                Level::WARN,
                "bff2b9f99f42aae715922a70022709fb",
                format!(
                    "coverage of {} was cut, but a session handed out before lives until {lives_until}; {}",
                    secret.name,
                    to_end_it_now(secret)
                ),
            ),
            Self::Revoked { secret, version_id, denied_before, grants } => {
                let (level, next) = match grants.is_empty() {
                    true => (Level::INFO, "no window is open, and nothing is published".to_owned()),
                    false => (Level::WARN, format!("a fresh session follows after that, for {}", list(grants))),
                };
                (
                    level,
                    "983df80e8230a6162266f9874d48e0e5",
                    format!(
                        "revoked: tombstone {version_id} in {} ({}): sessions of {} issued before {denied_before} are denied, if \
                         credadmin revoke could put the Deny; {next}",
                        secret.name, secret.secret_id, secret.role_arn
                    ),
                )
            }
            Self::Revocation { by, role_arn, denied_before, secrets, grants, reason, undone } => {
                let mut message = format!("access revoked by {by}: sessions of {role_arn} issued before {denied_before}");
                for (what, names) in [("tombstones in", secrets), ("grants closed:", grants)] {
                    message += &if names.is_empty() { String::new() } else { format!("; {what} {}", list(names)) };
                }
                message.extend(reason.iter().map(|reason| format!("; reason: {reason}")));
                let level = if undone.is_empty() { Level::WARN } else { Level::ERROR };
                if !undone.is_empty() {
                    message += &format!("; not done: {}", undone.join(" | "));
                }
                (level, "621d8aefbc95b8be48f458ed83a95870", message)
            }
            Self::Failing { secret, grants, trouble, published_until, retry_in } => {
                let message_id = match trouble.kind {
                    Kind::NoSecret => "2c1e295c1163b0d2fe8bdd79945feb11",
                    Kind::Deleted => "97376561ab3518d7ef3ede5e3974b5fb",
                    Kind::NotWritable => "9eab0d93f546671c8d8d068e1252d17d",
                    _ => "bd96beff48f27f8a2e97d9433e432138",
                };
                let access = match (published_until, grants.is_empty()) {
                    (Some(until), _) => format!("access goes on until {until}"),
                    (None, false) => format!("no access for {}", list(grants)),
                    (None, true) => "no window is open".into(),
                };
                let message = format!(
                    "failing for {} ({}): {trouble}; {access}; {}; next try in {}",
                    secret.name,
                    secret.secret_id,
                    trouble.remedy(),
                    roughly(*retry_in),
                );
                (Level::ERROR, message_id, message)
            }
            Self::Lapsed { secret, grants, died } => (
                Level::ERROR,
                "90851e5d2550abe544c428e241068575",
                format!(
                    "access lapsed in {} at {died}, while open for {}: no new session could be published",
                    secret.name,
                    list(grants)
                ),
            ),
            Self::WellAgain { secret, after, failures } => (
                Level::INFO,
                "a4a5248f784f4d24b0f5efa77956fc2e",
                format!("well again: {} after {} and {}", secret.name, roughly(*after), count(*failures as usize, "failed try")),
            ),
            Self::Drift { secret, version_id, replaced } => {
                let next = match replaced {
                    true => "the planned session is published over it; find out who writes to this secret",
                    false => "it stays until the next refresh, because the planned session was published over it once before",
                };
                (
                    Level::ERROR,
                    "46cdad9522a9b24fe7eef6b662aae0e4",
                    format!("drift: version {version_id} in {} ({}) is not credadmin's; {next}", secret.name, secret.secret_id),
                )
            }
            Self::SecretEmpty { secret } => (
                Level::INFO,
                "cf291b608baa154405e2212ea26b2079",
                format!("{} ({}) has no value yet: the first session will be its first", secret.name, secret.secret_id),
            ),
            Self::RotationOn { secret } => (
                Level::WARN,
                "a0c1e3d5cbdf2a260563ce75499136fd",
                format!(
                    "rotation is on for {} ({}): its function writes over the sessions; switch it off: \
                     aws secretsmanager cancel-rotate-secret",
                    secret.name, secret.secret_id
                ),
            ),
            Self::Capped { secret, trouble } => (
                Level::WARN,
                "59fda6aa0bc5708a84c038b845e25764",
                format!(
                    "sessions of {} last one hour from now on, not {:#}: {trouble}; access is not affected; {}",
                    secret.name,
                    secret.cadence.session(),
                    trouble.remedy()
                ),
            ),
            Self::NoSessionPolicy { secret } => (
                Level::WARN,
                "b68662fdae7e1634162100c07e3464e8",
                format!(
                    "session_policy is off for {}: its sessions may change the bucket's policy and so keep access for later, \
                     and no session is issued in the last 15 minutes of a window",
                    secret.name
                ),
            ),
            Self::ClockSkew { skew } => (
                Level::ERROR,
                "6b4888ac0d010747f195a1b376fd1771",
                format!(
                    "AWS's clock is {} this host's, by which windows open and close: set it right (timedatectl)",
                    apart(*skew)
                ),
            ),
            Self::ClockStepped { by } => (
                Level::WARN,
                "5b0fdd3845a37d77b7debcd396536de1",
                format!(
                    "the clock was set, or the host slept: {:#}; every secret is looked at again",
                    SignedDuration::from_secs(by.as_secs())
                ),
            ),
            Self::Status { text, .. } => (Level::INFO, "3f0c9a4bb1d84f0f9f3c8a7f3b0d5e21", format!("status: {text}")),
            Self::EventsLost { count } => (
                Level::WARN,
                "4305dc63ffdf9cb381315419b77c1dcb",
                format!("{count} events were lost because the journal did not take them; refreshing went on"),
            ),
            Self::NotifierStarted { ways } => (
                Level::INFO,
                "65a2f438478ffa9ed0a931bdd7839318",
                format!("notifier started: people are told by {}", ways.join(" and by ")),
            ),
            Self::MailSent { about, to, message_id } => {
                (Level::INFO, "14e98152ec0ab4102590e7749ea11c1d", format!("mail sent: {about} to {to}, SES message {message_id}"))
            }
            Self::MailFailed { about, to, why, retry_in } => (
                if retry_in.is_some() { Level::WARN } else { Level::ERROR },
                "ad2d35e7479347e2de68f164cb511759",
                format!("mail failed: {about} to {to}: {why}; access is not affected; {}", next_try(*retry_in)),
            ),
            Self::MailHeld { why } => {
                (Level::ERROR, "96cb9d0f210c818ba0e134b8118d1d70", format!("no mail is sent: {why}; access is not affected"))
            }
            Self::HookRan { about, said } => {
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                (Level::INFO, "33489219cc9775a0be190797553d3564", format!("notify.command ran: {about}{said}"))
            }
            Self::HookFailed { about, why, retry_in } => (
                if retry_in.is_some() { Level::WARN } else { Level::ERROR },
                "6d1b353f40e6839af19dc9f8dde763e6",
                format!("notify.command failed: {about}: {why}; access is not affected; {}", next_try(*retry_in)),
            ),
            Self::NotTold { about, why } => {
                (Level::WARN, "052e1f8b49dfed45f66474e48d316541", format!("not told: {about}: {why}; access is not affected"))
            }
            Self::NotClaimed { about, why } => (
                Level::WARN,
                "034a954f10ebc45f502324521ac38af2",
                format!("not claimed: {about}: {why}; it is sent all the same, and another host may send it too"),
            ),
            Self::JournalLost { why, retry_in } => (
                Level::ERROR,
                "4e77a2b74f1ca0d9bbfaa40d8c26c373",
                format!("the journal can't be followed: {why}; nobody is told of anything; next try in {}", roughly(*retry_in)),
            ),
            Self::Library { level, target, text } => (*level, "b23f120e22bde7cb17fc095bb0da0b7d", format!("{target}: {text}")),
            Self::Looked { secret, done } => {
                (Level::DEBUG, "d6647ae7d54e685b4a0588b3ec9181c3", format!("looked at {}: {done}", secret.name))
            }
        }
    }

    fn fields(&self) -> Fields {
        match self {
            Self::Requested { secret, grant }
            | Self::Approved { secret, grant }
            | Self::Denied { secret, grant, .. }
            | Self::Withdrawn { secret, grant } => Fields {
                grant: Some(grant.name.to_string()),
                requested_by: grant.papers.requested_by.as_deref().map(str::to_owned),
                approved_by: grant.papers.approved_by.as_deref().map(str::to_owned),
                reason: grant.papers.reason.as_deref().map(str::to_owned),
                ticket: grant.papers.ticket.as_deref().map(str::to_owned),
                ..Fields::of(secret)
            },
            Self::Opened { secret, grant, closes } => Fields {
                grant: Some(grant.name.to_string()),
                expiration: closes.map(|closes| closes.to_string()),
                requested_by: grant.papers.requested_by.as_deref().map(str::to_owned),
                approved_by: grant.papers.approved_by.as_deref().map(str::to_owned),
                reason: grant.papers.reason.as_deref().map(str::to_owned),
                ticket: grant.papers.ticket.as_deref().map(str::to_owned),
                ..Fields::of(secret)
            },
            Self::Ending { secret, grant, closes, .. } => Fields {
                grant: Some(grant.name.to_string()),
                expiration: Some(closes.to_string()),
                requested_by: grant.papers.requested_by.as_deref().map(str::to_owned),
                approved_by: grant.papers.approved_by.as_deref().map(str::to_owned),
                reason: grant.papers.reason.as_deref().map(str::to_owned),
                ticket: grant.papers.ticket.as_deref().map(str::to_owned),
                ..Fields::of(secret)
            },
            Self::Closed { secret, grant, access } => {
                let died = match access {
                    Access::Lapsed { died } => *died,
                    Access::LivesOn { until } => Some(*until),
                    Access::Continues { .. } => None,
                };
                Fields { grant: Some(grant.to_string()), expiration: died.map(|died| died.to_string()), ..Fields::of(secret) }
            }
            Self::Published { secret, session } => Fields {
                grant: Some(list(&session.grants)),
                role_session_name: Some(session.session_name.clone()),
                access_key_id: Some(session.access_key_id.clone()),
                expiration: Some(session.ends.to_string()),
                secret_version_id: Some(session.version_id.clone()),
                aws_request_id: session.request_id.clone(),
                sts_request_id: session.sts_request_id.clone(),
                ..Fields::of(secret)
            },
            Self::InPlace { secret, version_id, ends } => {
                Fields { expiration: Some(ends.to_string()), secret_version_id: Some(version_id.clone()), ..Fields::of(secret) }
            }
            Self::Superseded { secret, version_id } | Self::Drift { secret, version_id, .. } => {
                Fields { secret_version_id: Some(version_id.clone()), ..Fields::of(secret) }
            }
            Self::Revoked { secret, version_id, grants, .. } => Fields {
                grant: Some(list(grants)).filter(|grants| !grants.is_empty()),
                secret_version_id: Some(version_id.clone()),
                ..Fields::of(secret)
            },
            Self::Revocation { role_arn, secrets, grants, reason, .. } => Fields {
                grant: Some(list(grants)).filter(|grants| !grants.is_empty()),
                secret: Some(list(secrets)).filter(|secrets| !secrets.is_empty()),
                role_arn: Some(role_arn.clone()),
                reason: reason.clone(),
                ..Fields::default()
            },
            Self::Failing { secret, grants, trouble, published_until, .. } => Fields {
                grant: Some(list(grants)).filter(|grants| !grants.is_empty()),
                expiration: published_until.map(|until| until.to_string()),
                aws_request_id: trouble.request_id.clone(),
                error_code: Some(trouble.code.clone()),
                ..Fields::of(secret)
            },
            Self::Capped { secret, trouble } => Fields {
                aws_request_id: trouble.request_id.clone(),
                error_code: Some(trouble.code.clone()),
                ..Fields::of(secret)
            },
            Self::Status { secret: Some(secret), .. } => Fields::of(secret),
            Self::MailSent { about, .. }
            | Self::MailFailed { about, .. }
            | Self::HookRan { about, .. }
            | Self::HookFailed { about, .. }
            | Self::NotTold { about, .. }
            | Self::NotClaimed { about, .. } => Fields::about(about),
            Self::Lapsed { secret, grants, .. } => Fields { grant: Some(list(grants)), ..Fields::of(secret) },
            Self::Cut { secret, .. }
            | Self::WellAgain { secret, .. }
            | Self::SecretEmpty { secret }
            | Self::RotationOn { secret }
            | Self::NoSessionPolicy { secret }
            | Self::Looked { secret, .. } => Fields::of(secret),
            Self::Started { .. }
            | Self::Stopped { .. }
            | Self::Reloaded { .. }
            | Self::ReloadRefused { .. }
            | Self::Remark { .. }
            | Self::ClockSkew { .. }
            | Self::ClockStepped { .. }
            | Self::Status { secret: None, .. }
            | Self::EventsLost { .. }
            | Self::NotifierStarted { .. }
            | Self::MailHeld { .. }
            | Self::JournalLost { .. }
            | Self::Library { .. } => Fields::default(),
        }
    }
}

/// Who asked for what, until when, and why.
fn asked(secret: &Secret, grant: &Grant) -> String {
    let papers = &grant.papers;
    let window = match &grant.window {
        Window::Once(span) => format!(" from {} until {}", span.opens, span.closes),
        Window::Recurring(_) => String::new(),
    };
    let people = [("requested by", &papers.requested_by), ("because", &papers.reason), ("ticket", &papers.ticket)];
    let people: String = people.iter().filter_map(|(label, text)| Some(format!(", {label} {}", text.as_ref()?))).collect();
    format!("grant {} of secret {}{window}{people}", grant.name, secret.name)
}

fn closed(secret: &Secret, grant: &Name, access: &Access) -> (Level, &'static str, String) {
    let (level, means) = match access {
        Access::Lapsed { died: Some(died) } => (Level::INFO, format!("access has lapsed, the last session died at {died}")),
        Access::Lapsed { died: None } => (Level::INFO, "access has lapsed, no session was alive".into()),
        Access::Continues { grants } => (Level::INFO, format!("access goes on for {}", list(grants))),
        Access::LivesOn { until } => (
            Level::WARN,
            format!(
                "nothing is refreshed any more, but a session handed out before lives until {until}; {}",
                to_end_it_now(secret)
            ),
        ),
    };
    (level, "84ccb55564873a45bbf1f246dfaf607a", format!("window closed: grant {grant} of secret {}: {means}", secret.name))
}

/// A session that was handed out can't be called back; what its role may do can.
fn to_end_it_now(secret: &Secret) -> String {
    format!("to end it now: credadmin revoke {} (AWSRevokeOlderSessions on {})", secret.name, secret.role_arn)
}

fn next_try(retry_in: Option<SignedDuration>) -> String {
    retry_in.map_or_else(|| "given up".to_owned(), |wait| format!("next try in {}", roughly(wait)))
}

fn list(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn count(n: usize, what: &str) -> String {
    match (n, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {what}s"),
    }
}

fn roughly(time: SignedDuration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds => format!("{} min", (seconds + 30) / 60),
    }
}
