//! All grants of all secrets open in the same second, under the quotas.

use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::SignedDuration;

use super::judge::{Stretch, judge, percentile};
use crate::Told;
use crate::account::{Account, Quotas};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::refresh::{wait_until, whole_second};
use crate::table::Row;

/// For each secret.
const GRANTS: i32 = 10;
/// Secrets Manager's writes (aws-facts §6).
const WRITES_A_SECOND: usize = 50;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const SETTLE: Duration = Duration::from_millis(500);

/// Measures it with so many secrets.
pub fn measure(secrets: usize) -> Told<Vec<Row>> {
    let mut account = Account::start(secrets, Quotas::Kept)?;
    // From the start of the daemon to the opening: each secret is looked at before.
    let ahead = SignedDuration::from_secs(5 + secrets as i64 / 100);
    let opens = whole_second(Clock::system().now() + ahead);
    let mut config = Config::new(secrets)?;
    // No longer than the lead of 20 minutes, so that each has one session.
    let closes = |grant: i32| opens + MINUTE * (10 + grant);
    for grant in 0..GRANTS {
        for secret in 0..secrets {
            config.window(secret, opens, closes(grant))?;
        }
    }
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(secrets)?;
    thread::sleep(SETTLE);
    let quiet = daemon.sample()?;
    let in_time = Clock::system().now() < opens;
    wait_until(opens);
    account.wait_for_writes(secrets)?;
    thread::sleep(SETTLE);
    let after = daemon.sample()?;
    daemon.stop()?;

    let stretches = (0..secrets).map(|secret| Stretch { secret, opens, closes: closes(GRANTS - 1) });
    let seen = judge(&account.versions()?, &stretches.collect::<Vec<_>>(), opens)?;
    if !seen.missing.is_empty() {
        return Err(format!("{} secrets were not published", seen.missing.len()).into());
    }
    let refused = account.refused()?;
    if !refused.is_empty() {
        return Err(format!("{} calls were refused: {:?}", refused.len(), &refused[..refused.len().min(5)]).into());
    }
    let bound = secrets as f64 / WRITES_A_SECOND as f64;
    let last = seen.late.last().map_or(0.0, SignedDuration::as_secs_f64);
    let mut rows = vec![
        Row::new(format!("secrets published, of {secrets} with {GRANTS} grants each"), seen.published.to_string()),
        Row::new("published twice, or refused for being too many", "0"),
        Row::new("until the first session is written", percentile(&seen.late, 0)),
        Row::new("until half of them are", percentile(&seen.late, 50)),
        Row::new("until the last", percentile(&seen.late, 100)),
        Row::new(
            format!("the same, to the quota's {bound} s ({WRITES_A_SECOND} writes a second)"),
            format!("{:.3} x", last / bound),
        ),
        Row::new("resident before the opening", format!("{:.1} MiB", quiet.resident)),
        Row::new("the most that was, as the config was read", format!("{:.1} MiB", quiet.peak)),
        Row::new("the most that ever was", format!("{:.1} MiB", after.peak)),
        Row::new("CPU time for all of it", format!("{:.2} s", (after.cpu - quiet.cpu).as_secs_f64())),
        Row::new("descriptors before and after", format!("{}, {}", quiet.descriptors, after.descriptors)),
    ];
    if !in_time {
        rows.push(Row::new("NOT TO BE COMPARED", "the first look at all took longer than until they opened"));
    }
    Ok(rows)
}
