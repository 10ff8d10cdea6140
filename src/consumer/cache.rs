//! What one process has read, for the next: SDKs may ask a `credential_process` for each request (aws-facts §10).
//!
//! It is kept in memory only, in the directory of the user's session, and read only as the user's own. What can't be kept or is
//! not fit to be read costs one more GetSecretValue, and nothing else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nix::sys::statfs::{TMPFS_MAGIC, fstatfs};
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::judge::Held;
use crate::credential::json;

/// A secret's value has 64 KiB at most (aws-facts §6), and is escaped here.
const LONGEST: u64 = 1 << 20;

/// The file for one secret.
pub struct Cache(PathBuf);

#[derive(Serialize)]
struct Writes<'a> {
    read_at: String,
    value: Option<&'a str>,
}

#[derive(Deserialize)]
struct Reads {
    read_at: String,
    value: Option<Zeroizing<String>>,
}

impl Cache {
    /// In `directory`, for what is read as `who`: a text of all that decides what is read.
    ///
    /// # Errors
    /// Why that directory is no place for it.
    pub fn new(directory: &Path, who: &str) -> Result<Self, String> {
        let refused = |why: &str| format!("{} {why}", directory.display());
        let opened = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(directory);
        let opened = opened.map_err(|error| refused(&format!("can't be opened: {error}")))?;
        let metadata = opened.metadata().map_err(|error| refused(&format!("can't be looked at: {error}")))?;
        match fstatfs(opened.as_fd()) {
            Ok(stat) if stat.filesystem_type() == TMPFS_MAGIC => {}
            _ => return Err(refused("is not in memory")),
        }
        if !is_ours_alone(&metadata) {
            return Err(refused("is not this user's alone"));
        }
        let name: String = Sha256::digest(who).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(directory.join(format!("credadmin-{name}.json"))))
    }

    /// What was kept, if it is there and is this user's.
    pub fn load(&self) -> Option<Held> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(&self.0).ok()?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || !is_ours_alone(&metadata) || metadata.len() > LONGEST {
            return None;
        }
        let mut text = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
        file.take(LONGEST).read_to_end(&mut text).ok()?;
        let Reads { read_at, value } = serde_json::from_slice(&text).ok()?;
        let read_at: Timestamp = read_at.parse().ok()?;
        Some(Held { read_at, value: value.map(|value| Zeroizing::new(value.as_bytes().to_vec())) })
    }

    /// Keeps it, whole or not at all.
    ///
    /// # Errors
    /// Why it is not kept.
    pub fn store(&self, held: &Held) -> io::Result<()> {
        let value = held.value.as_deref().map(|value| std::str::from_utf8(value)).transpose().map_err(io::Error::other)?;
        let text = json(&Writes { read_at: held.read_at.to_string(), value });
        let draft = self.0.with_extension(format!("{}-{:016x}", std::process::id(), fastrand::u64(..)));
        let new = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
        let written = new().and_then(|mut file: File| file.write_all(text.as_bytes())).and_then(|()| fs::rename(&draft, &self.0));
        written.inspect_err(|_| drop(fs::remove_file(&draft)))
    }
}

fn is_ours_alone(metadata: &fs::Metadata) -> bool {
    metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o077 == 0
}
