//! Seeing access end: a bucket, looked at with the session that readers had, until AWS says no.

use jiff::{SignedDuration, Timestamp};

use crate::aws::admin::Admin;
use crate::clock::Clock;
use crate::consumer::Session;
use crate::consumer::value::{self, Content};
use crate::credential::Credential;
use crate::grant::Secret;
use crate::tries::again;

/// How long it is waited for: IAM takes "a few minutes" to spread a policy (aws-facts §4).
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// How often it is looked.
const EVERY: SignedDuration = SignedDuration::from_secs(2);

/// A session that sees a bucket, for now.
pub struct Probe<'a> {
    session: Credential,
    bucket: &'a str,
}

/// Takes the session out of a secret, before it goes, and looks whether it sees the bucket.
///
/// # Errors
/// Why nothing can be seen with it, in words.
pub async fn probe<'a>(aws: &impl Admin, clock: &Clock, secret: &Secret, bucket: &'a str) -> Result<Probe<'a>, String> {
    let value = again(clock, async || aws.current_value(&secret.secret_id).await).await.map_err(|trouble| trouble.to_string())?;
    let Some(Ok(Content::Session(Session { credential: session, .. }))) = value.as_deref().map(|value| value::read(value)) else {
        return Err(format!("there is no session in {}", secret.name));
    };
    match aws.sees_bucket(&session, bucket).await? {
        200 => Ok(Probe { session, bucket }),
        status => Err(format!("HeadBucket of {bucket} with the session of {} is answered with {status} already", secret.name)),
    }
}

impl Probe<'_> {
    /// Waits until AWS denies the bucket to the session; answers with when that was seen.
    ///
    /// # Errors
    /// What was seen instead, in words.
    pub async fn watch(&self, aws: &impl Admin, clock: &Clock) -> Result<Timestamp, String> {
        let until = clock.elapsed().after(PATIENCE);
        loop {
            let seen = aws.sees_bucket(&self.session, self.bucket).await;
            // 400 is what S3 says of a session that has expired (aws-facts §7).
            if let Ok(400 | 401 | 403) = seen {
                return Ok(clock.now());
            }
            if clock.elapsed().since(until) >= SignedDuration::ZERO {
                let seen = seen.map_or_else(|why| format!("no answer: {why}"), |status| format!("status {status}"));
                return Err(format!("HeadBucket of {} with the old session: {seen}, {PATIENCE:#} after the Deny", self.bucket));
            }
            clock.sleep(EVERY).await;
        }
    }
}
