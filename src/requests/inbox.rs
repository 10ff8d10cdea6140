//! The directory of pending requests, which anybody who may ask can write into, and the decisions beneath it.
//!
//! What a file says of itself counts for nothing there: whose it is, is the kernel's word, and its name has to be its content's.

use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Uid;

use super::decision::Decision;
use super::publish::put;
use super::untrusted::{names, read};
use super::{Id, Request};
use crate::plain::plain;

/// Its group may read it: those who approve.
const MODE: u32 = 0o640;
/// How often the lock is tried for, a tenth of a second apart.
const TRIES: u32 = 50;

/// A directory that can be believed.
pub struct Inbox {
    directory: PathBuf,
}

/// A request that waits.
#[derive(Debug)]
pub struct Pending {
    /// Its id.
    pub id: Id,
    /// Its text, read once: whatever happens to the file, this is what is judged, shown and approved.
    pub text: String,
    /// What it says.
    pub request: Request,
    /// Whose file it is.
    pub uid: u32,
    /// The signature beside it.
    pub signature: Option<String>,
}

/// A decision, and whose file it is.
#[derive(Debug)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// Who decided.
    pub uid: u32,
}

/// Only one decides at a time. It ends with the process.
#[must_use]
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "it is held, and dropped")] Flock<File>);

impl Inbox {
    /// The directory at this path.
    ///
    /// # Errors
    /// If it is not there, or if others than their owners could take requests away or put others in their place.
    pub fn open(directory: &Path) -> Result<Self, String> {
        const STICKY: u32 = 0o1000;
        const OTHERS: u32 = 0o022;
        for path in [directory.to_owned(), directory.join("decided")] {
            let shown = path.display();
            let metadata = fs::symlink_metadata(&path).map_err(|error| {
                let wanted = match error.kind() {
                    io::ErrorKind::PermissionDenied => "to be a member of the group of those who ask and approve",
                    _ => "the directory that systemd-tmpfiles --create credadmin.conf makes",
                };
                format!("{shown} can't be used: {error}; wanted: {wanted}")
            })?;
            if !metadata.is_dir() {
                return Err(format!("{shown} is not a directory"));
            }
            if metadata.uid() != 0 && metadata.uid() != Uid::effective().as_raw() {
                return Err(format!("{shown} belongs to user {}: wanted: root as its owner", metadata.uid()));
            }
            if metadata.mode() & OTHERS != 0 && metadata.mode() & STICKY == 0 {
                return Err(format!("whoever writes in {shown} can take away what others wrote there: wanted: chmod +t"));
            }
        }
        Ok(Self { directory: directory.to_owned() })
    }

    /// The request of this id; `None` if there is none.
    ///
    /// # Errors
    /// Why the file of that name is none.
    pub fn read(&self, id: &Id) -> Result<Option<Pending>, String> {
        let name = format!("{id}.toml");
        let (text, uid) = match read(&self.directory.join(&name)) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{name}: {error}")),
        };
        let request = Request::parse(&text).map_err(|why| format!("{name}: {why}"))?;
        let is = Id::of(&text, request.window.opens);
        if is != *id {
            return Err(format!("{name}: its text is that of {is}: whoever wrote it has to name it so"));
        }
        let signature = match read(&self.directory.join(format!("{name}.sig"))) {
            Ok((signature, signer)) if signer == uid => Some(signature),
            Ok((_, signer)) => return Err(format!("{name}.sig belongs to user {signer}, and the request to user {uid}")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{name}.sig: {error}")),
        };
        Ok(Some(Pending { id: id.clone(), text, request, uid, signature }))
    }

    /// All requests, by their ids; and why files that look like one are none.
    ///
    /// # Errors
    /// If the directory can't be read.
    pub fn list(&self) -> Result<Vec<Result<Pending, String>>, String> {
        let ids = names(&self.directory)?.into_iter().map(|name| {
            let wanted = "wanted: a name like req-20261201-… with the SHA-256 of its text";
            let id = Id::parse(&name).ok_or_else(|| format!("{}.toml: {wanted}", plain(&name)))?;
            self.read(&id)
        });
        // What has gone meanwhile is no request any more.
        Ok(ids.filter_map(Result::transpose).collect())
    }

    /// Puts a request there, after its signature, so that none is seen without it.
    ///
    /// # Errors
    /// In words; there is no request then.
    pub fn ask(&self, id: &Id, text: &str, signature: Option<&str>) -> Result<PathBuf, String> {
        let name = format!("{id}.toml");
        let told = |error: io::Error| format!("{} can't be written: {error}", self.directory.join(&name).display());
        if let Some(signature) = signature {
            put(&self.directory, &format!("{name}.sig"), signature, MODE, None).map_err(told)?;
        }
        put(&self.directory, &name, text, MODE, None).map_err(|error| {
            let _ = fs::remove_file(self.directory.join(format!("{name}.sig")));
            told(error)
        })?;
        Ok(self.directory.join(name))
    }

    /// The decisions over this request, or over all, that are not contradicted by whose files they are: those that applicants
    /// took back are theirs. Whether a denial is by an approver is for the caller to judge. And why other files are none.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn decisions(&self, of: Option<&Id>) -> Result<Vec<Result<Decided, String>>, String> {
        let is_of = |name: &String| of.is_none_or(|id| name.starts_with(&format!("{id}.")));
        let names = names(&self.directory.join("decided"))?.into_iter().filter(is_of);
        Ok(names.filter_map(|name| self.decided(&name).transpose()).collect())
    }

    /// The decision in the file of this name; `None` if there is none.
    fn decided(&self, name: &str) -> Result<Option<Decided>, String> {
        let wrong = |why: &dyn Display| format!("decided/{}.toml: {why}", plain(name));
        let (text, uid) = match read(&self.directory.join(format!("decided/{name}.toml"))) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(&error)),
        };
        let decision = Decision::parse(&text).ok_or_else(|| wrong(&"its text is that of no decision"))?;
        let after_owner = name.strip_prefix(&format!("{}.{uid}", decision.id));
        match after_owner.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
            true => Ok(Some(Decided { decision, uid })),
            false => Err(wrong(&format!("it belongs to user {uid}, and its name is not {}.{uid}", decision.id))),
        }
    }

    /// Writes down a decision of this process's user, if it is not there.
    ///
    /// # Errors
    /// In words.
    pub fn decide(&self, decision: &Decision) -> Result<(), String> {
        let directory = self.directory.join("decided");
        let name = format!("{}.{}", decision.id, Uid::effective());
        let place = directory.join(format!("{name}.toml"));
        let told = |error: &dyn Display| format!("{} can't be written: {error}", place.display());
        let write = |name: &str| put(&directory, &format!("{name}.toml"), &decision.text(), MODE, None);
        match write(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            written => return written.map_err(|error| told(&error)),
        }
        match self.decided(&name) {
            Ok(Some(there)) if there.decision.verdict == decision.verdict => Ok(()),
            Ok(Some(_)) => Err(format!("{} is there already and says otherwise: root can remove it", place.display())),
            // Whatever it says, it is not this user's: anybody who may ask can have put it there, but not under a name that
            // nobody knows.
            _ => {
                let chance = getrandom::u64().map_err(|error| told(&error))?;
                write(&format!("{name}.{chance:016x}")).map_err(|error| told(&error))
            }
        }
    }

    /// Removes a request, where this process may: its owner and root can. One that stays is known by its decision.
    pub fn clear(&self, id: &Id) {
        for end in ["toml", "toml.sig"] {
            let _ = fs::remove_file(self.directory.join(format!("{id}.{end}")));
        }
    }

    /// Waits for whoever else decides now.
    ///
    /// # Errors
    /// If that takes longer than five seconds.
    pub fn lock(&self) -> Result<Lock, String> {
        let directory = self.directory.join("decided");
        let mut file = File::open(&directory).map_err(|error| format!("{} can't be opened: {error}", directory.display()))?;
        for _ in 0..TRIES {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(Lock(lock)),
                Err((back, _)) => file = back,
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(format!(
            "another process holds the lock on {} (fuser {0} names it); nothing is changed, try again",
            directory.display()
        ))
    }
}
