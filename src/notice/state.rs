//! What the notifier remembers: how far it has read the journal, and what it has told.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::instant::after;

/// A message is remembered for a day, and as long as its window is open: a daemon that starts again tells of it again.
const DAY: SignedDuration = SignedDuration::from_hours(24);
const FILE: &str = "state.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    cursor: Option<String>,
    /// Messages that were handed over or given up, and until when that is remembered.
    told: BTreeMap<String, i64>,
    /// Messages that this notifier may have claimed.
    begun: BTreeMap<String, i64>,
}

/// The file in the state directory.
#[derive(Debug)]
pub struct State {
    directory: PathBuf,
    known: Known,
}

impl State {
    /// What was remembered; nothing, where there is no file.
    ///
    /// # Errors
    /// If there is one that can't be read.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let known = match fs::read(directory.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Known::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { directory: directory.into(), known })
    }

    /// The last entry of which all is told.
    pub fn cursor(&self) -> Option<&str> {
        self.known.cursor.as_deref()
    }

    /// Whether a message was told.
    pub fn is_told(&self, key: &str) -> bool {
        self.known.told.contains_key(key)
    }

    /// Whether a message may be claimed already by this notifier.
    pub fn is_begun(&self, key: &str) -> bool {
        self.known.begun.contains_key(key)
    }

    /// Goes on to an entry; kept with whatever is kept next.
    pub fn go_on(&mut self, cursor: String) {
        self.known.cursor = Some(cursor);
    }

    /// Messages are about to be claimed.
    ///
    /// # Errors
    /// If that can't be kept.
    pub fn begin(&mut self, keys: impl Iterator<Item = String>, now: Timestamp) -> io::Result<()> {
        self.known.begun.extend(keys.map(|key| (key, after(now, DAY).as_second())));
        self.keep(now)
    }

    /// A message is told, or given up; its window closes then.
    ///
    /// # Errors
    /// If that can't be kept.
    pub fn tell(&mut self, key: &str, now: Timestamp, closes: Option<Timestamp>) -> io::Result<()> {
        self.known.begun.remove(key);
        self.known.told.insert(key.to_owned(), after(closes.unwrap_or(now).max(now), DAY).as_second());
        self.keep(now)
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn keep(&mut self, now: Timestamp) -> io::Result<()> {
        self.known.told.retain(|_, until| *until > now.as_second());
        self.known.begun.retain(|_, until| *until > now.as_second());
        let new = self.directory.join(format!("{FILE}.new"));
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&self.known)?)?;
        file.sync_all()?;
        fs::rename(&new, self.directory.join(FILE))?;
        File::open(&self.directory)?.sync_all()
    }
}
