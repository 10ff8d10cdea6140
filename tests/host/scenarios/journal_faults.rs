//! A journal that is full, and one that is stuck for so long that lines are lost. Each is a row of docs/faults.md.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::faults::is_in_the_table;
use super::journald::Stopped;
use crate::account::SECRET;
use crate::host::{Host, UNIT, grant, in_seconds, main_file, open};
use crate::journal::Entry;

const LOST: &str = "events were lost because the journal did not take them";
const JOURNAL: &str = "/run/log/journal";
/// More than the queue of 4,096 events takes.
const BAD_FILES: usize = 200;
const MISTAKES_EACH: usize = 30;

pub fn lines_are_lost_and_counted_when_the_journal_is_stuck(host: &Host) {
    host.write("credadmin.toml", main_file(""));
    host.start();
    host.wait_for_entry("started");
    let journald = Stopped::new();
    for file in 0..BAD_FILES {
        let bad: String = (0..MISTAKES_EACH).map(|n| format!("[grants.bad-{file}-{n}]\nsecret = 'none'\n")).collect();
        host.write(&format!("grants.d/bad-{file}.toml"), bad);
    }
    host.write("grants.d/good.toml", open("good"));
    host.wait_for_versions(SECRET, 1);
    assert_eq!(host.show("ActiveState"), "active");
    drop(journald);
    let lost = host.wait_for_entry(LOST);
    assert_eq!(lost.field("PRIORITY"), "4");
    // And what comes then is told again.
    host.wait_until("the next event", || {
        host.systemctl(&["reload", UNIT]);
        host.said().last().is_some_and(|entry| entry.message().starts_with("reloaded"))
    });
    let lines = host.said_with(LOST);
    let count = |line: &Entry| line.message().split(' ').next().and_then(|count| count.parse::<usize>().ok());
    let lost: usize = lines.iter().map(|line| count(line).expect("how many")).sum();
    let mistakes = host.said_with("drop-in not taken").len();
    host.tell(format!("{lost} events lost, told in {} lines; {mistakes} mistakes were told", lines.len()));
    assert!(lost + mistakes >= BAD_FILES * MISTAKES_EACH, "each was told or counted");
    assert!(lost > 1000, "more than a few were lost");
    assert_eq!(host.show("NRestarts"), "0");
    is_in_the_table([
        "journald is stuck",
        "goes on, windows open",
        "what waits, then events lost, with their number",
        "when it reads again",
    ]);
}

pub fn the_journal_is_full(host: &Host) {
    let _small = SmallJournal::mount();
    let opens = in_seconds(5);
    host.write("credadmin.toml", main_file(&grant("quarter-end", "sensitive-s3", opens, in_seconds(900))));
    host.start();
    host.wait_for_entry("started");
    let full = format!("{JOURNAL}/full");
    let filled = Command::new("dd").args(["if=/dev/zero", &format!("of={full}"), "bs=4K"]).output().expect("dd");
    assert!(!filled.status.success(), "until there is no room");
    // More lines than the room that its files may still have.
    for number in 0..60 {
        host.write(&format!("grants.d/{number}.toml"), "reason = '".to_owned() + &"x".repeat(60 << 10) + "'\n");
    }
    host.wait_for_versions(SECRET, 1);
    let late = host.account.world.versions(SECRET)[0].created.duration_since(opens).as_secs_f64();
    host.tell(format!("published {late:.3} s after the window opened, no room for the journal"));
    assert_eq!((host.show("ActiveState"), host.show("NRestarts")), ("active".into(), "0".into()));
    fs::remove_file(full).expect("room again");
    host.write("grants.d/good.toml", open("good"));
    host.wait_until("a session for both", || {
        host.account.value(SECRET)["grants"].as_array().is_some_and(|grants| grants.len() > 1)
    });
    host.wait_for_entry("window opened: grant good");
    is_in_the_table([
        "the journal is full",
        "goes on, windows open",
        "what journald has room for",
        "with the next line after there is room",
    ]);
}

/// A journal of its own, too small. Afterwards it is as before.
struct SmallJournal;

impl SmallJournal {
    fn mount() -> Self {
        succeed("mount", &["-t", "tmpfs", "-o", "size=3M,mode=755", "none", JOURNAL]);
        succeed("systemctl", &["restart", "systemd-journald.service"]);
        Self
    }
}

impl Drop for SmallJournal {
    fn drop(&mut self) {
        // Lazily: journald has its files there until it is restarted.
        drop(Command::new("umount").args(["--lazy", JOURNAL]).status());
        drop(Command::new("systemctl").args(["restart", "systemd-journald.service"]).status());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn succeed(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
