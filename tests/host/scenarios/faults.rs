//! What a host can do to the service: no names, no disk, no file descriptors, no memory, no time. Each is a row of docs/faults.md.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use strict_aws::{Fault, Operation};

use crate::account::SECRET;
use crate::host::{Host, SOON, UNIT, grant, in_seconds, main_file, open, secret};

/// The page with the table.
const PAGE: &str = include_str!("../../../docs/faults.md");
const HOSTS: &str = "/etc/hosts";
/// A name for AWS that nobody but /etc/hosts knows.
const NAME: &str = "aws.credadmin.invalid";

/// What was shown is what the page says, in these words: fault, access, journal, when it was well again.
pub fn is_in_the_table(row: [&str; 4]) {
    let row = format!("| {} |", row.join(" | "));
    assert!(PAGE.lines().any(|line| line == row), "docs/faults.md has no row\n{row}");
}

/// Runs a command that has to succeed; answers with what it says.
fn succeed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Puts something back, however the scenario ends.
struct Afterwards<F: FnMut()>(F);

impl<F: FnMut()> Drop for Afterwards<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

pub fn no_name_is_resolved(host: &Host) {
    let before = fs::read(HOSTS).expect("/etc/hosts");
    let names = || fs::write(HOSTS, [&before[..], format!("127.0.0.1 {NAME}\n").as_bytes()].concat()).expect("written");
    let no_names = || fs::write(HOSTS, &before).expect("written");
    let _afterwards = Afterwards(no_names);
    let elsewhere = host.account.services.replace("127.0.0.1", NAME);
    host.write_drop_in("20-by-name.conf", &format!("[Service]\nEnvironment=AWS_ENDPOINT_URL={elsewhere}\n"));
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    let failing = host.wait_for_entry("failing for sensitive-s3");
    assert_eq!([failing.field("ERROR_CODE"), failing.field("PRIORITY")], ["NoConnection", "3"]);
    for part in ["no access for quarter-end", "check the route from this host to the endpoint: DNS"] {
        assert!(failing.message().contains(part), "{}", failing.message());
    }
    host.tell(failing.message().to_owned());
    assert!(host.account.versions(SECRET).is_empty());
    names();
    let well = host.wait_for_entry("well again");
    host.tell(well.message().to_owned());
    host.wait_for_versions(SECRET, 1);
    // Names that go while a session is published take nothing away.
    no_names();
    hang_up(host);
    host.write("credadmin.toml", main_file(&grant("quarter-end", "sensitive-s3", in_seconds(-60), in_seconds(SOON + 60))));
    host.systemctl(&["reload", UNIT]);
    let failing = host.wait_for("another failure", || host.said_with("failing for").into_iter().nth(1));
    assert!(failing.message().contains("access goes on until "), "{}", failing.message());
    assert_eq!(host.account.versions(SECRET).len(), 1);
    names();
    host.wait_for_versions(SECRET, 2);
    host.wait_until("well again, twice", || host.said_with("well again").len() == 2);
    assert_eq!(host.show("NRestarts"), "0");
    is_in_the_table([
        "no name is resolved",
        "none before a first session; a published one goes on",
        "failing `NoConnection`: DNS is named",
        "the next try, a minute at most",
    ]);
}

pub fn the_disk_is_full(host: &Host) {
    // By then the disk is full, on a busy machine too.
    let opens = in_seconds(20);
    host.write("credadmin.toml", main_file(&grant("quarter-end", "sensitive-s3", opens, in_seconds(900))));
    host.start();
    let full = "/full";
    let _afterwards = Afterwards(|| drop(fs::remove_file(full)));
    // To the last block; the size is only told in whole KiB.
    let free = succeed("df", &["--output=avail", "--block-size=1K", "/"]).lines().last().expect("a figure").trim().to_owned();
    succeed("fallocate", &["--length", &format!("{free}KiB"), full]);
    fs::write("/more", vec![b'x'; 1 << 20]).expect_err("no room for another file");
    drop(fs::remove_file("/more"));
    assert!(host.account.versions(SECRET).is_empty(), "the disk was full before the window opened");
    host.wait_for_versions(SECRET, 1);
    let late = host.account.world.versions(SECRET)[0].created.duration_since(opens).as_secs_f64();
    host.tell(format!("{free} KiB filled; published {late:.3} s after the window opened"));
    host.wait_for_entry("session published");
    assert!(host.said_with("failing").is_empty());
    assert_eq!((host.show("ActiveState"), host.show("NRestarts")), ("active".into(), "0".into()));
    is_in_the_table(["the disk is full", "goes on, windows open", "nothing: nothing is written to disk", "at once"]);
}

pub fn no_file_descriptor_is_left(host: &Host) {
    host.write("credadmin.toml", main_file(&grant("quarter-end", "sensitive-s3", in_seconds(12), in_seconds(900))));
    host.start();
    let pid = host.show("MainPID");
    // Connections that are open need no new one.
    hang_up(host);
    thread::sleep(Duration::from_millis(500));
    let used = fs::read_dir(format!("/proc/{pid}/fd")).expect("its descriptors").count();
    succeed("prlimit", &["--pid", &pid, &format!("--nofile={used}:")]);
    let failing = host.wait_for_entry("failing for sensitive-s3");
    host.tell(format!("{used} in use: {}", failing.message()));
    assert!(failing.message().contains("Too many open files"), "{}", failing.message());
    assert_eq!([failing.field("ERROR_CODE"), failing.field("PRIORITY")], ["NoConnection", "3"]);
    assert!(host.account.versions(SECRET).is_empty());
    succeed("prlimit", &["--pid", &pid, "--nofile=1024:"]);
    host.wait_for_versions(SECRET, 1);
    let well = host.wait_for_entry("well again");
    host.tell(well.message().to_owned());
    assert_eq!((host.show("MainPID"), host.show("NRestarts")), (pid, "0".into()), "without a restart");
    is_in_the_table([
        "no file descriptor is left",
        "none before a first session",
        "failing `NoConnection`: too many open files",
        "the next try, a minute at most; without a restart",
    ]);
}

pub fn no_memory_is_left(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    let (pid, before) = (host.show("MainPID"), host.account.versions(SECRET));
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("KiB")
    };
    host.tell(format!("resident at most {} KiB, mapped {} KiB", of("VmHWM:"), of("VmSize:")));
    // Enough to open the directory, which without memory is only told; and then a config that needs more.
    succeed("prlimit", &["--pid", &pid, &format!("--as={}", of("VmSize:") * 1024 + (4 << 20))]);
    let later = (in_seconds(86_400), in_seconds(90_000));
    for file in 0..400 {
        let many: String = (0..50).map(|n| grant(&format!("more-{file}-{n}"), "sensitive-s3", later.0, later.1)).collect();
        host.write(&format!("grants.d/{file}.toml"), many);
    }
    host.wait_until("another process", || host.show("ActiveState") == "active" && host.show("MainPID") != pid);
    host.wait_for_entry("session in place");
    let died = host.journal.ctl(&["--unit", UNIT, "--output=cat"]);
    let died = String::from_utf8_lossy(&died).into_owned();
    let line = died.lines().find(|line| line.contains("Main process exited")).expect("systemd's line on its end");
    host.tell(line.to_owned());
    assert_eq!((host.account.versions(SECRET), before.len()), (before, 1), "nothing is published twice");
    assert_eq!(host.show("NRestarts"), "1");
    is_in_the_table([
        "no memory is left",
        "goes on: the process dies, the published session does not",
        "systemd's line on its end, started, in place",
        "5 s, by a restart; nothing is published twice",
    ]);
}

pub fn the_process_is_stopped_while_windows_open_and_close(host: &Host) {
    host.account.world.create_secret("SensitiveOther", None);
    let (closes, opens) = (in_seconds(6), in_seconds(5));
    let other = [secret("other", "SensitiveOther"), grant("late", "other", opens, in_seconds(900))].concat();
    host.write("credadmin.toml", main_file(&grant("quarter-end", "sensitive-s3", in_seconds(-60), closes)) + &other);
    host.start();
    let pid = host.show("MainPID");
    host.systemctl(&["kill", "--kill-whom=main", "--signal=STOP", UNIT]);
    host.wait_until("both windows to have changed", || in_seconds(0) > closes);
    thread::sleep(Duration::from_secs(2));
    assert!(host.account.versions("SensitiveOther").is_empty() && host.said_with("window closed").is_empty());
    let resumed = in_seconds(0);
    host.systemctl(&["kill", "--kill-whom=main", "--signal=CONT", UNIT]);
    host.wait_for_versions("SensitiveOther", 1);
    let published = host.account.world.versions("SensitiveOther")[0].created;
    host.tell(format!("published {:.3} s after it was resumed, at most", published.duration_since(resumed).as_secs_f64()));
    let closed = host.wait_for_entry("window closed: grant quarter-end");
    assert!(closed.message().contains("access has lapsed"), "{}", closed.message());
    // That window was too short for a session, and gets none when it is over.
    let asked = host.account.world.calls().into_iter().filter(|call| call.operation == Operation::AssumeRole).count();
    assert_eq!((asked, host.account.versions(SECRET).len()), (1, 0), "one session, for the window that is open");
    assert_eq!((host.show("MainPID"), host.show("NRestarts")), (pid, "0".into()));
    is_in_the_table([
        "stopped and continued (SIGSTOP, SIGCONT)",
        "a window that opens meanwhile opens when it goes on; none is left open",
        "opened and closed when it goes on",
        "at once; after 60 s the watchdog starts it anew",
    ]);
}

/// Closes every connection to AWS's services, and takes new ones.
fn hang_up(host: &Host) {
    let (services, world) = (&host.account.services, &host.account.world);
    let connect = || TcpStream::connect(services.trim_start_matches("http://"));
    let is_open = || connect().is_ok();
    world.fail(Operation::HeadBucket, Fault::Refuse, 1);
    connect().and_then(|mut aws| aws.write_all(b"HEAD /bucket HTTP/1.1\r\nhost: aws\r\n\r\n")).expect("a request");
    host.wait_until("AWS to be shut", || !is_open());
    world.heal();
    host.wait_until("AWS to be open", is_open);
}
