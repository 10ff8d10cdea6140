//! Config files as large as is wished.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::Told;
use crate::account::{secret_id, target};

/// Cron lines of an office: a few hundred of them recur.
pub const USUAL_LINES: usize = 480;
/// No line twice.
pub const ALL_LINES: usize = 10_000;
const DAYS: [&str; 11] = ["*", "MON-FRI", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN", "MON,WED,FRI", "SAT,SUN"];
const ZONES: [&str; 2] = ["", "\ntime_zone = \"Europe/Berlin\""];

/// A main file in the making.
pub struct Config {
    place: Place,
    text: String,
    secrets: usize,
    grants: usize,
}

enum Place {
    /// In a directory that goes when this does, for nobody else to read.
    OfItsOwn(TempDir),
    /// In this one, for a daemon that is another user.
    Given(PathBuf),
}

impl Config {
    /// With so many secrets.
    pub fn new(secrets: usize) -> Told<Self> {
        let directory =
            tempfile::Builder::new().prefix("credadmin-bench-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        Self::at(Place::OfItsOwn(directory), secrets)
    }

    /// With so many secrets, in this directory, for all to read.
    pub fn within(directory: &Path, secrets: usize) -> Told<Self> {
        Self::at(Place::Given(directory.to_owned()), secrets)
    }

    fn at(place: Place, secrets: usize) -> Told<Self> {
        let mut config = Self { place, text: format!("region = \"{}\"\n", strict_aws::REGION), secrets: 0, grants: 0 };
        for _ in 0..secrets {
            config.secret("")?;
        }
        Ok(config)
    }

    /// Adds the next secret, with these keys besides.
    pub fn secret(&mut self, keys: &str) -> Told {
        let number = self.secrets;
        self.secrets += 1;
        let (id, role) = (secret_id(number), target());
        Ok(writeln!(self.text, "[secrets.s{number}]\nsecret_id = \"{id}\"\nrole_arn = \"{role}\"\n{keys}")?)
    }

    /// Adds a grant that opens the secret once, for a quarter of an hour: its first session is its last.
    pub fn once(&mut self, secret: usize, opens: Timestamp) -> Told {
        self.window(secret, opens, opens + SignedDuration::from_mins(15))
    }

    /// Adds a grant that opens the secret once.
    pub fn window(&mut self, secret: usize, opens: Timestamp, closes: Timestamp) -> Told {
        self.grant(secret, &format!("from = \"{opens}\"\nuntil = \"{closes}\""))
    }

    /// Adds so many grants for each of so many secrets. Each opens for an hour again and again, at one of so many different
    /// times; none within two hours of `now`.
    pub fn recurring(&mut self, secrets: usize, each: usize, lines: usize, now: Timestamp) -> Told {
        let hour = now.to_zoned_datetime(TimeZone::UTC).hour();
        for number in 0..secrets * each {
            // Far apart for one secret: 7919 is a prime.
            let (line, zone) = (cron_line(number * 7919 % lines, lines, hour), ZONES[number % ZONES.len()]);
            self.grant(number / each, &format!("cron = \"{line}\"\nduration = \"1h\"{zone}"))?;
        }
        Ok(())
    }

    fn grant(&mut self, secret: usize, window: &str) -> Told {
        let number = self.grants;
        self.grants += 1;
        let papers = format!("requested_by = \"team-{}\"\napproved_by = \"carol\"\nticket = \"OPS-{number}\"", number % 40);
        Ok(writeln!(self.text, "[grants.g{number}]\nsecret = \"s{secret}\"\n{window}\n{papers}")?)
    }

    /// Writes the file; answers with its path.
    pub fn write(&self) -> Told<PathBuf> {
        self.write_with("")
    }

    /// Writes the file with more at its end, whole or not at all; answers with its path.
    pub fn write_with(&self, more: &str) -> Told<PathBuf> {
        let (directory, mode) = match &self.place {
            Place::OfItsOwn(directory) => (directory.path(), 0o600),
            Place::Given(directory) => (directory.as_path(), 0o644),
        };
        let (new, path) = (directory.join(".new"), directory.join("credadmin.toml"));
        fs::write(&new, format!("{}{more}", self.text))?;
        fs::set_permissions(&new, Permissions::from_mode(mode))?;
        fs::rename(new, &path)?;
        Ok(path)
    }
}

/// The cron line of that number, of `lines` different ones; it fires 4 to 20 hours after `hour`, on the clock of its zone.
fn cron_line(number: usize, lines: usize, hour: i8) -> String {
    let minutes = if lines > USUAL_LINES { 60 } else { 12 };
    let minute = number % minutes * (60 / minutes);
    let hour = (hour as usize + 4 + number / minutes % 16) % 24;
    let days = DAYS[number / minutes / 16 % DAYS.len()];
    format!("{minute} {hour} * * {days}")
}
