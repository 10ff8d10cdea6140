//! The real AWS: the SDK's clients for STS and Secrets Manager.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::imds::client::ImdsResponseRetryClassifier;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_sts as sts;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::SharedRetryClassifier;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::instance_role::InstanceRole;
use super::trouble::{Kind, Operation, Trouble};
use super::{Answer, Ask, Aws, Connection, Credentials, Description, Receipt};
use crate::clock::{Clock, Elapsed};
use crate::credential::Credential;
use crate::schedule::verdict::Staged;

/// The SDK has no read, attempt or operation timeout of its own (aws-facts §11): a silent server would hang a call for ever.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// One layer of retries, the daemon's: the SDK's would multiply with it, and would treat a full version quota as throttling (§11).
const SDK_ATTEMPTS: u32 = 1;
/// Less than a call may take, so that it is the credentials that are told to be missing, and not an answer.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(8);
/// Token and metadata calls each have their own attempts, nested: 3 cost at most 5 s with a dead service (§9).
const IMDS_ATTEMPTS: u32 = 3;
/// The metadata service is throttled for each instance (§9).
const RENEW_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Calls AWS through its SDK.
pub struct Sdk {
    clock: Clock,
    pub(super) endpoints: Endpoints,
    clients: Mutex<Arc<Clients>>,
    /// What the next call is to make new clients for.
    wanted: Mutex<Option<Connection>>,
    /// Held while new clients are made, so that many calls in trouble make them once.
    renewing: tokio::sync::Mutex<()>,
}

/// Where AWS listens, if not where the SDK and its environment variables say: a double in the same process.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// The URL of STS and Secrets Manager.
    pub services: Option<String>,
    /// The URL of the instance-metadata service.
    pub metadata: Option<String>,
}

pub(super) struct Clients {
    connection: Connection,
    since: Elapsed,
    has_region: bool,
    pub(super) sts: sts::Client,
    pub(super) secrets: secretsmanager::Client,
}

impl Sdk {
    /// Builds the clients. Nothing is called yet, except the metadata service where the region has to come from there.
    pub async fn new(clock: Clock, connection: &Connection) -> Self {
        Self::at(Endpoints::default(), clock, connection).await
    }

    /// The same, for an AWS that listens elsewhere.
    pub async fn at(endpoints: Endpoints, clock: Clock, connection: &Connection) -> Self {
        let clients = Mutex::new(Arc::new(Clients::new(&clock, &endpoints, connection).await));
        Self { clock, endpoints, clients, wanted: Mutex::default(), renewing: tokio::sync::Mutex::default() }
    }

    /// The metadata service, asked once where the daemon asks again.
    pub(super) fn imds(&self) -> aws_config::imds::Client {
        imds(&ProviderConfig::default().with_time_source(SdkClock(self.clock.clone())), &self.endpoints, 1)
    }

    /// The clock that requests are signed by.
    pub(super) fn clock(&self) -> SdkClock {
        SdkClock(self.clock.clone())
    }

    fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wanted(&self) -> MutexGuard<'_, Option<Connection>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clients, for a call. A metadata service that did not tell the region is asked again: a host that boots may start
    /// credadmin before its network.
    pub(super) async fn ready(&self, operation: Operation) -> Result<Arc<Clients>, Trouble> {
        if self.wanted().is_some() || !self.clients().has_region {
            self.renew().await;
        }
        let clients = self.clients();
        match clients.has_region {
            true => Ok(clients),
            false => {
                Err(Trouble::new(operation, Kind::NoRegion, "NoRegion", "the config names no region, and nobody else told one"))
            }
        }
    }
}

impl Clients {
    async fn new(clock: &Clock, endpoints: &Endpoints, connection: &Connection) -> Self {
        let config = config(clock, endpoints, connection).await;
        Self {
            connection: connection.clone(),
            since: clock.elapsed(),
            has_region: config.region().is_some(),
            sts: sts::Client::new(&config),
            secrets: secretsmanager::Client::new(&config),
        }
    }
}

async fn config(clock: &Clock, endpoints: &Endpoints, connection: &Connection) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ANSWER_TIMEOUT)
        .operation_attempt_timeout(ANSWER_TIMEOUT)
        .operation_timeout(ANSWER_TIMEOUT * SDK_ATTEMPTS);
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .app_name(AppName::new("credadmin").expect("a valid app name"))
        .time_source(SdkClock(clock.clone()))
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_TIMEOUT).build())
        .retry_config(RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS))
        .timeout_config(timeouts.build());
    if let Some(region) = &connection.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(services) = &endpoints.services {
        loader = loader.endpoint_url(services);
    }
    if connection.credentials == Credentials::InstanceRole {
        let by_our_clock = ProviderConfig::default().with_time_source(SdkClock(clock.clone()));
        let imds = imds(&by_our_clock, endpoints, IMDS_ATTEMPTS);
        loader = loader.credentials_provider(InstanceRole::new(imds.clone(), by_our_clock));
        if connection.region.is_none() {
            let region = ImdsRegionProvider::builder().imds_client(imds).build().region().await;
            loader = loader.region(region);
        }
    }
    loader.load().await
}

/// IMDSv2, explicitly: the default chain would look into the environment first, and a stray long-lived key there would win.
fn imds(by_our_clock: &ProviderConfig, endpoints: &Endpoints, attempts: u32) -> aws_config::imds::Client {
    let retry = ImdsResponseRetryClassifier::default().with_retry_connect_timeouts(true);
    let imds = aws_config::imds::Client::builder()
        .configure(by_our_clock)
        .max_attempts(attempts)
        .retry_classifier(SharedRetryClassifier::new(retry));
    match &endpoints.metadata {
        Some(metadata) => imds.endpoint(metadata).expect("a URL").build(),
        None => imds.build(),
    }
}

impl Aws for Sdk {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        let clients = self.ready(Operation::DescribeSecret).await?;
        let call = clients.secrets.describe_secret().secret_id(secret_id).send().await;
        let answer = call.map_err(|e| trouble(Operation::DescribeSecret, &e))?;
        if answer.arn().is_none() {
            // It says of no secret that it has no versions: nothing follows from that.
            return Err(Trouble::new(Operation::DescribeSecret, Kind::Garbled, "UnreadableAnswer", "the answer names no secret"));
        }
        let mut staged = Staged::default();
        for (version, labels) in answer.version_ids_to_stages().into_iter().flatten() {
            match labels.iter().any(|label| label == "AWSCURRENT") {
                true => staged.current = Some(version.clone()),
                false => staged.others.push(version.clone()),
            }
        }
        Ok(Description {
            staged,
            deleted: answer.deleted_date().and_then(|date| Timestamp::from_second(date.secs()).ok()),
            rotation: answer.rotation_enabled().unwrap_or(false),
            owning_service: answer.owning_service().filter(|service| !service.is_empty()).map(str::to_owned),
        })
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let failed = |message: &str| Trouble::new(Operation::AssumeRole, Kind::Garbled, "UnreadableAnswer", message);
        let tags = ask
            .tags
            .iter()
            .map(|(key, value)| sts::types::Tag::builder().key(key).value(value).build().map_err(|e| failed(&e.to_string())));
        let tags = tags.collect::<Result<Vec<_>, _>>()?;
        let duration = i32::try_from(ask.duration_seconds).map_err(|e| failed(&e.to_string()))?;
        let call = self.ready(Operation::AssumeRole).await?.sts.assume_role();
        let call = call
            .role_arn(&ask.role_arn)
            .role_session_name(&ask.session_name)
            .duration_seconds(duration)
            .set_policy(ask.policy.clone())
            .set_source_identity(ask.source_identity.clone())
            .set_external_id(ask.external_id.clone())
            .set_tags((!tags.is_empty()).then_some(tags));
        let answer = call.send().await.map_err(|e| trouble(Operation::AssumeRole, &e))?;
        let request_id = answer.request_id().map(str::to_owned);
        let token_utilization = answer.session_token_utilization();
        let Some(credentials) = answer.credentials else {
            return Err(failed("the answer holds no credentials"));
        };
        Ok(Answer {
            expiration: Timestamp::from_second(credentials.expiration.secs()).map_err(|e| failed(&e.to_string()))?,
            credential: Credential {
                access_key_id: credentials.access_key_id,
                secret_access_key: Zeroizing::new(credentials.secret_access_key),
                session_token: Zeroizing::new(credentials.session_token),
            },
            token_utilization,
            request_id,
        })
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        let call = self.ready(Operation::PutSecretValue).await?.secrets.put_secret_value();
        let call = call.secret_id(secret_id).client_request_token(version_id).secret_string(value.as_str());
        let answer = call.send().await.map_err(|e| trouble(Operation::PutSecretValue, &e))?;
        if answer.version_id() != Some(version_id) {
            // Whoever answered, it is not known to be in the secret.
            let message = "the answer does not name the version that was written";
            return Err(Trouble::new(Operation::PutSecretValue, Kind::Garbled, "UnreadableAnswer", message));
        }
        Ok(Receipt { request_id: answer.request_id().map(str::to_owned) })
    }

    async fn renew(&self) {
        let _one_at_a_time = self.renewing.lock().await;
        let (wanted, clients) = (self.wanted().clone(), self.clients());
        // A thousand secrets find out at once; one of them is enough.
        if wanted.is_none() && self.clock.elapsed().since(clients.since) < RENEW_EVERY {
            return;
        }
        let connection = wanted.as_ref().unwrap_or(&clients.connection);
        let clients = Arc::new(Clients::new(&self.clock, &self.endpoints, connection).await);
        *self.clients.lock().unwrap_or_else(PoisonError::into_inner) = clients;
        // Another may be wanted by now.
        self.wanted().take_if(|still| Some(&*still) == wanted.as_ref());
    }

    fn connect(&self, connection: &Connection) {
        // The metadata service may have to be asked for the region, and may be silent: a call waits for it, not the daemon.
        *self.wanted() = Some(connection.clone());
    }
}

/// Sorts an SDK error. Nothing but its own words is taken from it: no request, no body.
pub(super) fn trouble<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut trouble = match error {
        SdkError::ServiceError(service) if service.raw().status().is_success() => {
            Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", "what came is no answer of AWS's")
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let (code, message) = (service.err().code(), service.err().message());
            Trouble::from_answer(operation, status, code.unwrap_or(&format!("HTTP {status}")), message.unwrap_or(""))
        }
        SdkError::TimeoutError(_) => Trouble::new(operation, Kind::Timeout, "Timeout", &reasons(error)),
        SdkError::ResponseError(response) if response.raw().status().is_server_error() => {
            Trouble::new(operation, Kind::Server, &format!("HTTP {}", response.raw().status().as_u16()), &reasons(error))
        }
        SdkError::ResponseError(_) => Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", &reasons(error)),
        SdkError::DispatchFailure(_) if is_credentials_error(error) => {
            Trouble::new(operation, Kind::NoCredentials, "NoCredentials", &reasons(error))
        }
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Trouble::new(operation, Kind::Timeout, "Timeout", &reasons(error))
        }
        SdkError::DispatchFailure(_) => Trouble::new(operation, Kind::Network, "NoConnection", &reasons(error)),
        _ => Trouble::new(operation, Kind::Invalid, "BadRequest", &reasons(error)),
    };
    trouble.request_id = error.request_id().map(str::to_owned);
    trouble
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// An error and what is behind it, in one line.
pub(super) fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = chain(error).map(ToString::to_string).collect();
    reasons.dedup();
    reasons.join(": ")
}

fn is_credentials_error(error: &(dyn Error + 'static)) -> bool {
    // The second is a private type of the SDK's, for credentials that did not come in time.
    chain(error).any(|error| error.is::<CredentialsError>() || error.to_string().starts_with("identity resolver timed out"))
}

/// The daemon's clock for the SDK: it signs with it, and judges by it when its own credentials expire.
pub(super) struct SdkClock(Clock);

impl TimeSource for SdkClock {
    fn now(&self) -> SystemTime {
        let since_epoch = Duration::try_from(self.0.now().as_duration()).unwrap_or(Duration::ZERO);
        SystemTime::UNIX_EPOCH + since_epoch
    }
}

impl fmt::Debug for SdkClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkClock")
    }
}
