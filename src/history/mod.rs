//! The journal read back: what credadmin has said, as data. `journalctl` reads the files, here its JSON becomes entries, and the
//! entries a [`Ledger`]: which windows were open, which sessions were handed out, and what went wrong.
//!
//! Whoever may write to a journal may write an entry with credadmin's MESSAGE_ID, and have credadmin itself write one. What counts
//! is told by the [`Unit`], which is journald's own word and no writer's; and a revocation by root, or by whoever put a tombstone
//! that the unit has found.

mod entry;
mod follow;
mod journalctl;
mod kind;
mod lane;
mod ledger;
mod revocation;
mod session;
mod strangers;
mod trouble;
mod watch;
mod window;

pub use entry::{Entry, Unreadable};
pub use follow::Follow;
pub use journalctl::{Reach, Source, Trouble};
pub use kind::Kind;
pub use lane::Lane;
pub use ledger::Ledger;
pub use revocation::Tombstone;
pub use session::Session;
pub use strangers::{Stranger, Unit, Who};
pub use trouble::{Failure, Mark};
pub use watch::{Lost, Watch};
pub use window::Window;
