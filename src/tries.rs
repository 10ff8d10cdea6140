//! A call that may go well the next time: somebody waits for it.

use crate::aws::trouble::Trouble;
use crate::clock::Clock;
use crate::schedule::backoff::{Pace, wait};

/// How often it is made.
const TRIES: u32 = 3;

/// Makes a call again while that may help.
pub async fn again<T>(clock: &Clock, mut call: impl AsyncFnMut() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let mut failures = 0;
    loop {
        match call().await {
            Err(trouble) if trouble.kind.pace() == Pace::Soon && failures + 1 < TRIES => failures += 1,
            done => return done,
        }
        clock.sleep(wait(Pace::Soon, failures, fastrand::f64())).await;
    }
}
