//! Ten times the secrets that one daemon is made for.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::SignedDuration;

use crate::Told;
use crate::account::{Account, Quotas};
use crate::config::{Config, USUAL_LINES};
use crate::daemon::{Daemon, program};
use crate::table::Row;

const SECRETS: usize = 10_000;
/// For each secret.
const GRANTS: [usize; 2] = [1, 10];
const PARTS: usize = 10;
const SETTLE: Duration = Duration::from_secs(1);

/// Measures it, with one grant each and with ten.
pub fn measure() -> Told<Vec<Row>> {
    let mut rows = vec![];
    for grants in GRANTS {
        rows.extend(of(grants)?);
    }
    Ok(rows)
}

fn of(grants: usize) -> Told<Vec<Row>> {
    let clock = Clock::system();
    let mut account = Account::start(SECRETS, Quotas::Kept)?;
    let mut config = Config::new(SECRETS)?;
    config.recurring(SECRETS, grants, USUAL_LINES, clock.now())?;
    let path = config.write()?;
    let (check, plan) = (ask(&path, &["check"])?, ask(&path, &["plan", "--format", "json"])?);
    let began = clock.elapsed();
    let daemon = Daemon::start(&path, &account)?;
    // A part at a time: on a busy machine all of them take longer than anything is waited for.
    (1..=PARTS).try_for_each(|part| account.wait_for_looks(SECRETS / PARTS * part))?;
    let looked = clock.elapsed().since(began);
    thread::sleep(SETTLE);
    let sample = daemon.sample()?;
    daemon.stop()?;
    let of = format!("{} grants", SECRETS * grants);
    Ok(vec![
        Row::new(format!("{of}: credadmin check, the whole process"), show(check)),
        Row::new(format!("{of}: credadmin plan for a day, the whole process"), show(plan)),
        Row::new(format!("{of}: from the start until each secret was looked at"), show(looked)),
        Row::new(format!("{of}: resident, nothing open"), format!("{:.1} MiB", sample.resident)),
        Row::new(format!("{of}: the most that was resident"), format!("{:.1} MiB", sample.peak)),
        Row::new(format!("{of}: CPU time so far"), format!("{:.2} s", sample.cpu.as_secs_f64())),
    ])
}

fn ask(config: &Path, arguments: &[&str]) -> Told<SignedDuration> {
    let clock = Clock::system();
    let began = clock.elapsed();
    let status = Command::new(program()).args(arguments).arg("--config").arg(config).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("credadmin {arguments:?}: {status}").into());
    }
    Ok(clock.elapsed().since(began))
}

fn show(time: SignedDuration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
