//! Whatever the metadata service answers: a call to AWS is signed with the key that it told, or is a trouble that says nothing of it.

use std::sync::{Arc, Mutex, OnceLock};

use credadmin::aws::Aws;
use credadmin::aws::metadata::Unanswered;
use credadmin::aws::sdk::Sdk;
use credadmin::aws::trouble::Kind;

use crate::troubles::{Scene, between, connection, endpoints, readable, tells};
use crate::wire::{Wire, well_formed};

pub const WORDS: &[&str] = &[
    "\n---\n",
    "200 token",
    "200 credadmin",
    "404 ",
    "403 ",
    "400 ",
    "200 {\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"ASIAFUZZ\",\"SecretAccessKey\":\"canarysecret\",\"Token\":\"canarytoken\",\"LastUpdated\":\"2026-12-01T08:00:00Z\",\"Expiration\":\"2026-12-01T14:00:00Z\"}",
    "\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the role\"",
    "\"Code\":\"Failed\",",
    "\"AccessKeyId\":\"ASIAFUZZ\",",
    "\"SecretAccessKey\":\"canarysecret\",",
    "\"Token\":\"canarytoken\",",
    "\"Expiration\":\"2026-12-01T14:00:00Z\"",
    "\"AccountId\":\"123456789012\",",
    "2026-12-01T08:29:59Z",
    "1969-12-31T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "<html>",
    "../../x",
    "a b",
    "%2e%2e",
    "\\u001b",
    "\u{1b}",
    "\u{0}",
    "ü",
    "null",
    "{",
    "}",
    "i-0123456789abcdef0",
];

static METADATA: OnceLock<Wire> = OnceLock::new();

/// Up to four answers of a status and a body, with `---` between: to the token, the role, its credentials, and all else.
pub fn run(data: &[u8]) {
    let scene = Scene::get();
    let text = String::from_utf8_lossy(data).into_owned();
    let answers: Vec<Vec<u8>> = text.split("\n---\n").enumerate().map(|(i, text)| answer(i == 0, text)).collect();
    let of = move |request: &str| {
        let answer = |i: usize| answers.get(i).cloned().unwrap_or_else(|| well_formed("404", ""));
        match request.split(' ').nth(1).unwrap_or_default() {
            "/latest/api/token" => answer(0),
            "/latest/meta-data/iam/security-credentials/" => answer(1),
            path if path.starts_with("/latest/meta-data/iam/security-credentials/") => answer(2),
            _ => answer(3),
        }
    };
    let metadata = METADATA.get_or_init(|| Wire::new(|_| Vec::new()));
    metadata.answers(of);
    let signed = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&signed);
    scene.services.answers(move |request| {
        request.clone_into(&mut seen.lock().expect("nobody panics with it"));
        well_formed("200", "{\"ARN\":\"arn:aws:secretsmanager:eu-central-1:123456789012:secret:S-abcdef\"}")
    });
    let (told, described) = scene.runtime.block_on(async {
        let sdk = Sdk::at(endpoints(&scene.services, metadata), scene.clock.clone(), &connection()).await;
        (sdk.metadata().await, sdk.describe_secret("S").await)
    });
    let (secrets, open) = between(&text, &[("\"SecretAccessKey\":\"", "\""), ("\"Token\":\"", "\"")]);
    match described {
        Ok(_) => {
            let request = signed.lock().expect("nobody panics with it").clone();
            let key = request.split("Credential=").nth(1).and_then(|rest| rest.split('/').next()).expect("it is signed");
            assert!(!key.is_empty() && (text.contains(key) || text.contains('\\')), "signed with {key}");
        }
        Err(trouble) => {
            assert_eq!(trouble.kind, Kind::NoCredentials, "{trouble}");
            readable(&trouble, &secrets, &open);
        }
    }
    match told {
        Ok(told) => {
            assert!(told.role.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)), "{told:?}");
            assert!(!told.instance.is_some_and(|id| id.contains(char::is_control)), "an instance of control characters");
        }
        Err(Unanswered::Off) => {}
        Err(Unanswered::Unreachable(why) | Unanswered::NoToken(why) | Unanswered::NoRole(why)) => {
            assert!(!tells(&why, &secrets, &open), "{why}");
        }
    }
}

/// Only statuses that the SDK does not ask about again a second later.
fn answer(is_token: bool, text: &str) -> Vec<u8> {
    let (status, body) = text.split_once(' ').unwrap_or(("200", text));
    let statuses: &[&str] = if is_token { &["200"] } else { &["200", "400", "403"] };
    well_formed(if statuses.contains(&status) { status } else { "404" }, body)
}
