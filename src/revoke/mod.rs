//! Ending access before its time (aws-facts §4), by an administrator and never by the daemon.
//!
//! ```text
//! aim (what is meant) ──▶ grants closed ──▶ tombstones ──▶ Deny ──▶ a second look ──▶ the end of access, as far as it is seen
//! ```
//!
//! `aim`, `deny` and `edit` are pure; `drop_in` writes one file; `beforehand`, `deed` and `end` make the
//! calls, and `report` keeps what came of it. The
//! daemon knows tombstones, and nothing else of it.

mod aim;
mod beforehand;
mod deed;
mod deny;
mod drop_in;
mod edit;
mod end;
mod report;

pub use aim::{Aim, aim};
pub use beforehand::{Beforehand, look};
pub use deed::Deed;
pub use deny::{POLICY, document};
pub use drop_in::{close, place};
pub use end::{Probe, probe};
pub use report::{Report, Undone};
