//! Each event in words: what happened, to which grant and secret, what it means for access, and what to do.

use std::fmt;
use std::path::Path;

use jiff::SignedDuration;
use tracing::Level;

use super::event::{About, Access, Event};
use super::ids;
use crate::aws::trouble::Kind;
use crate::grant::{Grant, Name, Secret, Window};
use crate::session::apart;

impl Event {
    /// How bad it is, its MESSAGE_ID, and the sentence.
    pub(super) fn words(&self) -> (Level, &'static str, String) {
        match self {
            Self::Started { config, secrets, grants } => (
                Level::INFO,
                ids::STARTED,
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
                (Level::INFO, ids::STOPPED, message)
            }
            Self::Reloaded { secrets, grants } => {
                (Level::INFO, ids::RELOADED, format!("reloaded: {}, {}", count(*secrets, "secret"), count(*grants, "grant")))
            }
            Self::ReloadRefused { faults } => (
                Level::ERROR,
                ids::RELOAD_REFUSED,
                format!(
                    "reload refused, the config before it stays in force; {}: {}",
                    count(faults.len(), "mistake"),
                    faults.join(" | ")
                ),
            ),
            Self::Remark { refused, text } => {
                let level = if *refused { Level::ERROR } else { Level::WARN };
                let means = if *refused { meaning(text) } else { "" };
                (level, ids::REMARK, format!("{means}{text}"))
            }
            Self::Requested { secret, grant } => (
                Level::INFO,
                ids::REQUESTED,
                format!("requested: {}; nothing is open for it before somebody approves it", asked(secret, grant)),
            ),
            Self::Approved { secret, grant } => {
                let by = grant.papers.approved_by.as_deref().unwrap_or("nobody");
                (Level::INFO, ids::APPROVED, format!("approved by {by}: {}", asked(secret, grant)))
            }
            Self::Denied { secret, grant, by, why } => {
                (Level::INFO, ids::DENIED, format!("denied by {by}, {why:?}: {}", asked(secret, grant)))
            }
            Self::Withdrawn { secret, grant } => (Level::INFO, ids::WITHDRAWN, format!("withdrawn: {}", asked(secret, grant))),
            Self::Opened { secret, grant, closes } => {
                let until = closes.map_or_else(String::new, |closes| format!(", access until {closes}"));
                let papers = &grant.papers;
                let people =
                    [("requested by", &papers.requested_by), ("approved by", &papers.approved_by), ("ticket", &papers.ticket)];
                let people: String =
                    people.iter().filter_map(|(label, who)| Some(format!(", {label} {}", who.as_ref()?))).collect();
                (
                    Level::INFO,
                    ids::OPENED,
                    format!("window opened: grant {} of secret {}{until}{people}", grant.name, secret.name),
                )
            }
            Self::Ending { secret, grant, closes, left } => (
                Level::INFO,
                ids::ENDING,
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
                (Level::INFO, ids::PUBLISHED, message)
            }
            Self::InPlace { secret, version_id, ends } => (
                Level::INFO,
                ids::IN_PLACE,
                format!(
                    "session in place in {}: published earlier or by another instance, ends {ends}, version {version_id}",
                    secret.name
                ),
            ),
            Self::Superseded { secret, version_id } => (
                Level::WARN,
                ids::SUPERSEDED,
                format!(
                    "version {version_id} took the place of the planned session in {}, which was published once and is not again: \
                     if another instance runs on another config, give both the same; the next refresh is as planned",
                    secret.name
                ),
            ),
            Self::Cut { secret, lives_until } => (
                Level::WARN,
                ids::CUT,
                format!(
                    "coverage of {} was cut, but a session that was handed out lives until {lives_until}; {}",
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
                    ids::REVOKED,
                    format!(
                        "revoked: tombstone {version_id} in {} ({}): sessions of {} issued before {denied_before} are denied, if \
                         credadmin revoke could put the Deny; {next}",
                        secret.name, secret.secret_id, secret.role_arn
                    ),
                )
            }
            Self::Revocation { by, role_arn, denied_before, denied, secrets, grants, reason, undone } => {
                let mut message = match denied {
                    true => format!("access revoked by {by}: sessions of {role_arn} issued before {denied_before}"),
                    false => format!("access not revoked, tried by {by}: sessions of {role_arn} may live until their own end"),
                };
                for (what, names) in [("tombstones in", secrets), ("grants closed:", grants)] {
                    message += &if names.is_empty() { String::new() } else { format!("; {what} {}", list(names)) };
                }
                message.extend(reason.iter().map(|reason| format!("; reason: {reason}")));
                let level = if undone.is_empty() { Level::WARN } else { Level::ERROR };
                if !undone.is_empty() {
                    message += &format!("; not done: {}", undone.join(" | "));
                }
                (level, ids::REVOCATION, message)
            }
            Self::Failing { secret, grants, trouble, published_until, retry_in } => {
                let message_id = match trouble.kind {
                    Kind::NoSecret => ids::FAILING_NO_SECRET,
                    Kind::Deleted => ids::FAILING_DELETED,
                    Kind::NotWritable => ids::FAILING_NOT_WRITABLE,
                    _ => ids::FAILING,
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
                ids::LAPSED,
                format!(
                    "access lapsed in {} at {died}, while open for {}: no new session could be published",
                    secret.name,
                    list(grants)
                ),
            ),
            Self::WellAgain { secret, after, failures } => (
                Level::INFO,
                ids::WELL_AGAIN,
                format!("well again: {} after {} and {}", secret.name, roughly(*after), count(*failures as usize, "failed try")),
            ),
            Self::Drift { secret, version_id, replaced } => {
                let next = match replaced {
                    true => "the planned session is published over it; find out who writes to this secret",
                    false => "it stays until the next refresh, because the planned session was published over it once before",
                };
                (
                    Level::ERROR,
                    ids::DRIFT,
                    format!("drift: version {version_id} in {} ({}) is not credadmin's; {next}", secret.name, secret.secret_id),
                )
            }
            Self::SecretEmpty { secret } => (
                Level::INFO,
                ids::SECRET_EMPTY,
                format!("{} ({}) has no value yet: the first session will be its first", secret.name, secret.secret_id),
            ),
            Self::RotationOn { secret } => (
                Level::WARN,
                ids::ROTATION_ON,
                format!(
                    "rotation is on for {} ({}): its function writes over the sessions; switch it off: \
                     aws secretsmanager cancel-rotate-secret",
                    secret.name, secret.secret_id
                ),
            ),
            Self::Capped { secret, trouble } => (
                Level::WARN,
                ids::CAPPED,
                format!(
                    "sessions of {} last one hour from now on, not {:#}: {trouble}; access is not affected; {}",
                    secret.name,
                    secret.cadence.session(),
                    trouble.remedy()
                ),
            ),
            Self::NoSessionPolicy { secret } => (
                Level::WARN,
                ids::NO_SESSION_POLICY,
                format!(
                    "session_policy is off for {}: its sessions may change the bucket's policy and so keep access for later, \
                     and no session is issued in the last 15 minutes of a window",
                    secret.name
                ),
            ),
            Self::ClockSkew { skew } => (
                Level::ERROR,
                ids::CLOCK_SKEW,
                format!(
                    "AWS's clock is {} this host's, by which windows open and close: set it right (timedatectl)",
                    apart(*skew)
                ),
            ),
            Self::ClockStepped { by } => (
                Level::WARN,
                ids::CLOCK_STEPPED,
                format!(
                    "the clock was set, or the host slept: {:#}; every secret is looked at again",
                    SignedDuration::from_secs(by.as_secs())
                ),
            ),
            Self::Status { text, .. } => (Level::INFO, ids::STATUS, format!("status: {text}")),
            Self::EventsLost { count } => (
                Level::WARN,
                ids::EVENTS_LOST,
                format!("{count} events were lost because the journal did not take them; refreshing went on"),
            ),
            Self::NotifierStarted { ways } => {
                (Level::INFO, ids::NOTIFIER_STARTED, format!("notifier started: people are told by {}", ways.join(" and by ")))
            }
            Self::MailSent { about, to, message_id } => {
                (Level::INFO, ids::MAIL_SENT, format!("mail sent: {about} to {to}, SES message {message_id}"))
            }
            Self::MailFailed { about, to, why, retry_in } => (
                if retry_in.is_some() { Level::WARN } else { Level::ERROR },
                ids::MAIL_FAILED,
                format!("mail failed: {about} to {to}: {why}; access is not affected; {}", next_try(*retry_in)),
            ),
            Self::MailHeld { why } => (Level::ERROR, ids::MAIL_HELD, format!("no mail is sent: {why}; access is not affected")),
            Self::HookRan { about, said } => {
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                (Level::INFO, ids::HOOK_RAN, format!("notify.command ran: {about}{said}"))
            }
            Self::HookFailed { about, why, retry_in } => (
                if retry_in.is_some() { Level::WARN } else { Level::ERROR },
                ids::HOOK_FAILED,
                format!("notify.command failed: {about}: {why}; access is not affected; {}", next_try(*retry_in)),
            ),
            Self::NotTold { about, why } => {
                (Level::WARN, ids::NOT_TOLD, format!("not told: {about}: {why}; access is not affected"))
            }
            Self::NotClaimed { about, why } => (
                Level::WARN,
                ids::NOT_CLAIMED,
                format!("not claimed: {about}: {why}; it is sent all the same, and another host may send it too"),
            ),
            Self::JournalLost { why, retry_in } => (
                Level::ERROR,
                ids::JOURNAL_LOST,
                format!("the journal can't be followed: {why}; nobody is told of anything; next try in {}", roughly(*retry_in)),
            ),
            Self::Library { level, target, text } => (*level, ids::LIBRARY, format!("{target}: {text}")),
            Self::Looked { secret, done } => (Level::DEBUG, ids::LOOKED, format!("looked at {}: {done}", secret.name)),
        }
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

/// What a mistake that came into force means for access. Its text begins with where it is, and only a drop-in is left out for one.
fn meaning(text: &str) -> &'static str {
    let place = Path::new(text.split(": ").next().unwrap_or(text));
    match place.ends_with("grants.d") || place.parent().is_some_and(|directory| directory.ends_with("grants.d")) {
        true => "drop-in not taken, the grants that it names are closed: ",
        false => "in force all the same: ",
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
    (level, ids::CLOSED, format!("window closed: grant {grant} of secret {}: {means}", secret.name))
}

/// A session that was handed out can't be called back; what its role may do can.
fn to_end_it_now(secret: &Secret) -> String {
    format!("to end it now: credadmin revoke {} (AWSRevokeOlderSessions on {})", secret.name, secret.role_arn)
}

fn next_try(retry_in: Option<SignedDuration>) -> String {
    retry_in.map_or_else(|| "given up".to_owned(), |wait| format!("next try in {}", roughly(wait)))
}

pub(super) fn list(names: &[Name]) -> String {
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn only_of_a_mistake_in_a_drop_in_is_it_said_that_its_grants_are_closed() {
        let said = |refused, text: &str| Event::Remark { refused, text: text.into() }.words().2;
        for place in ["/etc/credadmin/grants.d/50.toml:1:9", "/etc/credadmin/grants.d/50.toml", "/etc/credadmin/grants.d"] {
            let text = format!("{place}: found; wanted: other");
            assert_eq!(said(true, &text), format!("drop-in not taken, the grants that it names are closed: {text}"));
            assert_eq!(said(false, &text), text);
        }
        for place in ["/etc/credadmin/credadmin.toml", "/etc/credadmin/conf.d/10.toml:3:1", "environment variable CREDADMIN_X"] {
            let text = format!("{place}: with grants.g, too much; wanted: fewer in /etc/credadmin/grants.d/50.toml");
            assert_eq!(said(true, &text), format!("in force all the same: {text}"));
        }
    }

    #[test]
    fn without_the_deny_nobody_is_told_that_access_is_revoked() {
        let said = |denied, undone: &[&str]| {
            let event = Event::Revocation {
                by: "root".into(),
                role_arn: "arn:aws:iam::123456789012:role/R".into(),
                denied_before: Timestamp::UNIX_EPOCH,
                denied,
                secrets: vec![],
                grants: vec![],
                reason: None,
                undone: undone.iter().map(|what| (*what).to_owned()).collect(),
            };
            let (level, _, words) = event.words();
            (level, words)
        };
        let revoked = "access revoked by root: sessions of arn:aws:iam::123456789012:role/R issued before 1970-01-01T00:00:00Z";
        assert_eq!(said(true, &[]), (Level::WARN, revoked.into()));
        let not_revoked = "access not revoked, tried by root: sessions of arn:aws:iam::123456789012:role/R may live until their own \
                           end; not done: no Deny";
        assert_eq!(said(false, &["no Deny"]), (Level::ERROR, not_revoked.into()));
    }
}
