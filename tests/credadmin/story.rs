//! The daemon with the real SDK, over real HTTP, on virtual time: hours pass in milliseconds.
//!
//! `held.rs` says how that can be; `beside.rs` has the same AWS on real time, for tests of the binary.

mod beside;
mod held;
pub mod quiet;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use credadmin::aws::Aws;
use credadmin::aws::sdk::{Endpoints, Sdk};
use credadmin::clock::Clock;
use credadmin::config::{Sources, load};
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::{Event, Heard, Journal, Record};
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Call, Operation, Role, Server, World, serve};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use beside::Beside;
pub use held::{Held, hold};

/// What secret keys and session tokens of every story begin with.
pub const CANARY: &str = "CanaryInTheCoalMine";

/// When every story begins.
pub const START: &str = "2026-12-01T08:00:00Z";

/// aws-facts §8: secrets by name and six characters, so that one that does not exist is one that may not be touched.
const CREDADMIN: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity","sts:TagSession"],
  "Resource":"arn:aws:iam::123456789012:role/*Access"},
 {"Effect":"Allow","Action":["secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"],
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:*-??????"}]}"#;

/// One secret, SensitiveS3, open for a whole day from [`START`].
pub const ONE_DAY: &str = "
region = 'eu-central-1'
[secrets.sensitive-s3]
secret_id = 'SensitiveS3'
role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'
[grants.quarter-end]
secret = 'sensitive-s3'
from = '2026-12-01T08:00:00Z'
until = '2026-12-02T08:00:00Z'
";

/// The same day for this main file's worth of secrets, `name = (secret id, more keys)`.
pub fn open_all_day(secrets: &[(&str, &str, &str)]) -> String {
    let mut config = "region = 'eu-central-1'\n".to_owned();
    for (name, id, more) in secrets {
        config += &format!(
            "[secrets.{name}]\nsecret_id = '{id}'\nrole_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n{more}\n\
             [grants.{name}]\nsecret = '{name}'\nfrom = '2026-12-01T08:00:00Z'\nuntil = '2026-12-02T08:00:00Z'\n"
        );
    }
    config
}

/// So many minutes.
pub fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// So many seconds.
pub fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// An account behind HTTP, a config, and the clocks of both sides. Daemons are started on it.
pub struct Story {
    /// The host's clock.
    pub clock: Clock,
    /// AWS.
    pub world: World,
    /// Its HTTP side.
    pub server: Server,
    /// The host's only instance.
    pub instance: String,
    ahead: Arc<AtomicI64>,
    directory: TempDir,
}

impl Story {
    /// With the secret SensitiveS3, which has no value yet, its role, and this main file. It is [`START`].
    pub async fn new(config: &str) -> Self {
        let clock = Clock::bent(START.parse().expect("an instant"), 1);
        let ahead = Arc::new(AtomicI64::new(0));
        let (aws_clock, by) = (clock.clone(), Arc::clone(&ahead));
        let world = World::new(move || aws_clock.now() + SignedDuration::from_secs(by.load(Ordering::Relaxed)));
        world.set_canary(CANARY);
        let credadmin = world.add_role(Role::new("CredAdmin").policy("job", CREDADMIN));
        world.add_role(Role::new("SensitiveS3Access").trusting(&credadmin).session_name_like("credadmin-*").max_session(43200));
        world.create_secret("SensitiveS3", None);
        let instance = world.launch_instance("CredAdmin");
        let server = serve(world.clone()).await.expect("a free port");
        let directory = tempfile::tempdir().expect("a directory");
        let story = Self { clock, world, server, instance, ahead, directory };
        story.write("credadmin.toml", config);
        story
    }

    /// Puts AWS's clock so far ahead of the host's, or behind.
    pub fn put_aws_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::Relaxed);
    }

    /// By how many seconds AWS's clock is ahead of the host's.
    pub fn aws_ahead(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.ahead)
    }

    /// Writes a config file, the main one or one beside it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    /// Starts a daemon on the main file.
    pub async fn daemon(&self) -> Host {
        self.start(self.sdk().await, self.sources(), 1)
    }

    /// The real SDK, as the main file wants it.
    pub async fn sdk(&self) -> Held<Sdk> {
        let settings = self.sources().settings(self.clock.now()).expect("a valid config");
        let endpoints = Endpoints { services: Some(self.server.endpoint()), metadata: Some(self.server.imds_endpoint()) };
        let _still = hold();
        Held(Sdk::at(endpoints, self.clock.clone(), &settings.connection).await)
    }

    /// Starts a daemon that calls this AWS.
    pub fn start(&self, aws: impl Aws, sources: Sources, seed: u64) -> Host {
        let settings = sources.clone().settings(self.clock.now()).expect("a valid config");
        let (journal, events) = Journal::handed_to(1 << 16);
        let (wakes, listens) = mpsc::channel(8);
        let daemon = Daemon::new(aws, self.clock.clone(), journal, sources, settings, seed);
        Host { wakes, task: tokio::spawn(daemon.run(listens)), events, said: Vec::new() }
    }

    /// The sources of the main file.
    pub fn sources(&self) -> Sources {
        Sources::read(&self.directory.path().join("credadmin.toml")).expect("a config that can be read")
    }

    /// What the plan says of the config's only secret for the whole day.
    pub fn planned(&self) -> Vec<(Timestamp, Timestamp)> {
        let start: Timestamp = START.parse().expect("an instant");
        let settings = load(&self.directory.path().join("credadmin.toml"), start).expect("a valid config");
        let watched = settings.secrets.first().expect("a secret");
        let until = start + SignedDuration::from_hours(24);
        let sessions = credadmin::schedule::plan::sessions(start, until, &watched.secret.cadence, &watched.grants);
        sessions.iter().map(|session| (session.at, session.ends)).collect()
    }

    /// Lets virtual time go by.
    pub async fn pass(&self, time: SignedDuration) {
        self.clock.sleep(time).await;
    }

    /// The requests for that operation so far.
    pub fn calls(&self, operation: Operation) -> Vec<Call> {
        self.world.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    /// The value that readers of SensitiveS3 get.
    pub fn value(&self) -> serde_json::Value {
        let versions = self.world.versions("SensitiveS3");
        serde_json::from_str(&versions.last().expect("a version").content).expect("JSON")
    }
}

/// A daemon that runs.
pub struct Host {
    wakes: mpsc::Sender<Wake>,
    task: JoinHandle<()>,
    events: Heard,
    said: Vec<Event>,
}

impl Host {
    /// All that it has said so far.
    pub fn events(&mut self) -> &[Event] {
        self.said.extend(self.events.new_ones());
        &self.said
    }

    /// All that it has said so far, in words, but for debugging.
    pub fn records(&mut self) -> Vec<Record> {
        let records = self.events().iter().map(Event::record);
        records.filter(|record| record.level <= tracing::Level::INFO).collect()
    }

    /// The sentences among them that contain `text`.
    pub fn says(&mut self, text: &str) -> Vec<String> {
        self.records().into_iter().map(|record| record.message).filter(|message| message.contains(text)).collect()
    }

    /// The only sentence that contains `text`.
    pub fn says_once(&mut self, text: &str) -> Record {
        let mut found: Vec<Record> = self.records().into_iter().filter(|record| record.message.contains(text)).collect();
        let all = || self.said.iter().map(|event| event.record().message).collect::<Vec<_>>().join("\n");
        assert_eq!(found.len(), 1, "{text:?} was said {} times in\n{}", found.len(), all());
        found.remove(0)
    }

    /// SIGHUP.
    pub async fn reload(&self) {
        self.wakes.send(Wake::Reload).await.expect("a daemon that listens");
    }

    /// SIGTERM, to the end.
    pub async fn stop(mut self) -> Vec<Event> {
        self.wakes.send(Wake::Stop("SIGTERM")).await.expect("a daemon that listens");
        self.task.await.expect("a daemon that stops by itself");
        self.said.extend(self.events.new_ones());
        self.said
    }

    /// kill -9.
    pub fn kill(self) {
        self.task.abort();
    }
}
