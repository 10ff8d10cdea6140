//! What happens is told to the people of a grant: by mail, and to a program.
//!
//! ```text
//! journal ──▶ entry ──▶ notice (what, and by which window) ──▶ people ──▶ claim ──▶ words ──▶ mail
//!                                                                            └──▶ json  ──▶ notify.command
//! ```
//!
//! A process of its own, `credadmin notify`, which reads the journal of the daemon: access never waits for it. `news`, `read`,
//! `people`, `words`, `letter` and `json` are pure.

mod claim;
mod deliver;
mod hook;
mod json;
mod letter;
mod message;
mod news;
mod people;
mod post;
mod read;
mod settings;
mod state;
mod teller;
mod templates;
mod trust;
mod window;
mod words;

pub use json::object;
pub use letter::{Entrance, Letter};
pub use news::News;
pub use people::{People, people};
pub use read::Notice;
pub use settings::{Claims, Hook, Mail, Telling};
pub use state::State;
pub use teller::{Stop, Teller};
pub use templates::{Broken, Templates};

/// The program, for the journal.
fn hook_name(hook: &Hook) -> String {
    hook.command.first().cloned().unwrap_or_default()
}
