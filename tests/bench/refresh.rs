//! What a refresh takes: the running daemon, the bare SDK and what cron would start take turns.

use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::account::{Account, Quotas};
use crate::bare::{Bare, Calls};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::table::Row;
use crate::{Told, cron};

const ROUNDS: usize = 5;
/// Secrets that the daemon refreshes in a round, and refreshes of the bare SDK of each kind.
const BATCH: usize = 100;
/// From the start of the daemon to the first round, and from round to round.
const ROUND: SignedDuration = SignedDuration::from_secs(25);
/// Runs in a round of what cron would start.
const RUNS: usize = 2;
/// What a process may take to come to rest.
const SETTLE: Duration = Duration::from_millis(200);

/// Over the table: what the rows are of, and what none of them shows.
pub const TITLE: &str = "\
A refresh: CPU time; and memory, under cron the peak of the largest process, and none of its own between refreshes (nor is cron's counted)
  Not comparable: what cron starts looks at no window, ends no session with it, agrees with no other host and keeps no journal";

/// Measures all of them.
pub fn measure() -> Told<Vec<Row>> {
    let mut account = Account::start(ROUNDS * BATCH, Quotas::Kept)?;
    let begins = whole_second(Clock::system().now() + ROUND);
    let mut config = Config::new(ROUNDS * BATCH)?;
    for secret in 0..ROUNDS * BATCH {
        config.once(secret, begins + ROUND * (secret / BATCH) as i32)?;
    }
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(ROUNDS * BATCH)?;
    let mut bare = Bare::start(&account)?;

    let (mut ours, mut two, mut three) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut jobs = cron::jobs(&account);
    for round in 0..ROUNDS {
        let quiet = begins + ROUND * round as i32 - SignedDuration::try_from(SETTLE)?;
        if Clock::system().now() > quiet {
            return Ok(vec![Row::new("a refresh", format!("NOT MEASURED: a round took longer than {ROUND:#}"))]);
        }
        wait_until(quiet);
        let before = daemon.cpu()?;
        account.wait_for_writes((round + 1) * BATCH)?;
        thread::sleep(SETTLE);
        ours += daemon.cpu()? - before;
        two += bare.refresh(Calls::Two, BATCH)?.cpu;
        three += bare.refresh(Calls::Three, BATCH)?.cpu;
        for job in &mut jobs {
            job.run(RUNS)?;
        }
    }
    let memory = daemon.memory()?;
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
    let memory = format!("{:.1} MiB; peak {:.1} MiB", memory.resident, memory.peak);
    rows.push(Row::new(format!("credadmin's memory, {} secrets", ROUNDS * BATCH), memory));
    let [today, others @ ..] = &jobs;
    let goal = today.cpu().map(|cpu| cpu.as_secs_f64() / ours.as_secs_f64() >= 1000.0);
    let row = today.row(ours);
    rows.push(if let Some(met) = goal { row.with_goal("at least 1000 ×", met) } else { row });
    rows.extend(others.iter().map(|job| job.row(ours)));
    // No program that calls AWS by this SDK can do better.
    rows.extend(today.cpu().map(|today| ratio("boto3 / bare SDK, two calls", today, two).0));
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
