//! The program that is measured: the real binary, as it is released; or the floor, to measure it by.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Told;
use crate::account::Account;
use crate::{floor, proc};

/// Names another binary to be measured, such as the packaged one.
const OTHER: &str = "BENCH_PROGRAM";

/// The binary.
pub fn program() -> PathBuf {
    std::env::var_os(OTHER).map_or_else(|| env!("CARGO_BIN_EXE_credadmin").into(), PathBuf::from)
}

/// Which one is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `credadmin run`.
    Credadmin,
    /// This program, as [`floor`].
    Floor,
}

/// A program, running. Killed when dropped, and by the kernel when this process is no more.
pub struct Daemon {
    child: Child,
    journal: PathBuf,
}

impl Daemon {
    /// Starts credadmin on this main file.
    pub fn start(config: &Path, account: &Account) -> Told<Self> {
        Self::start_under(Program::Credadmin, config, account, Path::new(""))
    }

    /// Starts one of them on this main file, under a systemd that listens at this socket.
    pub fn start_under(program: Program, config: &Path, account: &Account, systemd: &Path) -> Told<Self> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]);
        let journal = config.with_file_name(match program {
            Program::Credadmin => "journal",
            Program::Floor => "journal-of-the-floor",
        });
        match program {
            Program::Credadmin => command.arg(self::program()).args(["run", "--config"]),
            Program::Floor => command.arg(std::env::current_exe()?).arg(floor::MODE),
        };
        command.arg(config).env_clear();
        if !systemd.as_os_str().is_empty() {
            command.env("NOTIFY_SOCKET", systemd);
        }
        command.envs(account.instance()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
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

    /// How it stands.
    pub fn sample(&self) -> Told<proc::Sample> {
        self.said(proc::sample(self.pid()))
    }

    /// What it said so far.
    pub fn journal(&self) -> Told<String> {
        Ok(fs::read_to_string(&self.journal)?)
    }

    /// Kills it, as `kill -9` does.
    ///
    /// # Errors
    /// If it had ended by itself before, with what it said.
    pub fn kill(mut self) -> Told {
        match self.child.try_wait()? {
            Some(status) => self.said(Err(format!("it ended by itself with {status}").into())),
            None => {
                self.child.kill()?;
                self.child.wait()?;
                Ok(())
            }
        }
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
