//! From a session to the secret: the JSON that readers get, and PutSecretValue to AWS Secrets Manager.

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::aws::trouble::Trouble;
use crate::aws::{Aws, Receipt};
use crate::credential::json;
use crate::grant::{Name, Secret};
use crate::session::Session;

/// How often an ambiguous PutSecretValue is sent again as it is, which is a no-op where the first one arrived (aws-facts §6).
const SENDS: u32 = 2;

/// The value of the secret: the three keys that readers have always used, then what lets them know more.
#[derive(Serialize)]
struct Value<'a> {
    #[serde(rename = "sessionId")]
    session_id: &'a str,
    #[serde(rename = "sessionKey")]
    session_key: &'a str,
    #[serde(rename = "sessionToken")]
    session_token: &'a str,
    expiration: String,
    role_arn: &'a str,
    grants: Vec<&'a str>,
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_next: Option<String>,
}

/// What readers are told beside the session.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// For which grants it is.
    pub grants: &'a [Name],
    /// When the next window opens, if this is the last session before it.
    pub opens_next: Option<Timestamp>,
}

/// Publishes `session` in `secret` as `version_id`. It is sent again only while it is `in_time`.
///
/// # Errors
/// What Secrets Manager says to the last send.
pub async fn publish(
    aws: &impl Aws,
    secret: &Secret,
    told: Told<'_>,
    session: &Session,
    version_id: &str,
    in_time: impl Fn() -> bool,
) -> Result<Receipt, Trouble> {
    let value = value(secret, told, session);
    let mut sends = 1;
    loop {
        match aws.put_secret_value(&secret.secret_id, version_id, &value).await {
            Err(trouble) if trouble.is_ambiguous() && sends < SENDS && in_time() => sends += 1,
            answer => return answer,
        }
    }
}

fn value(secret: &Secret, told: Told<'_>, session: &Session) -> Zeroizing<String> {
    let value = Value {
        session_id: &session.credential.access_key_id,
        session_key: &session.credential.secret_access_key,
        session_token: &session.credential.session_token,
        expiration: rfc3339(session.ends),
        role_arn: &secret.role_arn,
        grants: told.grants.iter().map(Name::as_str).collect(),
        issued_at: rfc3339(session.issued_at),
        opens_next: told.opens_next.map(rfc3339),
    };
    json(&value)
}

fn rfc3339(t: Timestamp) -> String {
    t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
