//! `grants.d`, as whoever approves access uses it, and as nobody should.

use std::fs::{self, File};
use std::os::unix::fs::{chown, symlink};
use std::time::Duration;

use credadmin::clock::{Clock, Elapsed};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::account::SECRET;
use crate::host::{Host, UNIT, main_file, open};

/// "Within a second" is told; only this is judged.
const AT_ONCE: Duration = Duration::from_secs(10);

pub fn a_grant_opens_and_closes_with_its_file(host: &Host) {
    host.write("credadmin.toml", main_file(""));
    host.start();
    let clock = Clock::system();
    let began = clock.elapsed();
    host.write("grants.d/50-incident.toml", open("incident-42"));
    host.wait_for_versions(SECRET, 1);
    at_once(host, "opened and published", &clock, began);
    host.wait_for_entry("window opened: grant incident-42");

    let began = clock.elapsed();
    host.remove("grants.d/50-incident.toml");
    let closed = host.wait_for_entry("window closed: grant incident-42");
    at_once(host, "closed", &clock, began);
    assert!(closed.message().contains("a session handed out before lives until"), "{}", closed.message());
    assert_eq!([closed.field("GRANT"), closed.field("PRIORITY")], ["incident-42", "4"]);
}

fn at_once(host: &Host, what: &str, clock: &Clock, began: Elapsed) {
    let took = clock.elapsed().since(began).unsigned_abs();
    host.tell(format!("{what} {:.3} s after the file changed", took.as_secs_f64()));
    assert!(took < AT_ONCE, "{what} only after {took:?}");
}

pub fn a_bad_file_disturbs_no_other(host: &Host) {
    host.write("credadmin.toml", main_file(""));
    host.write("grants.d/10-good.toml", open("good"));
    host.start();
    let before = host.account.versions(SECRET);
    assert_eq!(before.len(), 1);
    let elsewhere = host.path("elsewhere");
    fs::write(&elsewhere, open("by-link")).expect("a file");
    let path = |name: &str| host.path("grants.d").join(name);
    symlink(&elsewhere, path("20-link.toml")).expect("a link");
    mkfifo(&path("30-fifo.toml"), Mode::from_bits_truncate(0o644)).expect("a FIFO");
    let large = format!("{}#{}", open("large"), "x".repeat(20 << 20));
    host.write("grants.d/40-large.toml", large);
    host.write("grants.d/50-not-text.toml", [open("not-text").as_bytes(), b"reason = \"Pr\xfcfung\"\n"].concat());
    host.write("grants.d/60-of-another.toml", open("of-another"));
    chown(path("60-of-another.toml"), Some(1234), Some(1234)).expect("another owner");
    host.write("grants.d/70-half.toml", "[grants.half]\nsecret = 'sensi");
    for (file, why) in [
        ("20-link", "a symbolic link"),
        ("30-fifo", "wanted: a regular file"),
        ("40-large", "MiB"),
        ("50-not-text", "not UTF-8"),
        ("60-of-another", "its owner is user"),
        ("70-half", ""),
    ] {
        let entry = host.wait_for(&format!("event of {file}"), || {
            host.said_with("drop-in not taken").into_iter().find(|entry| entry.message().contains(file))
        });
        assert!(entry.message().contains(why), "{file}: {}", entry.message());
        assert_eq!(entry.field("PRIORITY"), "3");
        host.tell(entry.message().replace("drop-in not taken, the grants that it names are closed: ", ""));
    }
    assert!(host.said_with("window closed").is_empty(), "another grant was closed");
    // Good files are still taken, and what is in force is the sum of the good ones.
    host.write("grants.d/80-good.toml", open("good-too"));
    host.wait_for_entry("window opened: grant good-too");
    let opened: Vec<_> = host.said_with("window opened").iter().map(|entry| entry.field("GRANT").to_owned()).collect();
    assert_eq!(opened, ["good", "good-too"]);
    assert_eq!(host.show("ActiveState"), "active");
}

pub fn a_thousand_files_at_once(host: &Host) {
    const FILES: usize = 1000;
    host.write("credadmin.toml", main_file(""));
    host.start();
    let text = open("NAME");
    let clock = Clock::system();
    let began = clock.elapsed();
    for number in 0..FILES {
        host.write(&format!("grants.d/{number:04}.toml"), text.replace("NAME", &format!("g-{number}")));
    }
    host.wait_for_entry(&format!("reloaded: 1 secret, {FILES} grants"));
    host.wait_until("every window opened", || host.said_with("window opened").len() == FILES);
    at_once(host, &format!("{FILES} grants opened"), &clock, began);
    host.tell(format!("{} versions written, {} reloads", host.account.versions(SECRET).len(), host.said_with("reloaded").len()));
    // All at once away: the directory itself.
    let away = host.path("away");
    fs::rename(host.path("grants.d"), &away).expect("a directory to move");
    fs::create_dir(host.path("grants.d")).expect("a directory");
    host.wait_until("every window closed", || host.said_with("window closed").len() == FILES);
    // The new directory is seen as the old one was.
    drop(File::create(host.path("grants.d/empty.toml")).expect("a file"));
    host.write("grants.d/again.toml", open("again"));
    let began = clock.elapsed();
    host.wait_for_entry("window opened: grant again");
    host.tell(format!("in a directory put in the place of the old one: {:.1} s", clock.elapsed().since(began).as_secs_f64()));
    assert_eq!((host.show("ActiveState"), host.show("NRestarts")), ("active".into(), "0".into()));
    host.systemctl(&["stop", UNIT]);
}
