//! How long to wait after a failure. Pure: the randomness is passed in.

use jiff::SignedDuration;

/// How a kind of failure is retried (aws-facts §6, §7: the tables of errors).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It may pass by itself at any moment: exponential from 1 s to 1 min, full jitter.
    Soon,
    /// Somebody has to change something in AWS, which then takes a while to be seen there: every 2 to 3 minutes.
    Slowly,
    /// The versions of the last 24 h are used up; the oldest leaves a slot free after a quarter of an hour at the earliest.
    AfterQuota,
}

/// The wait after the `failures`-th failure in a row (1 or more); `chance` is uniform in 0..1.
pub fn wait(pace: Pace, failures: u32, chance: f64) -> SignedDuration {
    let seconds = match pace {
        Pace::Soon => {
            let cap = 2_f64.powi(failures.saturating_sub(1).min(6) as i32).min(60.0);
            // Full jitter, but never at once: two tries a tick apart are one try too many.
            (cap * chance).max(0.1)
        }
        Pace::Slowly => 120.0 + 60.0 * chance,
        Pace::AfterQuota => 900.0 + 120.0 * chance,
    };
    SignedDuration::from_secs_f64(seconds)
}

/// The longest wait while what is published has `left` to live: it must not die between two tries.
pub fn bound(pace: Pace, left: SignedDuration) -> SignedDuration {
    let least = match pace {
        Pace::Soon => SignedDuration::from_secs(1),
        Pace::Slowly | Pace::AfterQuota => SignedDuration::from_secs(30),
    };
    (left / 2).max(least)
}
