//! The program that is measured: the real binary, as it is released.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Told;
use crate::account::Account;
use crate::proc;

/// The binary.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_credadmin");

/// `credadmin run`, running. Killed when dropped, and by the kernel when this process is no more.
pub struct Daemon {
    child: Child,
    journal: PathBuf,
}

impl Daemon {
    /// Starts it on this main file.
    pub fn start(config: &Path, account: &Account) -> Told<Self> {
        let journal = config.with_file_name("journal");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", PROGRAM, "run", "--config"]).arg(config);
        command.env_clear().envs(account.instance()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&journal)?).spawn()?;
        Ok(Self { child, journal })
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Told<Duration> {
        self.said(proc::cpu(self.pid()))
    }

    /// Memory now.
    pub fn memory(&self) -> Told<proc::Memory> {
        self.said(proc::memory(self.pid()))
    }

    /// Wake-ups so far.
    pub fn wake_ups(&self) -> Told<u64> {
        self.said(proc::wake_ups(self.pid()))
    }

    /// Stops it.
    ///
    /// # Errors
    /// If it does not end well, with what it said.
    pub fn stop(mut self) -> Told {
        kill(self.pid(), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { self.said(Err(format!("it ended with {status}").into())) }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// An error is told with the last lines of the journal.
    fn said<T>(&self, outcome: Told<T>) -> Told<T> {
        outcome.map_err(|error| {
            let journal = fs::read_to_string(&self.journal).unwrap_or_else(|error| error.to_string());
            let last: Vec<&str> = journal.lines().rev().take(10).collect();
            format!("the daemon: {error}; its journal ends with\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"))
                .into()
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to kill, and nothing to report.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
