//! Whether each role can be assumed, for how long, and how AWS's clock stands to ours.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};

use super::Verdict::{Unknown, Warning, Wrong};
use super::console::console;
use super::cut::cut;
use super::{AT_A_TIME, Finding, Live, amiss};
use crate::aws::sdk::Sdk;
use crate::aws::trouble::{Kind, Trouble};
use crate::aws::{Answer, Ask, Aws};
use crate::cadence::SAFE_SESSION;
use crate::clock::Clock;
use crate::config::Settings;
use crate::grant::Secret;
use crate::instant::before;
use crate::schedule::token::instant;
use crate::session::{SKEW_ALERT, apart, session_policy, skew};

/// When sessions ended that may do nothing: they prove that the role can be assumed, and are thrown away.
const LONG_PAST: Timestamp = Timestamp::constant(1_577_836_800, 0);
/// Their policy where the daemon's sessions have none.
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
/// Clocks that far apart are told here; the daemon tells them from SKEW_ALERT on.
const SKEW: SignedDuration = SignedDuration::from_secs(2);
/// Longer than STS allows a role that is assumed by a role, if an instance's role counts as one (aws-facts §15 A).
const OVER_THE_CHAIN: SignedDuration = SignedDuration::from_hours(2);

/// Whether each role can be assumed as its secrets ask for it, and how AWS's clock stands to ours.
pub async fn roles(aws: &Sdk, clock: &Clock, settings: &Settings, live: &Live) -> Vec<Finding> {
    // Secrets that ask for the same are asked about once.
    let mut asks: BTreeMap<String, &Secret> = BTreeMap::new();
    for watched in &settings.secrets {
        let secret = &watched.secret;
        let (session, policy) = (secret.cadence.session(), secret.session_policy);
        let of_role = (&secret.source_identity, &secret.tags, &secret.external_id);
        asks.entry(format!("{} {session} {policy} {of_role:?}", secret.role_arn)).or_insert(secret);
    }
    let looks = asks.into_values().map(async |secret| {
        let mut found = role(aws, clock, secret).await;
        if live.refused {
            found.push(chained(aws, clock, secret).await);
            found.extend(console(aws, clock, secret).await);
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
    let Answer { expiration, .. } = deny_all(aws, clock, secret, session).await?;
    Ok(skew(before(expiration, session), asked_at, clock.now()))
}

/// A session that may do nothing. Its policy is the daemon's own, which AWS has to find room for beside the tags: that its end is
/// past denies everything at once, whatever else it says.
pub async fn deny_all(aws: &Sdk, clock: &Clock, secret: &Secret, session: SignedDuration) -> Result<Answer, Trouble> {
    let policy = if secret.session_policy { session_policy(LONG_PAST) } else { NOTHING.to_owned() };
    aws.assume_role(&ask(secret, clock.now(), session, policy)).await
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
            Unknown,
            "chain",
            format!("{asked}, and the role itself allows no more than its MaxSessionDuration"),
            "none needed; to know, raise MaxSessionDuration of the role to two hours, and ask again",
        ),
        Err(trouble) => amiss(Unknown, "chain", &trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_ended_long_ago_is_denied_everything_from_the_start() {
        let policy: serde_json::Value = serde_json::from_str(&session_policy(LONG_PAST)).expect("JSON");
        let over = serde_json::json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}});
        assert!(policy["Statement"].as_array().expect("statements").contains(&over), "{policy:#}");
    }

    #[test]
    fn clocks_apart_are_told() {
        let verdicts = [-61, -30, -2, -1, 0, 1, 2, 59, 60].map(|by| judge_skew(SignedDuration::from_secs(by)).verdict);
        let well = crate::doctor::Verdict::Well;
        assert_eq!(verdicts, [Wrong, Warning, Warning, well, well, well, Warning, Warning, Wrong]);
    }
}
