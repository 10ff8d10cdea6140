//! Of several notifiers one sends each message: the one that makes its object in S3.

use super::deliver::Office;
use super::message::Message;
use crate::schedule::backoff::{Pace, wait};

/// How often it is tried; then the message goes all the same: twice is better than never.
const TRIES: u32 = 4;

/// What came of it.
pub enum Claimed {
    /// This notifier sends it.
    Ours,
    /// Another does.
    Theirs,
    /// That can't be known.
    Unknown(String),
}

/// Claims a message. `begun` is whether it may have been claimed before by this very notifier, which then did not get to send it.
pub async fn claim(office: &Office, message: &Message, begun: bool) -> Claimed {
    let Some(claims) = &message.orders.telling.claims else { return Claimed::Ours };
    let key = format!("{}/{}", claims.prefix, message.key);
    let mut failures = 0;
    loop {
        let body = format!("{}\n", serde_json::json!({ "host": message.notice.host, "event": message.notice.news.name() }));
        match office.aws.claim(&claims.bucket, &key, &body).await {
            Ok(true) => return Claimed::Ours,
            // A try that got no answer may have made it, and so may one before this process.
            Ok(false) if begun || failures > 0 => return Claimed::Ours,
            Ok(false) => return Claimed::Theirs,
            Err(trouble) => {
                failures += 1;
                if failures == TRIES || (trouble.kind.pace() != Pace::Soon && trouble.code != "ConditionalRequestConflict") {
                    let (bucket, remedy) = (&claims.bucket, claim_remedy(&trouble));
                    return Claimed::Unknown(format!("no claim in s3://{bucket}/{}: {trouble}; {remedy}", claims.prefix));
                }
                office.clock.sleep(wait(Pace::Soon, failures, fastrand::f64())).await;
            }
        }
    }
}

fn claim_remedy(trouble: &crate::aws::trouble::Trouble) -> &'static str {
    match trouble.code.as_str() {
        "NoSuchBucket" => "create the bucket in the region of the config, or correct notify.claims",
        "AccessDenied" => "allow s3:PutObject on these keys to the instance role: credadmin policies",
        "PermanentRedirect" | "HTTP 301" => "the bucket of notify.claims has to be in the region of the config",
        _ => trouble.remedy(),
    }
}
