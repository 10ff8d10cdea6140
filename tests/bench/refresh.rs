//! CPU time of a refresh: the running daemon, the bare SDK and today's way take turns.

use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::account::{Account, Quotas};
use crate::bare::{Bare, Calls};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::table::Row;
use crate::{Told, today};

const ROUNDS: usize = 5;
/// Secrets that the daemon refreshes in a round, and refreshes of the bare SDK of each kind.
const BATCH: usize = 100;
/// From round to round.
const ROUND: SignedDuration = SignedDuration::from_secs(9);
/// Runs of today's way in a round.
const TODAY: usize = 2;
/// What a process may take to come to rest.
const SETTLE: Duration = Duration::from_millis(200);

/// Measures all three.
pub fn measure() -> Told<Vec<Row>> {
    let mut account = Account::start(ROUNDS * BATCH, Quotas::Kept)?;
    let begins = whole_second(Clock::system().now() + SignedDuration::from_secs(6));
    let mut config = Config::new(ROUNDS * BATCH)?;
    for secret in 0..ROUNDS * BATCH {
        config.once(secret, begins + ROUND * (secret / BATCH) as i32)?;
    }
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(ROUNDS * BATCH)?;
    let mut bare = Bare::start(&account)?;

    let (mut ours, mut two, mut three) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut python = vec![];
    for round in 0..ROUNDS {
        wait_until(begins + ROUND * round as i32 - SignedDuration::try_from(SETTLE)?);
        let before = daemon.cpu()?;
        account.wait_for_writes((round + 1) * BATCH)?;
        thread::sleep(SETTLE);
        ours += daemon.cpu()? - before;
        two += bare.refresh(Calls::Two, BATCH)?.cpu;
        three += bare.refresh(Calls::Three, BATCH)?.cpu;
        if today::is_installed() {
            for _ in 0..TODAY {
                python.push(today::refresh(&account)?);
            }
        }
    }
    daemon.stop()?;
    let each = |sum: Duration| sum / (ROUNDS * BATCH) as u32;
    let (ours, two, three) = (each(ours), each(two), each(three));
    let mut rows = vec![
        Row::new("credadmin (DescribeSecret, AssumeRole, PutSecretValue)", show(ours)),
        Row::new("bare SDK, the same three calls", show(three)),
        Row::new("bare SDK, AssumeRole and PutSecretValue", show(two)),
        ratio("credadmin / bare SDK, three calls", ours, three).0,
        {
            let (row, ratio) = ratio("credadmin / bare SDK, two calls", ours, two);
            row.with_goal("at most 1.25", ratio <= 1.25)
        },
    ];
    if python.is_empty() {
        rows.push(Row::new("today's way (boto3 under cron)", "not measured: run tests/run once"));
        return Ok(rows);
    }
    let today = python.iter().sum::<Duration>() / python.len() as u32;
    rows.push(Row::new("today's way (boto3 under cron)", show(today)));
    let ratio_of_two = ratio("today's way / bare SDK, two calls", today, two).0;
    let (row, ratio) = ratio("today's way / credadmin", today, ours);
    rows.push(row.with_goal("at least 1000", ratio >= 1000.0));
    // No program that calls AWS by this SDK can do better.
    rows.push(ratio_of_two);
    Ok(rows)
}

/// Sleeps until then, if it is not over.
pub fn wait_until(t: Timestamp) {
    thread::sleep(Duration::try_from(t.duration_since(Clock::system().now())).unwrap_or(Duration::ZERO));
}

/// The whole second before.
pub fn whole_second(t: Timestamp) -> Timestamp {
    Timestamp::from_second(t.as_second()).unwrap_or(t)
}

fn ratio(what: &str, a: Duration, b: Duration) -> (Row, f64) {
    let ratio = a.as_secs_f64() / b.as_secs_f64();
    (Row::new(what, format!("{ratio:.2} ×")), ratio)
}

fn show(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}
