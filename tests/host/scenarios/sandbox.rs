//! The unit's sandbox: what systemd makes of it, and what the kernel says of the process.

use std::fs;
use std::process::Command;

use crate::container;
use crate::host::{Host, UNIT, main_file, open};

/// What `systemd-analyze security` may say at most of the unit as it is shipped: it has to reach AWS, wherever that is.
const EXPOSURE: f64 = 1.0;
/// And with the drop-in for hosts that reach AWS by VPC endpoints alone.
const SHUT_OFF: f64 = 0.9;
/// What this host has, and its root has not.
const UNSEEN: [&str; 8] = ["/boot", "/home", "/media", "/mnt", "/opt", "/srv", "/var/lib", "/var/log"];
/// What is the process's own, and empty, and goes with it.
const OWN: [&str; 2] = ["/tmp", "/var/tmp"];

pub fn the_unit_is_scored_by_systemd(host: &Host) {
    let (score, refused) = exposure();
    host.tell(format!("exposure {score}"));
    refused.into_iter().for_each(|line| host.tell(line));
    assert!(score <= EXPOSURE, "exposure {score}, at most {EXPOSURE} is wanted");
    let verified = Command::new("systemd-analyze").args(["verify", "--recursive-errors=no", UNIT]).output().expect("it runs");
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && !said.contains(UNIT), "systemd-analyze verify:\n{said}");
}

pub fn with_vpc_endpoints_alone_it_reaches_nothing_else(host: &Host) {
    let drop_in = fs::read_to_string(container::given("systemd/examples/vpc-endpoints.conf")).expect("the example");
    host.write_drop_in("20-vpc-endpoints.conf", &drop_in);
    let (score, _) = exposure();
    host.tell(format!("exposure {score}"));
    assert!(score <= SHUT_OFF, "exposure {score}, at most {SHUT_OFF} is wanted");
    // The account and the metadata service are among what is allowed.
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    host.start();
    host.wait_for_entry("session published");
    // The account is on loopback; without that, it is out of reach.
    host.systemctl(&["stop", UNIT]);
    host.write_drop_in("20-vpc-endpoints.conf", &drop_in.replace("IPAddressAllow=localhost\n", ""));
    host.start();
    let failing = host.wait_for_entry("failing for sensitive-s3");
    host.tell(failing.message().to_owned());
}

/// The unit's exposure, and what systemd holds against it.
fn exposure() -> (f64, Vec<String>) {
    let output = Command::new("systemd-analyze").args(["security", "--no-pager", UNIT]).output().expect("systemd-analyze");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().rfind(|line| line.contains("Overall exposure")).expect("a score");
    let score = last.split(": ").nth(1).and_then(|score| score.split(' ').next()).expect("a score");
    let refused = text.lines().filter(|line| line.trim_start().starts_with('✗')).map(|line| line.trim_end().to_owned());
    (score.parse().expect("a number"), refused.collect())
}

pub fn the_process_is_shut_in(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    // Where there is no bus, there is one now.
    fs::create_dir_all("/run/dbus").and_then(|()| fs::write("/run/dbus/bus", "")).expect("a bus");
    host.start();
    for (property, wanted) in [
        ("LimitCORE", "0"),
        ("MemorySwapMax", "0"),
        ("DynamicUser", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("NoNewPrivileges", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("ReadWritePaths", ""),
        ("StateDirectory", ""),
        ("CacheDirectory", ""),
        ("LogsDirectory", ""),
        ("RuntimeDirectory", ""),
    ] {
        assert_eq!(host.show(property), wanted, "{property}");
    }
    let pid = host.show("MainPID");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let of = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    assert_eq!((of("CapEff:"), of("CapBnd:")), ("0000000000000000".into(), "0000000000000000".into()));
    assert_eq!((of("NoNewPrivs:"), of("Seccomp:")), ("1".into(), "2".into()));
    assert!(of("Uid:").split_whitespace().all(|uid| uid != "0"), "it runs as root");
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().rev().nth(2), Some("0"), "{core}");
    // What it sees of the host.
    let root = format!("/proc/{pid}/root");
    for path in UNSEEN {
        assert!(fs::exists(path).expect("a host"), "there is no {path} here to be hidden");
        assert!(!fs::exists(format!("{root}{path}")).expect("its root"), "it sees {path}");
    }
    assert!(!fs::exists(format!("{root}/run/dbus/bus")).expect("its root"), "it sees the bus");
    // What its user can write where it lives: nothing but what is its own, and gone when it stops.
    let uid = of("Uid:").split_whitespace().next().expect("a user").to_owned();
    let mut find = Command::new("nsenter");
    find.args([
        "--mount", "--root", "--target", &pid, "--setuid", &uid, "--setgid", &uid, "--", "find", "/", "-path", "/proc", "-prune",
    ]);
    find.args(["-o", "-not", "-type", "l", "-not", "-type", "c", "-not", "-type", "s", "-writable", "-print"]);
    let found = find.output().expect("nsenter");
    let writable = String::from_utf8(found.stdout).expect("UTF-8");
    let writable: Vec<&str> = writable.lines().collect();
    host.tell(format!("its user can write: {}", writable.join(" ")));
    assert!(writable.iter().all(|path| OWN.iter().any(|own| path.starts_with(own))), "{writable:?}");
}
