//! AWS in our own words, and the only room that imports an `aws_*` crate.
//!
//! [`Aws`] is all that the daemon needs of it; [`sdk::Sdk`] is the real one; [`trouble`] sorts what can go wrong. `survey`,
//! [`metadata`] and `bucket` are what `credadmin doctor` asks besides, [`signin`] is what `credadmin console` does, [`admin`] what
//! `credadmin revoke` does, [`mail`] and `claim` what `credadmin notify` does, and [`reading`] what `credadmin consumer` does, which
//! is not on the daemon's host.

pub mod admin;
mod bucket;
mod claim;
mod clients;
mod failure;
mod http;
mod instance_role;
pub mod mail;
mod mail_trouble;
pub mod metadata;
pub mod reading;
pub mod sdk;
pub mod signin;
mod survey;
pub mod trouble;

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::credential::Credential;
use crate::schedule::verdict::Staged;
pub use survey::Version;
use trouble::Trouble;

/// The calls that credadmin makes.
pub trait Aws: Send + Sync + 'static {
    /// Secrets Manager's DescribeSecret.
    fn describe_secret(&self, secret_id: &str) -> impl Future<Output = Result<Description, Trouble>> + Send;

    /// STS's AssumeRole.
    fn assume_role(&self, ask: &Ask) -> impl Future<Output = Result<Answer, Trouble>> + Send;

    /// Secrets Manager's PutSecretValue. Sent twice, it is a no-op the second time (aws-facts §6).
    fn put_secret_value(
        &self,
        secret_id: &str,
        version_id: &str,
        value: &Zeroizing<String>,
    ) -> impl Future<Output = Result<Receipt, Trouble>> + Send;

    /// Calls AWS as `connection` says from the next call on.
    fn connect(&self, connection: &Connection);

    /// Forgets our own credentials and fetches new ones: AWS has said that those in use are stale. The SDK would hold on to
    /// them (aws-facts §9).
    fn renew(&self) -> impl Future<Output = ()> + Send;
}

/// Where AWS is and as whom it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The region; `None` asks the instance-metadata service.
    pub region: Option<String>,
    /// Whose credentials sign the calls.
    pub credentials: Credentials,
    /// The profile of the SDK's files that they come from, and from nowhere else; `None` for the daemon.
    pub profile: Option<String>,
}

/// Whose credentials sign the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// The instance's own role, from IMDSv2 and from nowhere else: a stray key in the environment is not picked up.
    InstanceRole,
    /// The SDK's default chain (environment, profile, …), for development and for other hosts.
    DefaultChain,
}

/// What DescribeSecret says, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The staged versions.
    pub staged: Staged,
    /// Scheduled for deletion since.
    pub deleted: Option<Timestamp>,
    /// Whether a rotation function writes to it too.
    pub rotation: bool,
    /// The AWS service that manages it, if one does.
    pub owning_service: Option<String>,
    /// The region of its primary, if it is a replica of one.
    pub replica_of: Option<String>,
}

/// What AssumeRole is asked for (aws-facts §1 to §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The role.
    pub role_arn: String,
    /// 2 to 64 characters of `[\w+=,.@-]`.
    pub session_name: String,
    /// `DurationSeconds`, 900 to 43,200.
    pub duration_seconds: i64,
    /// The session policy, 2,048 characters at most.
    pub policy: Option<String>,
    /// Needs `sts:SetSourceIdentity` on both sides.
    pub source_identity: Option<String>,
    /// Need `sts:TagSession` on both sides.
    pub tags: BTreeMap<String, String>,
    /// What the trust policy may ask for.
    pub external_id: Option<String>,
}

/// What AssumeRole answered. Nothing of it is trusted yet: see [`crate::session`].
#[derive(Debug)]
pub struct Answer {
    /// The credential; parts that were missing are empty.
    pub credential: Credential,
    /// When STS says that it expires.
    pub expiration: Timestamp,
    /// How much of the largest possible session token is used up by session policy and tags, in percent.
    pub token_utilization: Option<i32>,
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

/// What PutSecretValue answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// AWS's id of the request.
    pub request_id: Option<String>,
}
