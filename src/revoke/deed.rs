//! The calls that do it: tombstones, the Deny, and a second look for what slipped in between.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

use super::aim::Aim;
use super::beforehand::Beforehand;
use super::deny::{POLICY, document};
use super::report::{Report, quoted};
use crate::aws::admin::Admin;
use crate::aws::trouble::{Operation, Trouble};
use crate::clock::Clock;
use crate::config::Watched;
use crate::grant::Name;
use crate::instant::{after, whole};
use crate::schedule::token;
use crate::tries::again;

/// How long after it was asked for a session may still be written: AssumeRole and PutSecretValue take ten seconds each at most.
const SLIPS: SignedDuration = SignedDuration::from_secs(20);
/// How long a stamp is waited for: ours is half a minute ahead, and so is one that somebody else has just put.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// How often it is looked at again meanwhile.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// For how long the tombstones come before the Deny, so that no reader who is denied finds the dead session once more. A Secrets
/// Manager that does not answer holds it up no longer: it is what ends access.
const HEAD_START: SignedDuration = SignedDuration::from_secs(5);

/// A revocation that is being done.
pub struct Deed<'a, A> {
    aws: &'a A,
    clock: &'a Clock,
    aim: &'a Aim<'a>,
    before: &'a Beforehand<'a>,
    /// Sessions issued before that are denied.
    pub denied_before: Timestamp,
    /// When it was begun, by AWS's clock.
    began_at: Timestamp,
    /// What readers are told, if anything.
    reason: Option<&'a str>,
    buried: BTreeMap<&'a Name, Buried>,
}

/// What a second look finds in the place of a tombstone.
enum Found {
    /// A session of before: it is denied.
    Slipped(String),
    /// A session that the Deny does not reach.
    Fresh(String),
}

/// The tombstones of a secret.
struct Buried {
    /// When the first was written, by AWS's clock: what is older did not slip in over it.
    since: Timestamp,
    versions: Vec<String>,
}

impl<'a, A: Admin> Deed<'a, A> {
    /// From now on.
    pub fn new((aws, clock): (&'a A, &'a Clock), aim: &'a Aim<'a>, before: &'a Beforehand<'a>, reason: Option<&'a str>) -> Self {
        let now = clock.now();
        let (denied_before, began_at) = (before.stamp(now), after(now, before.ahead));
        Self { aws, clock, aim, before, denied_before, began_at, reason, buried: BTreeMap::new() }
    }

    /// The secrets whose readers get a tombstone.
    pub fn closed(&self) -> Vec<Name> {
        self.buried.keys().map(|name| (*name).clone()).collect()
    }

    /// From when on no session from before the stamp can be written any more, by AWS's clock. A stamp that was there before, and is
    /// hours away, is not waited for.
    pub fn settles(&self) -> Timestamp {
        after(self.waits_for(), SLIPS)
    }

    fn waits_for(&self) -> Timestamp {
        self.denied_before.min(after(self.began_at, LONGEST_WAIT))
    }

    /// Puts a tombstone in every secret of the role, and the Deny on the role. Answers with whether that is there.
    pub async fn end(&mut self, report: &mut Report<'_>) -> bool {
        let (aws, clock, role, document) = (self.aws, self.clock, self.aim.role(), document(self.denied_before));
        let deny = again(clock, async || aws.put_role_policy(role, POLICY, &document).await);
        let answer = {
            let mut bury = std::pin::pin!(self.bury(report));
            tokio::select! {
                biased;
                () = &mut bury => deny.await,
                () = clock.sleep(HEAD_START) => tokio::join!(bury, deny).1,
            }
        };
        self.denied(answer, &document, report)
    }

    /// Puts a tombstone in every secret of the role.
    async fn bury(&mut self, report: &mut Report<'_>) {
        for (watched, seen) in &self.before.seen {
            match seen {
                Ok(_) => self.bury_one(watched, report).await,
                Err(trouble) => {
                    self.not_buried(watched, &token::tombstone(self.denied_before, fastrand::u128(..)), trouble, report)
                }
            }
        }
    }

    async fn bury_one(&mut self, watched: &'a Watched, report: &mut Report<'_>) {
        let secret = &watched.secret;
        let version = token::tombstone(self.denied_before, fastrand::u128(..));
        let value = Zeroizing::new(self.value());
        let since = whole(self.aws_now());
        match again(self.clock, async || self.aws.put_secret_value(&secret.secret_id, &version, &value).await).await {
            Ok(_) => {
                report.done(format!("tombstone {version} in {} ({})", secret.name, secret.secret_id));
                let buried = self.buried.entry(&secret.name).or_insert(Buried { since, versions: Vec::new() });
                buried.versions.push(version);
            }
            Err(trouble) => self.not_buried(watched, &version, &trouble, report),
        }
    }

    fn not_buried(&self, watched: &Watched, version: &str, trouble: &Trouble, report: &mut Report<'_>) {
        let (name, id) = (&watched.secret.name, &watched.secret.secret_id);
        let lives = self.before.alive(self.clock.now()).find(|(it, _)| *it == name).map(|(_, ends)| ends);
        let means = match (lives, trouble.operation) {
            (Some(ends), _) => {
                format!("readers of {name} go on to get its session, which lives until {ends} unless it is denied")
            }
            (None, Operation::DescribeSecret) => format!("what readers of {name} get is not known"),
            (None, _) => format!("readers of {name} get no session that is alive"),
        };
        let by_hand = format!(
            "aws secretsmanager put-secret-value --secret-id {} --client-request-token {version} --secret-string {}",
            quoted(id),
            quoted(&self.value())
        );
        report.not_done(format!("no tombstone in {name} ({id}): {trouble}"), means, by_hand);
    }

    /// What readers get in the place of a session.
    fn value(&self) -> String {
        let since = whole(self.clock.now());
        json!({"state": "closed", "since": since.to_string(), "reason": self.reason.unwrap_or("revoked")}).to_string()
    }

    fn denied(&self, answer: Result<(), Trouble>, document: &str, report: &mut Report<'_>) -> bool {
        match answer {
            Ok(()) => {
                let at = self.denied_before;
                report.done(format!("Deny {POLICY} on {}: sessions issued before {at} are denied", self.aim.role_arn()));
                true
            }
            Err(trouble) => {
                let now = self.clock.now();
                let alive: Vec<String> =
                    self.before.alive(now).map(|(name, ends)| format!("that of {name} until {ends}")).collect();
                let alive = if alive.is_empty() { String::new() } else { format!(" ({})", alive.join(", ")) };
                report.not_done(
                    format!("no Deny on {}: {trouble}", self.aim.role_arn()),
                    format!("sessions that were handed out live until their own end{alive}; fresh ones may be issued while a window is open"),
                    format!(
                        "aws iam put-role-policy --role-name {} --policy-name {POLICY} --policy-document {}",
                        self.aim.role(),
                        quoted(document)
                    ),
                );
                false
            }
        }
    }

    /// Looks again until no session that was issued before the stamp can be written any more. One that slipped in is dead:
    /// another tombstone brings a living one, where a window is open. A fresh one, where by the files of this host no window is
    /// open, is published by somebody who goes by others.
    pub async fn look_again(&mut self, report: &mut Report<'_>) {
        let until = self.settles();
        self.sleep_until(self.waits_for()).await;
        loop {
            let is_last = self.aws_now() >= until;
            for (watched, seen) in &self.before.seen {
                let before = seen.as_ref().ok().and_then(|seen| seen.staged.current.as_deref());
                let Some(buried) = self.buried.get(&watched.secret.name) else {
                    continue;
                };
                match self.found(watched, before, buried).await {
                    Ok(None) => {}
                    Ok(Some(Found::Slipped(slipped))) => {
                        let name = &watched.secret.name;
                        report.done(format!("{name}: session {slipped} slipped in from before, and is denied"));
                        self.bury_one(watched, report).await;
                    }
                    Ok(Some(Found::Fresh(fresh))) if is_last => self.goes_on(watched, &fresh, report),
                    Ok(Some(Found::Fresh(_))) => {}
                    Err(trouble) if is_last => not_looked(watched, &trouble, report),
                    // It is looked again.
                    Err(_) => {}
                }
            }
            if is_last {
                return;
            }
            self.sleep_until(after(self.aws_now(), LOOK_EVERY).min(until)).await;
        }
    }

    /// The session that readers get in the place of the tombstone. `before` is what they got first: DescribeSecret may still show
    /// that (aws-facts §6).
    async fn found(&self, watched: &Watched, before: Option<&str>, buried: &Buried) -> Result<Option<Found>, Trouble> {
        let secret = &watched.secret;
        let current = self.aws.describe_secret(&secret.secret_id).await?.staged.current.unwrap_or_default();
        let Some(ends) = token::ends(&current).filter(|_| before != Some(&current)) else {
            return Ok(None);
        };
        let follows = |tombstone: &String| token::token(secret, ends, Some(tombstone)) == current;
        let is_after = buried.versions.iter().any(follows);
        let fresh_from = if is_after { self.denied_before } else { self.settles() };
        let is_fresh = match self.aws.written_at(&secret.secret_id, &current).await {
            // It is shown late.
            Ok(Some(written)) if written < buried.since => return Ok(None),
            Ok(Some(written)) => written >= fresh_from,
            // When it was written may not be told: then a tombstone too many is the lesser evil.
            Ok(None) | Err(_) => is_after,
        };
        Ok(Some(if is_fresh { Found::Fresh(current) } else { Found::Slipped(current) }))
    }

    /// A fresh session: well where a grant is open still, and no end of access where none is.
    fn goes_on(&self, watched: &'a Watched, fresh: &str, report: &mut Report<'_>) {
        let (name, now) = (&watched.secret.name, self.clock.now());
        let Some(ends) = token::ends(fresh).filter(|ends| *ends > self.aws_now() && self.aim.covers(watched, now).is_empty())
        else {
            return;
        };
        report.not_done(
            format!("{name} is not closed: session {fresh} was published after the Deny"),
            format!(
                "its readers have access until {ends}, and go on to get sessions: another host, or a daemon that was not reloaded, \
                 still has a grant open"
            ),
            format!(
                "credadmin revoke {name} on each other host that publishes it, or the same grants.d there; systemctl reload credadmin \
                 where credadmin.toml or conf.d was edited; then credadmin revoke {name} again, for this session"
            ),
        );
    }

    fn aws_now(&self) -> Timestamp {
        after(self.clock.now(), self.before.ahead)
    }

    async fn sleep_until(&self, aws_time: Timestamp) {
        self.clock.sleep(aws_time.duration_since(self.aws_now())).await;
    }
}

fn not_looked(watched: &Watched, trouble: &Trouble, report: &mut Report<'_>) {
    let name = &watched.secret.name;
    report.not_done(
        format!("no second look at {name}: {trouble}"),
        format!("a session from before may be in {name} again; it is denied, so its readers may be without access until the next refresh"),
        format!("credadmin status; if a session is published that was issued before, credadmin revoke {name} again"),
    );
}
