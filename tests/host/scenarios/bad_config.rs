//! What is refused is told, and not tried again and again.

use std::thread;
use std::time::Duration;

use crate::account::SECRET;
use crate::host::{Host, UNIT, main_file, open};

/// Longer than the unit's RestartSec=.
const RESTART: Duration = Duration::from_secs(8);

pub fn a_refused_config_is_not_started_again(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")).replace("role_arn", "role_am"));
    refused(host, "role_am");
}

pub fn a_proxy_before_the_metadata_service_is_refused(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.write_drop_in("20-proxy.conf", "[Service]\nEnvironment=HTTP_PROXY=http://user:hunter2@proxy.example:3128\n");
    refused(host, "HTTP_PROXY is set");
    let journal = host.journal.ctl(&["--unit", UNIT, "--output=cat"]);
    assert!(!String::from_utf8_lossy(&journal).contains("hunter2"), "the proxy's password is in the journal");
}

fn refused(host: &Host, why: &str) {
    let output = host.try_systemctl(&["start", UNIT]);
    assert!(!output.status.success(), "systemctl start came back without an error");
    let state = || ["ActiveState", "Result", "ExecMainStatus", "NRestarts"].map(|property| host.show(property));
    host.wait_until("an end of the start", || host.show("ActiveState") == "failed");
    assert_eq!(state(), ["failed", "exit-code", "78", "0"]);
    thread::sleep(RESTART);
    assert_eq!(state(), ["failed", "exit-code", "78", "0"], "after the time at which it would start again");
    let journal = host.journal.ctl(&["--unit", UNIT, "--output=cat"]);
    let journal = String::from_utf8_lossy(&journal);
    assert!(journal.contains(why), "the journal does not say why:\n{journal}");
    assert!(host.account.versions(SECRET).is_empty());
}
