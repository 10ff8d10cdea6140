//! The journal read back: what credadmin has said, as data. `journalctl` reads the files, here its JSON becomes entries.

mod entry;
mod follow;
mod journalctl;
mod kind;

pub use entry::{Entry, Unreadable};
pub use follow::Follow;
pub use journalctl::{Source, Trouble};
pub use kind::Kind;
