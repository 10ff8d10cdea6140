//! The daemon against ministack with `AUTH=true`: IAM, trust, session policies and the bucket policy are enforced, and
//! credadmin has only what aws-facts §8 gives it.

use std::time::Duration;

use jiff::SignedDuration;
use nix::sys::signal::Signal;

use crate::emulators::{Emulator, Try, grant, in_seconds};
use crate::harness::PATIENCE;

/// The longest window here, and what the machine may add to it.
const A_WINDOW: Duration = Duration::from_secs(120);

fn assert_all<'a>(tries: impl IntoIterator<Item = &'a Try>, at_least: usize, what: &str, is_so: impl Fn(&Try) -> bool) {
    let mut seen = 0;
    for it in tries {
        assert!(is_so(it), "{what}: {it:#?}");
        seen += 1;
    }
    assert!(seen >= at_least, "{what}: only {seen} tries");
}

#[test]
fn access_begins_and_ends_with_the_window_also_when_that_is_extended() {
    let ministack = Emulator::start("ministack");
    let reader = ministack.reader();
    reader.next();
    let opens = in_seconds(4);
    // STS makes sessions of 15 minutes at least: what ends these is their session policy.
    let first_end = opens + SignedDuration::from_secs(50);
    let second_end = first_end + SignedDuration::from_secs(6);

    let credadmin = ministack.credadmin(&ministack.credadmin, &grant("quarter-end", opens, first_end));
    let mut daemon = credadmin.run();
    let published = format!("session published in sensitive-s3 (SensitiveS3) for quarter-end: ends {first_end}");
    daemon.wait_for_line("window opened: grant quarter-end", PATIENCE);
    daemon.wait_for_line(&published, PATIENCE);
    reader.wait_for("try with the first credential kept", PATIENCE, |it| it.kept == "ok");

    credadmin.rewrite("grants.d/20-extension.toml", &grant("month-end", first_end, second_end));
    daemon.signal(Signal::SIGHUP);
    let extended = format!("session published in sensitive-s3 (SensitiveS3) for quarter-end: ends {second_end}");
    daemon.wait_for_line(&extended, PATIENCE);
    let taken = reader.next();

    let after = second_end + SignedDuration::from_secs(2);
    let tries = reader.wait_for("try after the end", A_WINDOW, |it| it.began >= after);
    daemon.wait_for_line("window closed: grant month-end of secret sensitive-s3: access has lapsed", PATIENCE);
    assert!(daemon.stop().success());
    daemon.wait_for_line("stopped by SIGTERM", PATIENCE);
    assert_eq!(daemon.lines_with("session published").len(), 2, "{:#?}", daemon.lines());
    assert_eq!(daemon.lines_with("ERROR drift").len(), 1, "only of the value it was created with: {:#?}", daemon.lines());

    assert_all(&tries, 10, "EC2Normal alone is always denied", |it| it.alone == "AccessDenied");
    let before = tries.iter().filter(|it| it.ended < opens);
    assert_all(before, 1, "nothing to read before the window", |it| it.reads == "no credential");
    let open = || tries.iter().filter(|it| it.reads == "ok");
    assert_all(open(), 10, "only inside the window", |it| it.ended > opens && it.began < second_end);
    let first_ok = open().next().expect("counted").began;
    let inside = tries.iter().filter(|it| it.began >= first_ok && it.ended < second_end);
    assert_all(inside, 10, "without a gap, also where sessions change", |it| it.reads == "ok");
    let outside = tries.iter().filter(|it| it.began >= second_end);
    assert_all(outside, 2, "not a moment longer", |it| it.reads == "AccessDenied");
    assert_all(open(), 10, "cannot be kept for later", |it| it.widens == "AccessDenied");

    let kept = || tries.iter().filter(|it| it.kept != "no credential");
    let kept_inside = kept().filter(|it| it.ended < first_end);
    assert_all(kept_inside, 10, "the first session lives to the end that it was made for", |it| it.kept == "ok");
    let kept_outside = kept().filter(|it| it.began >= first_end);
    assert_all(kept_outside, 4, "and no longer, although its grant was extended", |it| it.kept == "AccessDenied");

    assert_eq!(taken.says["expiration"], second_end.to_string());
    assert_eq!(taken.says["role_arn"], "arn:aws:iam::123456789012:role/SensitiveS3Access");
    assert_eq!(taken.says["grants"], serde_json::json!(["quarter-end"]));
    assert!(taken.version.starts_with(&second_end.strftime("credadmin-%Y%m%dT%H%M%SZ-").to_string()), "{}", taken.version);
}

/// The control of the test above: the same reader, and nothing but the way that credadmin replaces.
#[test]
fn the_reader_sees_that_todays_way_neither_ends_with_a_window_nor_keeps_the_bucket() {
    let ministack = Emulator::start("ministack");
    let reader = ministack.reader();
    assert_eq!(reader.next().reads, "no credential");

    assert!(ministack.todays_way(&ministack.credadmin, 900).status.success());
    let open = reader.next();
    assert_eq!((open.reads.as_str(), open.widens.as_str(), open.alone.as_str()), ("ok", "ok", "AccessDenied"), "{open:#?}");

    // No sooner than the session itself does it end.
    assert!(ministack.todays_way(&ministack.credadmin, 3).status.success());
    let tries = reader.wait_for("try after the session", PATIENCE, |it| it.reads == "ExpiredToken");
    assert!(tries.iter().any(|it| it.version != open.version && it.reads == "ok"), "{tries:#?}");
}

#[test]
fn with_anyone_elses_keys_it_says_so_and_publishes_nothing() {
    let ministack = Emulator::start("ministack");
    let keys = &ministack.ec2_normal;
    let refused = ministack.todays_way(keys, 900);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("AccessDenied"), "{refused:#?}");

    let credadmin = ministack.credadmin(keys, &grant("quarter-end", in_seconds(-60), in_seconds(600)));
    let mut daemon = credadmin.run();
    let failing = daemon.wait_for_line("ERROR failing for sensitive-s3", PATIENCE);
    assert!(failing.contains("AccessDenied") && failing.contains("DescribeSecret"), "{failing}");
    assert!(failing.contains("no access for quarter-end"), "{failing}");
    assert!(daemon.stop().success());
    assert_eq!(daemon.lines_with("session published"), [""; 0]);
    assert_eq!(ministack.reader().next().reads, "no credential");
}

#[test]
fn a_grant_taken_away_refreshes_nothing_and_says_what_lives_on() {
    let ministack = Emulator::start("ministack");
    let until = in_seconds(600);
    let credadmin = ministack.credadmin(&ministack.credadmin, &grant("quarter-end", in_seconds(-60), until));
    let mut daemon = credadmin.run();
    daemon.wait_for_line(&format!("ends {until}"), PATIENCE);
    let reader = ministack.reader();
    let given = reader.next();
    assert_eq!(given.reads, "ok");

    credadmin.remove("grants.d/10-first.toml");
    daemon.signal(Signal::SIGHUP);
    let closed = daemon.wait_for_line("window closed: grant quarter-end", PATIENCE);
    assert!(closed.contains(&format!("lives until {until}")), "{closed}");
    assert!(daemon.stop().success());
    let left = reader.next();
    assert_eq!((left.version, left.reads), (given.version, "ok".to_owned()), "what was handed out cannot be called back");
    assert_eq!(daemon.lines_with("session published").len(), 1);
}
