//! When it is time to look.

use jiff::{SignedDuration, Timestamp};

use super::Moment;
use crate::clock::Elapsed;

/// The instant at which it is time to look again at a secret, or at the first of many: by either clock, whichever comes first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Due {
    /// By the clock on the wall.
    pub wall: Option<Timestamp>,
    /// By the clock that nobody can set.
    pub steady: Option<Elapsed>,
}

impl Due {
    /// At once.
    pub const NOW: Self = Self { wall: Some(Timestamp::MIN), steady: None };

    /// Whether it has come.
    pub fn has_come(self, at: Moment) -> bool {
        self.wall.is_some_and(|wall| wall <= at.now) || self.steady.is_some_and(|steady| steady <= at.elapsed)
    }

    /// How long it is until then; `None` if that is never.
    pub fn wait(self, at: Moment) -> Option<SignedDuration> {
        let wall = self.wall.map(|wall| wall.duration_since(at.now));
        let steady = self.steady.map(|steady| steady.since(at.elapsed));
        wall.into_iter().chain(steady).min()
    }

    /// The first of two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let wall = self.wall.into_iter().chain(other.wall).min();
        let steady = self.steady.into_iter().chain(other.steady).min();
        Self { wall, steady }
    }
}
