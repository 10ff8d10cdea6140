//! The model as a whole: one account in one region, on one clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::answer::ApiError;
use crate::caller::Caller;
use crate::doors::Doors;
use crate::fault::{Operation, Script};
use crate::identity::{StoredRole, User};
use crate::instance::Instance;
use crate::keys::Mint;
use crate::quota::Quotas;
use crate::record::{Call, Issued, VersionRecord};
use crate::s3::Bucket;
use crate::secret::Secret;
use crate::ses::Ses;
use crate::signin::Signins;

/// A handle on the model; clones share it.
#[derive(Clone)]
pub struct World(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) doors: Doors,
    state: Mutex<State>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

/// All that AWS remembers.
pub(crate) struct State {
    pub(crate) mint: Mint,
    pub(crate) roles: BTreeMap<String, StoredRole>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) buckets: BTreeMap<String, Bucket>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) ses: Ses,
    pub(crate) signins: Signins,
    pub(crate) quotas: Quotas,
    pub(crate) script: Script,
    pub(crate) instance_roles_are_capped: bool,
    pub(crate) describe_lag: Duration,
    pub(crate) issued: BTreeMap<String, Arc<Issued>>,
    pub(crate) issued_in_order: Vec<String>,
    pub(crate) versions: Vec<VersionRecord>,
    pub(crate) calls: Vec<Call>,
}

impl World {
    /// An empty account. `now` is AWS's clock; it must not call back into this `World`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let quotas = Quotas::of_aws(now());
        let state = State {
            mint: Mint::default(),
            roles: BTreeMap::new(),
            users: BTreeMap::new(),
            instances: BTreeMap::new(),
            buckets: BTreeMap::new(),
            secrets: BTreeMap::new(),
            ses: Ses::default(),
            signins: Signins::default(),
            quotas,
            script: Script::default(),
            instance_roles_are_capped: true,
            describe_lag: Duration::ZERO,
            issued: BTreeMap::new(),
            issued_in_order: Vec::new(),
            versions: Vec::new(),
            calls: Vec::new(),
        };
        Self(Arc::new(Inner { now: Box::new(now), doors: Doors::default(), state: Mutex::new(state) }))
    }

    /// AWS's time.
    pub fn now(&self) -> Timestamp {
        (self.0.now)()
    }

    /// All secret keys and session tokens made from now on start with this text (at most 24 characters are used of it in a
    /// secret key), so that a test can look for it where none may be.
    pub fn set_canary(&self, canary: &str) {
        self.lock().mint.canary = canary.to_owned();
    }

    /// Whether an instance role's AssumeRole counts as role chaining and so is capped at one hour. AWS's texts disagree
    /// (aws-facts §1), so this can be set; from the start it is the stricter `true`. IAM users are never capped, assumed
    /// roles always.
    pub fn set_instance_roles_are_capped(&self, capped: bool) {
        self.lock().instance_roles_are_capped = capped;
    }

    /// DescribeSecret answers as of so long ago (aws-facts §6, "Eventually consistent"). PutSecretValue and GetSecretValue
    /// do not lag. A secret younger than that is shown as it was first created.
    pub fn set_describe_lag(&self, lag: Duration) {
        self.lock().describe_lag = lag;
    }

    pub(crate) fn make_request_id(&self) -> String {
        self.lock().mint.uuid()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in another test thread is that thread's news; the state is never left half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call, as every service does it: who is it, not too often, then the call itself; and it is recorded.
    pub(crate) fn call<T>(
        &self,
        operation: Operation,
        caller: &Caller,
        parameters: Vec<(&'static str, String)>,
        act: impl FnOnce(&mut State, Timestamp, &Issued) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let now = self.now();
        let mut state = self.lock();
        let request_id = caller.request_id.clone().unwrap_or_else(|| state.mint.uuid());
        let who = state.authenticate(operation.service(), caller, now);
        let caller_arn = who.as_ref().ok().map(|who| who.arn.clone());
        let outcome = who.and_then(|who| {
            state.quotas.take(operation, now)?;
            act(&mut state, now, &who)
        });
        state.calls.push(Call {
            at: now,
            service: operation.service(),
            operation,
            caller_arn,
            access_key_id: Some(caller.access_key_id.clone()),
            parameters,
            request_id,
            error: outcome.as_ref().err().map(|error| error.code.clone()),
        });
        outcome
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use jiff::SignedDuration;

    use super::*;

    /// A clock that a test moves; it starts at 2026-12-01T08:00:00Z.
    #[derive(Clone, Default)]
    pub(crate) struct Clock(Arc<AtomicI64>);

    impl Clock {
        pub(crate) fn now(&self) -> Timestamp {
            let start: Timestamp = "2026-12-01T08:00:00Z".parse().expect("a timestamp");
            start + SignedDuration::from_millis(self.0.load(Ordering::Relaxed))
        }

        pub(crate) fn advance(&self, seconds: i64) {
            self.advance_ms(seconds * 1000);
        }

        pub(crate) fn advance_ms(&self, milliseconds: i64) {
            self.0.fetch_add(milliseconds, Ordering::Relaxed);
        }
    }

    pub(crate) fn world_and_clock() -> (World, Clock) {
        let clock = Clock::default();
        let hand = clock.clone();
        (World::new(move || hand.now()), clock)
    }
}
