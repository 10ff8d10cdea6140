//! Whose entries are believed: whoever may write to the journal can write anything but journald's own fields.

use std::path::Path;

use super::news::News;
use crate::history::Entry;

/// The daemon's unit.
const UNIT: &str = "credadmin.service";

/// Whether an entry is what it says: of the daemon's unit, or, of what people do, written by this very program.
pub fn is_believed(entry: &Entry, news: News, program: &Path) -> bool {
    match news.is_of_people() {
        true => entry.program.as_deref().is_some_and(|of| Path::new(of) == program),
        false => entry.unit.as_deref() == Some(UNIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(unit: &str, program: &str) -> Entry {
        let line = format!(
            r#"{{"MESSAGE_ID":"82e2e6b95f90c4ea1881916231a3db98","MESSAGE":"x","__REALTIME_TIMESTAMP":"1","_SYSTEMD_UNIT":"{unit}",
                "_EXE":"{program}","UNIT":"credadmin.service","EXE":"/usr/bin/credadmin"}}"#
        );
        Entry::parse(&line).unwrap().unwrap()
    }

    #[test]
    fn the_daemon_is_believed_by_its_unit_and_people_by_their_program() {
        for (unit, program, daemon, people) in [
            ("credadmin.service", "/usr/bin/credadmin", true, true),
            ("session-4.scope", "/usr/bin/credadmin", false, true),
            ("credadmin.service", "/usr/bin/logger", true, false),
            ("session-4.scope", "/home/x/credadmin", false, false),
            ("credadmin-notify.service", "", false, false),
        ] {
            let entry = entry(unit, program);
            let is_believed = |news| is_believed(&entry, news, Path::new("/usr/bin/credadmin"));
            assert_eq!((is_believed(News::Opens), is_believed(News::Requested)), (daemon, people), "{unit} {program}");
        }
    }
}
