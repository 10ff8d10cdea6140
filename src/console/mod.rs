//! A browser's way to an open window: a URL that signs in to the AWS console with a session of its own (aws-facts §5).
//!
//! ```text
//! stay (what is left of the window) ──▶ session ──▶ form ──▶ sign-in token ──▶ URL
//! ```
//!
//! `hosts`, `form` and `stay` are pure; `sign_in` makes the calls. The daemon knows nothing of it.

pub mod form;
pub mod hosts;
mod sign_in;
mod stay;

pub use sign_in::{Entrance, sign_in};
pub use stay::{Stay, stay};

/// Where the console opens, and what it says of us: keys of a `[secrets.NAME]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The bucket whose page it is, if no other is named.
    pub bucket: Option<String>,
    /// Another page.
    pub destination: Option<String>,
    /// The user's own sign-in page, which the console names when a session is over.
    pub issuer: Option<String>,
}
