//! When what should be so: pure functions of the config and of an instant that is passed in.
//!
//! The rule of this room: no tokio, no aws, no clock, no IO, no logging. Two lints and a test keep it.
//!
//! ```text
//! grants ──▶ window ──▶ coverage ──▶ plan ──▶ token ──▶ verdict
//! ```
//!
//! What the tests hold it to: no session outlives its coverage; nothing is planned outside coverage; a planned session has
//! one token, whoever plans it; `look_again` is always later than `now`; the same inputs give the same plan.
#![deny(clippy::disallowed_types, clippy::disallowed_macros)]

pub mod backoff;
pub mod coverage;
pub mod plan;
pub mod quota;
pub mod token;
pub mod verdict;
pub mod window;
