//! The line between one host and AWS: it can be cut, it can be slow, and what has left the process arrives whatever becomes of
//! the process.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use credadmin::clock::Clock;
use jiff::Timestamp;
use simulate::process::Process;
use strict_aws::World;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::model::Model;

/// How long the SDK waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Whoever connects is refused.
    Refused,
    /// Nothing arrives, and nothing is said.
    Silent,
    /// All arrives, and no answer comes back.
    AnswersLost,
}

/// What calls meet on their way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way {
    /// Before the request arrives. It was signed before.
    pub there: Duration,
    /// Before the answer arrives.
    pub back: Duration,
    /// Whether the caller's clock stands still meanwhile, as that of a stopped process does: it waits, however long.
    pub waits: bool,
}

/// How it is with the line at the moment.
#[derive(Default)]
pub struct State {
    /// Cut, or not.
    pub cut: Option<Cut>,
    /// What the next calls meet, the last of them first.
    pub ways: Vec<Way>,
    /// Whether answers and requests come late at random, some of them minutes late.
    pub slow: Option<fastrand::Rng>,
    /// How many calls ended in the cut.
    pub cut_off: usize,
    /// Which calls met something on their way, and for how long.
    pub met: Vec<(Timestamp, Duration)>,
}

/// The line of one process.
#[derive(Clone)]
pub struct Line {
    /// AWS.
    pub model: Model,
    /// Its other end.
    pub world: World,
    /// The host's clock.
    pub clock: Clock,
    /// How it is with the host's line.
    pub state: Arc<Mutex<State>>,
    /// Whose it is.
    pub process: Arc<Process>,
}

impl State {
    fn next_way(&mut self) -> Way {
        let late = |chance: &mut fastrand::Rng| match chance.u8(0..8) {
            0 => Duration::from_secs(chance.u64(10..330)),
            1..3 => Duration::from_millis(chance.u64(0..9000)),
            _ => Duration::ZERO,
        };
        match (self.ways.pop(), &mut self.slow) {
            (Some(way), _) => way,
            (None, Some(chance)) => Way { there: late(chance), back: late(chance), waits: false },
            (None, None) => Way::default(),
        }
    }
}

/// Locks a state that no panic leaves half changed.
pub fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    async fn call<T: Send + 'static, F>(&self, operation: Operation, ask: impl FnOnce(Model) -> F + Send) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>> + Send + 'static,
    {
        self.process.call(self.go(operation, ask)).await
    }

    async fn go<T: Send + 'static, F>(&self, operation: Operation, ask: impl FnOnce(Model) -> F + Send) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>> + Send + 'static,
    {
        let silence = || Trouble::new(operation, Kind::Timeout, "Timeout", "no answer");
        let (cut, way) = {
            let mut state = lock(&self.state);
            state.cut_off += usize::from(state.cut.is_some());
            (state.cut, if state.cut.is_none() { state.next_way() } else { Way::default() })
        };
        match cut {
            Some(Cut::Refused) => return Err(Trouble::new(operation, Kind::Network, "NoConnection", "refused")),
            Some(Cut::Silent) => {
                sleep(TIMEOUT).await;
                return Err(silence());
            }
            Some(Cut::AnswersLost) | None => {}
        }
        let trip = way.there + way.back;
        if !trip.is_zero() {
            lock(&self.state).met.push((self.world.now(), trip));
        }
        let request = ask(self.model.signed_at(self.clock.now()));
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            sleep(way.there).await;
            let answer = request.await;
            sleep(way.back).await;
            // Nobody listens any more if the process has given it up, or is no more.
            drop(tell.send(answer));
        });
        let answer = match way.waits {
            true => told.await.ok(),
            false => timeout(TIMEOUT, told).await.ok().and_then(Result::ok),
        };
        match lock(&self.state).cut {
            Some(_) => Err(silence()),
            None => answer.unwrap_or_else(|| Err(silence())),
        }
    }
}

impl Aws for Line {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        let id = secret_id.to_owned();
        self.call(Operation::DescribeSecret, |aws| async move { aws.describe_secret(&id).await }).await
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let ask = ask.clone();
        self.call(Operation::AssumeRole, |aws| async move { aws.assume_role(&ask).await }).await
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        let (id, version_id, value) = (secret_id.to_owned(), version_id.to_owned(), value.clone());
        self.call(Operation::PutSecretValue, |aws| async move { aws.put_secret_value(&id, &version_id, &value).await }).await
    }

    fn connect(&self, connection: &Connection) {
        self.model.connect(connection);
    }

    async fn renew(&self) {
        self.process.call(self.model.renew()).await;
    }
}
