//! `credadmin notify`, the real binary, against the strict double. The journal it follows is a file, read by a stand-in for
//! journalctl that takes the same arguments; tests/host has the real one.

mod claims;
mod console_url;
mod doctor;
mod emulators;
mod ending;
mod hook;
mod mail;
mod preview;
mod restart;
mod trust;
mod words;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use strict_aws::SendEmail;
use tempfile::TempDir;

use crate::harness::{Credadmin, PATIENCE, Process};
use crate::story::Beside;

/// MESSAGE_IDs of the daemon's events.
const OPENED: &str = "82e2e6b95f90c4ea1881916231a3db98";
const ENDING: &str = "77a747bbae85508173485b14fe8a4845";
const CLOSED: &str = "84ccb55564873a45bbf1f246dfaf607a";
const FAILING: &str = "bd96beff48f27f8a2e97d9433e432138";
const REQUESTED: &str = "f0f885d5f3ef57751617c10cdcf4ef82";
const REVOCATION: &str = "621d8aefbc95b8be48f458ed83a95870";

/// What the instance role may do besides, for mail and claims.
const TELLING: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["ses:SendEmail","ses:GetConfigurationSet"],
  "Resource":["arn:aws:ses:eu-central-1:123456789012:identity/example.com",
   "arn:aws:ses:eu-central-1:123456789012:configuration-set/credadmin"]},
 {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::claims/credadmin/*"}]}"#;
pub const MAIL: &str = "[mail]\nfrom = 'credadmin@example.com'\nconfiguration_set = 'credadmin'\ntime_zone = 'UTC'\n\
    people = { 'jane.doe' = 'jane@example.com', 'john.roe' = 'john@example.com' }\n";

/// The bucket's own policy allows nobody anything.
const CLAIMS_BUCKET: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::claims/*"}]}"#;

/// As systemd gives it: what journalctl is asked for is looked at, and answered from a file, to which it is added.
const JOURNALCTL: &str = r#"#!/bin/sh
set -eu
cursor=
for argument; do
    case $argument in
    --after-cursor=*) cursor=${argument#--after-cursor=} ;;
    --since=@*) ;;
    --quiet | --no-pager | --output=json | --follow | --no-tail | --merge | _MACHINE_ID=* | SYSLOG_IDENTIFIER=credadmin | MESSAGE_ID=*) ;;
    *) echo "not known: $argument" >&2; exit 1 ;;
    esac
done
line=$(grep -n "\"__CURSOR\":\"$cursor\"" JOURNAL | cut -d: -f1)
exec tail --pid=$PPID --sleep-interval=0.1 --lines=+$((line + 1)) --follow JOURNAL
"#;

/// An account in which mail goes, with whoever is at example.com verified.
pub fn account() -> Beside {
    let aws = Beside::new(&["SensitiveS3"]);
    aws.world.put_role_policy("CredAdmin", "telling", TELLING);
    aws.world.verify_identity("example.com");
    aws.world.leave_the_sandbox();
    aws.world.put_configuration_set("credadmin", true);
    aws.world.add_bucket("claims", CLAIMS_BUCKET);
    aws
}

/// The secret `s3` with one window that opened a while ago, asked for by jane.doe and approved by john.roe; and when it closes.
pub fn config(more: &str) -> (String, Timestamp) {
    let closes = Timestamp::from_second((now() + SignedDuration::from_mins(30)).as_second()).expect("an instant");
    let opened = closes - SignedDuration::from_hours(9);
    let config = format!(
        "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'SensitiveS3'\n\
         role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n[grants.q4]\nsecret = 's3'\nfrom = '{opened}'\n\
         until = '{closes}'\nrequested_by = 'jane.doe'\napproved_by = 'john.roe'\n{more}"
    );
    (config, closes)
}

fn now() -> Timestamp {
    Clock::system().now()
}

/// A host with its journal, on which the notifier is started.
pub struct Host {
    pub credadmin: Credadmin,
    directory: TempDir,
}

impl Host {
    pub fn new(aws: &Beside, config: &str) -> Self {
        Self::with(aws.environment.iter().map(|(name, value)| (*name, value.as_str())), config)
    }

    /// On an AWS that this environment leads to.
    fn with<'a>(environment: impl Iterator<Item = (&'a str, &'a str)>, config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let journal = directory.path().join("journal");
        fs::write(&journal, "{\"__CURSOR\":\"begin\"}\n").expect("a journal");
        let program = directory.path().join("journalctl");
        fs::write(&program, JOURNALCTL.replace("JOURNAL", &journal.display().to_string())).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
        fs::create_dir(directory.path().join("state")).expect("a directory");
        fs::write(directory.path().join("state/state.json"), r#"{"cursor":"begin","told":{},"begun":{}}"#).expect("a state");
        let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").expect("a PATH"));
        let credadmin = Credadmin::new(config).env("PATH", &path).env("TZ", "UTC");
        let credadmin = environment.fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value));
        Self { credadmin, directory }
    }

    pub fn start(&self) -> Process {
        let state = self.path("state");
        let process =
            Process::spawn("the notifier", &self.credadmin.command(&["notify", "--state", state.to_str().expect("a path")]));
        process.wait_for_line("notifier started", PATIENCE);
        process
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Adds an entry to the journal, of the daemon and of now but for what `fields` say.
    fn says(&self, cursor: &str, message_id: &str, message: &str, fields: Value) {
        let mut entry = json!({
            "__CURSOR": cursor,
            "__REALTIME_TIMESTAMP": now().as_microsecond().to_string(),
            "_HOSTNAME": "host-a",
            "_SYSTEMD_UNIT": "credadmin.service",
            "SYSLOG_IDENTIFIER": "credadmin",
            "MESSAGE_ID": message_id,
            "MESSAGE": message,
            "SECRET": "s3",
            "GRANT": "q4",
        });
        for (name, value) in fields.as_object().expect("fields") {
            entry[name] = value.clone();
        }
        let mut journal = OpenOptions::new().append(true).open(self.path("journal")).expect("the journal");
        writeln!(journal, "{entry}").expect("an entry");
    }

    pub fn opens(&self, cursor: &str) {
        self.says(cursor, OPENED, "window opened: grant q4 of secret s3", json!({}));
    }
}

/// To whom it went, in order.
fn receivers(aws: &Beside) -> Vec<String> {
    let mut to: Vec<String> = aws.world.mails().into_iter().flat_map(|mail| mail.to).collect();
    to.sort();
    to
}

fn mail_to(aws: &Beside, address: &str) -> SendEmail {
    let mut mails: Vec<SendEmail> = aws.world.mails().into_iter().filter(|mail| mail.to == [address]).collect();
    assert_eq!(mails.len(), 1, "one message to {address}");
    mails.remove(0)
}

/// Waits for what is not told by a line.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..PATIENCE.as_millis() / 20 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no {what} within {PATIENCE:?}");
}
