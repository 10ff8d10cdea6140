//! One host: its clock, its files, its line to AWS, and the daemon that runs on it, if one does.

use std::path::Path;
use std::sync::Arc;

use credadmin::clock::Clock;
use credadmin::config::Sources;
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::Journal;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::Main;
use crate::line::Line;
use crate::process::Process;

/// A host.
pub struct Host {
    /// Its clock.
    pub clock: Clock,
    /// What its main file says.
    pub main: Main,
    directory: TempDir,
    line: Line,
    running: Option<(JoinHandle<()>, mpsc::Sender<Wake>)>,
}

impl Host {
    /// A host on which nothing runs yet.
    pub fn new(line: Line, main: Main) -> Self {
        // In memory, where there is such a place: a daemon looks at its files each minute of all these years.
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let directory = directory.expect("a directory");
        Self { clock: line.clock.clone(), main, directory, line, running: None }
    }

    /// Where its config is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts the daemon; false if its config is refused.
    pub fn start(&mut self, seed: u64) -> bool {
        self.kill();
        let now = self.clock.now();
        let Ok((sources, settings)) = Sources::read(&self.directory.path().join("credadmin.toml")).and_then(|mut sources| {
            let settings = sources.settings(now)?;
            Ok((sources, settings))
        }) else {
            return false;
        };
        // Nobody reads this journal.
        let (journal, _) = Journal::handed_to(1);
        let process = Process::new();
        self.line.process = Arc::clone(&process);
        let (wake, wakes) = mpsc::channel(64);
        let daemon = Daemon::new(self.line.clone(), self.clock.clone(), journal, sources, settings, seed);
        self.running = Some((tokio::spawn(async move { process.run(daemon.run(wakes)).await }), wake));
        true
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some((task, _)) = self.running.take() {
            task.abort();
        }
    }

    /// The process, or the last one.
    pub fn process(&self) -> &Process {
        &self.line.process
    }

    /// A signal to the daemon, if one runs.
    pub fn wake(&self, wake: Wake) {
        if let Some((_, wakes)) = &self.running {
            // One that has stopped, or is full of them, takes no more.
            let _ = wakes.try_send(wake);
        }
    }
}
