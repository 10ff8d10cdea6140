//! journald, through journalctl: what was written since a scenario began.

use std::process::Command;

use credadmin::clock::Clock;
use serde_json::Value;

/// The journal from one moment on.
pub struct Journal {
    since: String,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry(Value);

impl Entry {
    /// One of its fields; nothing if it has none, or more than one, or if it is not text.
    pub fn field(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.field("MESSAGE")
    }
}

impl Journal {
    /// From now on.
    pub fn from_now_on() -> Self {
        // Not after a cursor: journalctl 252 then leaves out the first of the entries that match.
        Self { since: format!("--since=@{:.6}", Clock::system().now().as_duration().as_secs_f64()) }
    }

    /// What journalctl makes of it with these arguments.
    pub fn ctl(&self, arguments: &[&str]) -> Vec<u8> {
        journalctl(&[&[self.since.as_str(), "--quiet", "--no-pager"], arguments].concat())
    }

    /// What credadmin has said, as `journalctl -u UNIT -o json` has it.
    pub fn of(&self, unit: &str) -> Vec<Entry> {
        let text = self.ctl(&["--unit", unit, "--output=json", "SYSLOG_IDENTIFIER=credadmin"]);
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        text.lines().map(|line| Entry(serde_json::from_str(line).expect("JSON"))).collect()
    }

    /// The end of all that was said, by anybody.
    pub fn tail(&self, lines: usize) -> String {
        let text = self.ctl(&["--output=short-precise", &format!("--lines={lines}")]);
        String::from_utf8_lossy(&text).trim_end().to_owned()
    }
}

fn journalctl(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("journalctl").args(arguments).output().expect("journalctl");
    assert!(output.status.success(), "journalctl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
