//! What systemd's users expect: a unit overridden by a drop-in of its own, and files masked by a link to /dev/null.

use std::fs;
use std::os::unix::fs::symlink;

use crate::account::SECRET;
use crate::host::{Host, UNIT, main_file, open};

pub fn a_unit_with_another_config_runs_on_it(host: &Host) {
    // The default one would be refused.
    host.write("credadmin.toml", "nonsense");
    fs::create_dir_all(host.path("elsewhere/grants.d")).expect("a directory");
    host.write("elsewhere/main.toml", main_file(&open("elsewhere")));
    let command = format!("/usr/bin/credadmin run --config {}", host.path("elsewhere/main.toml").display());
    // As `systemctl edit` has it: emptied first, since ExecStart= is a list.
    host.write_drop_in("override.conf", &format!("[Service]\nExecStart=\nExecStart={command}\n"));
    host.start();
    let started = host.wait_for_entry("started");
    assert!(started.message().contains("elsewhere/main.toml"), "{}", started.message());
    assert_eq!(host.account.versions(SECRET).len(), 1);
    host.write("elsewhere/grants.d/50-more.toml", open("more"));
    host.wait_for_entry("window opened: grant more");
    host.systemctl(&["reload", UNIT]);
    host.wait_until("a reload", || host.said_with("reloaded").len() == 2);
    assert!(host.said_with("refused").is_empty());
}

pub fn a_link_to_dev_null_is_nothing(host: &Host) {
    fs::create_dir_all(host.path("conf.d")).expect("a directory");
    let masked = |name: &str| symlink("/dev/null", host.path(name)).expect("a link");
    host.write("credadmin.toml", main_file(""));
    host.write("conf.d/20-region.toml", "region = 'us-east-1'");
    host.remove("conf.d/20-region.toml");
    masked("conf.d/20-region.toml");
    host.write("grants.d/10-kept.toml", open("kept"));
    masked("grants.d/20-masked.toml");
    host.start();
    host.wait_for_entry("session published");
    // Masked while it runs, a grant is gone like one that was removed.
    host.write("grants.d/30-later.toml", open("later"));
    host.wait_for_entry("window opened: grant later");
    host.remove("grants.d/30-later.toml");
    masked("grants.d/30-later.toml");
    let closed = host.wait_for_entry("window closed: grant later");
    host.tell(closed.message().to_owned());
    host.systemctl(&["reload", UNIT]);
    host.wait_until("a reload", || host.said_with("reloaded").len() >= 3);
    let alarms: Vec<_> = host.said().into_iter().filter(|entry| entry.field("PRIORITY") < "4").collect();
    assert!(alarms.is_empty(), "{alarms:#?}");
    assert!(host.said_with("window closed: grant kept").is_empty());
}
