//! A host that boots: the metadata service can be reached only some time after credadmin was started.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::account::SECRET;
use crate::host::{Host, UNIT, UNITS, main_file, open};

/// What brings the network up, late, and says when it is there.
const BRINGS_IT: &str = "late-network.service";
const ONLINE: &str = "network-online.target";

/// How much later the network comes.
const LATE: Duration = Duration::from_secs(60);

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

/// The target is reached when the network is there, as on any host that has a service for it.
pub fn systemd_waits_for_the_network_before_it_starts_it(host: &Host) {
    for property in ["After", "Wants"] {
        let units = host.show(property);
        assert!(units.split(' ').any(|unit| unit == ONLINE), "{property}={units}");
    }
    let unit = format!(
        "[Unit]\nDefaultDependencies=no\nBefore={ONLINE}\n[Service]\nType=oneshot\nRemainAfterExit=yes\n\
         ExecStart=sh -c 'sleep 5 && ip addr add 169.254.169.254/32 dev lo'\n"
    );
    let _gone = Gone(host);
    host.network("del");
    host.systemctl(&["stop", ONLINE]);
    fs::write(format!("{UNITS}/{BRINGS_IT}"), unit).expect("a unit");
    fs::create_dir_all(format!("{UNITS}/{ONLINE}.wants")).expect("a directory");
    std::os::unix::fs::symlink(format!("../{BRINGS_IT}"), format!("{UNITS}/{ONLINE}.wants/{BRINGS_IT}")).expect("a link");
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.systemctl(&["daemon-reload"]);
    host.start();
    assert_eq!(host.account.versions(SECRET).len(), 1, "sessions published when systemctl start came back");
    assert!(host.said_with("failing for").is_empty(), "it was started before the network was there");
    let at = |unit: &str, property: &str| -> u64 {
        let output = host.try_systemctl(&["show", "--value", "--property", property, unit]);
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("microseconds")
    };
    let (online, started) = (at(ONLINE, "ActiveEnterTimestampMonotonic"), at(UNIT, "ExecMainStartTimestampMonotonic"));
    host.tell(format!("started {} ms after {ONLINE}", started.saturating_sub(online) / 1000));
    assert!(online <= started && at(BRINGS_IT, "ActiveEnterTimestampMonotonic") <= online);
}

/// What brings the network is gone when this is, and the network is there.
struct Gone<'a>(&'a Host);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.try_systemctl(&["stop", UNIT, BRINGS_IT]);
        drop(fs::remove_file(format!("{UNITS}/{BRINGS_IT}")));
        drop(fs::remove_dir_all(format!("{UNITS}/{ONLINE}.wants")));
        self.0.try_systemctl(&["daemon-reload"]);
        self.0.network("add");
    }
}
