//! Time zones that are replaced while the daemon runs.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::SECRET;
use crate::harness::{Credadmin, PATIENCE};

/// A window that is open now by UTC, and closed by a zone that is twelve hours ahead.
fn grant(name: &str, zone: &str) -> String {
    let hour = TimeZone::UTC.to_datetime(Timestamp::now()).hour();
    let cron = format!("0 {} * * *", (hour + 23) % 24);
    format!("[grants.{name}]\nsecret = \"s\"\ncron = \"{cron}\"\nduration = \"3h\"\ntime_zone = \"{zone}\"\n")
}

/// With this grant, and a directory of zones that is its own and empty.
fn credadmin(grant: &str) -> (Credadmin, PathBuf) {
    let credadmin = Credadmin::new(&format!("region = \"eu-central-1\"\ncredentials = \"default-chain\"\n{SECRET}{grant}"))
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "none");
    let zones = credadmin.path("zoneinfo");
    fs::create_dir(&zones).expect("a directory");
    (credadmin.env("TZDIR", &zones.to_string_lossy()), zones)
}

/// Puts a zone of this system there under another name.
fn put(zones: &Path, zone: &str, name: &str) {
    let new = zones.join(format!("{name}.new"));
    fs::copy(format!("/usr/share/zoneinfo/{zone}"), &new).expect("a zone of this system");
    fs::rename(new, zones.join(name)).expect("in its place");
}

#[test]
fn cron_lines_are_read_by_the_rules_that_come_with_an_update_of_the_system() {
    let (credadmin, zones) = credadmin(&grant("g", "Here"));
    put(&zones, "Etc/GMT-12", "Here");
    let daemon = credadmin.run();
    daemon.wait_for_line("started", PATIENCE);
    assert_eq!(daemon.lines_with("window opened"), [""; 0]);
    put(&zones, "Etc/UTC", "Here");
    // So that it looks at once, and not when the alarm rings.
    credadmin.rewrite("nudge", "");
    daemon.wait_for_line("time zones were replaced", PATIENCE);
    daemon.wait_for_line("window opened: grant g", PATIENCE);
}

/// As where a package moves the directory aside and puts a new one there.
#[test]
fn what_was_closed_while_the_zones_were_away_is_open_once_they_are_back() {
    let (credadmin, zones) = credadmin(&grant("g", "Here"));
    put(&zones, "Etc/UTC", "Here");
    put(&zones, "Etc/UTC", "There");
    let daemon = credadmin.run();
    daemon.wait_for_line("window opened: grant g", PATIENCE);
    fs::rename(&zones, credadmin.path("aside")).expect("moved aside");
    credadmin.rewrite("grants.d/50.toml", &grant("late", "There"));
    daemon.wait_for_line("drop-in not taken", PATIENCE);
    assert_eq!(daemon.lines_with("time zones were replaced"), [""; 0], "none are there");
    fs::rename(credadmin.path("aside"), &zones).expect("moved back");
    credadmin.rewrite("nudge", "");
    daemon.wait_for_line("time zones were replaced", PATIENCE);
    daemon.wait_for_line("window opened: grant late", PATIENCE);
}
