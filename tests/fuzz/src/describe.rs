//! Whatever answers DescribeSecret: a trouble that can be read, or a description from which follows nothing that was published
//! already.

use credadmin::aws::Aws;
use credadmin::schedule::token;
use credadmin::schedule::verdict::{Verdict, Wanted, Written, judge};
use jiff::Timestamp;

use crate::troubles::{Scene, now, readable, secret};

pub const WORDS: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 400 Bad Request\r\n",
    "HTTP/1.1 500 Oops\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "Transfer-Encoding: chunked\r\n",
    "x-amzn-RequestId: 1\r\n",
    "x-amzn-ErrorType: ResourceNotFoundException\r\n",
    "\r\n\r\n",
    "\"ARN\":\"arn:aws:secretsmanager:eu-central-1:123456789012:secret:S-abcdef\",",
    "\"VersionIdsToStages\":{\"v\":[\"AWSCURRENT\"]},",
    "\"AWSPREVIOUS\"",
    "\"AWSCURRENT\"",
    "\"DeletedDate\":1796112000.5,",
    "\"DeletedDate\":-1e300,",
    "\"RotationEnabled\":true,",
    "\"OwningService\":\"rds\",",
    "\"__type\":\"AccessDeniedException\",",
    "\"message\":\"no\"",
    "\"Message\":\"You can't perform this operation on the secret because it was marked for deletion.\"",
    "credadmin-20261201T090000Z-0123456789abcdef0123456789abcdef",
    "credadmin-closed-20261201T083000Z-0123456789abcdef01234567",
    "PLANNED",
    "OVER",
    "null",
    "[]",
    "{",
    "}",
    "1e999",
    "\\u001b",
    "\\ud800",
    "\u{0}",
];

/// An answer to DescribeSecret, as it is on the wire, in which PLANNED is the version that is planned, and OVER the one that takes
/// the place of a stranger's `v`.
pub fn run(data: &[u8]) {
    let scene = Scene::get();
    let secret = secret(true);
    let ends: Timestamp = "2026-12-01T09:00:00Z".parse().expect("an instant");
    let (planned, over) = (token::token(&secret, ends, None), token::token(&secret, ends, Some("v")));
    let answer = match std::str::from_utf8(data) {
        Ok(text) => text.replace("PLANNED", &planned).replace("OVER", &over).into_bytes(),
        Err(_) => data.to_vec(),
    };
    scene.services.answers(move |_| answer.clone());
    let description = match scene.runtime.block_on(scene.sdk.describe_secret("S")) {
        Ok(description) => description,
        Err(trouble) => return readable(&trouble, &[], ""),
    };
    let staged = &description.staged;
    let listed = |version: &String| staged.current.as_ref() == Some(version) || staged.others.contains(version);
    let is_last = data.len().is_multiple_of(2);
    for written in [None, Some((planned.clone(), true)), Some((planned.clone(), false)), Some((over, true))] {
        let written = written.map(|(version_id, shows)| Written { version_id, shows });
        match judge(&secret, Wanted { ends, is_last }, now(), staged, written.as_ref()) {
            Verdict::InPlace => {
                let current = staged.current.as_ref().expect("something is in place");
                assert_eq!(token::ends(current), Some(ends), "{current} is in place");
            }
            Verdict::Publish { version_id } => {
                assert!((32..=64).contains(&version_id.len()) && token::ends(&version_id) == Some(ends));
                assert!(!listed(&version_id), "{version_id} is there already: {staged:?}");
                assert!(written.is_none_or(|written| written.version_id != version_id), "{version_id} was written already");
            }
            Verdict::Superseded { planned } | Verdict::Unseen { planned } => assert_eq!(token::ends(&planned), Some(ends)),
        }
    }
}
