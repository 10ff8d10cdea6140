//! Where sessions come from: the secret, read no oftener than it has to be.

use jiff::SignedDuration;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::judge::{FRESH, FRESH_AT_THE_EDGE, Held};
use super::refusal::{Refusal, passes};
use super::value::Session;
use crate::aws::reading::Reading;
use crate::aws::trouble::{Kind, Operation, Trouble};
use crate::clock::{Clock, Elapsed};
use crate::schedule::backoff::{Pace, wait};

/// How long the secret is waited for while there is a session that lives: SDKs wait for two seconds (aws-facts §10).
const PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// One secret.
pub struct Source<R> {
    reading: R,
    clock: Clock,
    secret_id: String,
    /// How often a read is tried that may go well the next time.
    tries: u32,
    /// One read at a time: whoever asks meanwhile gets what comes of it.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failed: Option<(Elapsed, Trouble)>,
}

impl<R: Reading> Source<R> {
    /// Of this secret; `held` is what is known of it already. A read is tried `tries` times.
    pub fn new(reading: R, clock: Clock, secret_id: &str, tries: u32, held: Option<Held>) -> Self {
        let state = Mutex::new(State { held, failed: None });
        Self { reading, clock, secret_id: secret_id.to_owned(), tries, state }
    }

    /// The session to be used now: one that has not ended, and as the secret had it [a minute](super::judge::FRESH) ago at most. Only
    /// while the secret can't be read for a reason that passes, the one that was read last goes on for as long as it lives: AWS
    /// itself ends it.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn session(&self) -> Result<Session, Refusal> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(held) = state.held.as_ref().filter(|held| held.is_fresh(now)) {
            return held.judge(now);
        }
        let alive = state.held.as_ref().and_then(|held| held.judge(now).ok());
        let recently = |at: Elapsed| self.clock.elapsed().since(at) < FRESH_AT_THE_EDGE;
        let trouble = match state.failed.take().filter(|(at, _)| recently(*at)) {
            Some(failed) => failed,
            None => match self.read(alive.is_some()).await {
                Ok(value) => {
                    let mut held = Held { read_at: now, value };
                    let now = self.clock.now();
                    held.wipe_what_is_over(now);
                    return state.held.insert(held).judge(now);
                }
                Err(trouble) => (self.clock.elapsed(), trouble),
            },
        };
        let (_, trouble) = state.failed.insert(trouble);
        match alive.filter(|session| passes(trouble) && session.ends > self.clock.now()) {
            Some(session) => Ok(session),
            None => Err(Refusal::Trouble(trouble.clone())),
        }
    }

    /// Wipes the keys of each session once it is over, within a minute, though nobody asks any more.
    pub async fn wipe_what_is_over(&self) {
        loop {
            let mut state = self.state.lock().await;
            let left = state.held.as_mut().and_then(|held| held.wipe_what_is_over(self.clock.now()));
            drop(state);
            self.clock.sleep(left.map_or(FRESH, |left| left.min(FRESH))).await;
        }
    }

    /// What was read last.
    pub fn into_held(self) -> Option<Held> {
        self.state.into_inner().held
    }

    async fn read(&self, in_a_hurry: bool) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        if in_a_hurry {
            let operation = Operation::GetSecretValue;
            return tokio::select! {
                answer = self.reading.current_value(&self.secret_id) => answer,
                () = self.clock.sleep(PATIENCE) => Err(Trouble::new(operation, Kind::Timeout, "Timeout", "no answer in a second")),
            };
        }
        let mut failures = 0;
        loop {
            match self.reading.current_value(&self.secret_id).await {
                Err(trouble) if passes(&trouble) && failures + 1 < self.tries => failures += 1,
                answer => return answer,
            }
            self.clock.sleep(wait(Pace::Soon, failures, fastrand::f64())).await;
        }
    }
}
