//! A daemon, and an account that says yes at once: the first visit to a secret whose window is open, and to many, of which a few are open.

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

/// After so long on its paused clock, all that was due at first is done, and nothing else is due yet.
const LONG_ENOUGH: SignedDuration = SignedDuration::from_secs(59);

/// No event is lost.
const HEARD: usize = 4096;

struct Account {
    clock: Clock,
}

impl Aws for Account {
    async fn describe_secret(&self, _: &str) -> Result<Description, Trouble> {
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
        Ok(Receipt::default())
    }

    fn connect(&self, _: &Connection) {}

    async fn renew(&self) {}
}

/// A daemon that has not looked at anything yet.
pub struct Ready {
    runtime: Runtime,
    daemon: Daemon<Account>,
    clock: Clock,
    heard: Heard,
    _file: File,
}

/// Whose only secret is open.
pub fn open() -> Ready {
    ready(File::new(OPEN))
}

/// With so many secrets, of which a few are open.
pub fn many(secrets: usize) -> Ready {
    ready(File::with_grants(secrets, 1))
}

fn ready(file: File) -> Ready {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let mut sources = Sources::read(file.path()).expect("a good config");
    let settings = sources.settings(now()).expect("a good config");
    let (journal, heard) = Journal::handed_to(HEARD);
    let clock = {
        let _inside = runtime.enter();
        Clock::bent(now(), 1)
    };
    let daemon = Daemon::new(Account { clock: clock.clone() }, clock.clone(), journal, sources, settings, 1);
    Ready { runtime, daemon, clock, heard, _file: file }
}

/// It plans, describes each secret, assumes the role and puts the session where it is open, and stops; answers with how many it has
/// published.
pub fn visit(ready: Ready) -> usize {
    let Ready { runtime, daemon, clock, mut heard, _file } = ready;
    runtime.block_on(async {
        let (signals, wakes) = mpsc::channel(1);
        let stop = async {
            clock.sleep(LONG_ENOUGH).await;
            signals.try_send(Wake::Stop("the end")).expect("room for it");
        };
        tokio::join!(daemon.run(wakes), stop);
    });
    heard.new_ones().filter(|event| matches!(event, Event::Published { .. })).count()
}
