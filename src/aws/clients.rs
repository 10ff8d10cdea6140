//! How the SDK's clients are made: timeouts, one attempt a call, whose credentials, whose clock.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::imds::client::ImdsResponseRetryClassifier;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_sts as sts;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::retries::classifiers::SharedRetryClassifier;

use super::instance_role::InstanceRole;
use super::{Connection, Credentials};
use crate::clock::{Clock, Elapsed};

/// The SDK has no read, attempt or operation timeout of its own (aws-facts §11): a silent server would hang a call for ever.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// One layer of retries, the daemon's: the SDK's would multiply with it, and would treat a full version quota as throttling (§11).
const SDK_ATTEMPTS: u32 = 1;
/// Less than a call may take, so that it is the credentials that are told to be missing, and not an answer.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(8);
/// Token and metadata calls each have their own attempts, nested: 3 cost at most 5 s with a dead service (§9).
const IMDS_ATTEMPTS: u32 = 3;

/// Where AWS listens, if not where the SDK and its environment variables say: a double in the same process.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// The URL of STS and Secrets Manager.
    pub services: Option<String>,
    /// The URL of the instance-metadata service.
    pub metadata: Option<String>,
}

/// The SDK's clients, and what they were made for.
pub struct Clients {
    pub connection: Connection,
    pub since: Elapsed,
    pub has_region: bool,
    /// What they are made of, for clients that the daemon does without.
    pub shared: SdkConfig,
    pub sts: sts::Client,
    pub secrets: secretsmanager::Client,
}

impl Clients {
    /// Nothing is called yet, except the metadata service where the region has to come from there.
    pub async fn new(clock: &Clock, endpoints: &Endpoints, connection: &Connection) -> Self {
        let config = config(clock, endpoints, connection).await;
        Self {
            connection: connection.clone(),
            since: clock.elapsed(),
            has_region: config.region().is_some(),
            sts: sts::Client::new(&config),
            secrets: secretsmanager::Client::new(&config),
            shared: config,
        }
    }
}

/// What every client is made of.
pub async fn config(clock: &Clock, endpoints: &Endpoints, connection: &Connection) -> SdkConfig {
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
    if let Some(profile) = &connection.profile {
        // Named, so it comes before keys in the environment.
        let by_our_clock = ProviderConfig::with_default_region().await.with_time_source(SdkClock(clock.clone()));
        let provider = ProfileFileCredentialsProvider::builder().configure(&by_our_clock).profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(provider);
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
pub fn imds(by_our_clock: &ProviderConfig, endpoints: &Endpoints, attempts: u32) -> aws_config::imds::Client {
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

/// The daemon's clock for the SDK: it signs with it, and judges by it when its own credentials expire.
pub struct SdkClock(pub Clock);

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
