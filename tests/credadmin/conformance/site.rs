//! Where the cases are put to: an account as the field has it, and the clients of those who call.

use std::fmt::Debug;

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_sts as sts;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use credadmin::clock::Clock;
use secretsmanager::config::http::HttpResponse;
use secretsmanager::error::SdkError;
use strict_aws::{ACCOUNT, Role, World, role_arn};

use crate::emulators::{Emulator, Keys, REGION};

/// The role whose session goes into the secret.
pub const TARGET: &str = "arn:aws:iam::123456789012:role/SensitiveS3Access";
/// Who assumes that.
pub const CREDADMIN: &str = "arn:aws:iam::123456789012:role/CredAdmin";

/// An account, and who calls.
pub struct Site {
    endpoint: String,
    /// May do everything.
    pub admin: Caller,
    /// The role CredAdmin.
    pub credadmin: Caller,
    /// The role EC2Normal.
    pub ec2_normal: Caller,
}

/// The clients of one who calls.
pub struct Caller {
    pub sts: sts::Client,
    pub secrets: secretsmanager::Client,
}

impl Site {
    /// An emulator.
    pub fn emulator(emulator: &Emulator) -> Self {
        let caller = |keys: &Keys| {
            let key = |name: &str| keys.get(name).cloned();
            let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| key(name).expect("a key"));
            Caller::new(&emulator.endpoint, &id, &secret, key("AWS_SESSION_TOKEN"))
        };
        Self {
            endpoint: emulator.endpoint.clone(),
            admin: caller(&emulator.root()),
            credadmin: caller(&emulator.credadmin),
            ec2_normal: caller(&emulator.ec2_normal),
        }
    }

    /// Our own double of AWS.
    pub fn double(world: &World, endpoint: &str) -> Self {
        let caller = |keys: strict_aws::Credentials| {
            Caller::new(endpoint, &keys.access_key_id, &keys.secret_access_key, keys.session_token)
        };
        let of_instance = |role: &str| {
            let instance = world.launch_instance(role);
            caller(world.instance_credentials(&instance).expect("the role exists"))
        };
        Self {
            endpoint: endpoint.to_owned(),
            admin: caller(world.add_user("admin", &[&everything()])),
            credadmin: of_instance("CredAdmin"),
            ec2_normal: of_instance("EC2Normal"),
        }
    }

    /// Somebody with other keys.
    pub fn caller(&self, id: &str, secret: &str, token: Option<String>) -> Caller {
        Caller::new(&self.endpoint, id, secret, token)
    }
}

impl Caller {
    fn new(endpoint: &str, id: &str, secret: &str, token: Option<String>) -> Self {
        let keys = Credentials::new(id, secret, token, None, "conformance");
        let config = sts::Config::builder()
            .behavior_version(sts::config::BehaviorVersion::v2026_01_12())
            .region(sts::config::Region::new(REGION))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled());
        let sts = sts::Client::from_conf(config.credentials_provider(keys.clone()).build());
        let config = secretsmanager::Config::builder()
            .behavior_version(secretsmanager::config::BehaviorVersion::v2026_01_12())
            .region(secretsmanager::config::Region::new(REGION))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled());
        Self { sts, secrets: secretsmanager::Client::from_conf(config.credentials_provider(keys).build()) }
    }
}

/// The double, set up as `tests/emulators/field.py` sets up the emulators; on the host's clock.
pub fn world() -> World {
    let clock = Clock::system();
    let world = World::new(move || clock.now());
    let account = format!("arn:aws:iam::{ACCOUNT}:root");
    let policies = [
        ("CredAdmin", include_str!("../../emulators/credadmin.policy.json")),
        ("EC2Normal", include_str!("../../emulators/ec2-normal.policy.json")),
    ];
    for (role, policy) in policies {
        world.add_role(Role::new(role).trusting(&account).policy("all", policy));
    }
    let target = Role::new("SensitiveS3Access").max_session(7200).trusting(&role_arn("CredAdmin"));
    world.add_role(target.session_name_like("credadmin-*").allowing_source_identity());
    world.create_secret("SensitiveS3", Some(r#"{"state": "new"}"#));
    // The cases about versions write faster than anyone may.
    world.set_secret_write_quota(None);
    world
}

fn everything() -> String {
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#.to_owned()
}

/// `ok`, or the error's code and status.
pub fn outcome<T, E: ProvideErrorMetadata + Debug>(result: &Result<T, SdkError<E, HttpResponse>>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(SdkError::ServiceError(error)) => {
            format!("{} {}", error.err().code().unwrap_or("no code"), error.raw().status().as_u16())
        }
        Err(error) => format!("{error:?}"),
    }
}
