//! The account: as whom AWS is called, and what it allows with each secret and each role.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::Verdict::{Unknown, Warning, Wrong};
use super::cut::cut;
use super::{Finding, Live, Verdict};
use crate::aws::sdk::Sdk;
use crate::aws::trouble::{Kind, Trouble};
use crate::aws::{Answer, Ask, Aws, Description};
use crate::cadence::SAFE_SESSION;
use crate::clock::Clock;
use crate::config::{Settings, Watched};
use crate::grant::Secret;
use crate::schedule::plan::sessions;
use crate::schedule::quota::{BUDGET, DAY};
use crate::schedule::token::instant;
use crate::session::{apart, skew};
use crate::visit::writable;

/// As many calls at a time as the daemon makes.
const AT_A_TIME: usize = 12;
/// What Secrets Manager takes in 24 hours (aws-facts §6).
const QUOTA: usize = 100;
/// A session that may do nothing: it proves that the role can be assumed, and is thrown away.
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
/// The value that Secrets Manager has to refuse.
const REFUSED: &str = "{}";
/// Clocks that far apart are told; by SKEW_ALERT the daemon does, too.
const SKEW: SignedDuration = SignedDuration::from_secs(2);
const SKEW_ALERT: SignedDuration = SignedDuration::from_secs(60);
/// Longer than STS allows a role that is assumed by a role, if an instance's role counts as one (aws-facts §15 A).
const OVER_THE_CHAIN: SignedDuration = SignedDuration::from_hours(2);

/// As whom AWS is called.
pub async fn identity(aws: &Sdk) -> Finding {
    match aws.caller().await {
        Ok(arn) => judge_identity(&arn),
        Err(trouble) => amiss(Wrong, "identity", &trouble),
    }
}

fn judge_identity(arn: &str) -> Finding {
    let says = format!("AWS is called as {arn}");
    match arn.rsplit(':').next().unwrap_or_default() {
        "root" => Finding::of(Wrong, "identity", format!("{says}: may do everything"), "use the instance's own role"),
        user if user.starts_with("user/") => Finding::of(
            Warning,
            "identity",
            format!("{says}: an IAM user, whose keys live until somebody deletes them"),
            "give the instance a role, set credentials = \"instance-role\", and delete the user's access keys",
        ),
        _ => Finding::well("identity", says),
    }
}

/// What AWS says of each secret.
pub async fn secrets(aws: &Sdk, clock: &Clock, settings: &Settings, live: bool) -> Vec<Finding> {
    let looks = settings.secrets.iter().map(async |watched| {
        let found = secret(aws, clock, watched, live).await;
        found.into_iter().map(|finding| finding.about(watched.secret.name.to_string())).collect::<Vec<_>>()
    });
    futures_util::stream::iter(looks).buffered(AT_A_TIME).collect::<Vec<_>>().await.concat()
}

async fn secret(aws: &Sdk, clock: &Clock, watched: &Watched, live: bool) -> Vec<Finding> {
    let id = &watched.secret.secret_id;
    let seen = match aws.describe_secret(id).await {
        Ok(seen) => seen,
        Err(trouble) => return vec![amiss(Wrong, "secret", &trouble)],
    };
    if let Err(trouble) = writable(&seen) {
        return vec![amiss(Wrong, "secret", &trouble)];
    }
    let current = seen.staged.current.as_deref().map_or("no value yet".into(), |version| format!("version {version}"));
    let mut findings = vec![Finding::well("secret", format!("{id} can be described; it has {current}")), rotation(&seen)];
    findings.push(versions(aws, clock, watched).await);
    if live {
        findings.push(write(aws, id, &seen).await);
    }
    findings
}

fn rotation(seen: &Description) -> Finding {
    match seen.rotation {
        false => Finding::well("rotation", "rotation is off"),
        true => Finding::of(
            Warning,
            "rotation",
            "rotation is on: its function writes values of its own over the sessions",
            "aws secretsmanager cancel-rotate-secret",
        ),
    }
}

/// The versions of the last 24 hours, and those of the next.
async fn versions(aws: &Sdk, clock: &Clock, watched: &Watched) -> Finding {
    let now = clock.now();
    let (since, until) = (now.saturating_sub(DAY).unwrap_or(now), now.saturating_add(DAY).unwrap_or(now));
    let planned = sessions(now, until, &watched.secret.cadence, &watched.grants).len();
    match aws.versions_since(&watched.secret.secret_id, since).await {
        Ok(written) => judge_versions(written, planned),
        Err(trouble) if trouble.kind == Kind::Denied => Finding::of(
            Unknown,
            "versions",
            format!("versions planned for the next 24 hours: {planned}, of at most {QUOTA}; those of the last can't be counted"),
            "none needed: the daemon does without secretsmanager:ListSecretVersionIds; allow it to whoever runs this, to see them",
        ),
        Err(trouble) => amiss(Unknown, "versions", &trouble),
    }
}

fn judge_versions(written: usize, planned: usize) -> Finding {
    let says = format!("versions written in the last 24 hours: {written}, planned for the next: {planned}");
    match written {
        0..=BUDGET => Finding::well("versions", format!("{says}, of at most {QUOTA}")),
        _ => Finding::of(
            if written < QUOTA { Warning } else { Wrong },
            "versions",
            format!("{says}: Secrets Manager takes {QUOTA} in 24 hours, credadmin writes {BUDGET} at most"),
            "find out who else writes to this secret: aws cloudtrail lookup-events --lookup-attributes \
             AttributeKey=EventName,AttributeValue=PutSecretValue",
        ),
    }
}

/// A write that changes nothing: other content for a version that exists is refused, to whoever may write at all.
async fn write(aws: &Sdk, id: &str, seen: &Description) -> Finding {
    let Some(version) = &seen.staged.current else {
        let says = "whether it can be written can't be tried before it has a value";
        return Finding::of(Unknown, "write", says, "none: the first window shows it");
    };
    match aws.put_secret_value(id, version, &Zeroizing::new(REFUSED.into())).await {
        Err(trouble) if trouble.kind == Kind::Exists => Finding::well(
            "write",
            format!("it can be written: other content for version {version} was refused as such, nothing changed"),
        ),
        Err(trouble) => amiss(Wrong, "write", &trouble),
        // No more than that: a no-op.
        Ok(_) => Finding::well("write", format!("it can be written: version {version} has that very content already")),
    }
}

/// Whether each role can be assumed as its secrets ask for it, and how AWS's clock stands to ours.
pub async fn roles(aws: &Sdk, clock: &Clock, settings: &Settings, live: &Live) -> Vec<Finding> {
    // Secrets that ask for the same are asked about once.
    let mut asks: BTreeMap<String, &Secret> = BTreeMap::new();
    for watched in &settings.secrets {
        let secret = &watched.secret;
        let (session, of_role) = (secret.cadence.session(), (&secret.source_identity, &secret.tags, &secret.external_id));
        asks.entry(format!("{} {session} {of_role:?}", secret.role_arn)).or_insert(secret);
    }
    let looks = asks.into_values().map(async |secret| {
        let mut found = role(aws, clock, secret).await;
        if live.refused {
            found.push(chained(aws, clock, secret).await);
        }
        if let Some(bucket) = &live.bucket {
            found.push(cut(aws, clock, secret, bucket).await);
        }
        found.into_iter().map(|finding| finding.about(secret.role_arn.as_str())).collect::<Vec<_>>()
    });
    futures_util::stream::iter(looks).buffered(AT_A_TIME).collect::<Vec<_>>().await.concat()
}

async fn role(aws: &Sdk, clock: &Clock, secret: &Secret) -> Vec<Finding> {
    let session = secret.cadence.session();
    let mut findings = Vec::new();
    let mut tried = assume(aws, clock, secret, session).await;
    if let Err(trouble) = &tried
        && matches!(trouble.kind, Kind::OverRoleMaximum | Kind::OverChainMaximum)
        && session > SAFE_SESSION
    {
        let cause = format!("sessions last one hour, not {session:#}: {trouble}");
        findings.push(Finding::of(Warning, "role", cause, trouble.remedy()));
        tried = assume(aws, clock, secret, SAFE_SESSION).await;
    }
    match tried {
        Ok(skew) => findings.extend([
            Finding::well("role", "can be assumed: a session that may do nothing was had, and thrown away"),
            judge_skew(skew),
        ]),
        Err(trouble) => findings.push(amiss(Wrong, "role", &trouble)),
    }
    findings
}

/// Asks for a session that may do nothing, as the daemon asks for one that may. Answers with AWS's clock minus ours.
async fn assume(aws: &Sdk, clock: &Clock, secret: &Secret, session: SignedDuration) -> Result<SignedDuration, Trouble> {
    let asked_at = clock.now();
    let Answer { expiration, .. } = aws.assume_role(&ask(secret, asked_at, session, NOTHING.into())).await?;
    Ok(skew(expiration.saturating_sub(session).unwrap_or(Timestamp::MIN), asked_at, clock.now()))
}

/// For a session of the role as the daemon asks for one, but for its policy.
pub fn ask(secret: &Secret, now: Timestamp, session: SignedDuration, policy: String) -> Ask {
    Ask {
        role_arn: secret.role_arn.clone(),
        session_name: format!("credadmin-doctor-{}", instant(now)),
        duration_seconds: session.as_secs(),
        policy: Some(policy),
        source_identity: secret.source_identity.clone(),
        tags: secret.tags.clone(),
        external_id: secret.external_id.clone(),
    }
}

fn judge_skew(skew: SignedDuration) -> Finding {
    let says = format!("AWS's clock is {} ours", apart(skew));
    let verdict = match skew.abs() {
        skew if skew < SKEW => return Finding::well("skew", says),
        skew if skew < SKEW_ALERT => Warning,
        _ => Wrong,
    };
    Finding::of(verdict, "skew", format!("{says}: windows open and close by ours, sessions end by AWS's"), "timedatectl")
}

/// aws-facts §15 A: whether an instance's role counts as a role that assumes a role.
async fn chained(aws: &Sdk, clock: &Clock, secret: &Secret) -> Finding {
    let asked = format!("a session of {OVER_THE_CHAIN:#} was asked for");
    match assume(aws, clock, secret, OVER_THE_CHAIN).await {
        Ok(_) => Finding::well("chain", format!("{asked}, and given: this instance's role is not held to one hour")),
        Err(trouble) if trouble.kind == Kind::OverChainMaximum => {
            Finding::well("chain", format!("{asked}, and refused: a role assumed by this instance's role lasts one hour"))
        }
        Err(trouble) if trouble.kind == Kind::OverRoleMaximum => Finding::of(
            Verdict::Unknown,
            "chain",
            format!("{asked}, and the role itself allows no more than its MaxSessionDuration"),
            "none needed; to know, raise MaxSessionDuration of the role to two hours, and ask again",
        ),
        Err(trouble) => amiss(Unknown, "chain", &trouble),
    }
}

/// A call that failed.
pub fn amiss(verdict: Verdict, check: &'static str, trouble: &Trouble) -> Finding {
    Finding::of(verdict, check, trouble.to_string(), trouble.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_role_is_well() {
        for (arn, verdict) in [
            ("arn:aws:sts::123456789012:assumed-role/CredAdmin/i-0123456789abcdef0", Verdict::Well),
            ("arn:aws:iam::123456789012:user/credadmin", Warning),
            ("arn:aws:iam::123456789012:user/ops/credadmin", Warning),
            ("arn:aws:iam::123456789012:root", Wrong),
        ] {
            assert_eq!(judge_identity(arn).verdict, verdict, "{arn}");
        }
    }

    #[test]
    fn versions_over_the_budget_are_told_before_secrets_manager_refuses_more() {
        let verdicts = [0, BUDGET, BUDGET + 1, QUOTA - 1, QUOTA].map(|written| judge_versions(written, 3).verdict);
        assert_eq!(verdicts, [Verdict::Well, Verdict::Well, Warning, Warning, Wrong]);
    }

    #[test]
    fn clocks_apart_are_told() {
        let verdicts = [-61, -30, -2, -1, 0, 1, 2, 59, 60].map(|by| judge_skew(SignedDuration::from_secs(by)).verdict);
        let well = Verdict::Well;
        assert_eq!(verdicts, [Wrong, Warning, Warning, well, well, well, Warning, Warning, Wrong]);
    }
}
