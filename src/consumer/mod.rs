//! The application's end: from the secret to the forms in which AWS's SDKs take credentials (aws-facts §10).
//!
//! ```text
//! secret ──▶ source (what was read last, and whether it still holds) ──▶ judge (open, closed, no session at all) ──▶ form
//! ```
//!
//! `value`, `judge` and `form` are pure; `source` reads, `cache` keeps it between processes, and `endpoint` answers SDKs. It runs
//! on other hosts than the daemon, as a role that may read one secret, and knows neither config nor plan.

pub mod cache;
pub mod endpoint;
pub mod form;
pub mod judge;
pub mod refusal;
pub mod source;
pub mod token;
pub mod value;

pub use refusal::{Closed, Refusal};
pub use source::Source;
pub use value::Session;
