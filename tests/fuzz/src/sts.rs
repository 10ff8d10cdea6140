//! Whatever answers AssumeRole: a session is taken only if it is whole, lives, and is over with its window; all else is a trouble that
//! says nothing of the credential.

use credadmin::grant::{Name, Span};
use credadmin::session;
use jiff::{SignedDuration, Timestamp};

use crate::troubles::{Scene, between, is_id, readable, secret, tells};

pub const WORDS: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 400 Bad Request\r\n",
    "HTTP/1.1 403 Forbidden\r\n",
    "HTTP/1.1 503 Slow Down\r\n",
    "HTTP/1.0 200 OK\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "x-amzn-RequestId: 1\r\n",
    "\r\n\r\n",
    "<Expiration>2026-12-01T09:00:00Z</Expiration>",
    "<Expiration>2026-12-01T09:30:00Z</Expiration>",
    "<SecretAccessKey>canarysecret</SecretAccessKey>",
    "<SessionToken>canarytoken</SessionToken>",
    "<AccessKeyId>ASIA</AccessKeyId>",
    "<Credentials>",
    "</Credentials>",
    "<PackedPolicySize>99</PackedPolicySize>",
    "<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
    "<Code>Throttling</Code>",
    "<Code>ExpiredToken</Code>",
    "ValidationError",
    "exceeds the MaxSessionDuration set for this role",
    "1 hour session limit for roles assumed by role chaining",
    "SignatureDoesNotMatch",
    "Signature expired",
    "The Canonical String",
    "2026-12-01T08:29:59Z",
    "2026-12-01T08:45:00Z",
    "2026-12-01T09:00:01Z",
    "2026-12-01T09:35:00Z",
    "9999-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z",
    "<![CDATA[",
    "<!--",
    "&amp;",
    "&#27;",
    "&lt;",
    "\u{1b}",
    "\u{0}",
];

/// An answer to AssumeRole, as it is on the wire.
pub fn run(data: &[u8]) {
    let scene = Scene::get();
    let answer = data.to_vec();
    scene.services.answers(move |_| answer.clone());
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    let life = Span { opens: at("2026-12-01T08:00:00Z"), closes: at("2026-12-01T09:00:00Z") };
    // By the first letter, so that it can be chosen.
    let secret = secret(data.first() == Some(&b'H'));
    let grants = [Name::parse("g").expect("a name")];
    let before = scene.clock.now();
    let issued = scene.runtime.block_on(session::issue(&scene.sdk, &scene.clock, &secret, &grants, life));
    let text = String::from_utf8_lossy(data);
    let marks = [("<SecretAccessKey>", "</SecretAccessKey>"), ("<SessionToken>", "</SessionToken>")];
    // What stands in a header is no secret. Line ends before it count for nothing.
    let text = text.trim_start_matches(['\r', '\n']);
    let blank = ["\n\r\n", "\n\n"].into_iter().filter_map(|line| text.find(line)).min();
    let (head, body) = text.split_at(blank.unwrap_or(0));
    let (secrets, open) = between(body, &marks);
    let open = head.to_owned() + &open;
    match issued {
        Err(trouble) => readable(&trouble, &secrets, &open),
        Ok(session) => {
            assert!(session.ends <= life.closes, "{session:?} outlives its window");
            assert!(session.ends > before && !session.credential.is_incomplete() && is_id(session.request_id.as_deref()));
            assert!(session.credential.access_key_id.chars().all(|c| c.is_ascii_graphic()), "{session:?}");
            let shown = format!("{session:?}");
            assert!(!tells(&shown, &secrets, &open), "{shown}");
            // What the session policy does not end, its own end does.
            let latest = if secret.session_policy { life.closes + SignedDuration::from_secs(400) } else { life.closes };
            if let Some(ends) = told_end(body) {
                assert!(ends <= latest, "AWS says that it lives until {ends}");
            }
        }
    }
}

/// The one end that an answer tells, where it is plain which that is.
fn told_end(body: &str) -> Option<Timestamp> {
    let is_plain = body.matches("Expiration").count() == 2 && !body.contains("<!");
    body.split("<Expiration>").nth(1)?.split("</Expiration>").next()?.trim().parse().ok().filter(|_| is_plain)
}
