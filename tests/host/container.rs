//! The machine from outside: systemd-nspawn over the root of this one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Told;

/// Where the outside reads.
pub const OUT: &str = "/box/out";
const NSPAWN: &str = "systemd-nspawn";
/// Two machines at once would be one in their control groups.
const ONE_AT_A_TIME: &str = "/run/lock/credadmin-host";
const NAME: &str = "credadmin-host";
/// nspawn refuses `/` itself, so it is bound elsewhere first: in a mount namespace of its own, so that nothing of it is left,
/// however this ends.
const BOOT: &str = r#"mount --bind / "$0" && exec "$@""#;

/// What keeps a machine from being booted here, if anything does.
pub fn missing() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("needs root".into());
    }
    let found = Command::new(NSPAWN).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.err().map(|error| format!("needs {NSPAWN} (Debian package systemd-container): {error}"))
}

/// This program, as it is called inside.
pub fn program() -> PathBuf {
    given("inside")
}

/// Whether this is the program inside.
pub fn is_inside() -> bool {
    std::env::current_exe().is_ok_and(|it| it == program())
}

/// Something that is given from outside.
pub fn given(name: &str) -> PathBuf {
    Path::new("/box/in").join(name)
}

/// A machine that runs. Killed when dropped, and by the kernel when this program is no more.
pub struct Container {
    child: Child,
    console: PathBuf,
    _only_one: File,
}

impl Container {
    /// Boots it, with this program in it, which it runs, what is shipped, and more that is given by name. `out` is what is written
    /// from inside.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn boot(directory: &Path, out: &Path, more: &[(&str, PathBuf)]) -> Told<Self> {
        let only_one = File::create(ONE_AT_A_TIME)?;
        only_one.lock()?;
        let (root, console) = (directory.join("root"), directory.join("console"));
        fs::create_dir(&root)?;
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "unshare", "--mount", "--", "sh", "-c", BOOT]).arg(&root).arg(NSPAWN);
        // Without it systemd filters no addresses, and says nothing of it.
        command.arg("--system-call-filter=bpf");
        command.args(["--quiet", "--register=no", "--keep-unit", "--private-network", "--machine", NAME]);
        command.arg("--directory").arg(&root).arg("--volatile=overlay");
        command.arg(bind("--bind-ro", &std::env::current_exe()?, &program()));
        for name in ["config", "systemd"] {
            command.arg(bind("--bind-ro", &project.join(name), &given(name)));
        }
        for (name, made) in more {
            command.arg(bind("--bind-ro", made, &given(name)));
        }
        command.arg(bind("--bind", out, Path::new(OUT)));
        command.args(["--boot", "--"]).arg(format!("systemd.run={}", program().display()));
        command.args(["systemd.run_success_action=exit", "systemd.run_failure_action=exit"]);
        // The machine is to have all control groups in one tree, whatever this one has.
        command.env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1");
        let to = File::create(&console)?;
        let child = command.stdin(Stdio::null()).stdout(to.try_clone()?).stderr(to).spawn()?;
        Ok(Self { child, console, _only_one: only_one })
    }

    /// # Errors
    /// If the system does not tell.
    pub fn has_ended(&mut self) -> Told<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// The end of what it said on its console.
    pub fn console(&self) -> String {
        let console = fs::read(&self.console).unwrap_or_default();
        let console = String::from_utf8_lossy(&console);
        let lines: Vec<&str> = console.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to kill, and nothing to report.
        drop(self.child.kill());
        drop(self.child.wait());
        // nspawn leaves its own behind when it is killed, and when its /run is on a disk.
        drop(fs::remove_dir(format!("/run/systemd/nspawn/propagate/{NAME}")));
    }
}

fn bind(option: &str, from: &Path, to: &Path) -> OsString {
    let mut argument = OsString::from(format!("{option}="));
    for (path, after) in [(from, ":"), (to, "")] {
        argument.push(path);
        argument.push(after);
    }
    argument
}
