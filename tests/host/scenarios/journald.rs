//! The journal: what it can be searched by, what may never be in it, and that nothing waits for it.

use std::process::Command;

use serde_json::Value;
use strict_aws::{Caller, Operation};

use super::faults::is_in_the_table;
use crate::account::{CANARY, SECRET};
use crate::host::{Host, SOON, UNIT, grant, in_seconds, main_file, open};

pub fn the_fields_join_the_journal_to_what_aws_recorded(host: &Host) {
    let ends = in_seconds(SOON);
    let papers = "requested_by = 'jane.doe'\napproved_by = 'john.roe'\nreason = 'figures'\nticket = 'OPS-1234'\n";
    let without_policy = main_file("").replace("SensitiveS3'", "SensitiveOther'").replace("sensitive-s3", "other");
    host.account.world.create_secret("SensitiveOther", None);
    let granted = grant("quarter-end", "sensitive-s3", in_seconds(-60), ends) + papers;
    let other = without_policy.replace("region = 'eu-central-1'\n", "") + "session_policy = 'off'\n";
    host.write("credadmin.toml", main_file(&(granted + &other)));
    host.start();
    let published = host.wait_for_entry("session published");
    let session = host.account.world.sessions().pop().expect("a session");
    let value = host.account.value(SECRET);
    let wanted = [
        ("MESSAGE_ID", "c16bf542b0ff72d1975c3f8edf7f136e"),
        ("PRIORITY", "6"),
        ("GRANT", "quarter-end"),
        ("SECRET", "sensitive-s3"),
        ("SECRET_ID", SECRET),
        ("ROLE_ARN", &session.role_arn),
        ("ROLE_SESSION_NAME", &session.session_name),
        ("ACCESS_KEY_ID", &session.access_key_id),
        ("EXPIRATION", value["expiration"].as_str().expect("an end")),
        ("SECRET_VERSION_ID", &host.account.versions(SECRET)[0]),
        ("_SYSTEMD_UNIT", UNIT),
        ("SYSLOG_IDENTIFIER", "credadmin"),
    ];
    assert!(host.last_session_ends(SECRET, ends));
    for (field, value) in wanted {
        assert_eq!(published.field(field), value, "{field} of {published:#?}");
    }
    // What CloudTrail would have: the two calls by their request ids, and what a reader does by the access key.
    let text = |key: &str| value[key].as_str().expect("text").to_owned();
    let reader = Caller::new(&text("sessionId"), Some(&text("sessionToken")));
    host.account.world.get_caller_identity(&reader).expect("a session that is good for something");
    let calls = host.account.world.calls();
    let made = |operation, parameter: &str, field: &str, request: &str| {
        calls.iter().any(|call| {
            call.operation == operation
                && call.parameter(parameter) == Some(published.field(field))
                && call.request_id == published.field(request)
        })
    };
    assert!(made(Operation::AssumeRole, "roleSessionName", "ROLE_SESSION_NAME", "STS_REQUEST_ID"), "{calls:#?}");
    assert!(made(Operation::PutSecretValue, "clientRequestToken", "SECRET_VERSION_ID", "AWS_REQUEST_ID"), "{calls:#?}");
    let by_reader = calls.iter().filter(|call| call.access_key_id.as_deref() == Some(published.field("ACCESS_KEY_ID")));
    let by_reader: Vec<_> = by_reader.map(|call| call.operation).collect();
    assert_eq!(by_reader, [Operation::GetCallerIdentity], "what the journal's access key was used for");

    let opened = host.wait_for_entry("window opened");
    let fields = ["PRIORITY", "GRANT", "REQUESTED_BY", "APPROVED_BY", "REASON", "TICKET"].map(|field| opened.field(field));
    assert_eq!(fields, ["6", "quarter-end", "jane.doe", "john.roe", "figures", "OPS-1234"]);
    assert_eq!(host.wait_for_entry("session_policy is off").field("PRIORITY"), "4");

    // As an operator asks.
    let found =
        host.journal.ctl(&["--unit", UNIT, "--output=cat", "GRANT=quarter-end", "MESSAGE_ID=c16bf542b0ff72d1975c3f8edf7f136e"]);
    assert_eq!(String::from_utf8_lossy(&found).trim_end(), published.message());
}

pub fn no_secret_material_is_anywhere_in_the_journal(host: &Host) {
    host.write_drop_in("20-talkative.conf", "[Service]\nEnvironment=RUST_LOG=trace\n");
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    host.wait_for_entry("session published");
    // What is refused is told with AWS's own words, and goes through other code.
    let denied = strict_aws::Fault::Answer(strict_aws::ApiError::new(400, "AccessDeniedException", "no"));
    host.account.world.fail(Operation::DescribeSecret, denied, 1);
    host.systemctl(&["restart", UNIT]);
    host.wait_for_entry("failing for");
    host.systemctl(&["stop", UNIT]);

    let value = host.account.value(SECRET);
    let instance = host.account.world.instance_credentials(&host.account.instance).expect("an instance with a role");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let planted = [
        ("the canary", CANARY.to_owned()),
        ("the session's key", text(&value["sessionKey"])),
        ("the session's token", text(&value["sessionToken"])),
        ("the instance's key", instance.secret_access_key),
        ("the instance's token", instance.session_token.expect("a token")),
    ];
    let journal = host.journal.ctl(&["--output=export", "--all"]);
    let journal = String::from_utf8_lossy(&journal);
    assert!(journal.contains(value["sessionId"].as_str().expect("text")), "the journal that was searched is the right one");
    for (what, secret) in planted {
        assert!(secret.len() > 15 && !journal.contains(&secret), "{what} is in the journal");
    }
    host.tell(format!("{} KiB of journal searched", journal.len() / 1024));
}

pub fn a_stuck_journal_holds_nothing_up(host: &Host) {
    let opens = in_seconds(5);
    let granted = grant("quarter-end", "sensitive-s3", opens, in_seconds(900));
    host.write("credadmin.toml", main_file(&granted));
    host.start();
    host.wait_for_entry("started");
    let journald = Stopped::new();
    host.wait_for_versions(SECRET, 1);
    let late = host.account.world.versions(SECRET)[0].created.duration_since(opens).as_secs_f64();
    // Many more events than a stuck journal takes: each look at these is one, at least.
    for number in 0..20 {
        host.write(&format!("grants.d/{number}.toml"), open(&format!("more-{number}")));
    }
    host.wait_until("a session for all", || {
        host.account.value(SECRET)["grants"].as_array().is_some_and(|grants| grants.len() > 1)
    });
    assert_eq!(host.show("ActiveState"), "active");
    drop(journald);
    host.wait_until("either the events or how many were lost", || {
        let (published, lost) = (host.said_with("session published").len(), host.said_with("events were lost").len());
        published >= host.account.versions(SECRET).len() || lost > 0
    });
    host.tell(format!("published {late:.3} s after the window opened, journald stopped"));
    host.tell(format!("then {} events in the journal, {} of events lost", host.said().len(), host.said_with("were lost").len()));
}

pub fn a_journal_that_restarts_gets_the_next_event(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    host.wait_for_entry("session published");
    host.systemctl(&["restart", "systemd-journald.service"]);
    host.systemctl(&["reload", UNIT]);
    host.wait_for_entry("reloaded");
    host.systemctl(&["kill", "--signal=KILL", "systemd-journald.service"]);
    host.wait_until("journald again", || host.try_systemctl(&["is-active", "systemd-journald.service"]).status.success());
    host.systemctl(&["reload", UNIT]);
    host.wait_until("the next event", || host.said_with("reloaded").len() >= 2);
    assert_eq!((host.show("ActiveState"), host.show("NRestarts")), ("active".into(), "0".into()));
    is_in_the_table(["journald restarts, or is killed", "goes on", "all but what was said meanwhile", "with the next line"]);
}

/// journald, stopped until this is dropped.
pub struct Stopped;

impl Stopped {
    pub fn new() -> Self {
        signal_journald("STOP");
        Self
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal_journald("CONT");
    }
}

/// Not through systemctl: systemd itself has to say something of it.
fn signal_journald(signal: &str) {
    let killed = Command::new("pkill").args([&format!("--signal={signal}"), "--exact", "systemd-journal"]).status();
    assert!(killed.expect("pkill").success(), "journald can't be told to {signal}");
}
