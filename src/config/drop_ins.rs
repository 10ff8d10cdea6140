//! `grants.d`: grants dropped in by whoever approves them. They can hold grants only, and can never name a role.
//!
//! A bad drop-in counts as absent. It closes every grant that it names, even one that the main file holds too: a drop-in may
//! have been there to cut that grant short, and a mistake must never lengthen access.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::Gid;

use super::fault::Fault;
use super::file;
use super::sources::{Document, Part};

/// The directory of drop-ins, and what its files were about when they could last be read.
#[derive(Clone, Debug)]
pub struct DropIns {
    directory: PathBuf,
    named: BTreeMap<PathBuf, BTreeSet<String>>,
}

/// What tells that the drop-ins have changed, without reading them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(Vec<(PathBuf, u64, u64, i64, i64, u32)>);

/// The drop-ins of a moment.
pub struct Found {
    /// Those that can be merged.
    pub documents: Vec<Document>,
    /// The grants of those that can't.
    pub closed: BTreeSet<String>,
    /// Why not.
    pub faults: Vec<Fault>,
}

impl DropIns {
    /// The drop-ins of `directory`, which need not exist.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, named: BTreeMap::new() }
    }

    /// Changes whenever a file comes, goes, or is written.
    pub fn fingerprint(&self) -> Fingerprint {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                let metadata = entry.path().symlink_metadata().ok()?;
                let changed = (metadata.ctime(), metadata.ctime_nsec());
                Some((entry.path(), metadata.ino(), metadata.size(), changed.0, changed.1, metadata.mode()))
            })
            .collect();
        files.sort();
        Fingerprint(files)
    }

    /// Reads them, in the order of their names.
    pub fn read(&mut self, writers: Option<Gid>) -> Found {
        let mut found = Found { documents: Vec::new(), closed: BTreeSet::new(), faults: Vec::new() };
        let files = file::list(&self.directory, writers).unwrap_or_else(|fault| {
            found.faults.push(fault);
            // Not one of them can be trusted now, whatever they said before.
            found.closed.extend(self.named.values().flatten().cloned());
            Vec::new()
        });
        if found.faults.is_empty() {
            self.named.retain(|path, _| files.contains(path));
        }
        for path in files {
            match file::read(&path, writers, false) {
                Ok(text) => {
                    let (document, mut faults) = Document::parse(path.clone(), text.into());
                    faults.extend(foreign_rooms(&document));
                    let names: BTreeSet<String> = document.names("grants").into_iter().collect();
                    if faults.is_empty() {
                        self.named.insert(path, names);
                        found.documents.push(document);
                    } else {
                        self.close(&path, names, &mut found);
                        found.faults.extend(faults);
                    }
                }
                Err(fault) => {
                    self.close(&path, BTreeSet::new(), &mut found);
                    found.faults.push(fault);
                }
            }
        }
        found
    }

    /// What a file that can't be taken is about: what can be read of it now, and what it said when it was last taken.
    fn close(&self, path: &Path, names: BTreeSet<String>, found: &mut Found) {
        found.closed.extend(names);
        found.closed.extend(self.named.get(path).into_iter().flatten().cloned());
    }
}

fn foreign_rooms(document: &Document) -> Vec<Fault> {
    let foreign = document.rooms().into_iter().filter(|room| room != "grants");
    foreign
        .filter_map(|room| {
            let place = document.place(&[&room], Part::Key)?;
            Some(Fault::error(format!("{room} in a drop-in"), "wanted: only [grants.NAME] tables here", place))
        })
        .collect()
}
