//! How late the first session arrives at Secrets Manager after its window opens: windows on consecutive seconds, real clock.

use std::time::Duration;

use credadmin::clock::Clock;
use jiff::SignedDuration;

use crate::Told;
use crate::account::{Account, Quotas};
use crate::bare::{Bare, Calls};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::refresh::{wait_until, whole_second};
use crate::table::Row;

const WINDOWS: usize = 110;
const GOAL: SignedDuration = SignedDuration::from_millis(10);

/// Measures it. The bare SDK makes the same calls half a second after each opening.
pub fn measure() -> Told<Vec<Row>> {
    let mut account = Account::start(WINDOWS, Quotas::Kept)?;
    let begins = whole_second(Clock::system().now() + SignedDuration::from_secs(5));
    let opens = |window: usize| begins + SignedDuration::from_secs(window as i64);
    let mut config = Config::new(WINDOWS)?;
    for window in 0..WINDOWS {
        config.once(window, opens(window))?;
    }
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(WINDOWS)?;
    let mut bare = Bare::start(&account)?;
    let mut calls = vec![];
    for window in 0..WINDOWS {
        wait_until(opens(window) + SignedDuration::from_millis(500));
        calls.push(SignedDuration::try_from(bare.refresh(Calls::Three, 1)?.wall)?);
    }
    account.wait_for_writes(WINDOWS)?;
    daemon.stop()?;
    let mut late: Vec<SignedDuration> =
        account.writes()?.into_iter().map(|(window, at)| at.duration_since(opens(window))).collect();
    late.sort();
    calls.sort();
    if let Some(early) = late.first().filter(|late| late.is_negative()) {
        return Err(format!("a session was published {early:#} before its window opened").into());
    }
    let p99 = percentile(&late, 99);
    let row = Row::new(format!("credadmin, p99 of {WINDOWS} windows"), show(p99));
    Ok(vec![
        Row::new(format!("credadmin, median of {WINDOWS} windows"), show(percentile(&late, 50))),
        row.with_goal("at most 10 ms", p99 <= GOAL),
        Row::new("credadmin, latest", show(percentile(&late, 100))),
        Row::new("bare SDK, the same three calls with nothing to wait for, median", show(percentile(&calls, 50))),
        Row::new("bare SDK, p99", show(percentile(&calls, 99))),
    ])
}

/// The smallest of the sorted values that so many percent do not exceed.
fn percentile(sorted: &[SignedDuration], percent: usize) -> SignedDuration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn show(time: SignedDuration) -> String {
    format!("{:.2} ms", Duration::try_from(time).unwrap_or_default().as_secs_f64() * 1e3)
}
