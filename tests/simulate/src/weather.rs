//! What calls meet at the moment, and how often they did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ills::{Call, How, Ill};

/// What calls meet; clones share it.
#[derive(Clone, Default)]
pub struct Weather(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ills: Vec<(usize, Ill)>,
    met: BTreeMap<String, u64>,
}

impl Weather {
    /// Calls go wrong from now on.
    pub fn fall(&self, number: usize, ill: Ill) {
        self.lock().ills.push((number, ill));
    }

    /// They do not any more, as far as that disturbance goes.
    pub fn heal(&self, number: usize) {
        self.lock().ills.retain(|(other, _)| *other != number);
    }

    /// Whether this host's IMDS hands out what it has, and nothing newer.
    pub fn is_frozen(&self, host: usize) -> bool {
        self.lock().ills.iter().any(|(_, ill)| ill.how == How::Frozen && ill.host.is_none_or(|only| only == host))
    }

    /// What this call meets.
    pub fn meet(&self, call: Call, host: usize) -> Option<How> {
        let mut state = self.lock();
        if state.ills.is_empty() {
            return None;
        }
        let fits = |ill: &Ill| ill.call == call && ill.times > 0 && ill.host.is_none_or(|only| only == host);
        let (_, ill) = state.ills.iter_mut().find(|(_, ill)| fits(ill))?;
        if ill.times < u32::MAX {
            ill.times -= 1;
        }
        let (how, kind) = (ill.how, ill.kind());
        *state.met.entry(kind).or_default() += 1;
        Some(how)
    }

    /// Something was met.
    pub fn count(&self, kind: String) {
        *self.lock().met.entry(kind).or_default() += 1;
    }

    /// How often each was met.
    pub fn met(&self) -> BTreeMap<String, u64> {
        self.lock().met.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
