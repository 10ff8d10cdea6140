//! Whose journal is read, and by which unit's word.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::history::{Entry, Ledger, Reach, Source, Trouble, Unit};

#[derive(clap::Args)]
pub struct JournalArguments {
    /// Not this host's journal, but a directory of journal files, or a file of lines of journalctl --output=json; - is standard input.
    #[arg(long, value_name = "PATH")]
    journal: Option<PathBuf>,
    /// Only what this unit, or an instance of it, has written counts.
    #[arg(long, value_name = "UNIT", default_value = "credadmin.service")]
    unit: String,
}

/// What was read of it.
pub struct Told {
    pub ledger: Ledger,
    pub reach: Reach,
    /// Why that is not all.
    pub partial: Option<String>,
}

impl JournalArguments {
    pub fn unit(&self) -> Unit {
        Unit::new(&self.unit)
    }

    /// Whether it may end before now.
    pub fn is_copy(&self) -> bool {
        self.journal.is_some()
    }

    /// Everything told since then.
    ///
    /// # Errors
    /// In words, if nothing can be read.
    pub fn read(&self, since: Option<Timestamp>) -> Result<Told, String> {
        let source = self.journal.as_deref().map_or(Source::Host, Source::at);
        let mut entries: Vec<Entry> = Vec::new();
        let (of_lines, partial) = match source.read(since, |entry| entries.push(entry)) {
            Ok(reach) => (reach, None),
            Err(Trouble::Partial(said)) => (Reach::new(), Some(said)),
            Err(trouble) => return Err(self.explained(&trouble)),
        };
        let mut reach = source.reach().map_err(|trouble| self.explained(&trouble))?;
        if matches!(source, Source::Json(_)) {
            reach = of_lines;
        }
        Ok(Told { ledger: Ledger::of(entries, &self.unit()), reach, partial })
    }

    fn explained(&self, trouble: &Trouble) -> String {
        let advice = match (trouble, &self.journal) {
            (Trouble::NoJournalctl(_) | Trouble::Failed { .. }, None) => {
                ". root can read it, and members of the groups systemd-journal and adm; --journal reads another"
            }
            _ => "",
        };
        format!("{trouble}{advice}")
    }
}
