//! `journalctl -x`: what happened, what it means for access, what to do.

use std::fs;
use std::process::Command;

use crate::container;
use crate::host::{CATALOG, Host, UNIT, main_file, open};

pub fn journalctl_explains_each_event(host: &Host) {
    fs::copy(container::given("systemd/credadmin.catalog"), CATALOG).expect("a catalog to install");
    let update = Command::new("journalctl").arg("--update-catalog").output().expect("journalctl");
    let said = String::from_utf8_lossy(&update.stderr);
    assert!(update.status.success() && !said.contains("credadmin"), "{said}");
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    host.wait_for_entry("session published");
    host.systemctl(&["stop", UNIT]);
    is_explained(host);
}

/// What was said so far is explained, each entry of it.
pub fn is_explained(host: &Host) {
    let explained = host.journal.ctl(&["--catalog", "--unit", UNIT, "SYSLOG_IDENTIFIER=credadmin"]);
    let explained = String::from_utf8_lossy(&explained);
    let started = explained.lines().position(|line| line.contains("started: 1 secret, 1 grant")).expect("a start");
    let beside: Vec<&str> = explained.lines().skip(started + 1).take_while(|line| line.starts_with('░')).collect();
    assert!(
        beside.iter().any(|line| line.contains("Access: ")) && beside.iter().any(|line| line.contains("To do: ")),
        "{explained}"
    );
    let without: Vec<_> = host.said().into_iter().filter(|entry| !is_in_catalog(entry.field("MESSAGE_ID"))).collect();
    assert!(without.is_empty(), "the catalog knows nothing of {without:#?}");
    host.tell(beside.join("\n"));
}

fn is_in_catalog(message_id: &str) -> bool {
    let listed = Command::new("journalctl").args(["--dump-catalog", message_id]).output().expect("journalctl");
    listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("Access: ")
}
