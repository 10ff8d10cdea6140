//! Asking for a grant, and saying yes to it: what is asked, who may say yes, and what becomes of it.
//!
//! ```text
//! request ──▶ limits ──▶ four eyes ──▶ statement ──▶ drop-in with its evidence ──▶ judged by `credadmin check`
//! ```
//!
//! All of it is pure but for five files: `inbox`, `untrusted` and `publish` (files), `signature` (ssh-keygen) and `accounts` (users and groups
//! of the system). The daemon knows nothing of it: what it takes are drop-ins, as ever.

pub mod accounts;
pub mod decision;
pub mod drop_in;
#[cfg(test)]
mod example;
pub mod inbox;
pub mod judge;
pub mod limits;
pub mod people;
pub mod publish;
pub mod request;
pub mod signature;
pub mod statement;
pub mod text;
mod untrusted;

pub use people::{Accounts, Person, Signer, Who};
pub use request::{Id, Request};

use std::path::PathBuf;

use jiff::SignedDuration;

use crate::grant::Window;

/// Where requests are: the `[requests]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Where pending requests lie.
    pub directory: PathBuf,
    /// The keys of those who sign, as `ssh-keygen -Y verify` reads them.
    pub allowed_signers: PathBuf,
}

impl Default for Desk {
    fn default() -> Self {
        Self { directory: "/var/lib/credadmin/requests".into(), allowed_signers: "/etc/credadmin/allowed_signers".into() }
    }
}

/// Who may ask for a secret and who may approve it, and how much: a `[secrets.NAME.requests]` table.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Who may approve, one or more.
    pub approvers: Vec<Person>,
    /// Who may ask; `None` for everybody who can write a request.
    pub applicants: Option<Vec<Person>>,
    /// From `from` to `until`, at most.
    pub longest_window: Option<SignedDuration>,
    /// From now to `from`, at most.
    pub latest_start: Option<SignedDuration>,
    /// How many approved windows may be open at one instant.
    pub most_at_once: Option<u32>,
    /// A window has to lie within one of these.
    pub hours: Option<Window>,
    /// Whether request and approval have to be signed.
    pub signatures_required: bool,
}

/// What a drop-in carries to show that it was asked for and approved: a `[grants.NAME.evidence]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The request, to the byte.
    pub request: String,
    /// Its signature, as ssh-keygen makes it.
    pub request_signature: Option<String>,
    /// The statement of who approved it, to the byte.
    pub approval: String,
    /// Its signature.
    pub approval_signature: Option<String>,
    /// The user that the request belonged to.
    pub applicant_uid: Option<u32>,
    /// The user that approved it, or that brought the approval in.
    pub approver_uid: Option<u32>,
}
