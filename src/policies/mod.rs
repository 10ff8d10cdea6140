//! What the account has to allow, from the user's own config: least-privilege and complete.
//!
//! ```text
//! config, names ──▶ account (roles, secrets, buckets: statements) ──▶ documents ──▶ json · cloudformation · terraform
//! ```
//!
//! Pure: nothing is read and nothing is asked. What the config does not hold comes as [`names::Names`].

pub mod account;
mod arn;
pub mod cloudformation;
mod daemon;
pub mod json;
mod key;
mod labels;
mod launch;
mod limits;
pub mod names;
mod people;
mod policy;
mod target;
pub mod terraform;
pub mod tree;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The config has what these policies can't be made of.
    #[error("{0}")]
    Config(String),
    /// The names that were given don't fit it.
    #[error("{0}")]
    Names(String),
}
