//! credadmin as a service of the systemd that runs here: the unit that is shipped, and the commands of an operator.
//!
//! It is installed over whatever is there, so only within a machine that is thrown away.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::Pid;

use crate::Told;
use crate::account::Account;
use crate::container::{given, is_inside};
use crate::proc;

/// Where its config is.
pub const ETC: &str = "/etc/credadmin";
const UNIT: &str = "credadmin.service";
const UNITS: &str = "/etc/systemd/system";
/// What makes the root that it sees.
const TMPFILES: &str = "/usr/lib/tmpfiles.d/credadmin.conf";
/// What it is told of where the account is.
const ACCOUNT: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT"];
/// What the unit is to have, so that it is known what was measured.
const PROPERTIES: [(&str, &str); 4] =
    [("Type", "notify"), ("WatchdogUSec", "1min"), ("DynamicUser", "yes"), ("RootDirectory", "/run/credadmin")];

/// The service, running.
pub struct Service {
    main: Pid,
}

/// Makes an empty directory for its config.
///
/// # Errors
/// Anywhere but in a machine that is thrown away.
pub fn make_room() -> Told {
    if !is_inside() {
        return Err(format!("{ETC} is not to be touched here").into());
    }
    if Path::new(ETC).exists() {
        fs::remove_dir_all(ETC)?;
    }
    fs::create_dir(ETC)?;
    Ok(fs::set_permissions(ETC, Permissions::from_mode(0o755))?)
}

impl Service {
    /// Installs it as docs/install.md does by hand, tells it where the account is, and starts it; it is ready then.
    pub fn start(account: &Account) -> Told<Self> {
        install("credadmin", "/usr/bin/credadmin", 0o755)?;
        install("systemd/credadmin.service", &format!("{UNITS}/{UNIT}"), 0o644)?;
        install("systemd/credadmin.tmpfile", TMPFILES, 0o644)?;
        run("systemd-tmpfiles", &["--create", TMPFILES])?;
        let directory = format!("{UNITS}/{UNIT}.d");
        fs::create_dir_all(&directory)?;
        // Nothing of a user's own has to be kept out: the service has no home.
        let instance = account.instance().into_iter().filter(|(name, _)| ACCOUNT.contains(&name.as_str()));
        let account: String = instance.map(|(name, value)| format!("Environment={name}={value}\n")).collect();
        fs::write(Path::new(&directory).join("10-account.conf"), format!("[Service]\n{account}"))?;
        run("systemctl", &["daemon-reload"])?;
        run("systemctl", &["start", UNIT])?;
        for (property, wanted) in PROPERTIES {
            let found = show(property)?;
            if found != wanted {
                return Err(format!("{property}={found} instead of {wanted}").into());
            }
        }
        Ok(Self { main: Pid::from_raw(show("MainPID")?.parse()?) })
    }

    /// How it stands.
    pub fn sample(&self) -> Told<proc::Sample> {
        proc::sample(self.main).map_err(|error| format!("{error}; its journal ends with\n{}", tail()).into())
    }

    /// Has it read its config again, and waits until it has.
    pub fn reload(&self) -> Told {
        run("systemctl", &["reload", UNIT]).map(drop)
    }

    /// What it said so far, a line each.
    pub fn journal(&self) -> Told<String> {
        run("journalctl", &["--unit", UNIT, "--output=cat", "--quiet", "--no-pager"])
    }

    /// Stops it.
    ///
    /// # Errors
    /// If it is not the one that was started, or if systemd is not content with how it ended.
    pub fn stop(self) -> Told {
        let (main, restarts) = (show("MainPID")?, show("NRestarts")?);
        if main != self.main.to_string() || restarts != "0" {
            return Err(format!("started again {restarts} times; its journal ends with\n{}", tail()).into());
        }
        run("systemctl", &["stop", UNIT])?;
        match show("Result")?.as_str() {
            "success" => Ok(()),
            result => Err(format!("it ended with {result}; its journal ends with\n{}", tail()).into()),
        }
    }
}

/// Which systemd this is.
pub fn systemd() -> Told<String> {
    let version = run("systemctl", &["--version"])?;
    Ok(version.lines().next().unwrap_or_default().to_owned())
}

fn show(property: &str) -> Told<String> {
    Ok(run("systemctl", &["show", "--value", "--property", property, UNIT])?.trim_end().to_owned())
}

fn tail() -> String {
    run("journalctl", &["--lines=20", "--quiet", "--no-pager"]).unwrap_or_else(|error| error.to_string())
}

fn install(name: &str, to: &str, mode: u32) -> Told {
    fs::copy(given(name), to).map_err(|error| format!("{name} can't be installed: {error}"))?;
    Ok(fs::set_permissions(to, Permissions::from_mode(mode))?)
}

fn run(program: &str, arguments: &[&str]) -> Told<String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{program} {arguments:?}: {}\n{said}", output.status).into())
    }
}
