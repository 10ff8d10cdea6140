//! A grant as its people live it, on the package: the account is what `credadmin policies` says and nothing else, somebody asks,
//! somebody else approves, both are told, an application and a browser get in, and in the end nobody does, and the record says so.

mod people;
mod served;

use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;
use strict_aws::{ApiError, Caller};

use super::journald::Stopped;
use crate::account::{CANARY, SECRET};
use crate::host::{Host, UNIT, in_seconds};
use people::{ALICE, BOB, OTHER, Scene};
pub use served::the_consumers_unit_hands_the_session_to_who_has_the_token;

/// So long is the window that is seen to its end: there is time for its people to get in, and no more.
const SHORT: i64 = 45;

pub fn from_the_request_to_the_record(host: &Host) {
    let began = Clock::system().now();
    let scene = Scene::set(host);

    let id = scene.ask("sensitive-s3", &["--for", &format!("{SHORT}s")]);
    let refused = scene.decide(ALICE, &["approve", &id, "--yes"]);
    assert!(!refused.status.success(), "whoever asks does not approve");
    assert_eq!(host.account.versions(SECRET).len(), 0, "nothing is open before somebody else approves");
    assert!(scene.decide(BOB, &["approve", &id, "--yes"]).status.success());
    host.wait_for_versions(SECRET, 1);
    let closes = host.wait_for_entry("window opened").field("EXPIRATION").parse::<Timestamp>().expect("an end");
    for news in ["requested", "approved", "open"] {
        scene.wait_for_mail(news, &[ALICE, BOB]);
    }

    let app = scene.application(SECRET).expect("open");
    assert_eq!(scene.reads(&app), Ok(b"a,b".to_vec()));
    let url = scene.decide("root", &["console", "sensitive-s3"]);
    let url = String::from_utf8(url.stdout).expect("text");
    assert!(url.contains("Action=login") && url.contains("SigninToken="), "no URL to sign in with");

    host.wait_until("end of the window", || Clock::system().now() >= closes);
    let error = scene.reads(&app).expect_err("over");
    assert_eq!(error.status, 403, "the session policy denies every call from the end on, whatever STS's 900 s say: {error:?}");
    let closed = scene.application(SECRET).expect_err("closed");
    assert!(closed.contains("closed since"), "{closed}");
    host.wait_for_entry("window closed");
    scene.wait_for_mail("ended", &[ALICE, BOB]);

    let record = scene.record(began);
    let row = record.iter().find(|row| row["grant"] == id.as_str()).unwrap_or_else(|| panic!("no {id} in {record:#?}"));
    assert_eq!((&row["requested_by"], &row["approved_by"], &row["ticket"]), (&ALICE.into(), &BOB.into(), &"OPS-1234".into()));
    let key = row["access_key_id"].as_str().expect("a key id");
    assert_eq!(host.account.world.live_end(key), Some(closes), "what AWS says of the key in the record");
    scene.holds_no_secret();
}

pub fn revoked_before_its_end(host: &Host) {
    let began = Clock::system().now();
    let scene = Scene::set(host);
    // Longer than a session, so that there is a refresh: every minute, with sessions of 16 minutes.
    let long = scene.open("sensitive-s3", 1100);
    host.wait_for_versions(SECRET, 1);
    let first = scene.application(SECRET).expect("open");
    host.wait_for_versions(SECRET, 2);
    let second = scene.application(SECRET).expect("open");
    assert_ne!(first, second, "readers get the refreshed session");

    // Ten minutes and a little, so that its people are reminded at once.
    scene.open("other", 610);
    host.wait_for_entry("window ends in 10 min");
    scene.wait_for_mail("ends", &[ALICE, BOB]);

    let revoked = scene.revoke(&["sensitive-s3", "--yes", "--reason", "laptop stolen"]);
    let said = format!("{}{}", String::from_utf8_lossy(&revoked.stdout), String::from_utf8_lossy(&revoked.stderr));
    assert!(revoked.status.success(), "{said}");
    for app in [&first, &second] {
        let error = scene.reads(app).expect_err("revoked");
        assert_eq!((error.status, error.code.as_str()), (403, "AccessDenied"));
    }
    let closed = scene.application(SECRET).expect_err("closed");
    assert!(closed.contains("laptop stolen"), "{closed}");
    scene.wait_for_mail("revoked", &[ALICE, BOB]);
    // The other secret has the same role, and its grant goes on: a fresh session follows, at once if somebody says so.
    host.systemctl(&["reload", UNIT]);
    let fresh = host.wait_for("fresh session", || scene.application(OTHER).ok());
    assert!(scene.reads(&fresh).is_ok());

    let record = scene.record(began);
    let rows: Vec<&Value> = record.iter().filter(|row| row["grant"] == long.as_str()).collect();
    assert!(rows.len() >= 2 && rows.iter().all(|row| row["ticket"] == "OPS-1234"), "{record:#?}");
    assert!(rows.iter().all(|row| row["ended_by"] == "revoked"), "{rows:#?}");
    scene.holds_no_secret();
}

pub fn whoever_asks_is_known_to_a_busy_journal(host: &Host) {
    let scene = Scene::set(host);
    let mut asking = {
        let _stopped = Stopped::new();
        let mut asking = scene.asking("sensitive-s3", &["--for", "45s"]).spawn().expect("credadmin");
        thread::sleep(Duration::from_millis(500));
        assert!(asking.try_wait().expect("its status").is_none(), "it is gone before journald knows its program");
        asking
    };
    assert!(asking.wait().expect("its end").success());
    // What journald does not know the program of nobody is told of.
    scene.wait_for_mail("requested", &[ALICE, BOB]);

    let stuck = Stopped::new();
    let asked = scene.asking("other", &["--for", "45s"]).output().expect("credadmin");
    drop(stuck);
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success() && said.contains("the journal can't be reached") && said.contains("taken it in"), "{said}");
}

/// What an application has of a session.
#[derive(Debug, PartialEq, Eq)]
struct Keys {
    id: String,
    token: String,
}

impl Scene<'_> {
    /// What S3 says to who reads the report with them.
    fn reads(&self, keys: &Keys) -> Result<Vec<u8>, ApiError> {
        let caller = Caller::new(&keys.id, Some(&keys.token));
        self.host.account.world.get_object(&caller, "sensitive-bucket", "report.csv")
    }

    /// Asks and approves: the window is open from now on, for so many seconds. Answers with the grant's name.
    fn open(&self, secret: &str, seconds: i64) -> String {
        let id = self.ask(secret, &["--until", &in_seconds(seconds).to_string()]);
        assert!(self.decide(BOB, &["approve", &id, "--yes"]).status.success());
        id
    }

    /// Nothing of a session is in the journal, whoever wrote there, or in the mail.
    fn holds_no_secret(&self) {
        let journal = self.host.journal.ctl(&["--all", "--output=export"]);
        assert!(!String::from_utf8_lossy(&journal).contains(CANARY), "a secret part of a session is in the journal");
        assert!(self.host.account.world.mails().iter().all(|mail| !format!("{mail:?}").contains(CANARY)));
    }

    /// Who had access since then, by the record.
    fn record(&self, since: Timestamp) -> Vec<Value> {
        let said = self.decide("root", &["audit", "--from", &since.to_string(), "--format", "json"]);
        let text = String::from_utf8(said.stdout).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Whoever reads the secret, as AWS knows them; or why they get nothing.
    fn application(&self, secret_id: &str) -> Result<Keys, String> {
        let output = self.consume(secret_id);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => {
                let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
                let text = |key: &str| answer[key].as_str().expect("text");
                Ok(Keys { id: text("AccessKeyId").to_owned(), token: text("SessionToken").to_owned() })
            }
            code => {
                assert_eq!((code, &output.stdout[..]), (Some(75), &b""[..]), "{said}");
                Err(said)
            }
        }
    }
}
