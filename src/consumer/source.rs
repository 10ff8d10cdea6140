//! Where sessions come from: the secret, read no oftener than it has to be.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::judge::{FRESH, FRESH_AT_THE_EDGE, Held};
use super::refusal::{Refusal, passes};
use super::value::Session;
use crate::aws::reading::Reading;
use crate::aws::trouble::Trouble;
use crate::clock::{Clock, Elapsed};
use crate::schedule::backoff::{Pace, wait};

/// How long the secret is waited for while there is a session that lives: SDKs wait for two seconds (aws-facts §10).
const PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// One secret.
pub struct Source<R>(Arc<Inner<R>>);

struct Inner<R> {
    reading: R,
    clock: Clock,
    secret_id: String,
    /// How often a read is tried that may go well the next time.
    tries: u32,
    tell: Box<dyn Fn(&str) + Send + Sync>,
    /// Never held while anything is waited for.
    state: Mutex<State>,
    /// That a read has ended.
    ended: Notify,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// When the last read failed, and with what, if it did.
    failed: Option<(Elapsed, Trouble)>,
    /// Since when the secret is being read. One read at a time: whoever asks meanwhile gets what comes of it.
    reading_since: Option<Elapsed>,
    /// Whether it was told that a session goes on without a look at the secret.
    is_told: bool,
}

impl<R: Reading> Source<R> {
    /// Of this secret; `held` is what is known of it already. A read is tried `tries` times. `tell` is told, once, that a session
    /// goes on although the secret can't be read, and when it can be again: whoever gets the session is not.
    pub fn new(
        reading: R,
        clock: Clock,
        secret_id: &str,
        tries: u32,
        held: Option<Held>,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let state = Mutex::new(State { held, ..State::default() });
        let (secret_id, tell, ended) = (secret_id.to_owned(), Box::new(tell), Notify::new());
        Self(Arc::new(Inner { reading, clock, secret_id, tries, tell, state, ended }))
    }

    /// The session to be used now: one that has not ended, and as the secret had it [a minute](super::judge::FRESH) ago at most.
    /// Only while the secret is slow to answer, or can't be read for a reason that passes, the one that was read last goes on for as
    /// long as it lives: AWS itself ends it.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn session(&self) -> Result<Session, Refusal> {
        self.session_within(PATIENCE).await
    }

    /// The same for whoever can wait longer than an SDK: a read that takes longer than `patience` is not waited for while there
    /// is a session that lives. It goes on, and what comes of it is there for whoever asks next.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn session_within(&self, patience: SignedDuration) -> Result<Session, Refusal> {
        let inner = &*self.0;
        let (since, ended) = {
            let (mut state, now) = (inner.state(), inner.clock.now());
            if let Some(known) = state.known(now, inner.clock.elapsed()) {
                return known;
            }
            let since = state.reading_since;
            // Before the lock is open again, so that the end of this read is not missed.
            (since.unwrap_or_else(|| self.begin(&mut state, now)), inner.ended.notified())
        };
        let meanwhile = async {
            let left = patience - inner.clock.elapsed().since(since);
            if left.is_positive() {
                inner.clock.sleep(left).await;
            }
            let known = inner.state().outcome(inner.clock.now());
            match known {
                Some(Ok(session)) => session,
                _ => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = ended => inner.state().outcome(inner.clock.now()).expect("a read has ended"),
            session = meanwhile => Ok(session),
        }
    }

    /// Wipes the keys of each session once it is over, within a minute, though nobody asks any more.
    pub async fn wipe_what_is_over(&self) {
        let inner = &*self.0;
        loop {
            let left = inner.state().held.as_mut().and_then(|held| held.wipe_what_is_over(inner.clock.now()));
            inner.clock.sleep(left.map_or(FRESH, |left| left.min(FRESH))).await;
        }
    }

    /// What was read last.
    pub fn into_held(self) -> Option<Held> {
        self.0.state().held.take()
    }

    /// Begins to read: a task of its own, so that what is half done is not done again for whoever asks next.
    fn begin(&self, state: &mut State, now: Timestamp) -> Elapsed {
        let since = self.0.clock.elapsed();
        state.reading_since = Some(since);
        // Nobody waits for a second try while there is a session that lives.
        let tries = if matches!(state.outcome(now), Some(Ok(_))) { 1 } else { self.0.tries };
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move { inner.read(now, tries).await });
        since
    }
}

impl<R: Reading> Inner<R> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, read_at: Timestamp, tries: u32) {
        let answer = self.answer(tries).await;
        let (mut state, now) = (self.state(), self.clock.now());
        state.reading_since = None;
        match answer {
            Ok(value) => {
                let mut held = Held { read_at, value };
                held.wipe_what_is_over(now);
                state.held = Some(held);
                state.failed = None;
            }
            Err(trouble) => state.failed = Some((self.clock.elapsed(), trouble)),
        }
        let news = state.news(now);
        self.ended.notify_waiters();
        drop(state);
        if let Some(news) = news {
            (self.tell)(&format!("{}: {news}", self.secret_id));
        }
    }

    async fn answer(&self, tries: u32) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        let mut failures = 0;
        loop {
            match self.reading.current_value(&self.secret_id).await {
                Err(trouble) if passes(&trouble) && failures + 1 < tries => failures += 1,
                answer => return answer,
            }
            self.clock.sleep(wait(Pace::Soon, failures, fastrand::f64())).await;
        }
    }
}

impl State {
    /// What need not be read again.
    fn known(&self, now: Timestamp, elapsed: Elapsed) -> Option<Result<Session, Refusal>> {
        let is_fresh = self.held.as_ref().is_some_and(|held| held.is_fresh(now));
        let has_just_failed = self.failed.as_ref().is_some_and(|(at, _)| elapsed.since(*at) < FRESH_AT_THE_EDGE);
        if is_fresh || has_just_failed { self.outcome(now) } else { None }
    }

    /// What the last read comes to at `now`; nothing if there was none.
    fn outcome(&self, now: Timestamp) -> Option<Result<Session, Refusal>> {
        let held = self.held.as_ref().map(|held| held.judge(now));
        match (&self.failed, held) {
            (None, held) => held,
            (Some((_, trouble)), Some(Ok(session))) if passes(trouble) => Some(Ok(session)),
            (Some((_, trouble)), _) => Some(Err(Refusal::Trouble(trouble.clone()))),
        }
    }

    /// What is to be told of the last read.
    fn news(&mut self, now: Timestamp) -> Option<String> {
        match (&self.failed, self.outcome(now)) {
            (Some((_, trouble)), Some(Ok(session))) if !self.is_told => {
                self.is_told = true;
                let (ends, remedy) = (session.ends.strftime("%FT%TZ"), trouble.remedy());
                let goes_on = format!("the session of before goes on until {ends}, and a revocation is not seen meanwhile");
                Some(format!("the secret can't be read: {trouble}; {goes_on}; {remedy}"))
            }
            (None, _) if self.is_told => {
                self.is_told = false;
                Some("the secret can be read again".to_owned())
            }
            _ => None,
        }
    }
}
