//! A day's work, sixty times as dense: what happens in a day of a busy account, and as often, in 24 minutes.
//!
//! The daemon's own clock is the host's, so that nothing of it is bent. It is the config that makes an hour a minute.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use super::judge::Stretch;
use crate::Told;
use crate::config::{Config, USUAL_LINES};

/// An hour of the day.
pub const HOUR: SignedDuration = SignedDuration::from_secs(60);
/// Secrets that stay closed, with ten cron grants each; they come first.
pub const CLOSED: usize = 60;
/// Secrets that are open all day.
pub const ALWAYS: usize = 10;
/// Secrets that are open for 45 minutes of each hour.
pub const HOURLY: usize = 20;
/// Secrets that drop-ins open.
pub const DROPPED: usize = 10;
/// All of them.
pub const SECRETS: usize = CLOSED + ALWAYS + HOURLY + DROPPED;
/// A session each 40 s, which would be one each 40 minutes: 36 a day, as by default.
const STEP: SignedDuration = SignedDuration::from_secs(40);
const CADENCE: &str = "session_duration = \"15m 40s\"\nrefresh_lead = \"15m\"\n";
const OPEN: SignedDuration = SignedDuration::from_secs(45);
/// A drop-in comes and another goes as often as this, each for a window of so long; each is there for six times as long.
const DROP_IN: SignedDuration = SignedDuration::from_secs(10);
const DROP_IN_OPEN: SignedDuration = SignedDuration::from_secs(40);
const STAYS: usize = 6;
/// The main file is edited, and the daemon told, as often as this: windows that are over go, and those of the next hours come.
const RELOAD: SignedDuration = SignedDuration::from_secs(30);
const AHEAD: SignedDuration = SignedDuration::from_secs(120);

/// The day.
pub struct Work {
    config: Config,
    drop_ins_in: PathBuf,
    begins: Timestamp,
    hours: i32,
    /// The windows that the main file has in their time, those of the hours after the day too.
    hourly: Vec<Stretch>,
    dropped: Vec<Stretch>,
    reloads: i32,
}

impl Work {
    /// A day of so many hours that begins then, with its config in this directory.
    pub fn new(directory: &Path, begins: Timestamp, hours: i32) -> Told<Self> {
        let mut config = Config::within(directory, CLOSED)?;
        config.recurring(CLOSED, 10, USUAL_LINES, begins)?;
        (CLOSED..SECRETS).try_for_each(|_| config.secret(CADENCE))?;
        // Past the day by more than a session: the last one of a window is not refreshed any more.
        let closes = begins + HOUR * hours + SignedDuration::from_mins(16);
        for secret in CLOSED..CLOSED + ALWAYS {
            config.window(secret, begins, closes)?;
        }
        let mut hourly = vec![];
        for hour in 0..hours + (AHEAD.as_secs() / HOUR.as_secs()) as i32 {
            for number in 0..HOURLY {
                let within = SignedDuration::from_secs(number as i64 * 7 % 15);
                // None opens as the day ends.
                let opens = begins + HOUR * hour + within + if hour < hours { SignedDuration::ZERO } else { OPEN / 3 };
                hourly.push(Stretch { secret: CLOSED + ALWAYS + number, opens, closes: opens + OPEN });
            }
        }
        let drop_ins_in = directory.join("grants.d");
        fs::create_dir(&drop_ins_in)?;
        fs::set_permissions(&drop_ins_in, Permissions::from_mode(0o755))?;
        let work = Self { config, drop_ins_in, begins, hours, hourly, dropped: vec![], reloads: 0 };
        work.write(begins)?;
        Ok(work)
    }

    /// When it is over.
    pub fn ends(&self) -> Timestamp {
        self.begins + HOUR * self.hours
    }

    /// What was open, and when, but for what is open all day.
    pub fn stretches(&self) -> Vec<Stretch> {
        let hourly = self.hourly.iter().filter(|it| it.opens < self.ends());
        hourly.chain(&self.dropped).copied().collect()
    }

    /// How many sessions each of those has that are open all day: the one with which it begins, and one on each point of its grid.
    pub fn sessions_of_always(&self) -> std::ops::RangeInclusive<usize> {
        let whole = ((HOUR * self.hours).as_secs() / STEP.as_secs()) as usize;
        whole..=whole + 1
    }

    /// Drops in what is due by now, and takes away what has been there for long enough.
    pub fn drop_in(&mut self) -> Told {
        let name = |number: usize| self.drop_ins_in.join(format!("{number}.toml"));
        let number = self.dropped.len();
        // The last of them closes with the day.
        let opens = self.begins + DROP_IN * number as i32;
        if Clock::system().now() < opens || opens + DROP_IN_OPEN > self.ends() {
            return Ok(());
        }
        let secret = CLOSED + ALWAYS + HOURLY + number % DROPPED;
        let stretch = Stretch { secret, opens, closes: opens + DROP_IN_OPEN };
        let new = self.drop_ins_in.join(".new");
        fs::write(&new, grant("dropped", number, &stretch))?;
        fs::set_permissions(&new, Permissions::from_mode(0o644))?;
        fs::rename(&new, name(number))?;
        if let Some(over) = number.checked_sub(STAYS) {
            fs::remove_file(name(over))?;
        }
        self.dropped.push(stretch);
        Ok(())
    }

    /// Edits the main file if it is time to; answers with whether it did.
    pub fn edit(&mut self) -> Told<bool> {
        let now = Clock::system().now();
        let is_due = now >= self.begins + RELOAD * (self.reloads + 1);
        if is_due {
            self.reloads += 1;
            self.write(now)?;
        }
        Ok(is_due)
    }

    /// How many files were dropped in, and how often the main file was edited.
    pub fn done(&self) -> (usize, i32) {
        (self.dropped.len(), self.reloads)
    }

    /// Writes the main file as it is then.
    fn write(&self, now: Timestamp) -> Told {
        let numbered = self.hourly.iter().enumerate();
        let current = numbered.filter(|(_, it)| it.closes > now && it.opens < now + AHEAD);
        let grants: String = current.map(|(number, it)| grant("hourly", number, it)).collect();
        self.config.write_with(&format!("# edition {}\n{grants}", self.reloads))?;
        Ok(())
    }
}

fn grant(kind: &str, number: usize, Stretch { secret, opens, closes }: &Stretch) -> String {
    format!("[grants.{kind}-{number}]\nsecret = \"s{secret}\"\nfrom = \"{opens}\"\nuntil = \"{closes}\"\n")
}
