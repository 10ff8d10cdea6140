//! A host that boots: the metadata service can be reached only some time after credadmin was started.

use std::thread;
use std::time::Duration;

use crate::account::SECRET;
use crate::host::{Host, UNIT, main_file, open};

/// How much later the network comes.
const LATE: Duration = Duration::from_secs(15);

pub fn a_late_network_delays_and_breaks_nothing(host: &Host) {
    host.network("del");
    // The region is asked of the metadata service too.
    host.write("credadmin.toml", main_file(&open("quarter-end")).replace("region = 'eu-central-1'\n", ""));
    host.systemctl(&["start", "--no-block", UNIT]);
    let failing = host.wait_for_entry("failing for sensitive-s3");
    host.tell(failing.message().to_owned());
    host.wait_until("a start that is over", || host.show("ActiveState") == "active");
    thread::sleep(LATE);
    assert!(host.account.versions(SECRET).is_empty());
    host.network("add");
    host.wait_for_versions(SECRET, 1);
    let well = host.wait_for_entry("well again");
    host.tell(well.message().to_owned());
    assert_eq!((host.show("ActiveState"), host.show("NRestarts")), ("active".into(), "0".into()));
}
