//! A daemon, and an account that says yes at once: the first visit to a secret whose window is open, and to many that are closed.

use std::sync::atomic::{AtomicUsize, Ordering};

use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use credadmin::clock::Clock;
use credadmin::config::Sources;
use credadmin::credential::Credential;
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::{Event, Heard, Journal};
use jiff::SignedDuration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::now;
use crate::settings::File;

const OPEN: &str = "region = \"eu-central-1\"\n[secrets.s]\nsecret_id = \"S\"\n\
    role_arn = \"arn:aws:iam::123456789012:role/SAccess\"\n\
    [grants.g]\nsecret = \"s\"\nfrom = \"2026-12-01T08:00:00Z\"\nuntil = \"2026-12-01T18:00:00Z\"\n";

struct Account {
    clock: Clock,
    /// How many are still to be looked at before nothing is left to be done; none, if one is to be written.
    unseen: AtomicUsize,
    done: mpsc::Sender<Wake>,
}

impl Account {
    fn end(&self) {
        self.done.try_send(Wake::Stop("the end")).expect("room for it");
    }
}

impl Aws for Account {
    async fn describe_secret(&self, _: &str) -> Result<Description, Trouble> {
        if self.unseen.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.end();
        }
        Ok(Description::default())
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let credential = Credential {
            access_key_id: "ASIAEXAMPLEEXAMPLE00".into(),
            secret_access_key: Zeroizing::new("k".repeat(40)),
            session_token: Zeroizing::new("t".repeat(800)),
        };
        let expiration = self.clock.now() + SignedDuration::from_secs(ask.duration_seconds);
        Ok(Answer { credential, expiration, token_utilization: Some(40), request_id: None })
    }

    async fn put_secret_value(&self, _: &str, _: &str, _: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        self.end();
        Ok(Receipt::default())
    }

    fn connect(&self, _: &Connection) {}

    async fn renew(&self) {}
}

/// A daemon that has not looked at anything yet.
pub struct Ready {
    runtime: Runtime,
    daemon: Daemon<Account>,
    wakes: mpsc::Receiver<Wake>,
    heard: Heard,
    _file: File,
}

/// Whose only secret is open.
pub fn open() -> Ready {
    ready(File::new(OPEN), usize::MAX)
}

/// With so many secrets, all of them closed.
pub fn closed(secrets: usize) -> Ready {
    ready(File::with_grants(secrets, 1), secrets)
}

fn ready(file: File, unseen: usize) -> Ready {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let mut sources = Sources::read(file.path()).expect("a good config");
    let settings = sources.settings(now()).expect("a good config");
    let (done, wakes) = mpsc::channel(1);
    let (journal, heard) = Journal::handed_to(16);
    let daemon = {
        let _inside = runtime.enter();
        let clock = Clock::bent(now(), 1);
        Daemon::new(
            Account { clock: clock.clone(), unseen: AtomicUsize::new(unseen), done },
            clock,
            journal,
            sources,
            settings,
            1,
        )
    };
    Ready { runtime, daemon, wakes, heard, _file: file }
}

/// It plans, describes each secret, assumes the role and puts the session where it is open, and stops; answers with how many it has
/// published.
pub fn visit(ready: Ready) -> usize {
    let Ready { runtime, daemon, wakes, mut heard, _file } = ready;
    runtime.block_on(daemon.run(wakes));
    heard.new_ones().filter(|event| matches!(event, Event::Published { .. })).count()
}
