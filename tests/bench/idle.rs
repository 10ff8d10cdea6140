//! One grant, closed: what the daemon takes when there is nothing to do, and the floor beside it in the same minute.

use std::path::Path;
use std::thread;
use std::time::Duration;

use credadmin::clock::{Clock, Elapsed};
use jiff::SignedDuration;

use crate::Told;
use crate::account::{Account, Quotas};
use crate::config::Config;
use crate::daemon::{Daemon, Program};
use crate::proc::Memory;
use crate::table::Row;

/// What a start may take to come to rest.
const SETTLE: Duration = Duration::from_secs(2);

/// Both, at rest.
pub struct Idle {
    since: Elapsed,
    daemon: Resting,
    floor: Resting,
    _config: Config,
    _account: Account,
}

/// One of them, with what it had taken when it came to rest.
struct Resting {
    program: Daemon,
    cpu: Duration,
    wake_ups: u64,
}

/// What it took: MiB, and a minute's milliseconds and wake-ups.
struct Taken {
    memory: Memory,
    cpu: f64,
    wake_ups: f64,
}

/// Starts both.
pub fn begin() -> Told<Idle> {
    let clock = Clock::system();
    let mut account = Account::start(1, Quotas::Kept)?;
    let mut config = Config::new(1)?;
    config.recurring(1, 1, 1, clock.now())?;
    let path = config.write()?;
    let programs = [Program::Credadmin, Program::Floor].map(|it| Daemon::start_under(it, &path, &account, Path::new("")));
    let [daemon, floor] = programs;
    let (daemon, floor) = (daemon?, floor?);
    account.wait_for_looks(2)?;
    thread::sleep(SETTLE);
    let (daemon, floor) = (Resting::new(daemon)?, Resting::new(floor)?);
    Ok(Idle { since: clock.elapsed(), daemon, floor, _config: config, _account: account })
}

impl Resting {
    fn new(program: Daemon) -> Told<Self> {
        Ok(Self { cpu: program.cpu()?, wake_ups: program.wake_ups()?, program })
    }

    fn end(self, minutes: f64) -> Told<Taken> {
        let taken = Taken {
            cpu: (self.program.cpu()? - self.cpu).as_secs_f64() * 1e3 / minutes,
            wake_ups: (self.program.wake_ups()? - self.wake_ups) as f64 / minutes,
            memory: self.program.memory()?,
        };
        self.program.stop()?;
        Ok(taken)
    }
}

impl Idle {
    /// Waits until they have idled for a minute.
    pub fn wait_a_minute(&self) {
        let rest = SignedDuration::from_secs(60) - Clock::system().elapsed().since(self.since);
        thread::sleep(Duration::try_from(rest).unwrap_or_default());
    }

    /// Measures what they took since.
    pub fn end(self) -> Told<Vec<Row>> {
        let minutes = Clock::system().elapsed().since(self.since).as_secs_f64() / 60.0;
        let (ours, floor) = (self.daemon.end(minutes)?, self.floor.end(minutes)?);
        let beside = |what: &str, unit: &str, digits: usize, ours: f64, floor: f64| {
            let row = Row::new(what, format!("{ours:.digits$} {unit}"));
            row.with_goal(&format!("at most 1.1x the floor of {floor:.digits$}, {:.2}x", ours / floor), ours <= 1.1 * floor)
        };
        let resident = Row::new("resident memory, one grant, closed", format!("{:.1} MiB", ours.memory.resident));
        Ok(vec![
            resident.with_goal("at most 10 MiB", ours.memory.resident <= 10.0),
            beside("the same", "MiB", 1, ours.memory.resident, floor.memory.resident),
            // Not beside the floor, which shares its program text with the account's process.
            Row::new("of it proportional (Pss)", format!("{:.1} MiB", ours.memory.proportional)),
            beside("the most that ever was resident", "MiB", 1, ours.memory.peak, floor.memory.peak),
            beside("CPU time a minute", "ms", 2, ours.cpu, floor.cpu),
            Row::new("CPU time a day", format!("{:.1} s", ours.cpu * 1440.0 / 1e3)),
            beside("wake-ups a minute, all threads", "", 0, ours.wake_ups, floor.wake_ups),
        ])
    }
}
