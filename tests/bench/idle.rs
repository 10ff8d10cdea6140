//! One grant, closed: what the daemon takes when there is nothing to do.

use std::thread;
use std::time::Duration;

use credadmin::clock::{Clock, Elapsed};
use jiff::SignedDuration;

use crate::Told;
use crate::account::{Account, Quotas};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::table::Row;

/// What a start may take to come to rest.
const SETTLE: Duration = Duration::from_secs(2);

/// The daemon at rest.
pub struct Idle {
    daemon: Daemon,
    since: Elapsed,
    cpu: Duration,
    wake_ups: u64,
    _config: Config,
    _account: Account,
}

/// Starts it.
pub fn begin() -> Told<Idle> {
    let clock = Clock::system();
    let mut account = Account::start(1, Quotas::Kept)?;
    let mut config = Config::new(1)?;
    config.recurring(1, 1, 1, clock.now())?;
    let daemon = Daemon::start(&config.write()?, &account)?;
    account.wait_for_looks(1)?;
    thread::sleep(SETTLE);
    let (cpu, wake_ups) = (daemon.cpu()?, daemon.wake_ups()?);
    Ok(Idle { since: clock.elapsed(), cpu, wake_ups, daemon, _config: config, _account: account })
}

impl Idle {
    /// Waits until it has idled for a minute.
    pub fn wait_a_minute(&self) {
        let rest = SignedDuration::from_secs(60) - Clock::system().elapsed().since(self.since);
        thread::sleep(Duration::try_from(rest).unwrap_or_default());
    }

    /// Measures what it took since.
    pub fn end(self) -> Told<Vec<Row>> {
        let minutes = Clock::system().elapsed().since(self.since).as_secs_f64() / 60.0;
        let cpu = (self.daemon.cpu()? - self.cpu).as_secs_f64() * 1e3 / minutes;
        let wake_ups = (self.daemon.wake_ups()? - self.wake_ups) as f64 / minutes;
        let memory = self.daemon.memory()?;
        self.daemon.stop()?;
        let resident = Row::new("resident memory, one grant, closed", format!("{:.1} MiB", memory.resident));
        Ok(vec![
            resident.with_goal("at most 10 MiB", memory.resident <= 10.0),
            Row::new("of it proportional (Pss)", format!("{:.1} MiB", memory.proportional)),
            Row::new("the most that ever was resident", format!("{:.1} MiB", memory.peak)),
            Row::new("CPU time a minute", format!("{cpu:.2} ms")),
            Row::new("CPU time a day", format!("{:.1} s", cpu * 1440.0 / 1e3)),
            Row::new("wake-ups a minute, all threads", format!("{wake_ups:.0}")),
        ])
    }
}
