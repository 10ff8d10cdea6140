//! credadmin's own trait over strict-aws' model, without HTTP: for tests in which many days go by in seconds.

use std::time::Duration;

use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use credadmin::clock::Clock;
use credadmin::credential::Credential;
use credadmin::schedule::verdict::Staged;
use jiff::Timestamp;
use strict_aws::{ApiError, AssumeRole, Caller, PutSecretValue, Role, World};
use zeroize::Zeroizing;

/// An account on this clock: the instance role CredAdmin, which may do its job, and for each name a secret without a value and
/// a role `NAMEAccess` for it.
pub fn account(clock: &Clock, names: &[&str]) -> World {
    let clock = clock.clone();
    let world = World::new(move || clock.now());
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
        "Action":["sts:AssumeRole","secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"]}]}"#;
    let daemon = world.add_role(Role::new("CredAdmin").policy("job", policy));
    for name in names {
        world.add_role(Role::new(&format!("{name}Access")).trusting(&daemon).session_name_like("credadmin-*"));
        world.create_secret(name, None);
    }
    world
}

/// AWS as one host sees it: its calls are signed by the host's clock, which may be wrong.
#[derive(Clone)]
pub struct Model {
    world: World,
    instance: String,
    clock: Clock,
    latency: Duration,
    signed_at: Option<Timestamp>,
}

impl Model {
    /// `instance` is one that [`World::launch_instance`] made; `clock` is the host's.
    pub fn new(world: World, instance: String, clock: Clock, latency: Duration) -> Self {
        Self { world, instance, clock, latency, signed_at: None }
    }

    /// The same, for calls that were signed at that moment and arrive when they are made.
    pub fn signed_at(&self, at: Timestamp) -> Self {
        Self { signed_at: Some(at), ..self.clone() }
    }

    async fn call<T>(
        &self,
        operation: Operation,
        act: impl FnOnce(&World, &Caller) -> Result<T, ApiError>,
    ) -> Result<T, Trouble> {
        tokio::time::sleep(self.latency / 2).await;
        let no_role = || Trouble::new(operation, Kind::NoCredentials, "NoCredentials", "no role");
        let keys = self.world.instance_credentials(&self.instance).ok_or_else(no_role)?;
        let caller = Caller::holding(&keys).signed_at(self.signed_at.unwrap_or_else(|| self.clock.now()));
        let answer = act(&self.world, &caller);
        tokio::time::sleep(self.latency / 2).await;
        answer.map_err(|error| Trouble::from_answer(operation, error.status, &error.code, &error.message))
    }
}

impl Aws for Model {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        let act = |world: &World, caller: &Caller| world.describe_secret(caller, secret_id);
        let described = self.call(Operation::DescribeSecret, act).await?;
        let mut staged = Staged::default();
        for (version, labels) in described.version_ids_to_stages {
            match labels.iter().any(|label| label == "AWSCURRENT") {
                true => staged.current = Some(version),
                false => staged.others.push(version),
            }
        }
        Ok(Description {
            staged,
            deleted: described.deleted_date,
            rotation: described.rotation_enabled,
            owning_service: described.owning_service,
            replica_of: described.primary_region,
        })
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let request = AssumeRole {
            role_arn: ask.role_arn.clone(),
            role_session_name: ask.session_name.clone(),
            duration_seconds: Some(ask.duration_seconds),
            policy: ask.policy.clone(),
            external_id: ask.external_id.clone(),
            source_identity: ask.source_identity.clone(),
            tags: ask.tags.clone().into_iter().collect(),
            transitive_tag_keys: Vec::new(),
        };
        let act = |world: &World, caller: &Caller| world.assume_role(caller, &request);
        let keys = self.call(Operation::AssumeRole, act).await?.credentials.expect("STS answers with a session");
        Ok(Answer {
            expiration: keys.expiration.expect("a session ends"),
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
        let request = PutSecretValue {
            secret_id: secret_id.to_owned(),
            client_request_token: Some(version_id.to_owned()),
            secret_string: value.to_string(),
            version_stages: None,
        };
        let act = |world: &World, caller: &Caller| world.put_secret_value(caller, &request);
        self.call(Operation::PutSecretValue, act).await?;
        Ok(Receipt::default())
    }

    fn connect(&self, _: &Connection) {}

    async fn renew(&self) {}
}
