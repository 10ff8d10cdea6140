//! What the daemon knows of one secret, and what it makes of the plan and of each visit. No network, no waiting.
//!
//! ```text
//! look (what the plan wants now) ──▶ errand ──▶ visit ──▶ record (what came of it) ──▶ failing (if nothing did)
//! ```

mod due;
mod ending;
mod failing;
mod look;
mod record;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Elapsed;
use crate::config::Watched;
use crate::errand::CallOff;
use crate::grant::{Grant, Name, Secret};
use crate::journal::Event;
use crate::schedule::quota::spare;
use crate::standing::Standing;
pub use due::Due;
use failing::Failing;
use writes::Writes;

/// Secrets Manager is eventually consistent; a minute is what it may be behind (aws-facts §6).
const DESCRIBE_LAG: SignedDuration = SignedDuration::from_secs(60);

/// The present, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the clock on the wall says: windows are judged by it.
    pub now: Timestamp,
    /// What the clock that nobody can set says: waits and budgets are measured by it.
    pub elapsed: Elapsed,
}

/// One secret under watch.
#[derive(Debug)]
pub struct Watch {
    /// The secret.
    pub secret: Arc<Secret>,
    grants: Arc<[Grant]>,
    /// The grants that were open when last looked.
    open: BTreeSet<Name>,
    /// Those of them of which it was told that their windows end soon, and when that is.
    ending: BTreeMap<Name, Timestamp>,
    /// What readers get, as far as is known, if it is credadmin's: its version id, and when it dies.
    published: Option<(String, Timestamp)>,
    /// Until when any session lives that was handed out, as far as is known.
    alive_until: Option<Timestamp>,
    settled: Option<Settled>,
    /// The last version id known to have been written, and since when that is known.
    written: Option<(String, Elapsed)>,
    writes: Writes,
    /// How many versions of the budget the plan does not want.
    spare: usize,
    seen: Seen,
    failing: Option<Failing>,
    /// The next grant to open, as of the last look.
    upcoming: Option<(Timestamp, Name)>,
    due: Due,
    /// The visit that is under way, or waits for its turn.
    in_flight: Option<Flight>,
}

/// A visit under way.
#[derive(Debug)]
struct Flight {
    /// When the session ends that it is to publish.
    ends: Option<Timestamp>,
    call_off: CallOff,
}

/// A planned end that has been seen to, and until when that is good enough.
#[derive(Clone, Copy, Debug)]
struct Settled {
    ends: Timestamp,
    good_until: Timestamp,
}

/// What was last seen of the secret, so that each thing is said once.
#[derive(Debug, Default)]
struct Seen {
    at: Option<Elapsed>,
    rotation: bool,
    empty: bool,
    stranger: Option<String>,
    superseded_by: Option<String>,
    /// Whether it is yet to be seen what came of the planned session.
    unseen: bool,
    lapsed: bool,
    /// A session was told to live on, though no window is open: until then.
    lives_on: Option<Timestamp>,
}

impl Watch {
    /// A secret of which nothing is known yet.
    pub fn new(watched: Watched) -> Self {
        let spare = spare(&watched.secret, &watched.grants);
        Self {
            secret: watched.secret,
            grants: watched.grants,
            open: BTreeSet::new(),
            ending: BTreeMap::new(),
            published: None,
            alive_until: None,
            settled: None,
            written: None,
            writes: Writes::default(),
            spare,
            seen: Seen::default(),
            failing: None,
            upcoming: None,
            due: Due::NOW,
            in_flight: None,
        }
    }

    /// Takes over a new config. What is known of the secret stays known.
    pub fn adopt(&mut self, watched: Watched) {
        if self.secret.secret_id != watched.secret.secret_id {
            // Another secret altogether; only what was handed out of the one before lives on.
            self.call_off();
            let (open, alive_until, in_flight) = (std::mem::take(&mut self.open), self.alive_until, self.in_flight.take());
            *self = Self { open, alive_until, in_flight, ..Self::new(watched) };
            return;
        }
        if self.secret != watched.secret {
            self.call_off();
            self.secret = watched.secret;
            self.settled = None;
            self.failing = None;
        }
        self.grants = watched.grants;
        self.spare = spare(&self.secret, &self.grants);
        self.look_now();
    }

    /// Closes what is open: the secret is no longer under watch.
    pub fn abandon(mut self, at: Moment, tell: &mut impl FnMut(Event)) {
        self.call_off();
        self.tell_changes(at, &[], None, tell);
    }

    /// Plans sessions of an hour from now on, if they are longer.
    pub fn cap(&mut self) {
        if let Some(capped) = self.secret.capped() {
            self.spare = spare(&capped, &self.grants);
            self.call_off();
            self.secret = Arc::new(capped);
            self.settled = None;
            self.look_now();
        }
    }

    /// The errand is not run: it waited while the config changed.
    pub fn take_back(&mut self) {
        self.in_flight = None;
        self.look_now();
    }

    /// What the visit under way is for is not wanted any more.
    fn call_off(&self) {
        if let Some(flight) = &self.in_flight {
            flight.call_off.call();
        }
    }

    /// Whether a visit is under way, or waits for its turn.
    pub fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether it is known what is in the secret, or why that can't be known.
    pub fn is_decided(&self) -> bool {
        self.seen.at.is_some() || self.failing.is_some()
    }

    /// How the secret stands.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            secret: &self.secret,
            open: &self.open,
            published_until: self.published.as_ref().map(|(_, dies)| *dies),
            upcoming: self.upcoming.as_ref(),
            trouble: self.failing.as_ref().map(|failing| failing.trouble.as_str()),
        }
    }

    /// Visits the secret now, whatever is known of it, and tries again what was to be tried later: somebody may have mended it.
    pub fn try_now(&mut self, at: Moment) {
        self.settled = None;
        if let Some(failing) = &mut self.failing {
            failing.retry_at = at.elapsed;
        }
        self.look_now();
    }

    /// Looks again at the next opportunity, whatever was planned.
    pub fn look_now(&mut self) {
        self.due = Due::NOW;
    }

    /// When it is time to look.
    pub fn due(&self) -> Due {
        self.due
    }

    /// When what is published dies: the nearest is the most urgent. Nothing published is most urgent of all.
    pub fn urgency(&self) -> Timestamp {
        self.published.as_ref().map_or(Timestamp::MIN, |(_, dies)| *dies)
    }
}
