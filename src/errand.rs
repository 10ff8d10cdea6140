//! What a secret is visited for, and how that is called off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::grant::{Name, Secret};
use crate::schedule::verdict::{Wanted, Written};

/// What a visit is for.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The secret.
    pub secret: Arc<Secret>,
    /// The grants open.
    pub grants: Vec<Name>,
    /// When the coverage began, if that is only minutes ago.
    pub opened: Timestamp,
    /// The session that should be in the secret; `None` only looks.
    pub wanted: Option<Wanted>,
    /// When the next window opens, if that session is the last before it, and as far as is planned.
    pub opens_next: Option<Timestamp>,
    /// When the plan is to be looked at again: from then on another session may be due.
    pub good_until: Timestamp,
    /// The last version id known to have been written.
    pub written: Option<Written>,
    /// How many more versions the budget of the day allows.
    pub room: usize,
    /// How many of them may be published over another.
    pub repairs: usize,
    /// How whoever sent it calls it off.
    pub call_off: CallOff,
}

/// Calls an errand off that is under way: what it was for is not wanted any more, and nothing more is issued or written for it.
#[derive(Clone, Debug, Default)]
pub struct CallOff(Arc<AtomicBool>);

impl CallOff {
    /// From now on.
    pub fn call(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub fn is_called(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
