//! The host: what systemd and journald say of the clock, of the service and its sandbox, and of the journal.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::Verdict::{Unknown, Warning, Wrong};
use super::{Finding, Verdict};

const UNIT: &str = "credadmin.service";
/// A bus that is stuck must not hold up the rest: in seconds.
const PATIENCE: &str = "10";
/// What the shipped unit says, as `systemctl show` prints it: what keeps secrets in, and everything else out.
const SANDBOX: [(&str, &str); 21] = [
    ("DynamicUser", "yes"),
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("LimitCORE", "0"),
    ("MemorySwapMax", "0"),
    ("RootDirectory", "/run/credadmin"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateTmp", "yes"),
    ("LockPersonality", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("WatchdogUSec", "1min"),
];
/// Where journald listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// Where it keeps what is to outlive a reboot.
const KEPT: &str = "/var/log/journal";
/// The message id of `credadmin started`.
const STARTED: &str = "9b5e56b75019c0bda7e8e6706b15a75c";

/// Whether something keeps the host's clock right.
pub fn clock() -> Finding {
    match run("timedatectl", &["show", "--property=NTPSynchronized", "--value"]).as_deref().map(str::trim) {
        Some("yes") => Finding::well("clock", "this host's clock is kept by NTP"),
        Some("no") => Finding::of(
            Warning,
            "clock",
            "nothing keeps this host's clock right: windows open and close by it, and AWS refuses calls that are five minutes off",
            "timedatectl set-ntp true, or install chrony; the Amazon Time Sync Service is at 169.254.169.123",
        ),
        _ => Finding::of(
            Unknown,
            "clock",
            "whether anything keeps this host's clock right is not known: timedatectl does not say",
            "timedatectl",
        ),
    }
}

/// Whether the service is installed, enabled and running, as shut in as it is shipped.
pub fn unit() -> Vec<Finding> {
    let names = ["LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload", "DropInPaths", "StatusText"];
    let names: Vec<&str> = names.into_iter().chain(SANDBOX.map(|(name, _)| name)).collect();
    match run("systemctl", &["show", &format!("--property={}", names.join(",")), UNIT]) {
        Some(shown) => judge_unit(&properties(&shown)),
        None => vec![Finding::of(Unknown, "unit", "no systemd answers here", "run credadmin doctor on the host itself")],
    }
}

fn properties(shown: &str) -> BTreeMap<&str, &str> {
    shown.lines().filter_map(|line| line.split_once('=')).collect()
}

fn judge_unit(shown: &BTreeMap<&str, &str>) -> Vec<Finding> {
    let of = |name: &str| shown.get(name).copied().unwrap_or_default();
    let finding = |verdict: Verdict, says: String, remedy: &str| Finding::of(verdict, "unit", says, remedy);
    if of("LoadState") != "loaded" {
        let says = format!("{UNIT} is not installed here ({})", of("LoadState"));
        return vec![finding(Warning, says, "install the package; until then nothing runs credadmin, and no access is given")];
    }
    let mut findings = Vec::new();
    match of("ActiveState") {
        "active" => findings.push(Finding::well("unit", format!("{UNIT} is running: {}", of("StatusText")))),
        "failed" => findings.push(finding(
            Wrong,
            format!("{UNIT} has failed: no window opens, and nothing is refreshed"),
            "journalctl -u credadmin -n 50; credadmin check; systemctl restart credadmin",
        )),
        state => findings.push(finding(
            Warning,
            format!("{UNIT} is {state}: no window opens, and nothing is refreshed"),
            "systemctl start credadmin",
        )),
    }
    if of("UnitFileState") == "disabled" {
        findings.push(finding(Warning, format!("{UNIT} does not start at boot"), "systemctl enable credadmin"));
    }
    if of("NeedDaemonReload") == "yes" {
        let says = format!("{UNIT} or a drop-in of it has changed, and systemd has not read it");
        findings.push(finding(Warning, says, "systemctl daemon-reload && systemctl restart credadmin"));
    }
    let weak: Vec<String> = SANDBOX
        .into_iter()
        .filter(|(name, shipped)| shown.get(name).is_some_and(|found| found != shipped))
        .map(|(name, shipped)| format!("{name}={} (shipped: {shipped})", of(name)))
        .collect();
    findings.push(match weak.is_empty() {
        true => Finding::well("sandbox", "the service is shut in as it is shipped"),
        false => Finding::of(
            Warning,
            "sandbox",
            format!("the service is not shut in as it is shipped: {}", weak.join(", ")),
            match of("DropInPaths") {
                "" => "put the shipped unit back: systemctl cat credadmin".to_owned(),
                paths => format!("see whether that is meant: {paths}"),
            },
        ),
    });
    findings
}

/// Whether the journal takes what credadmin says, keeps it, and can explain it.
pub fn journal() -> Vec<Finding> {
    if !Path::new(SOCKET).exists() {
        let says = "no journald listens here: credadmin writes lines to its standard error instead, without fields";
        return vec![Finding::of(Warning, "journal", says, "start it under systemd")];
    }
    let kept = match Path::new(KEPT).is_dir() {
        true => Finding::well("journal", format!("journald listens, and {KEPT} keeps what it is told")),
        false => Finding::of(
            Warning,
            "journal",
            format!("journald listens, and forgets at each boot: there is no {KEPT}; who had access, and when, goes with it"),
            format!("mkdir -p {KEPT} && systemctl restart systemd-journald"),
        ),
    };
    let explained = match run("journalctl", &["--dump-catalog", STARTED]) {
        Some(text) if text.contains(STARTED) => Finding::well("catalog", "journalctl -x explains each line of credadmin's"),
        _ => Finding::of(
            Warning,
            "catalog",
            "journalctl -x does not know credadmin's lines",
            "install credadmin.catalog in /usr/lib/systemd/catalog, and journalctl --update-catalog",
        ),
    };
    vec![kept, explained]
}

/// What a command prints, if it succeeds.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("timeout").arg(PATIENCE).arg(program).args(arguments).env("LC_ALL", "C").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(changes: &[(&'static str, &'static str)]) -> BTreeMap<&'static str, &'static str> {
        let state = [("LoadState", "loaded"), ("ActiveState", "active"), ("UnitFileState", "enabled"), ("StatusText", "1 of 1")];
        state.into_iter().chain(SANDBOX).chain(changes.iter().copied()).collect()
    }

    fn found(changes: &[(&'static str, &'static str)]) -> Vec<(Verdict, String)> {
        let findings = judge_unit(&shown(changes)).into_iter();
        findings.filter(|finding| finding.verdict > Verdict::Well).map(|finding| (finding.verdict, finding.says)).collect()
    }

    #[test]
    fn a_unit_as_it_is_shipped_is_well() {
        assert_eq!(found(&[]), []);
    }

    #[test]
    fn each_departure_of_the_unit_is_told() {
        for (change, verdict, says) in [
            (("LoadState", "not-found"), Warning, "not installed here (not-found)"),
            (("ActiveState", "failed"), Wrong, "has failed: no window opens"),
            (("ActiveState", "inactive"), Warning, "is inactive: no window opens"),
            (("UnitFileState", "disabled"), Warning, "does not start at boot"),
            (("NeedDaemonReload", "yes"), Warning, "systemd has not read it"),
            (("LimitCORE", "infinity"), Warning, "LimitCORE=infinity (shipped: 0)"),
            (("CapabilityBoundingSet", "cap_chown"), Warning, "CapabilityBoundingSet=cap_chown (shipped: )"),
        ] {
            let found = found(&[change]);
            assert!(matches!(&found[..], [(v, s)] if *v == verdict && s.contains(says)), "{change:?}: {found:?}");
        }
    }

    #[test]
    fn what_is_called_shipped_is_what_is_shipped() {
        let unit = include_str!("../../systemd/credadmin.service");
        for (name, value) in SANDBOX {
            let line = match name {
                "WatchdogUSec" => "WatchdogSec=60".to_owned(),
                name => format!("{name}={value}"),
            };
            assert!(unit.lines().any(|it| it == line), "{line}");
        }
    }
}
