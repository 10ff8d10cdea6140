//! The real AWS: the SDK's clients for STS and Secrets Manager.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::provider_config::ProviderConfig;
use aws_sdk_sts as sts;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::clients::{Clients, SdkClock, imds};
use super::failure::{request_id, trouble};
use super::trouble::{Kind, Operation, Trouble};
use super::{Answer, Ask, Aws, Connection, Description, Receipt};
use crate::clock::Clock;
use crate::credential::Credential;
use crate::schedule::verdict::Staged;

pub use super::clients::Endpoints;

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

impl Aws for Sdk {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        let clients = self.ready(Operation::DescribeSecret).await?;
        let call = clients.secrets.describe_secret().secret_id(secret_id).send().await;
        let answer = call.map_err(|e| trouble(Operation::DescribeSecret, &e))?;
        let Some(arn) = answer.arn() else {
            // It says of no secret that it has no versions: nothing follows from that.
            return Err(Trouble::new(Operation::DescribeSecret, Kind::Garbled, "UnreadableAnswer", "the answer names no secret"));
        };
        let region = arn.split(':').nth(3);
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
            replica_of: answer.primary_region().filter(|primary| Some(*primary) != region).map(str::to_owned),
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
        let request_id = request_id(&answer);
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
        Ok(Receipt { request_id: request_id(&answer) })
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
