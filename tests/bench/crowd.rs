//! 10,000 grants over 1,000 secrets: memory, and 1,000 windows that open at the same instant.

use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::SignedDuration;

use crate::Told;
use crate::account::{Account, Quotas};
use crate::bare::{Bare, Calls};
use crate::config::{ALL_LINES, Config, USUAL_LINES};
use crate::daemon::Daemon;
use crate::proc::Memory;
use crate::refresh::{wait_until, whole_second};
use crate::table::Row;

const SECRETS: usize = 1000;
/// Secrets Manager's 50 writes a second (aws-facts §6) for a thousand of them.
const QUOTA_BOUND: SignedDuration = SignedDuration::from_secs(20);
/// From the start of the daemon to the opening.
const AHEAD: SignedDuration = SignedDuration::from_secs(12);
/// As many calls in flight as the daemon has.
const AT_A_TIME: usize = 12;
const SETTLE: Duration = Duration::from_millis(500);

/// Measures both.
pub fn measure() -> Told<Vec<Row>> {
    let mut rows = memory_of_all_different()?;
    rows.extend(opening()?);
    Ok(rows)
}

/// Nothing but closed grants, no cron line twice.
fn memory_of_all_different() -> Told<Vec<Row>> {
    let mut account = Account::start(SECRETS, Quotas::Kept)?;
    let mut config = Config::new(SECRETS)?;
    config.recurring(SECRETS, 10, ALL_LINES, Clock::system().now())?;
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(SECRETS)?;
    thread::sleep(SETTLE);
    let memory = daemon.memory()?;
    daemon.stop()?;
    Ok(vec![Row::new("resident memory, 10,000 different cron lines", show(memory))])
}

/// One of the ten grants of each secret opens, all at the same instant.
fn opening() -> Told<Vec<Row>> {
    let mut account = Account::start(SECRETS, Quotas::Kept)?;
    let opens = whole_second(Clock::system().now() + AHEAD);
    let mut config = Config::new(SECRETS)?;
    config.recurring(SECRETS, 9, USUAL_LINES, opens)?;
    for secret in 0..SECRETS {
        config.once(secret, opens)?;
    }
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(SECRETS)?;
    thread::sleep(SETTLE);
    let quiet = daemon.memory()?;
    let goal = "at most 24 MiB";
    let row = Row::new(format!("resident memory, {USUAL_LINES} different cron lines"), show(quiet))
        .with_goal(goal, quiet.resident <= 24.0);
    let mut rows = vec![row];
    if Clock::system().now() > opens {
        rows.push(Row::new("1,000 windows opening at once", "not measured: the first look at all took longer than 12 s"));
        return Ok(rows);
    }
    wait_until(opens);
    account.wait_for_writes(SECRETS)?;
    thread::sleep(SETTLE);
    rows.push(Row::new("the same, after all of them were published at once", show(daemon.memory()?)));
    daemon.stop()?;
    let arrivals = account.writes()?;
    let late = arrivals.iter().map(|(_, at)| at.duration_since(opens));
    let (first, last) = (late.clone().min().unwrap_or_default(), late.max().unwrap_or_default());

    let unlimited = Account::start(0, Quotas::Off)?;
    let rush = SignedDuration::try_from(Bare::start(&unlimited)?.rush(Calls::Two, SECRETS, AT_A_TIME)?.wall)?;
    let bound = QUOTA_BOUND.max(rush);
    let ratio = last.as_secs_f64() / bound.as_secs_f64();
    let seconds = |time: SignedDuration| format!("{:.3} s", time.as_secs_f64());
    rows.extend([
        Row::new("1,000 windows opening at once: until the first session is written", seconds(first)),
        Row::new("until the last", seconds(last)),
        Row::new("bound by the quota of 50 writes a second", seconds(QUOTA_BOUND)),
        Row::new("bare SDK, without quotas, 12 at a time", seconds(rush)),
        Row::new("credadmin / the slower of the two", format!("{ratio:.3} ×")).with_goal("at most 1.05", ratio <= 1.05),
    ]);
    Ok(rows)
}

fn show(memory: Memory) -> String {
    format!("{:.1} MiB (Pss {:.1}, peak {:.1})", memory.resident, memory.proportional, memory.peak)
}
