//! Two daemons on one config: the high-availability pair, on one host for once.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::account::SECRET;
use crate::host::{Host, UNIT, UNITS, grant, in_seconds, main_file};

pub const OTHER: &str = "credadmin-b.service";
/// How often they race, after the first time at their start.
const ROUNDS: usize = 20;

pub fn two_daemons_publish_each_session_once(host: &Host) {
    let _other = Other::beside(host);
    let window = |until| grant("quarter-end", "sensitive-s3", in_seconds(-60), in_seconds(until));
    host.write("credadmin.toml", main_file(&window(900)));
    host.systemctl(&["start", UNIT, OTHER]);
    let said =
        |text: &str| [UNIT, OTHER].map(|unit| host.journal.of(unit).iter().filter(|it| it.message().contains(text)).count());
    // Each of these plans another session, and both see it in the same moment.
    for round in 1..=ROUNDS {
        host.write("grants.d/50-longer.toml", window(900 + 10 * i64::try_from(round).expect("a few")));
        host.wait_for_versions(SECRET, 1 + round);
        host.wait_until("two that have seen it", || said("reloaded") == [round, round]);
    }
    // For a second session of the same plan, if there were one.
    thread::sleep(Duration::from_secs(3));
    let versions = host.account.versions(SECRET);
    let mut once = versions.clone();
    once.sort();
    once.dedup();
    assert_eq!((once.len(), versions.len()), (1 + ROUNDS, 1 + ROUNDS), "{versions:#?}");
    let published = said("session published");
    assert_eq!(published.iter().sum::<usize>(), versions.len(), "each version was published by one of them: {versions:#?}");
    for unit in [UNIT, OTHER] {
        let trouble: Vec<_> = host.journal.of(unit).into_iter().filter(|entry| entry.field("PRIORITY") < "5").collect();
        assert!(trouble.is_empty(), "{trouble:#?}");
    }
    host.tell(format!("{} sessions, published by the one and the other: {published:?}", versions.len()));
}

/// A second unit like the first. It goes when this does.
pub struct Other<'a>(&'a Host);

impl<'a> Other<'a> {
    /// Makes it, with all that overrides the first.
    pub fn beside(host: &'a Host) -> Self {
        for (from, to) in [(UNIT.to_owned(), OTHER.to_owned()), (format!("{UNIT}.d"), format!("{OTHER}.d"))] {
            let mut copy = Command::new("cp");
            copy.args(["--recursive", "--no-target-directory"]).arg(format!("{UNITS}/{from}")).arg(format!("{UNITS}/{to}"));
            let copied = copy.status();
            assert!(copied.expect("cp").success());
        }
        let other = Self(host);
        host.systemctl(&["daemon-reload"]);
        other
    }
}

impl Drop for Other<'_> {
    fn drop(&mut self) {
        self.0.try_systemctl(&["stop", OTHER]);
        drop(fs::remove_file(format!("{UNITS}/{OTHER}")));
        drop(fs::remove_dir_all(format!("{UNITS}/{OTHER}.d")));
    }
}
