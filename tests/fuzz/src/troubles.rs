//! What every trouble with AWS has to be, and the scene in which there is some.

use std::sync::OnceLock;

use credadmin::aws::sdk::{Endpoints, Sdk};
use credadmin::aws::trouble::{Kind, Trouble};
use credadmin::aws::{Connection, Credentials};
use credadmin::cadence::Cadence;
use credadmin::clock::Clock;
use credadmin::grant::{Name, Secret};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::{Builder, Runtime};

use crate::wire::{Wire, well_formed};

/// The longest that a line of the journal may say.
const LONGEST: usize = 1000;

/// A client of the SDK's, the services that it asks, and a clock that shows the same time at each run.
pub struct Scene {
    pub runtime: Runtime,
    pub clock: Clock,
    pub services: Wire,
    pub sdk: Sdk,
}

impl Scene {
    /// The one of this process, at nine o'clock.
    pub fn get() -> &'static Self {
        static SCENE: OnceLock<Scene> = OnceLock::new();
        let scene = SCENE.get_or_init(|| {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            let clock = Clock::bent(now(), 1);
            let services = Wire::new(|_| Vec::new());
            let metadata = Wire::new(healthy);
            let sdk = runtime.block_on(Sdk::at(endpoints(&services, &metadata), clock.clone(), &connection()));
            Self { runtime, clock, services, sdk }
        });
        scene.clock.step(now().duration_since(scene.clock.now()));
        scene
    }
}

pub fn now() -> Timestamp {
    "2026-12-01T08:30:00Z".parse().expect("an instant")
}

pub fn endpoints(services: &Wire, metadata: &Wire) -> Endpoints {
    Endpoints { services: Some(services.url.clone()), metadata: Some(metadata.url.clone()) }
}

pub fn connection() -> Connection {
    Connection { region: Some("eu-central-1".into()), credentials: Credentials::InstanceRole, profile: None }
}

pub fn secret(session_policy: bool) -> Secret {
    let (session, lead) = (SignedDuration::from_hours(1), SignedDuration::from_mins(20));
    Secret {
        name: Name::parse("s").expect("a name"),
        secret_id: "S".into(),
        role_arn: "arn:aws:iam::123456789012:role/S".into(),
        cadence: Cadence::new("s", session, lead, session_policy),
        session_policy,
        source_identity: None,
        tags: [].into(),
        external_id: None,
    }
}

/// A metadata service with nothing wrong.
pub fn healthy(request: &str) -> Vec<u8> {
    match request.split(' ').nth(1).unwrap_or_default() {
        "/latest/api/token" => well_formed("200", "token"),
        "/latest/meta-data/iam/security-credentials/" => well_formed("200", "credadmin"),
        "/latest/meta-data/iam/security-credentials/credadmin" => well_formed("200", CREDENTIALS),
        _ => well_formed("404", ""),
    }
}

const CREDENTIALS: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"k","Token":"t","LastUpdated":"2026-12-01T08:00:00Z","Expiration":"2026-12-01T14:00:00Z"}"#;

/// Sorted, of a readable length, and without what a terminal would obey; and none of `secrets` in it, unless that is told in `open`
/// too.
pub fn readable(trouble: &Trouble, secrets: &[&str], open: &str) {
    let (told, shown) = (trouble.to_string(), format!("{trouble:?}"));
    assert!(told.chars().count() <= LONGEST, "{} characters: {told}", told.chars().count());
    assert!(!told.contains(char::is_control), "{told:?}");
    assert!(!trouble.remedy().is_empty() && trouble.kind != Kind::Exists || trouble.code == "ResourceExistsException");
    assert!(is_id(trouble.request_id.as_deref()), "{shown}");
    assert!(!tells(&told, secrets, open) && !tells(&shown, secrets, open), "a secret is told: {shown}");
}

/// Whether it is fit to be told as AWS's id of a request, if there is one.
pub fn is_id(request_id: Option<&str>) -> bool {
    request_id.is_none_or(|id| id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

/// Whether a text tells one of these secrets, and not because that is told in `open` too. Whatever the text is compared with, libFuzzer
/// tries as a secret; so only those with a canary in them are, which no text of ours has.
pub fn tells(text: &str, secrets: &[&str], open: &str) -> bool {
    secrets.iter().any(|secret| secret.contains("canary") && !open.contains(secret) && text.contains(secret))
}

/// What stands between two marks, each time; and the text without it.
pub fn between<'a>(text: &'a str, marks: &[(&str, &str)]) -> (Vec<&'a str>, String) {
    let mut rest = text.to_owned();
    let mut found = Vec::new();
    for (begin, end) in marks {
        for part in text.split(begin).skip(1) {
            let inside = part.split(end).next().unwrap_or_default();
            rest = rest.replace(&format!("{begin}{inside}"), "");
            found.push(inside);
        }
    }
    (found, rest)
}
