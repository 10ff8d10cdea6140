//! Keeps the writes of a thousand windows that open at once under Secrets Manager's rate.

use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::clock::{Clock, Elapsed};

/// 50 writes a second, for all of an account in a region (aws-facts §6).
const GAP: SignedDuration = SignedDuration::from_millis(20);

/// Turns, [`GAP`] apart.
#[derive(Debug, Default)]
pub struct Pace {
    last: Mutex<Option<(Elapsed, SignedDuration)>>,
}

impl Pace {
    /// Waits for the next free turn; the first is free at once.
    pub async fn turn(&self, clock: &Clock) {
        let wait = self.book(clock.elapsed());
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
    }

    /// Books the next turn and tells how long it is until then.
    fn book(&self, now: Elapsed) -> SignedDuration {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let wait =
            last.map_or(SignedDuration::ZERO, |(booked_at, wait)| (wait + GAP - now.since(booked_at)).max(SignedDuration::ZERO));
        *last = Some((now, wait));
        wait
    }
}
