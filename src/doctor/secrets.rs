//! What AWS says of each secret: whether it is there, whether others write to it, whether it can be written.

use futures_util::StreamExt;
use zeroize::Zeroizing;

use super::Verdict::{Unknown, Warning, Wrong};
use super::{AT_A_TIME, Finding, amiss};
use crate::aws::sdk::Sdk;
use crate::aws::trouble::Kind;
use crate::aws::{Aws, Description};
use crate::clock::Clock;
use crate::config::{Settings, Watched};
use crate::instant::{after, before};
use crate::schedule::plan::sessions;
use crate::schedule::quota::{BUDGET, DAY};
use crate::visit::writable;

/// What Secrets Manager takes in 24 hours (aws-facts §6).
const QUOTA: usize = 100;
/// The value that Secrets Manager has to refuse.
const REFUSED: &str = "{}";

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
    let (since, until) = (before(now, DAY), after(now, DAY));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_over_the_budget_are_told_before_secrets_manager_refuses_more() {
        let verdicts = [0, BUDGET, BUDGET + 1, QUOTA - 1, QUOTA].map(|written| judge_versions(written, 3).verdict);
        assert_eq!(verdicts, [crate::doctor::Verdict::Well, crate::doctor::Verdict::Well, Warning, Warning, Wrong]);
    }
}
