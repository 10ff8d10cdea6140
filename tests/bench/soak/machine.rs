//! The machine in which a day is spent: a real systemd, with journald, as the host tests boot it. This program is both sides:
//! outside it boots that machine and prints what is reported, inside it is what systemd runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;

use super::day;
use crate::Told;
use crate::container::{Container, OUT, missing};
use crate::daemon;

/// What comes out of the day: the picture and the samples, and these.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/soak");
const TABLE: &str = "day.txt";
const ERROR: &str = "day.error";
/// What goes in: how many hours it has.
const HOURS: &str = "day.hours";
/// How many, if not those of a day.
const OTHER: &str = "SOAK_HOURS";
/// Besides a minute for each hour. A guard against waiting for ever; nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(500);

/// Boots it, and has a day spent in it; answers with what is to be printed.
///
/// # Errors
/// If it can't be booted here, and if something of the day is not as it has to be.
pub fn measure() -> Told<String> {
    if let Some(missing) = missing() {
        return Err(format!("a day in a systemd of its own {missing}").into());
    }
    let hours: i32 = std::env::var(OTHER).map_or(Ok(24), |hours| hours.parse())?;
    let out = Path::new(RESULTS);
    fs::create_dir_all(out)?;
    for left in [TABLE, ERROR] {
        if out.join(left).exists() {
            fs::remove_file(out.join(left))?;
        }
    }
    fs::write(out.join(HOURS), hours.to_string())?;
    let directory = tempfile::Builder::new().prefix("credadmin-soak-").tempdir()?;
    let given: [(&str, PathBuf); 1] = [("credadmin", daemon::program())];
    let mut container = Container::boot(directory.path(), out, &given)?;
    let (clock, patience) = (Clock::system(), PATIENCE + Duration::from_secs(60) * hours.try_into()?);
    let began = clock.elapsed();
    while !container.has_ended()? && clock.elapsed().since(began).unsigned_abs() < patience {
        thread::sleep(POLL);
    }
    if let Ok(error) = fs::read_to_string(out.join(ERROR)) {
        return Err(error.into());
    }
    fs::read_to_string(out.join(TABLE))
        .map_err(|_| format!("the machine told nothing; its console:\n{}", container.console()).into())
}

/// The inside: spends the day.
///
/// # Errors
/// If what came of it can't be told.
pub fn spend() -> Told {
    let out = Path::new(OUT);
    let outcome = fs::read_to_string(out.join(HOURS)).map_err(Into::into).and_then(|hours| day::measure(hours.parse()?));
    let (name, text) = match outcome {
        Ok(table) => (TABLE, table),
        Err(error) => (ERROR, error.to_string()),
    };
    // Whole or not at all.
    fs::write(out.join(".new"), text)?;
    Ok(fs::rename(out.join(".new"), out.join(name))?)
}
