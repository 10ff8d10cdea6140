//! Who had access to what, and on whose word: rows made of the journals' [`Ledger`](crate::history::Ledger), what is known to be
//! missing from them, and how they compare with the versions that Secrets Manager knows.

mod compare;
mod doubt;
mod form;
mod row;
mod text;

pub use compare::{Remark, compare};
pub use doubt::{Doubt, doubts};
pub use form::{csv, json};
pub use row::{Row, rows};
pub use text::sheet;
