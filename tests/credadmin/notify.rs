//! What the real binary tells systemd, on a socket of the test's own, and that it sees drop-ins at once.

use std::collections::VecDeque;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::harness::{Credadmin, PATIENCE};
use crate::story::Beside;

/// Two secrets; one of them does not exist.
const CONFIG: &str = "region = 'eu-central-1'
[secrets.s3]
secret_id = 'SensitiveS3'
role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'
[secrets.missing]
secret_id = 'Missing'
role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'
[grants.g]
secret = 's3'
from = '2020-01-01T00:00:00Z'
until = '2199-01-01T00:00:00Z'
";

/// The other end of `NOTIFY_SOCKET`.
struct Systemd {
    socket: UnixDatagram,
    heard: VecDeque<String>,
}

impl Systemd {
    fn listening(credadmin: Credadmin) -> (Self, Credadmin) {
        let path = credadmin.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        let credadmin = credadmin.env("NOTIFY_SOCKET", path.to_str().expect("a path in UTF-8"));
        (Self { socket, heard: VecDeque::new() }, credadmin)
    }

    /// The next line for which `is` holds; those before it are passed over.
    fn hears(&mut self, what: &str, is: impl Fn(&str) -> bool) -> String {
        loop {
            if let Some(line) = self.heard.pop_front() {
                if is(&line) {
                    return line;
                }
                continue;
            }
            let mut buffer = [0; 4096];
            let length = self.socket.recv(&mut buffer).unwrap_or_else(|error| panic!("systemd hears nothing of {what}: {error}"));
            self.heard.extend(String::from_utf8_lossy(&buffer[..length]).lines().map(str::to_owned));
        }
    }

    fn hears_line(&mut self, line: &str) {
        self.hears(line, |heard| heard == line);
    }
}

fn beside(aws: &Beside) -> (Systemd, Credadmin) {
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
    Systemd::listening(variables.fold(Credadmin::new(CONFIG), |credadmin, (name, value)| credadmin.env(name, value)))
}

#[test]
fn systemd_hears_of_the_start_of_changes_of_reloads_and_of_the_end() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (mut systemd, credadmin) = beside(&aws);
    let mut daemon = credadmin.run();
    // Ready although one secret can't be looked at; and by then the other is published.
    systemd.hears_line("READY=1");
    assert_eq!(aws.world.versions("SensitiveS3").len(), 1, "ready is said after the first pass");
    systemd.hears_line("STATUS=1 of 2 secrets open, 1 failing (missing)");
    daemon.signal(Signal::SIGHUP);
    systemd.hears_line("RELOADING=1");
    systemd.hears("the time of the reload", |line| line.starts_with("MONOTONIC_USEC="));
    systemd.hears_line("READY=1");
    // A config that is refused ends the reload too.
    credadmin.rewrite("credadmin.toml", "nonsense");
    daemon.signal(Signal::SIGHUP);
    systemd.hears_line("RELOADING=1");
    systemd.hears_line("READY=1");
    daemon.wait_for_line("reload refused", PATIENCE);
    assert!(daemon.stop().success());
    systemd.hears_line("STOPPING=1");
}

#[test]
fn the_loop_feeds_the_watchdog_and_a_stopped_process_does_not() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (mut systemd, credadmin) = beside(&aws);
    let credadmin = credadmin.env("WATCHDOG_USEC", "1000000");
    let mut daemon = credadmin.run();
    for _ in 0..4 {
        systemd.hears_line("WATCHDOG=1");
    }
    daemon.signal(Signal::SIGSTOP);
    systemd.socket.set_read_timeout(Some(Duration::from_secs(2))).expect("a time limit");
    let mut buffer = [0; 4096];
    // What was said before it stopped.
    while systemd.socket.recv(&mut buffer).is_ok() {}
    daemon.signal(Signal::SIGCONT);
    systemd.socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    systemd.hears_line("WATCHDOG=1");
    assert!(daemon.stop().success());
}

#[test]
fn a_drop_in_is_seen_without_waiting_for_the_minute() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (_systemd, credadmin) = beside(&aws);
    let closed = CONFIG.split("[grants.g]").next().expect("the rest");
    let credadmin = credadmin.write("credadmin.toml", closed).write("grants.d/first.toml", "");
    let daemon = credadmin.run();
    daemon.wait_for_line("started", PATIENCE);
    let window = "secret = 's3'\nfrom = '2020-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'\n";
    // The alarm rings each 20 s: of five changes that each wait for it, four would be later than this.
    let limit = Duration::from_secs(60);
    for round in 0..5 {
        credadmin.rewrite("grants.d/dropped.toml", &format!("[grants.round-{round}]\n{window}"));
        daemon.wait_for_line(&format!("window opened: grant round-{round}"), limit / 5);
    }
    credadmin.remove("grants.d/dropped.toml");
    daemon.wait_for_line("window closed: grant round-4", limit);
}
