//! What comes from others: a request, and the value of a secret. And what tells one session from others.

use credadmin::cadence::Cadence;
use credadmin::consumer::{form, judge::Held};
use credadmin::grant::{Name, Secret, Span};
use credadmin::requests::Request;
use credadmin::schedule::token::token;
use credadmin::schedule::verdict::{Staged, Verdict, Wanted, judge};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::now;

/// A secret, and what DescribeSecret says of it: the session before is what readers get.
pub fn described() -> (Secret, Staged) {
    let secret = Secret {
        name: Name::parse("s").expect("a name"),
        secret_id: "SensitiveS3".into(),
        role_arn: "arn:aws:iam::123456789012:role/SensitiveS3Access".into(),
        cadence: Cadence::new("s", SignedDuration::from_mins(60), SignedDuration::from_mins(20), true),
        session_policy: true,
        source_identity: None,
        tags: [("team".into(), "finance".into())].into(),
        external_id: None,
    };
    let hour = SignedDuration::from_hours(1);
    let staged = Staged { current: Some(token(&secret, now(), None)), others: vec![token(&secret, now() - hour, None)] };
    (secret, staged)
}

/// What is to be done so that the next session is in it: whether it is to be published.
pub fn verdict((secret, staged): &(Secret, Staged)) -> bool {
    let ends = now() + SignedDuration::from_mins(40);
    matches!(judge(secret, Wanted { ends, is_last: false }, now(), staged, None), Verdict::Publish { .. })
}

/// The text of a request.
pub fn request() -> String {
    let hours = SignedDuration::from_hours(10);
    let request = Request {
        secret: Name::parse("sensitive-s3").expect("a name"),
        window: Span { opens: now(), closes: now() + hours },
        reason: "the figures of the \"quarter\", as the auditors have asked for".into(),
        ticket: Some("OPS-4711".into()),
        asked: now() - hours,
    };
    request.text()
}

/// Reads it.
pub fn parse(text: &str) -> Request {
    Request::parse(text).expect("a good request")
}

/// What Secrets Manager answered, an hour before the session in it ends.
pub fn held() -> Held {
    let (key, token) = ("k".repeat(40), "t".repeat(800));
    let value = format!(
        "{{\"sessionId\":\"ASIAEXAMPLEEXAMPLE00\",\"sessionKey\":\"{key}\",\"sessionToken\":\"{token}\",\
         \"expiration\":\"2026-12-01T09:00:00Z\",\"role_arn\":\"arn:aws:iam::123456789012:role/SensitiveS3Access\",\
         \"grants\":[\"quarter-end\"],\"issued_at\":\"2026-12-01T08:00:00Z\"}}"
    );
    Held { read_at: now(), value: Some(Zeroizing::new(value.into_bytes())) }
}

/// What the container endpoint answers of it.
pub fn answer(held: &Held) -> Zeroizing<String> {
    form::container(&held.judge(now()).expect("a session"))
}
