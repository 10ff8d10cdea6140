//! Whose entries are believed: whoever may write to the journal can write anything but journald's own fields.

use std::path::Path;

use crate::history::Entry;

/// The daemon's unit.
const UNIT: &str = "credadmin.service";

/// Whether an entry is what it says: of the daemon's unit, or, of what people do, written by this very program.
pub fn is_believed(entry: &Entry, program: &Path) -> bool {
    match entry.kind.is_of_people() {
        true => entry.program.as_deref().is_some_and(|of| Path::new(of) == program),
        false => entry.unit.as_deref() == Some(UNIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ids;

    fn entry(id: &str, unit: &str, program: &str) -> Entry {
        let line = format!(
            r#"{{"MESSAGE_ID":"{id}","MESSAGE":"x","__REALTIME_TIMESTAMP":"1","_SYSTEMD_UNIT":"{unit}",
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
            let is_believed = |id| is_believed(&entry(id, unit, program), Path::new("/usr/bin/credadmin"));
            assert_eq!((is_believed(ids::OPENED), is_believed(ids::REQUESTED)), (daemon, people), "{unit} {program}");
        }
    }
}
