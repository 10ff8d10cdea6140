//! A double of the six AWS services that credadmin meets, and stricter than AWS where AWS is only strict at times.
//!
//! Two layers. [`World`] is the model, without network: identities, sessions, secrets and one bucket or more, on a clock
//! that the test holds. [`serve`] puts a `World` behind loopback HTTP, with AWS's wire formats and real signatures.
//! It shares no code with the product: it is the judge. Every rule cites the paragraph of `aws-facts.md` it comes from.
//!
//! What it is made of, a request's way through it in order:
//! - `wire`: HTTP, SigV4, query/XML, JSON 1.1, REST, IMDSv2
//! - `fault`, `doors`: what is scripted to go wrong
//! - `caller`, `quota`: who asks, and whether too often
//! - `policy`, `access`: what a policy says, and what several say together
//! - `sts`, `secrets`, `s3`, `iam`, `ses`, `signin`, `instance`: the calls
//! - `record`: what the judges read afterwards

mod access;
mod answer;
mod caller;
mod constraint;
mod doors;
mod fault;
mod iam;
mod identity;
mod instance;
mod keys;
mod policy;
mod quota;
mod record;
mod s3;
mod secret;
mod secret_admin;
mod secret_setup;
mod secret_shapes;
mod secrets;
mod ses;
mod signin;
mod sts;
mod sts_request;
mod wire;
mod world;

pub use answer::ApiError;
pub use caller::Caller;
pub use fault::{Fault, Operation, Service};
pub use identity::Role;
pub use keys::Credentials;
pub use record::{Call, SessionRecord, VersionRecord};
pub use secret_shapes::{DescribedSecret, PutSecretValue, PutSecretValueAnswer, SecretValue};
pub use ses::SendEmail;
pub use signin::{ConsoleSession, GetSigninToken};
pub use sts::{AssumedRole, CallerIdentity};
pub use sts_request::AssumeRole;
pub use wire::{Server, serve};
pub use world::World;

/// The one account of a [`World`].
pub const ACCOUNT: &str = "123456789012";

/// The one region of a [`World`].
pub const REGION: &str = "eu-central-1";

/// The ARN of the role of that name.
pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}
