//! Time zones that are replaced while the daemon runs.

use std::fs;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::SECRET;
use crate::harness::{Credadmin, PATIENCE};

/// A window that is open now by UTC, and closed by a zone that is twelve hours ahead.
#[test]
fn cron_lines_are_read_by_the_rules_that_come_with_an_update_of_the_system() {
    let hour = TimeZone::UTC.to_datetime(Timestamp::now()).hour();
    let cron = format!("0 {} * * *", (hour + 23) % 24);
    let grant = format!("[grants.g]\nsecret = \"s\"\ncron = \"{cron}\"\nduration = \"3h\"\ntime_zone = \"Here\"\n");
    let credadmin = Credadmin::new(&format!("region = \"eu-central-1\"\ncredentials = \"default-chain\"\n{SECRET}{grant}"))
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "none");
    let zones = credadmin.path("zoneinfo");
    fs::create_dir(&zones).expect("a directory");
    let put = |zone: &str| {
        let new = zones.join("Here.new");
        fs::copy(format!("/usr/share/zoneinfo/{zone}"), &new).expect("a zone of this system");
        fs::rename(new, zones.join("Here")).expect("in its place");
    };
    put("Etc/GMT-12");
    let credadmin = credadmin.env("TZDIR", &zones.to_string_lossy());
    let daemon = credadmin.run();
    let told = |text: &'static str| {
        daemon.wait_for(text, PATIENCE, |lines| lines.iter().any(|(_, line)| line.contains(text)).then_some(()));
    };
    told("started");
    assert_eq!(daemon.lines_with("window opened"), [""; 0]);
    put("Etc/UTC");
    // So that it looks at once, and not when the alarm rings.
    credadmin.rewrite("nudge", "");
    told("time zones were replaced");
    told("window opened: grant g");
}
