//! A message is delivered: claimed, tried, tried again while it is of use, and told of in the journal.

use std::path::PathBuf;

use jiff::SignedDuration;
use tokio::sync::{Mutex, Semaphore};

use super::claim::{Claimed, claim};
use super::message::{Message, To};
use super::post::{Tls, post};
use super::{hook, settings::Telling};
use crate::aws::sdk::Sdk;
use crate::clock::Clock;
use crate::instant::after;
use crate::journal::{Event, Journal};
use crate::schedule::backoff::{Pace, wait};

/// For how long a message is of use. What is older when it is read is not told any more.
pub const OF_USE: SignedDuration = SignedDuration::from_hours(1);
/// How often a program is run that fails.
const RUNS: u32 = 4;

/// What all deliveries share.
pub struct Office {
    /// AWS.
    pub aws: Sdk,
    /// The clock.
    pub clock: Clock,
    /// Where it is told how it went.
    pub journal: Journal,
    /// The main file of the config.
    pub main: PathBuf,
    /// So many at a time.
    pub counters: Semaphore,
    /// Whether mail goes with TLS alone.
    pub tls: Mutex<Tls>,
}

/// A try that failed.
pub struct Failed {
    /// Why, and what to do.
    pub why: String,
    /// How it is tried again.
    pub pace: Pace,
    /// Whether it is not.
    pub for_good: bool,
    /// Whether the journal has it already.
    pub is_told: bool,
}

impl Failed {
    /// One that is not tried again.
    pub fn for_good(why: String) -> Self {
        Self { why, pace: Pace::Slowly, for_good: true, is_told: false }
    }
}

/// Delivers a message, or gives it up.
pub async fn deliver(office: &Office, message: &Message, begun: bool) {
    let journal = &office.journal;
    let about = message.notice.about();
    match claim(office, message, begun).await {
        Claimed::Ours => {}
        Claimed::Theirs => return,
        Claimed::Unknown(why) => journal.tell(Event::NotClaimed { about: about.clone(), why }),
    }
    let (mut failures, mut told) = (0, String::new());
    loop {
        let failed = match attempt(office, message).await {
            Ok(event) => return journal.tell(event),
            Err(failed) => failed,
        };
        failures += 1;
        let time = wait(failed.pace, failures, fastrand::f64());
        let next = after(office.clock.now(), time);
        let runs_out = message.to == To::Hook && failures == RUNS;
        let given_up = failed.for_good || runs_out || next >= message.notice.of_use_until();
        if given_up || (told != failed.why && !failed.is_told) {
            told.clone_from(&failed.why);
            let (about, why, retry_in) = (about.clone(), failed.why, (!given_up).then_some(time));
            journal.tell(match &message.to {
                To::Person { address, .. } => Event::MailFailed { about, to: address.clone(), why, retry_in },
                To::Hook => Event::HookFailed { about, why, retry_in },
            });
        }
        if given_up {
            return;
        }
        office.clock.sleep(time).await;
    }
}

async fn attempt(office: &Office, message: &Message) -> Result<Event, Failed> {
    let _counter = office.counters.acquire().await;
    let Telling { mail, hook, .. } = &message.orders.telling;
    let about = message.notice.about();
    match (&message.to, mail, hook) {
        (To::Person { address, is_requester }, Some(mail), _) => {
            let message_id = post(office, message, mail, address, *is_requester).await?;
            Ok(Event::MailSent { about, to: address.clone(), message_id })
        }
        (To::Hook, _, Some(hook)) => Ok(Event::HookRan { about, said: hook::run(office, message, hook).await? }),
        _ => Err(Failed::for_good("the config no longer says how".into())),
    }
}
