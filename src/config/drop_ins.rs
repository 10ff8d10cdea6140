//! `grants.d`: grants dropped in by whoever approves them. They can hold grants only, and can never name a role.
//!
//! A bad drop-in counts as absent. It closes every grant that it names, even one that the main file holds too: a drop-in may
//! have been there to cut that grant short, and a mistake must never lengthen access. So even a file that is not to be
//! believed is read for the names in it.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Value};
use nix::unistd::Gid;

use super::document::{Document, Part};
use super::fault::Fault;
use super::file;
use super::read::show;

/// The directory of drop-ins, and what its files were about when they could last be read.
#[derive(Clone, Debug)]
pub struct DropIns {
    directory: PathBuf,
    named: BTreeMap<PathBuf, BTreeSet<String>>,
    /// Of what was read, taken before: what changed meanwhile, and what could not be read, is seen the next time.
    read_at: Fingerprint,
    trial: Option<(PathBuf, String)>,
}

/// What tells that the drop-ins have changed, without reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(Vec<(PathBuf, u64, u64, i64, i64, u32)>);

/// The drop-ins of a moment.
#[derive(Default)]
pub struct Found {
    /// Those that can be merged.
    pub documents: Vec<Document>,
    /// The grants of those that can't.
    pub closed: BTreeSet<String>,
    /// Why not.
    pub faults: Vec<Fault>,
}

impl Fingerprint {
    /// Whatever is there, differs from it.
    fn distrust(&mut self, path: &Path) {
        self.0.iter_mut().filter(|(known, ..)| known == path).for_each(|(_, _, size, ..)| *size = u64::MAX);
    }
}

impl DropIns {
    /// The drop-ins of `directory`, which need not exist.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, named: BTreeMap::new(), read_at: Fingerprint::default(), trial: None }
    }

    /// The same with one that is not there: how it would be taken.
    pub fn with(&self, name: &str, text: String) -> Self {
        Self { trial: Some((self.directory.join(name), text)), ..self.clone() }
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether they are not any more what was read, or could not be read.
    pub fn have_changed(&self) -> bool {
        self.fingerprint() != self.read_at
    }

    /// Sees to it that they are read again: whom they are believed from could not be told.
    pub fn distrust(&mut self) {
        self.read_at.distrust(&self.directory);
    }

    /// The fingerprint of what was read.
    pub fn read_at(&self) -> &Fingerprint {
        &self.read_at
    }

    /// Changes whenever a file comes, goes, or is written, and when others than before may write there.
    pub fn fingerprint(&self) -> Fingerprint {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path()).chain([self.directory.clone()]);
        let mut files: Vec<_> = paths
            .filter_map(|path| {
                let metadata = path.symlink_metadata().ok()?;
                let changed = (metadata.ctime(), metadata.ctime_nsec());
                Some((path, metadata.ino(), metadata.size(), changed.0, changed.1, metadata.mode()))
            })
            .collect();
        files.sort();
        Fingerprint(files)
    }

    /// Reads them, in the order of their names.
    pub fn read(&mut self, writers: Option<Gid>) -> Found {
        let mut found = Found::default();
        self.read_at = self.fingerprint();
        let (files, mistrust) = file::list(&self.directory, writers);
        if files.is_empty() && mistrust.is_some() {
            // Nobody knows what they say now.
            found.closed.extend(self.named.values().flatten().cloned());
            self.distrust();
        } else {
            self.named.retain(|path, _| files.contains(path));
        }
        let trial =
            self.trial.iter().map(|(path, text)| (path.clone(), file::Content { text: text.clone(), ..Default::default() }));
        let read = files.into_iter().map(|path| (path.clone(), file::read(&path, writers, false)));
        for (path, content) in read.chain(trial).collect::<Vec<_>>() {
            if content.unread {
                self.read_at.distrust(&path);
            }
            let text: std::sync::Arc<str> = content.text.into();
            let (document, mut faults) = Document::parse(path.clone(), text.clone());
            let mut names: BTreeSet<String> = document.names("grants").into_iter().collect();
            if let Some(fault) = content.fault {
                faults = vec![fault];
            } else if faults.is_empty() {
                faults = foreign_rooms(&document);
                faults.extend(cut_off(&document, self.named.get(&path)));
            }
            if faults.is_empty() && mistrust.is_none() {
                self.named.insert(path, names);
                found.documents.push(document);
            } else {
                // What can be told of it now, and what it said when it was last taken.
                names.extend(headers(&text));
                found.closed.extend(self.named.get(&path).into_iter().flatten().cloned());
                found.closed.extend(names);
                found.faults.extend(faults);
            }
        }
        found.faults.extend(mistrust);
        found
    }
}

fn foreign_rooms(document: &Document) -> Vec<Fault> {
    let fault = |room: &str, part, found: String| {
        document.place(&[room], part).map(|place| Fault::error(found, "wanted: only [grants.NAME] tables here", place))
    };
    let foreign = document.rooms().filter_map(|(room, value)| match room {
        "grants" if value.as_dict().is_some() => None,
        "grants" => fault(room, Part::Value, format!("grants is {}", show(value))),
        _ => fault(room, Part::Key, format!("{room} in a drop-in")),
    });
    foreign.collect()
}

/// What a file is that was not written to its end: empty, after it named grants (in `before`), or with a table that sets nothing.
fn cut_off(document: &Document, before: Option<&BTreeSet<String>>) -> Vec<Fault> {
    let grants = document.rooms().filter(|(room, _)| *room == "grants").filter_map(|(_, value)| value.as_dict());
    let tables: Vec<(&String, &Value)> = grants.flatten().collect();
    if tables.is_empty() && before.is_some_and(|names| !names.is_empty()) {
        let wanted = "wanted: the tables that it had, or no such file: until then what it named stays closed";
        return vec![Fault::error("it named grants, and names none any more", wanted, document.file())];
    }
    let bare = tables.into_iter().filter(|(_, value)| value.as_dict().is_some_and(Dict::is_empty));
    let fault = |(name, _): (&String, &Value)| {
        let wanted = "wanted: the keys that it changes, or no such table: one that was cut off must not lift a cut";
        let place = document.place(&["grants", name.as_str()], Part::Key)?;
        Some(Fault::error(format!("grants.{name} sets no key"), wanted, place))
    };
    bare.filter_map(fault).collect()
}

/// The names in `[grants.NAME…]` headers and `grants.NAME…` keys of a text that may be anything: a quote that is missing at
/// its top hides the rest from the parser.
fn headers(text: &str) -> impl Iterator<Item = String> {
    const AROUND: [char; 4] = [' ', '\t', '"', '\''];
    text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| {
        let key = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).strip_prefix("grants")?;
        let name = key.trim_start_matches(AROUND).strip_prefix('.')?.trim_start_matches(AROUND);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len());
        Some(name[..end].to_owned()).filter(|name| !name.is_empty())
    })
}
