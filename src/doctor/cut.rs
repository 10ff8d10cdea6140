//! Whether a session really ends with its policy: seen on the user's own account and bucket (aws-facts §15 C).

use jiff::{SignedDuration, Timestamp};

use super::Verdict::{Unknown, Wrong};
use super::roles::ask;
use super::{Finding, amiss};
use crate::aws::Aws;
use crate::aws::sdk::Sdk;
use crate::cadence::SHORTEST_SESSION;
use crate::clock::Clock;
use crate::grant::Secret;

/// How long the session may look at the bucket.
const LIFE: SignedDuration = SignedDuration::from_secs(10);
/// How long it is waited for the end, from when it is due.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
const POLL: SignedDuration = SignedDuration::from_millis(500);
const CHECK: &str = "cut";
const OK: u16 = 200;
/// S3's AccessDenied.
const DENIED: u16 = 403;

/// What is seen of a session that lives for a quarter of an hour and may look at a bucket for seconds.
pub async fn cut(aws: &Sdk, clock: &Clock, secret: &Secret, bucket: &str) -> Finding {
    let now = clock.now();
    let ends = Timestamp::from_second((now + LIFE).as_second()).unwrap_or(now);
    let partition = secret.role_arn.split(':').nth(1).unwrap_or("aws");
    let session = match aws.assume_role(&ask(secret, now, SHORTEST_SESSION, policy(partition, bucket, ends))).await {
        Ok(session) => session,
        Err(trouble) => return amiss(Unknown, CHECK, &trouble),
    };
    let mut last_seen = None;
    loop {
        let asked_at = clock.now();
        match aws.head_bucket(&session.credential, bucket).await {
            Ok(OK) => last_seen = Some(asked_at),
            Ok(DENIED) if last_seen.is_some() => {
                let late = clock.now().duration_since(ends);
                return Finding::well(
                    CHECK,
                    format!(
                        "a session until {} whose policy ends it at {ends} looked at {bucket} until then, and was denied {late:#} \
                         later: AWS ends sessions where windows end",
                        session.expiration
                    ),
                );
            }
            Ok(status) => return unknown(bucket, &format!("HTTP {status}")),
            Err(why) => return unknown(bucket, &why),
        }
        if clock.now() > ends + PATIENCE {
            return Finding::of(
                Wrong,
                CHECK,
                format!("a session whose policy ends it at {ends} still looks at {bucket} {PATIENCE:#} later"),
                "give no access before it is known why: show this to AWS support, and set session_policy = \"off\"",
            );
        }
        clock.sleep(POLL).await;
    }
}

fn unknown(bucket: &str, why: &str) -> Finding {
    let says = format!("whether a session policy ends a session can't be seen: {bucket} can't be looked at ({why})");
    Finding::of(Unknown, CHECK, says, "name a bucket of this region that the role may list (s3:ListBucket)")
}

/// The Deny is the daemon's own; all that is allowed before it is a look.
fn policy(partition: &str, bucket: &str, ends: Timestamp) -> String {
    let ends = ends.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        concat!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:{}:s3:::{}"}},"#,
            r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"{}"}}}}}}]}}"#
        ),
        partition, bucket, ends
    )
}
