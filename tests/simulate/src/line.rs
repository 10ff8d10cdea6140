//! The line between one daemon and AWS: credadmin's own trait over strict-aws' model, without HTTP. What goes wrong on it is told
//! to the daemon as its AWS SDK would tell it, and what has left the process arrives whatever becomes of the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use credadmin::clock::Clock;
use credadmin::credential::Credential;
use credadmin::schedule::verdict::Staged;
use jiff::SignedDuration;
use strict_aws::{ApiError, AssumeRole, Caller, Credentials, Fault, PutSecretValue, World};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::cripple::Cripple;
use crate::ills::{Call, How};
use crate::process::Process;
use crate::weather::Weather;

/// How long the SDK waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The SDK fetches the instance's credentials anew when they have so much left.
const RENEWAL: SignedDuration = SignedDuration::from_mins(5);

/// What one host has of its way to AWS; it outlives the daemons on it.
#[derive(Clone)]
pub struct Line {
    /// Which host it is.
    pub host: usize,
    /// AWS.
    pub world: World,
    /// The host's id.
    pub instance: String,
    /// Its clock, by which calls are signed.
    pub clock: Clock,
    /// What calls meet.
    pub weather: Weather,
    /// The process that calls.
    pub process: Arc<Process>,
    /// Whether the SDK learns AWS's time from refusals.
    pub learns: bool,
    /// What is wrong with the daemon, where the oracle is tried.
    pub cripple: Option<Cripple>,
    /// What changes.
    pub state: Arc<Mutex<State>>,
}

/// What changes of a line.
pub struct State {
    /// Makes latencies.
    pub chance: fastrand::Rng,
    keys: Option<Credentials>,
    correction: SignedDuration,
}

impl State {
    /// At the start of a host.
    pub fn new(seed: u64) -> Arc<Mutex<Self>> {
        let chance = fastrand::Rng::with_seed(seed);
        Arc::new(Mutex::new(Self { chance, keys: None, correction: SignedDuration::ZERO }))
    }
}

impl Line {
    async fn call<T: Send + 'static>(
        &self,
        call: Call,
        act: impl Fn(&World, &Caller) -> Result<T, ApiError> + Clone + Send + Sync + 'static,
    ) -> Result<(T, Option<How>), Trouble> {
        self.process.call(self.go(call, act)).await
    }

    async fn go<T: Send + 'static>(
        &self,
        call: Call,
        act: impl Fn(&World, &Caller) -> Result<T, ApiError> + Clone + Send + Sync + 'static,
    ) -> Result<(T, Option<How>), Trouble> {
        let operation = operation(call);
        let caller = self.caller(operation)?;
        let how = self.weather.meet(call, self.host);
        if let Some(how) = how.filter(|how| !how.is_done()) {
            return Err(told(how, operation).await.expect("what is not done is told"));
        }
        let (there, back) = self.latency(how);
        let answer = if self.process.is_doomed() || matches!(how, Some(How::Late(_))) {
            let (tell, told) = oneshot::channel();
            let (world, act, caller) = (self.world.clone(), act.clone(), caller.clone());
            tokio::spawn(async move {
                sleep(there).await;
                let answer = act(&world, &caller);
                sleep(back).await;
                // Nobody listens any more if the process has given it up, or is no more.
                drop(tell.send(answer));
            });
            let silence = |_| Trouble::new(operation, Kind::Timeout, "Timeout", "no answer in time");
            tokio::time::timeout(TIMEOUT, told).await.map_err(silence)?.expect("it is sent whatever comes")
        } else {
            sleep(there).await;
            let answer = act(&self.world, &caller);
            sleep(back).await;
            answer
        };
        if let Some(How::Again(after)) = how {
            let world = self.world.clone();
            tokio::spawn(async move {
                sleep(Duration::from_secs(after)).await;
                // Whatever is said to it, nobody hears.
                drop(act(&world, &caller));
            });
        }
        if let Some(how) = how
            && let Some(trouble) = told(how, operation).await
        {
            return Err(trouble);
        }
        match answer {
            Ok(answer) => Ok((answer, how)),
            Err(error) => {
                let trouble = Trouble::from_answer(operation, error.status, &error.code, &error.message);
                if trouble.kind == Kind::WrongTime && self.learns {
                    self.lock().correction = self.world.now().duration_since(self.clock.now());
                }
                Err(trouble)
            }
        }
    }

    /// Who calls, as IMDS and the host's clock have it.
    fn caller(&self, operation: Operation) -> Result<Caller, Trouble> {
        let mut state = self.lock();
        let now = self.clock.now().saturating_add(state.correction).unwrap_or_default();
        let fresh = |keys: &Credentials| keys.expiration.is_some_and(|end| end.duration_since(now) > RENEWAL);
        if !state.keys.as_ref().is_some_and(fresh) {
            match self.weather.meet(Call::Imds, self.host) {
                Some(How::Frozen) if state.keys.is_some() => {}
                None | Some(How::Frozen) => state.keys = self.world.instance_credentials(&self.instance),
                // Better old ones than none.
                Some(_) => {}
            }
        }
        let keys = state.keys.as_ref().ok_or_else(|| Trouble::new(operation, Kind::NoCredentials, "NoCredentials", "no role"))?;
        Ok(Caller::holding(keys).signed_at(now))
    }

    fn latency(&self, how: Option<How>) -> (Duration, Duration) {
        let mut state = self.lock();
        let mut late = || match how {
            Some(How::Late(most)) if state.chance.bool() => Duration::from_millis(state.chance.u64(0..most * 1000)),
            _ => Duration::from_millis(state.chance.u64(5..60)),
        };
        (late(), late())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "the way to AWS takes its time by no host's clock")]
async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}

async fn told(how: How, operation: Operation) -> Option<Trouble> {
    let (trouble, late) = how.told(operation)?;
    if late {
        sleep(TIMEOUT).await;
    }
    Some(trouble)
}

fn operation(call: Call) -> Operation {
    match call {
        Call::Imds | Call::Describe => Operation::DescribeSecret,
        Call::Assume => Operation::AssumeRole,
        Call::Put => Operation::PutSecretValue,
    }
}

impl Aws for Line {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        let id = secret_id.to_owned();
        let (described, _) = self.call(Call::Describe, move |world, caller| world.describe_secret(caller, &id)).await?;
        let mut staged = Staged::default();
        for (version, labels) in described.version_ids_to_stages {
            match labels.iter().any(|label| label == "AWSCURRENT") {
                true if self.cripple == Some(Cripple::Overlooks) => staged.current = Some(version.replace("closed", "opened")),
                true => staged.current = Some(version),
                false => staged.others.push(version),
            }
        }
        let (deleted, rotation) = (described.deleted_date, described.rotation_enabled);
        let (owning_service, replica_of) = (described.owning_service, described.primary_region);
        Ok(Description { staged, deleted, rotation, owning_service, replica_of })
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let mut request = AssumeRole {
            role_arn: ask.role_arn.clone(),
            role_session_name: ask.session_name.clone(),
            duration_seconds: Some(ask.duration_seconds),
            policy: ask.policy.clone(),
            external_id: ask.external_id.clone(),
            source_identity: ask.source_identity.clone(),
            tags: ask.tags.clone().into_iter().collect(),
            transitive_tag_keys: Vec::new(),
        };
        let hidden = self.cripple.map_or(SignedDuration::ZERO, |cripple| cripple.lengthen(&mut request));
        let act = move |world: &World, caller: &Caller| world.assume_role(caller, &request);
        let (mut answer, how) = self.call(Call::Assume, act).await?;
        match how {
            Some(How::Empty) => answer = self.world.twist(&Fault::EmptyCredentials, answer),
            Some(How::Past) => answer = self.world.twist(&Fault::PastExpiration, answer),
            Some(How::Longer) => answer = self.world.twist(&Fault::LongerThanAsked, answer),
            _ => {}
        }
        let nothing = || Trouble::new(Operation::AssumeRole, Kind::Garbled, "UnreadableAnswer", "");
        let keys = answer.credentials.ok_or_else(nothing)?;
        Ok(Answer {
            expiration: keys.expiration.expect("a session ends") - hidden,
            credential: Credential {
                access_key_id: keys.access_key_id,
                secret_access_key: Zeroizing::new(keys.secret_access_key),
                session_token: Zeroizing::new(keys.session_token.unwrap_or_default()),
            },
            token_utilization: None,
            request_id: None,
        })
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        if self.cripple == Some(Cripple::Forgets) {
            return Ok(Receipt::default());
        }
        let put = |version_id: String| {
            let request = PutSecretValue {
                secret_id: secret_id.to_owned(),
                client_request_token: Some(version_id),
                secret_string: value.to_string(),
                version_stages: None,
            };
            move |world: &World, caller: &Caller| world.put_secret_value(caller, &request)
        };
        self.call(Call::Put, put(version_id.to_owned())).await?;
        if self.cripple == Some(Cripple::PublishesTwice) {
            let digits = version_id.len() - 1;
            let last = if version_id.ends_with('0') { '1' } else { '0' };
            self.call(Call::Put, put(format!("{}{last}", &version_id[..digits]))).await?;
        }
        Ok(Receipt::default())
    }

    fn connect(&self, _: &Connection) {}

    async fn renew(&self) {
        self.lock().keys = None;
    }
}
