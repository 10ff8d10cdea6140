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

#[cfg(test)]
mod tests {
    use super::*;

    const PACES: [Pace; 3] = [Pace::Soon, Pace::Slowly, Pace::AfterQuota];

    #[test]
    fn the_longest_wait_grows_to_its_cap_and_no_wait_is_under_a_tenth_of_a_second() {
        let caps: Vec<i64> = (0..10).map(|failures| wait(Pace::Soon, failures, 1.0).as_secs()).collect();
        assert_eq!(caps, [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait(Pace::Soon, u32::MAX, 1.0), SignedDuration::from_secs(60));
        for pace in PACES {
            for failures in [0, 1, 2, 6, 7, 8, u32::MAX] {
                assert!(wait(pace, failures, 0.0) >= SignedDuration::from_millis(100));
                assert!(wait(pace, failures, 1.0) <= wait(pace, failures.saturating_add(1), 1.0));
            }
        }
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let bounds = |pace: Pace, failures: u32| match pace {
            Pace::Soon => (0.1, 2_f64.powi(failures as i32 - 1).min(60.0)),
            Pace::Slowly => (120.0, 180.0),
            Pace::AfterQuota => (900.0, 1020.0),
        };
        for pace in PACES {
            for failures in 1..12 {
                let (least, most) = bounds(pace, failures);
                let waits: Vec<f64> = (0..=100).map(|i| wait(pace, failures, f64::from(i) / 100.0).as_secs_f64()).collect();
                assert!(waits.is_sorted() && waits[0] < waits[100]);
                assert!((waits[0] - least).abs() < 1e-9 && (waits[100] - most).abs() < 1e-9, "{pace:?} {failures}");
            }
        }
    }

    #[test]
    fn what_is_published_does_not_die_between_two_tries() {
        let left = SignedDuration::from_secs;
        for pace in PACES {
            let least = if pace == Pace::Soon { 1 } else { 30 };
            for seconds in [-900, -1, 0, 1, 2, 59, 60, 61, 1200, 43_200] {
                assert_eq!(bound(pace, left(seconds)), (left(seconds) / 2).max(left(least)));
            }
        }
    }
}
