//! The rooms between the plan and AWS, each by itself: what `session`, `vault` and the error table make of an answer, to the
//! boundary. The stories of `faults` tell what the daemon makes of them.

mod session;
mod trouble;
mod vault;

use std::collections::VecDeque;
use std::sync::Mutex;

use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use credadmin::cadence::Cadence;
use credadmin::clock::Clock;
use credadmin::credential::Credential;
use credadmin::grant::{Name, Secret};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

const START: &str = "2026-12-01T08:00:00Z";

/// AWS that says what it was told to say, and writes down what it was asked.
struct Scripted {
    clock: Clock,
    /// How long AssumeRole takes.
    takes: SignedDuration,
    sessions: Mutex<VecDeque<Answer>>,
    receipts: Mutex<VecDeque<Result<Receipt, Trouble>>>,
    asked: Mutex<Vec<Ask>>,
    put: Mutex<Vec<[String; 3]>>,
}

impl Scripted {
    /// On a clock that shows [`START`].
    fn new() -> Self {
        Self {
            clock: Clock::bent(at(START), 1),
            takes: SignedDuration::ZERO,
            sessions: Mutex::default(),
            receipts: Mutex::default(),
            asked: Mutex::default(),
            put: Mutex::default(),
        }
    }
}

impl Aws for Scripted {
    async fn describe_secret(&self, _: &str) -> Result<Description, Trouble> {
        unreachable!("these rooms do not look")
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        self.asked.lock().unwrap().push(ask.clone());
        self.clock.sleep(self.takes).await;
        Ok(self.sessions.lock().unwrap().pop_front().expect("one answer each"))
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        self.put.lock().unwrap().push([secret_id.into(), version_id.into(), value.to_string()]);
        self.receipts.lock().unwrap().pop_front().expect("one receipt each")
    }

    fn connect(&self, _: &Connection) {}

    async fn renew(&self) {}
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many milliseconds after [`START`].
fn after(milliseconds: i64) -> Timestamp {
    at(START) + SignedDuration::from_millis(milliseconds)
}

fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| Name::parse(text).unwrap()).collect()
}

fn credential(parts: [&str; 3]) -> Credential {
    let [access_key_id, secret_access_key, session_token] = parts.map(str::to_owned);
    let (secret_access_key, session_token) = (Zeroizing::new(secret_access_key), Zeroizing::new(session_token));
    Credential { access_key_id, secret_access_key, session_token }
}

/// A secret with sessions of an hour, and all that can be asked for beside.
fn secret(session_policy: bool) -> Secret {
    let (hour, lead) = (SignedDuration::from_hours(1), SignedDuration::from_mins(20));
    Secret {
        name: Name::parse("s").unwrap(),
        secret_id: "S".into(),
        role_arn: "arn:aws:iam::123456789012:role/SAccess".into(),
        cadence: Cadence::new("s", hour, lead, session_policy),
        session_policy,
        source_identity: Some("credadmin".into()),
        tags: [("team".into(), "billing".into())].into(),
        external_id: Some("x-1".into()),
    }
}
