//! `credadmin audit` and `timeline` on a real host: real entries of a real journald, and somebody who writes in the daemon's name.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use credadmin::clock::Clock;
use serde_json::Value;

use crate::account::SECRET;
use crate::host::{Host, UNIT, main_file, open};

pub fn the_journal_tells_who_had_access_and_nobody_else_can(host: &Host) {
    let papers = "requested_by = 'jane.doe'\napproved_by = 'john.roe'\nticket = 'OPS-1234'\n";
    host.write("credadmin.toml", main_file(&(open("quarter-end") + papers)));
    host.start();
    host.wait_for_entry("session published");
    let session = host.account.world.sessions().pop().expect("a session");
    host.systemctl(&["stop", UNIT]);
    host.wait_for_entry("stopped by");
    // Whatever was before is none of this.
    let from = Clock::system().now().to_string();
    host.start();
    host.wait_for_entry("session in place");
    let output = audit(&from, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // What scenarios before have published lives on, too.
    let all = rows(&output);
    let ours = host.account.versions(SECRET);
    let row = all.iter().find(|row| row["version_id"] == ours[0].as_str()).expect("its row");
    for (key, value) in [
        ("access_key_id", session.access_key_id.as_str()),
        ("role_session_name", &session.session_name),
        ("version_id", &ours[0]),
        ("grant", "quarter-end"),
        ("requested_by", "jane.doe"),
        ("approved_by", "john.roe"),
        ("ticket", "OPS-1234"),
        ("ended_by", "expiration"),
    ] {
        assert_eq!(row[key], value, "{key} of {row}");
    }
    assert_eq!(row["found_by"][0], row["published_by"], "by the same host, after its restart");

    forge("c16bf542b0ff72d1975c3f8edf7f136e");
    host.wait_for("what was forged", || {
        said(&audit(&from, &[])).contains("not from credadmin.service, and not counted: ").then_some(())
    });
    assert_eq!((rows(&audit(&from, &[])).len(), audit(&from, &[]).status.code()), (all.len(), Some(0)));

    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "credadmin", "audit", "--from", &from];
    let output = Command::new("setpriv").args(nobody).output().expect("it runs");
    assert_eq!(output.status.code(), Some(66), "{}", said(&output));
    assert!(said(&output).contains("groups systemd-journal and adm"), "{}", said(&output));

    let page = Command::new("credadmin").args(["timeline", "--past", "10m", "--format", "html"]).output().expect("it runs");
    let text = String::from_utf8(page.stdout).expect("text");
    assert!(page.status.success() && text.contains("open now for quarter-end") && text.contains(" issued at "), "{text}");

    host.systemctl(&["kill", "--kill-whom=main", "--signal=KILL", UNIT]);
    host.wait_until("another process", || host.said_with("started: ").len() >= 3);
    host.wait_for("the hole", || said(&audit(&from, &[])).contains("ended without a word").then_some(()));
    assert_eq!(audit(&from, &[]).status.code(), Some(1));
}

fn audit(from: &str, more: &[&str]) -> Output {
    Command::new("credadmin").args(["audit", "--format", "json", "--from", from]).args(more).output().expect("it runs")
}

fn rows(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Anybody can write this.
fn forge(message_id: &str) {
    let entry = format!(
        "MESSAGE_ID={message_id}\nMESSAGE=session published\nSYSLOG_IDENTIFIER=credadmin\nSECRET=sensitive-s3\nSECRET_ID=SensitiveS3\n\
         GRANT=quarter-end\nEXPIRATION=2099-01-01T00:00:00Z\nSECRET_VERSION_ID=forged\nACCESS_KEY_ID=ASIAFORGED\n"
    );
    let mut logger = Command::new("logger").arg("--journald").stdin(Stdio::piped()).spawn().expect("logger");
    logger.stdin.take().expect("piped").write_all(entry.as_bytes()).expect("written");
    assert!(logger.wait().expect("its end").success());
}
