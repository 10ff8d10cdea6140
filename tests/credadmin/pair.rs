//! The high-availability pair: two daemons against one account, in virtual time, with everything that can happen to a process and
//! to its line. Judged by AWS's records.
//!
//! - `line`: what it calls AWS through
//! - `windows`: a thousand windows, and all the `trouble` there is; `judge`: what has to hold of them
//! - `points`: kill -9 at every await point; `sdk`: the same with the real SDK, over real HTTP
//! - `late`: what arrives when it should not any more
//! - `rollout`: from one config to another

mod judge;
mod late;
mod line;
mod points;
mod rollout;
mod sdk;
mod trouble;
mod windows;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use credadmin::clock::Clock;
use credadmin::config::{Sources, load};
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::{Event, Heard, Journal};
use credadmin::schedule::{plan, token};
use jiff::{SignedDuration, Timestamp};
use line::{Line, State};
use simulate::process::Process;
use strict_aws::World;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::model::{Model, account};
use crate::story::{CANARY, START};

/// One secret, Alpha, and this grant of it.
fn alpha(grant: &str) -> String {
    format!(
        "region = 'eu-central-1'\n[secrets.alpha]\nsecret_id = 'Alpha'\nrole_arn = 'arn:aws:iam::123456789012:role/AlphaAccess'\n\
         [grants.alpha]\nsecret = 'alpha'\n{grant}\n"
    )
}

/// From a request to its answer.
const LATENCY: Duration = Duration::from_millis(80);

/// An account, on the clock that is right.
pub struct Account {
    /// The clock.
    pub clock: Clock,
    /// AWS.
    pub world: World,
}

/// One host of the pair: its clock, its config, its line, and the daemon that runs on it, if one does.
pub struct Host {
    /// Its clock.
    pub clock: Clock,
    /// How it is with its line.
    pub line: Arc<Mutex<State>>,
    /// The daemon's process, or the last one.
    pub process: Arc<Process>,
    world: World,
    model: Model,
    directory: TempDir,
    running: Option<(JoinHandle<()>, mpsc::Sender<Wake>)>,
    heard: Vec<Heard>,
}

impl Account {
    /// With these secrets, and their roles. It is [`START`].
    pub fn new(secrets: &[&str]) -> Self {
        let clock = Clock::bent(START.parse().expect("an instant"), 1);
        let world = account(&clock, secrets);
        world.set_canary(CANARY);
        Self { clock, world }
    }

    /// Launches a host with this main file, whose clock is wrong by so much.
    pub fn host(&self, config: &str, wrong: SignedDuration) -> Host {
        let clock = Clock::bent(self.clock.now() + wrong, 1);
        let model = Model::new(self.world.clone(), self.world.launch_instance("CredAdmin"), clock.clone(), LATENCY);
        let host = Host {
            clock,
            line: Arc::default(),
            process: Process::new(),
            world: self.world.clone(),
            model,
            directory: tempfile::tempdir().expect("a directory"),
            running: None,
            heard: Vec::new(),
        };
        host.write(config);
        host
    }

    /// What was written to a secret: when, and until when by its plan.
    pub fn written(&self, secret: &str) -> Vec<(Timestamp, Timestamp)> {
        let versions = self.world.versions(secret);
        versions.iter().map(|it| (it.created, token::ends(&it.version_id).expect("a version of credadmin's"))).collect()
    }
}

impl Host {
    /// Writes the main file.
    pub fn write(&self, config: &str) {
        std::fs::write(self.directory.path().join("credadmin.toml"), config).expect("a config");
    }

    /// What its config plans for its only secret from now on, for a day: when each session is issued, and when it ends.
    pub fn planned(&self) -> Vec<(Timestamp, Timestamp)> {
        let now = self.clock.now();
        let settings = load(&self.directory.path().join("credadmin.toml"), now).expect("a valid config");
        let watched = settings.secrets.first().expect("a secret");
        let planned = plan::sessions(now, now + SignedDuration::from_hours(24), &watched.secret.cadence, &watched.grants);
        planned.iter().map(|session| (session.at, session.ends)).collect()
    }

    /// Starts the daemon. Its process stands still for good at its `last` point, if it comes to it.
    pub fn start(&mut self, seed: u64, last: Option<usize>) {
        let mut sources = Sources::read(&self.directory.path().join("credadmin.toml")).expect("a config that can be read");
        let settings = sources.settings(self.clock.now()).expect("a valid config");
        let (journal, heard) = Journal::handed_to(1 << 20);
        let process = Process::new();
        if let Some(last) = last {
            process.doom(last);
        }
        let line = Line {
            model: self.model.clone(),
            world: self.world.clone(),
            clock: self.clock.clone(),
            state: Arc::clone(&self.line),
            process: Arc::clone(&process),
        };
        let (wake, wakes) = mpsc::channel(8);
        let daemon = Daemon::new(line, self.clock.clone(), journal, sources, settings, seed);
        self.process = Arc::clone(&process);
        self.running = Some((tokio::spawn(async move { process.call(daemon.run(wakes)).await }), wake));
        self.heard.push(heard);
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some((task, _)) = self.running.take() {
            task.abort();
        }
    }

    /// SIGHUP.
    pub async fn reload(&self) {
        let (_, wakes) = self.running.as_ref().expect("a daemon that runs");
        wakes.send(Wake::Reload).await.expect("a daemon that listens");
    }

    /// All that its daemons have said since this was asked last.
    pub fn events(&mut self) -> Vec<Event> {
        self.heard.iter_mut().flat_map(Heard::new_ones).collect()
    }
}
