//! A process that hangs is killed, and access goes on.

use crate::account::SECRET;
use crate::host::{Host, UNIT, main_file, open};

pub fn a_stuck_process_is_killed_and_started_again(host: &Host) {
    host.write_drop_in("20-impatient.conf", "[Service]\nWatchdogSec=3\n");
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    assert_eq!(host.show("WatchdogUSec"), "3s");
    let (before, pid) = (host.account.versions(SECRET), host.show("MainPID"));
    // Long enough for a loop that does not feed it to be killed.
    std::thread::sleep(std::time::Duration::from_secs(7));
    assert_eq!((host.show("MainPID"), host.show("NRestarts")), (pid.clone(), "0".into()), "a loop that goes on is left alone");
    host.systemctl(&["kill", "--kill-whom=main", "--signal=STOP", UNIT]);
    host.wait_until("another process", || host.show("ActiveState") == "active" && host.show("MainPID") != pid);
    let journal = host.journal.ctl(&["--unit", UNIT, "--output=cat"]);
    let journal = String::from_utf8_lossy(&journal).into_owned();
    let line = journal.lines().find(|line| line.contains("Watchdog timeout")).expect("a line of systemd's about its watchdog");
    host.tell(line.to_owned());
    host.wait_for_entry("session in place");
    assert_eq!((host.account.versions(SECRET), before.len()), (before, 1), "nothing is published twice");
    assert_eq!(host.show("NRestarts"), "1");
}
