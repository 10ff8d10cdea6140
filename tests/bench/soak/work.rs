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
/// Hours of the day.
pub const HOURS: i32 = 24;
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
const STAYS: i32 = 6;
/// The main file is edited, and the daemon told, as often as this.
const RELOAD: SignedDuration = SignedDuration::from_secs(30);

/// The day.
pub struct Work {
    config: Config,
    path: PathBuf,
    begins: Timestamp,
    drop_ins: i32,
    reloads: i32,
    /// What is open, and when.
    pub stretches: Vec<Stretch>,
}

impl Work {
    /// A day that begins then.
    pub fn new(begins: Timestamp) -> Told<Self> {
        let mut config = Config::new(CLOSED)?;
        config.recurring(CLOSED, 10, USUAL_LINES, begins)?;
        (CLOSED..SECRETS).try_for_each(|_| config.secret(CADENCE))?;
        // Past the day by more than a session: the last one of a window is not refreshed any more.
        let closes = begins + HOUR * HOURS + SignedDuration::from_mins(16);
        for secret in CLOSED..CLOSED + ALWAYS {
            config.window(secret, begins, closes)?;
        }
        let mut stretches = vec![];
        for number in 0..HOURLY {
            for hour in 0..HOURS {
                let opens = begins + HOUR * hour + SignedDuration::from_secs(number as i64 * 7 % 15);
                stretches.push(Stretch { secret: CLOSED + ALWAYS + number, opens, closes: opens + OPEN });
            }
        }
        for Stretch { secret, opens, closes } in &stretches {
            config.window(*secret, *opens, *closes)?;
        }
        let path = config.write()?;
        let directory = drop_ins(&path);
        fs::create_dir(&directory)?;
        fs::set_permissions(&directory, Permissions::from_mode(0o700))?;
        Ok(Self { config, path, begins, drop_ins: 0, reloads: 0, stretches })
    }

    /// The main file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it is over.
    pub fn ends(&self) -> Timestamp {
        self.begins + HOUR * HOURS
    }

    /// How many sessions each of those has that are open all day: the one with which it begins, and one on each point of its grid.
    pub fn sessions_of_always(&self) -> std::ops::RangeInclusive<usize> {
        let whole = ((HOUR * HOURS).as_secs() / STEP.as_secs()) as usize;
        whole..=whole + 1
    }

    /// Drops in what is due by now, and takes away what has been there for long enough.
    pub fn drop_in(&mut self) -> Told {
        let directory = drop_ins(&self.path);
        let name = |number: i32| directory.join(format!("{number}.toml"));
        let number = self.drop_ins;
        // The last of them closes before the day does.
        let opens = self.begins + DROP_IN * number;
        if Clock::system().now() < opens || opens + DROP_IN_OPEN + HOUR > self.ends() {
            return Ok(());
        }
        let (secret, closes) = (CLOSED + ALWAYS + HOURLY + number as usize % DROPPED, opens + DROP_IN_OPEN);
        let text = format!("[grants.dropped-{number}]\nsecret = \"s{secret}\"\nfrom = \"{opens}\"\nuntil = \"{closes}\"\n");
        let new = directory.join(".new");
        fs::write(&new, text)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        fs::rename(&new, name(number))?;
        self.stretches.push(Stretch { secret, opens, closes });
        self.drop_ins += 1;
        if number >= STAYS { Ok(fs::remove_file(name(number - STAYS))?) } else { Ok(()) }
    }

    /// Edits the main file if it is time to; answers with whether it did.
    pub fn edit(&mut self) -> Told<bool> {
        let is_due = Clock::system().now() >= self.begins + RELOAD * (self.reloads + 1);
        if is_due {
            self.reloads += 1;
            self.config.remark(self.reloads)?;
        }
        Ok(is_due)
    }

    /// How many files were dropped in, and how often the main file was edited.
    pub fn done(&self) -> (i32, i32) {
        (self.drop_ins, self.reloads)
    }
}

fn drop_ins(main: &Path) -> PathBuf {
    main.with_file_name("grants.d")
}
