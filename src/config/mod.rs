//! From files to settings, in stages; only the last leaves this room.
//!
//! ```text
//! files ──▶ sources (what the files say, and where) ──▶ merged (figment) ──▶ shapes (each key read) ──▶ checks ──▶ Settings
//! ```
//!
//! Order, later over earlier: the main file, `conf.d/*.toml` beside it, `CREDADMIN_…` variables, and `grants.d/*.toml`, which
//! can hold grants only. All mistakes are told at once, each as a [`Fault`].

mod budget;
mod checks;
mod cron;
mod document;
mod drop_ins;
mod environment;
mod evidence;
mod fault;
mod file;
mod merged;
mod read;
mod requests;
mod shapes;
mod sources;
mod telling;
mod values;
mod whereabouts;
mod zones;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use nix::unistd::Gid;

pub use drop_ins::Fingerprint;
pub use evidence::Sealed;
pub use fault::{Fault, Faults};
pub use requests::Requests;
pub use sources::Sources;
pub use telling::is_address;
pub use whereabouts::{Whereabouts, whereabouts};

use crate::aws::Connection;
use crate::console::Page;
use crate::grant::{Grant, Secret};
use crate::notice::Telling;

/// Everything that the daemon runs on. Valid as a whole.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where AWS is, and as whom it is called.
    pub connection: Connection,
    /// The secrets, by name.
    pub secrets: Vec<Watched>,
    /// Whom `credadmin notify` tells, and how; the daemon does without.
    pub telling: Telling,
    /// What was found and did not keep the rest from being valid: warnings, and drop-ins that count as absent.
    pub remarks: Vec<Fault>,
    /// Who may ask for which secrets; the daemon does without.
    pub requests: Requests,
    /// The group that may write drop-ins.
    pub grants_group: Option<Gid>,
}

/// A secret with its grants.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The secret.
    pub secret: Arc<Secret>,
    /// Its grants, by name.
    pub grants: Arc<[Grant]>,
    /// Where `credadmin console` leads; the daemon does without.
    pub page: Page,
}

/// Reads the main file and all that belongs to it. `now` judges which grants are over.
///
/// # Errors
/// Every mistake in the main file, `conf.d` and the environment. Mistakes in drop-ins are [`Settings::remarks`].
pub fn load(main: &Path, now: Timestamp) -> Result<Settings, Faults> {
    Sources::read(main)?.settings(now)
}

/// The text of another file that decides over access, and that nobody else can write.
///
/// # Errors
/// If it can't be read, or be believed.
pub fn trusted(path: &Path) -> Result<String, Fault> {
    let content = file::read(path, None, true);
    content.fault.map_or(Ok(content.text), Err)
}
