//! The system's time zones, by which cron lines are read: whether they are still those. A process that runs for months would go on
//! by the rules of its start.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What tells that they were replaced, as a package does it: file by file, of which some are in their directory itself.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    read: Option<Stamp>,
    /// Cron lines were read while the directory was not there: of what jiff had not kept, none could be.
    were_away: bool,
}

type Stamp = (u64, i64, i64);

impl Zones {
    /// Whether others are there now. Of those that were never read nothing is known, and where there are none, none are others.
    pub fn were_replaced(&self) -> bool {
        there().is_some_and(|there| self.gave_way_to(there))
    }

    /// Sees to it that those are read that are there now.
    pub fn renew(&mut self) {
        let Some(there) = there() else {
            self.were_away = true;
            return;
        };
        if self.gave_way_to(there) {
            // jiff would keep what it has read for five minutes.
            jiff::tz::db().reset();
        }
        *self = Self { read: Some(there), were_away: false };
    }

    fn gave_way_to(&self, there: Stamp) -> bool {
        self.were_away || self.read.is_some_and(|read| read != there)
    }
}

fn there() -> Option<Stamp> {
    // As jiff has it.
    let directory = std::env::var_os("TZDIR").map_or_else(|| "/usr/share/zoneinfo".into(), PathBuf::from);
    let metadata = directory.metadata().ok()?;
    Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}
