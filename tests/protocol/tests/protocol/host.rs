//! A real daemon, whose calls to AWS wait until they are told what comes of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use credadmin::clock::Clock;
use credadmin::config::Sources;
use credadmin::credential::Credential;
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::Journal;
use credadmin::schedule::verdict::Staged;
use credadmin_protocol::scene::Scene;
use jiff::SignedDuration;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// What a daemon asks AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// DescribeSecret.
    Describe,
    /// AssumeRole.
    Assume,
    /// PutSecretValue, under this token.
    Put(String),
}

/// What it is told.
#[derive(Debug)]
pub enum Told {
    /// By DescribeSecret.
    Staged(Staged),
    /// By AssumeRole: a session as long as was asked for.
    Session,
    /// By PutSecretValue.
    Written,
    /// By PutSecretValue: `ResourceExistsException`.
    Exists,
    /// No answer in time.
    Nothing,
}

/// A call, and whoever waits for its answer.
type Waiting = (Asked, oneshot::Sender<Told>);

/// The line of one process, on which all calls wait.
#[derive(Clone)]
struct Line {
    clock: Clock,
    waiting: Arc<Mutex<VecDeque<Waiting>>>,
}

/// A host.
pub struct Host {
    line: Line,
    directory: TempDir,
    running: Option<(JoinHandle<()>, mpsc::Sender<Wake>)>,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, operation: Operation, asked: Asked) -> Result<Told, Trouble> {
        let (answer, told) = oneshot::channel();
        self.lock().push_back((asked, answer));
        match told.await.expect("whoever waits is told") {
            Told::Nothing => Err(Trouble::new(operation, Kind::Timeout, "Timeout", "no answer")),
            Told::Exists => Err(Trouble::from_answer(operation, 400, "ResourceExistsException", "it is there already")),
            told => Ok(told),
        }
    }
}

impl Aws for Line {
    async fn describe_secret(&self, _: &str) -> Result<Description, Trouble> {
        match self.ask(Operation::DescribeSecret, Asked::Describe).await? {
            Told::Staged(staged) => Ok(Description { staged, ..Description::default() }),
            told => panic!("DescribeSecret is not told {told:?}"),
        }
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        // STS answers at once; the answer is held back.
        let expiration = self.clock.now() + SignedDuration::from_secs(ask.duration_seconds);
        self.ask(Operation::AssumeRole, Asked::Assume).await?;
        let part = || Zeroizing::new("part".to_owned());
        let credential = Credential { access_key_id: "ASIAEXAMPLE".to_owned(), secret_access_key: part(), session_token: part() };
        Ok(Answer { credential, expiration, token_utilization: None, request_id: None })
    }

    async fn put_secret_value(&self, _: &str, version_id: &str, _: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        self.ask(Operation::PutSecretValue, Asked::Put(version_id.to_owned())).await?;
        Ok(Receipt::default())
    }

    fn connect(&self, _: &Connection) {}

    async fn renew(&self) {}
}

impl Host {
    /// A host whose daemon has just started on a config.
    pub fn start(scene: &Scene, config: usize, clock: &Clock) -> Self {
        let line = Line { clock: clock.clone(), waiting: Arc::default() };
        let mut host = Self { line, directory: tempfile::tempdir().expect("a directory"), running: None };
        host.restart(scene, config);
        host
    }

    /// kill -9, and a start.
    pub fn restart(&mut self, scene: &Scene, config: usize) {
        self.kill();
        self.write(scene, config);
        let mut sources = Sources::read(&self.directory.path().join("credadmin.toml")).expect("a config that can be read");
        let settings = sources.settings(self.line.clock.now()).expect("a valid config");
        assert_eq!(*settings.secrets[0].secret, scene.configs[config].secret, "the model's secret is the config's");
        let (journal, _) = Journal::handed_to(1 << 10);
        // Whoever was killed does not hear the answers to what it asked.
        self.line = Line { clock: self.line.clock.clone(), waiting: Arc::default() };
        let (wake, wakes) = mpsc::channel(8);
        let daemon = Daemon::new(self.line.clone(), self.line.clock.clone(), journal, sources, settings, 1);
        self.running = Some((tokio::spawn(daemon.run(wakes)), wake));
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some((task, _)) = self.running.take() {
            task.abort();
        }
    }

    /// SIGHUP, with another config.
    pub async fn reload(&self, scene: &Scene, config: usize) {
        self.write(scene, config);
        self.send(Wake::Reload).await;
    }

    /// A minute begins.
    pub async fn wake(&self) {
        self.send(Wake::Look).await;
    }

    async fn send(&self, wake: Wake) {
        let (_, wakes) = self.running.as_ref().expect("a daemon that runs");
        wakes.send(wake).await.expect("a daemon that listens");
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.line.clock
    }

    /// The call that waits.
    pub fn asked(&self) -> Option<Asked> {
        let waiting = self.line.lock();
        assert!(waiting.len() <= 1, "one call at a time: {waiting:?}");
        waiting.front().map(|(asked, _)| asked.clone())
    }

    /// What comes of the call that waits.
    pub fn tell(&self, told: Told) {
        let (_, answer) = self.line.lock().pop_front().expect("a call that waits");
        answer.send(told).expect("a daemon that waits");
    }

    fn write(&self, scene: &Scene, config: usize) {
        let config = &scene.configs[config];
        let tags: Vec<String> = config.secret.tags.iter().map(|(key, value)| format!("{key} = '{value}'")).collect();
        let (secret, window) = (&config.secret, config.window);
        let text = format!(
            "region = 'eu-central-1'\n[secrets.alpha]\nsecret_id = '{}'\nrole_arn = '{}'\nsession_duration = '{}s'\n\
             refresh_lead = '{}s'\ntags = {{ {} }}\n[grants.alpha]\nsecret = 'alpha'\nfrom = '{}'\nuntil = '{}'\n",
            secret.secret_id,
            secret.role_arn,
            secret.cadence.session().as_secs(),
            secret.cadence.lead().as_secs(),
            tags.join(", "),
            window.opens,
            window.closes,
        );
        std::fs::write(self.directory.path().join("credadmin.toml"), text).expect("a config");
    }
}
