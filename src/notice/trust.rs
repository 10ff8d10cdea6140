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
