//! `credadmin status`, the real binary, against the strict double.

use credadmin::clock::Clock;
use jiff::SignedDuration;
use serde_json::Value;

use crate::harness::{Credadmin, PATIENCE};
use crate::story::Beside;

const OPEN: &str = "from = '2020-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'";
const LATER: &str = "from = '2198-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'";

fn config(window: &str) -> String {
    format!(
        "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'SensitiveS3'\n\
         role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n[grants.g]\nsecret = 's3'\n{window}\n"
    )
}

fn credadmin(aws: &Beside, window: &str) -> Credadmin {
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
    variables.fold(Credadmin::new(&config(window)), |credadmin, (name, value)| credadmin.env(name, value))
}

/// What it prints in both forms, and its exit status, which has to be the same for both.
fn status(credadmin: &Credadmin) -> (String, Value, i32) {
    let text = credadmin.run_to_end(&["status"]);
    let json = credadmin.run_to_end(&["status", "--format", "json"]);
    assert_eq!(text.status, json.status);
    let said = String::from_utf8(text.stdout).expect("text") + &String::from_utf8(text.stderr).expect("text");
    let line = serde_json::from_slice(&json.stdout).expect("one line of JSON");
    (said, line, text.status.code().expect("an exit status"))
}

#[test]
fn an_open_window_without_a_daemon_is_not_as_planned_and_with_one_it_is() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = credadmin(&aws, OPEN);
    let (text, json, code) = status(&credadmin);
    assert!(text.contains("open for g, no session alive; not as planned: the secret has no value yet"), "{text}");
    assert_eq!((&json["as_planned"], &json["version_id"], code), (&Value::Bool(false), &Value::Null, 1));

    let daemon = credadmin.run();
    daemon.wait_for_line("session published", PATIENCE);
    let (text, json, code) = status(&credadmin);
    let version = aws.world.versions("SensitiveS3").pop().expect("a version");
    assert!(text.starts_with("s3 (SensitiveS3): open for g, session until "), "{text}");
    assert!(!text.contains("not as planned"), "{text}");
    assert_eq!(
        (&json["as_planned"], json["version_id"].as_str(), code),
        (&Value::Bool(true), Some(version.version_id.as_str()), 0)
    );
    assert_eq!((&json["grants"][0], &json["trouble"], &json["closes"]), (&"g".into(), &Value::Null, &Value::Null));

    let stranger = aws.world.stranger_puts("SensitiveS3", "by hand").expect("written");
    let (text, _, code) = status(&credadmin);
    assert!(text.contains(&format!("version {stranger} is not credadmin's")), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn a_closed_window_is_as_planned_unless_a_session_lives_on() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = credadmin(&aws, LATER);
    let (text, json, code) = status(&credadmin);
    assert!(text.contains("closed; next: g opens ") && text.contains("2198-01-01"), "{text}");
    assert_eq!((&json["as_planned"], &json["opens"], code), (&Value::Bool(true), &"2198-01-01T00:00:00Z".into(), 0));

    credadmin.rewrite("credadmin.toml", &config(OPEN));
    credadmin.run().wait_for_line("session published", PATIENCE);
    credadmin.rewrite("credadmin.toml", &config(LATER));
    let (text, json, code) = status(&credadmin);
    assert!(text.contains("not as planned: closed, but a session handed out before lives until"), "{text}");
    let until = json["published_until"].as_str().expect("an instant").parse::<jiff::Timestamp>().expect("an instant");
    assert!(until <= Clock::system().now() + SignedDuration::from_hours(1));
    assert_eq!(code, 1);
}

#[test]
fn what_aws_refuses_is_told_with_its_remedy() {
    let aws = Beside::new(&[]);
    let (text, json, code) = status(&credadmin(&aws, OPEN));
    assert!(text.contains("ResourceNotFoundException") || text.contains("AccessDenied"), "{text}");
    assert_eq!((&json["as_planned"], code), (&Value::Bool(false), 1));
    assert!(json["trouble"].as_str().is_some_and(|trouble| trouble.contains("DescribeSecret")), "{json}");
}

#[test]
fn sigusr1_writes_the_same_into_the_journal() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = credadmin(&aws, OPEN);
    let daemon = credadmin.run();
    daemon.wait_for_line("session published", PATIENCE);
    daemon.signal(nix::sys::signal::Signal::SIGUSR1);
    daemon.wait_for_line("status: 1 of 1 secret open", PATIENCE);
    daemon.wait_for_line("status: s3 (SensitiveS3): open for g, session until ", PATIENCE);
}
