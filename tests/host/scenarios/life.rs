//! Stopped, restarted, killed and reloaded: nothing that was published is published again.

use crate::account::SECRET;
use crate::host::{Host, SOON, UNIT, grant, in_seconds, main_file, open};

pub fn a_restart_publishes_nothing_twice(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    let before = host.account.versions(SECRET);
    host.systemctl(&["stop", UNIT]);
    assert_eq!(host.wait_for_entry("stopped by").message().split(':').next(), Some("stopped by SIGTERM"));
    assert_eq!((host.show("ActiveState"), host.show("Result")), ("inactive".into(), "success".into()));
    host.start();
    host.wait_for_entry("session in place");
    host.systemctl(&["restart", UNIT]);
    host.wait_until("a second session in place", || host.said_with("session in place").len() == 2);
    assert_eq!((host.account.versions(SECRET), before.len()), (before, 1));
    assert_eq!(host.account.world.sessions().len(), 1, "no session was even asked for");
}

pub fn after_kill_9_systemd_starts_it_again_and_nothing_is_published_twice(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    let (before, pid) = (host.account.versions(SECRET), host.show("MainPID"));
    host.systemctl(&["kill", "--kill-whom=main", "--signal=KILL", UNIT]);
    host.wait_until("another process", || host.show("ActiveState") == "active" && host.show("MainPID") != pid);
    host.wait_for_entry("session in place");
    assert_eq!(host.show("NRestarts"), "1");
    assert_eq!((host.account.versions(SECRET), host.account.world.sessions().len()), (before, 1));
}

pub fn a_reload_is_whole_or_not_at_all(host: &Host) {
    let (first, second) = (in_seconds(900), in_seconds(SOON));
    let until = |ends| main_file(&grant("quarter-end", "sensitive-s3", in_seconds(-60), ends));
    host.write("credadmin.toml", until(first));
    host.start();
    let pid = host.show("MainPID");
    host.write("credadmin.toml", until(second));
    host.systemctl(&["reload", UNIT]);
    host.wait_for_entry("reloaded: 1 secret, 1 grant");
    host.wait_for_versions(SECRET, 2);
    assert!(host.last_session_ends(SECRET, second));

    // A mistake in one grant, and one that is right, which would be published at once.
    let bad = until(in_seconds(1500)) + "[grants.other]\nsecret = 'sensitive-s3'\nfrom = 'tomorrow'\n";
    host.write("credadmin.toml", bad);
    host.systemctl(&["reload", UNIT]);
    let refused = host.wait_for_entry("reload refused, the config before it stays in force");
    assert_eq!([refused.field("PRIORITY"), refused.field("MESSAGE_ID")], ["3", "45191ff7e2064053b800914899236838"]);
    host.write("credadmin.toml", until(second));
    host.systemctl(&["reload", UNIT]);
    host.wait_until("a good config again", || host.said_with("reloaded").len() == 2);
    assert_eq!(host.account.versions(SECRET).len(), 2, "nothing of the bad config was in force");
    assert_eq!((host.show("ActiveState"), host.show("MainPID")), ("active".into(), pid));
}

pub fn sigusr1_tells_how_things_stand(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    host.systemctl(&["kill", "--kill-whom=main", "--signal=USR1", UNIT]);
    let all = host.wait_for_entry("status: 1 of 1 secret open");
    let one = host.wait_for_entry("status: sensitive-s3 (SensitiveS3): open for quarter-end, session until ");
    assert_eq!([all.field("PRIORITY"), one.field("SECRET")], ["6", "sensitive-s3"]);
    host.tell(one.message().to_owned());
}
