//! The sign-in service: a POST that nobody signs, of which the SDK knows nothing (aws-facts §5).
//!
//! What it is sent is a session, and what it answers is a credential: neither is quoted in any trouble.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::http::{self, Reply};
use super::trouble::{Kind, Operation, Trouble};

const PATIENCE: Duration = Duration::from_secs(5);
/// Where the sign-in service is, if not where it is for the role's partition.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_SIGNIN";
/// AWS's own words on a session that it does not take, or on a SessionDuration where there may be none.
const INVALID: &str = "Invalid credentials parameter";
const OPERATION: Operation = Operation::GetSigninToken;

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SigninToken")]
    token: String,
}

/// Where the sign-in service is.
pub fn endpoint(of_partition: &str) -> String {
    std::env::var(ENDPOINT).unwrap_or_else(|_| of_partition.to_owned())
}

/// Makes a sign-in token of the session in `form`, which is posted to `url`.
///
/// # Errors
/// What the service says, or why it does not.
pub async fn token(url: &str, form: &Zeroizing<String>) -> Result<Zeroizing<String>, Trouble> {
    let request = post(url, form).ok_or_else(|| Trouble::new(OPERATION, Kind::Network, "NoURL", &format!("{url} is no URL")))?;
    let reply = http::send(OPERATION, request, PATIENCE).await?;
    read(&reply)
}

fn post(url: &str, form: &str) -> Option<HttpRequest> {
    let mut request = HttpRequest::new(SdkBody::from(form));
    request.set_method("POST").ok()?;
    request.set_uri(url).ok()?;
    request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
    request.headers_mut().insert("content-length", form.len().to_string());
    Some(request)
}

fn read(reply: &Reply) -> Result<Zeroizing<String>, Trouble> {
    let refusal = |kind, message: &str| Err(Trouble::new(OPERATION, kind, &format!("HTTP {}", reply.status), message));
    match reply.status {
        200 => {}
        429 => return refusal(Kind::Throttled, ""),
        400..=499 => {
            let is_known = String::from_utf8_lossy(&reply.body).contains(INVALID);
            return refusal(Kind::Invalid, if is_known { INVALID } else { "" });
        }
        500.. => return refusal(Kind::Server, ""),
        _ => return refusal(Kind::Garbled, "what came is no answer of AWS's"),
    }
    match serde_json::from_slice::<Answer>(&reply.body) {
        Ok(answer) if !answer.token.is_empty() => Ok(Zeroizing::new(answer.token)),
        _ => Err(Trouble::new(OPERATION, Kind::Garbled, "UnreadableAnswer", "the answer holds no sign-in token")),
    }
}
