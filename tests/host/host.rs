//! The host as a scenario has it: credadmin installed, an account behind it, and the commands of an operator.

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::account::Account;
use crate::container;
use crate::journal::{Entry, Journal};
use crate::package;

/// How long anything may take that is expected at once. A guard against hanging: nothing is judged by it.
pub const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);
/// The end of a window that is planned as one session at any time of day: it is nearer than the refresh lead of 20 minutes, so
/// that no grid point comes between.
pub const SOON: i64 = 1100;
pub const UNIT: &str = "credadmin.service";
/// What tells people of it.
pub const NOTIFIER: &str = "credadmin-notify.service";
const ETC: &str = "/etc/credadmin";
pub const UNITS: &str = "/etc/systemd/system";
const BINARY: &str = "/usr/bin/credadmin";
/// What `journalctl -x` knows of credadmin.
pub const CATALOG: &str = "/usr/lib/systemd/catalog/credadmin.catalog";
/// What makes the root that it sees, and that root.
const TMPFILES: &str = "/usr/lib/tmpfiles.d/credadmin.conf";
const ROOT: &str = "/run/credadmin";
/// What images of Debian without a systemd have to keep packages from starting and stopping anything.
const NO_SERVICES: &str = "/usr/sbin/policy-rc.d";

/// A host with an account behind it. Dropped, credadmin is stopped.
pub struct Host {
    pub account: Account,
    pub journal: Journal,
    figures: RefCell<Vec<String>>,
}

impl Host {
    /// With credadmin installed by hand, and neither a secret nor a grant in its config.
    pub fn new() -> Self {
        let host = Self::bare();
        install(&container::given("credadmin"), BINARY, 0o755);
        install(&container::given("systemd/credadmin.service"), &format!("{UNITS}/{UNIT}"), 0o644);
        install(&container::given("systemd/credadmin.tmpfile"), TMPFILES, 0o644);
        package::run("systemd-tmpfiles", &["--create", TMPFILES]);
        host.make_directory("grants.d");
        host.write("credadmin.toml", "");
        host.systemctl(&["daemon-reload"]);
        host
    }

    /// With nothing of credadmin but where its unit, if there is one, finds the account.
    pub fn bare() -> Self {
        package::erase();
        // What a scenario before it has left.
        for directory in [ETC, &format!("{UNITS}/{UNIT}.d"), &format!("{UNITS}/{NOTIFIER}.d")] {
            fs::remove_dir_all(directory).or_else(absent).expect("a clean host");
        }
        for file in [BINARY, &format!("{UNITS}/{UNIT}"), TMPFILES, CATALOG, NO_SERVICES] {
            fs::remove_file(file).or_else(absent).expect("a clean host");
        }
        fs::remove_dir_all(ROOT).or_else(absent).expect("a clean host");
        let host = Self { account: Account::open(), journal: Journal::from_now_on(), figures: RefCell::default() };
        host.network("add");
        for unit in [UNIT, NOTIFIER] {
            let services = &host.account.services;
            host.write_drop_in_of(unit, "10-account.conf", &format!("[Service]\nEnvironment=AWS_ENDPOINT_URL={services}\n"));
        }
        host
    }

    /// Puts the address of the metadata service on the loopback device, or takes it away.
    pub fn network(&self, verb: &str) {
        let output = Command::new("ip").args(["addr", verb, "169.254.169.254/32", "dev", "lo"]).output().expect("ip");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || said.contains("File exists") || said.contains("already assigned"), "{said}");
    }

    /// Writes a config file beneath `/etc/credadmin`, whole or not at all.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let new = self.path(".new");
        fs::write(&new, text).expect("a file");
        fs::set_permissions(&new, Permissions::from_mode(0o644)).expect("a file for all to read");
        fs::rename(&new, self.path(name)).expect("in its place");
    }

    /// Removes one.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("a file to remove");
    }

    /// Where one is.
    pub fn path(&self, name: &str) -> PathBuf {
        Path::new(ETC).join(name)
    }

    fn make_directory(&self, name: &str) {
        let directory = self.path(name);
        fs::create_dir_all(&directory).expect("a directory");
        for directory in [Path::new(ETC), &directory] {
            fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("a directory for all to read");
        }
    }

    /// Overrides something in the unit, as an administrator does.
    pub fn write_drop_in(&self, name: &str, text: &str) {
        self.write_drop_in_of(UNIT, name, text);
    }

    /// Overrides something in another one.
    pub fn write_drop_in_of(&self, unit: &str, name: &str, text: &str) {
        let directory = Path::new(UNITS).join(format!("{unit}.d"));
        fs::create_dir_all(&directory).expect("a directory");
        fs::write(directory.join(name), text).expect("a file");
        self.systemctl(&["daemon-reload"]);
    }

    /// `systemctl …`, which has to succeed.
    pub fn systemctl(&self, arguments: &[&str]) {
        let output = self.try_systemctl(arguments);
        assert!(output.status.success(), "systemctl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// `systemctl …`.
    pub fn try_systemctl(&self, arguments: &[&str]) -> Output {
        Command::new("systemctl").arg("--no-pager").args(arguments).output().expect("systemctl")
    }

    /// Starts credadmin.
    pub fn start(&self) {
        self.systemctl(&["start", UNIT]);
    }

    /// One property of the unit, as `systemctl show` has it.
    pub fn show(&self, property: &str) -> String {
        let output = self.try_systemctl(&["show", "--value", "--property", property, UNIT]);
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// What credadmin has said so far.
    pub fn said(&self) -> Vec<Entry> {
        self.journal.of(UNIT)
    }

    /// The entries so far whose sentence contains `text`.
    pub fn said_with(&self, text: &str) -> Vec<Entry> {
        self.said().into_iter().filter(|entry| entry.message().contains(text)).collect()
    }

    /// Waits for an entry whose sentence contains `text`; answers with the first.
    pub fn wait_for_entry(&self, text: &str) -> Entry {
        self.wait_for(&format!("journal entry with {text:?}"), || self.said_with(text).into_iter().next())
    }

    /// Whether the last session published is the one planned to end then: by its version id, and by what readers get. STS's
    /// end is in whole seconds, so it may be a second or two earlier, and never later.
    pub fn last_session_ends(&self, secret: &str, planned: Timestamp) -> bool {
        let version = self.account.versions(secret).pop().expect("a version");
        let expiration = self.account.value(secret)["expiration"].as_str().expect("an end").parse::<Timestamp>();
        let early = planned.duration_since(expiration.expect("an instant")).as_secs();
        version.starts_with(&planned.strftime("credadmin-%Y%m%dT%H%M%SZ-").to_string()) && (0..=2).contains(&early)
    }

    /// Waits until the secret has so many versions.
    pub fn wait_for_versions(&self, secret: &str, count: usize) {
        self.wait_until(&format!("{count} versions of {secret}"), || self.account.versions(secret).len() >= count);
    }

    /// Waits until it holds; `what` is for the message if it never does.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        self.wait_for(what, || holds().then_some(()));
    }

    /// Waits for what `find` finds.
    pub fn wait_for<T>(&self, what: &str, mut find: impl FnMut() -> Option<T>) -> T {
        let clock = Clock::system();
        let began = clock.elapsed();
        loop {
            if let Some(found) = find() {
                return found;
            }
            assert!(clock.elapsed().since(began).unsigned_abs() < PATIENCE, "no {what} within {PATIENCE:?}");
            thread::sleep(POLL);
        }
    }

    /// Prints a figure with the scenario's outcome.
    pub fn tell(&self, figure: String) {
        self.figures.borrow_mut().push(figure);
    }

    /// All that was told.
    pub fn figures(&self) -> Vec<String> {
        self.figures.borrow().clone()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // What is stopped at the end of a failed scenario may refuse to; the next one begins with a clean host anyway.
        self.try_systemctl(&["stop", NOTIFIER, UNIT]);
        self.try_systemctl(&["reset-failed"]);
    }
}

/// A main file with this secret under watch, and these grants.
pub fn main_file(grants: &str) -> String {
    format!("region = 'eu-central-1'\n{}{grants}", secret("sensitive-s3", crate::account::SECRET))
}

/// A `[secrets.NAME]` table.
pub fn secret(name: &str, id: &str) -> String {
    format!("[secrets.{name}]\nsecret_id = '{id}'\nrole_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n")
}

/// A `[grants.NAME]` table for that secret.
pub fn grant(name: &str, secret: &str, from: Timestamp, until: Timestamp) -> String {
    format!("[grants.{name}]\nsecret = '{secret}'\nfrom = '{from}'\nuntil = '{until}'\n")
}

/// A grant that is open since a minute, and closes [`SOON`].
pub fn open(name: &str) -> String {
    grant(name, "sensitive-s3", in_seconds(-60), in_seconds(SOON))
}

/// So many whole seconds from now.
pub fn in_seconds(seconds: i64) -> Timestamp {
    let now = Timestamp::from_second(Clock::system().now().as_second()).expect("now");
    now + SignedDuration::from_secs(seconds)
}

fn install(from: &Path, to: &str, mode: u32) {
    fs::copy(from, to).unwrap_or_else(|error| panic!("{from:?} can't be installed: {error}"));
    fs::set_permissions(to, Permissions::from_mode(mode)).expect("its mode");
}

fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
