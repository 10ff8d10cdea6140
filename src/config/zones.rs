//! The system's time zones, by which cron lines are read: whether they are still those. A process that runs for months would go on
//! by the rules of its start.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What tells that they were replaced, as a package does it: file by file, of which some are in their directory itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones(Option<(u64, i64, i64)>);

impl Zones {
    /// Whether others are there now. Of those that were never read nothing is known.
    pub fn were_replaced(&self) -> bool {
        self.gave_way_to(&Self::now())
    }

    /// Sees to it that those are read that are there now.
    pub fn renew(&mut self) {
        let before = std::mem::replace(self, Self::now());
        if before.gave_way_to(self) {
            // jiff would keep what it has read for five minutes.
            jiff::tz::db().reset();
        }
    }

    fn gave_way_to(&self, others: &Self) -> bool {
        self.0.is_some() && self != others
    }

    fn now() -> Self {
        // As jiff has it.
        let directory = std::env::var_os("TZDIR").map_or_else(|| "/usr/share/zoneinfo".into(), PathBuf::from);
        let metadata = directory.metadata().ok();
        Self(metadata.map(|metadata| (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())))
    }
}
