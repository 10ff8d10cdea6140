//! Reading one file that decides over access: only a regular file, of a sane size, that nobody else can write.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{Gid, Uid};

use super::fault::{Fault, Place};

/// 10,000 grants are 2 MiB.
const LARGEST: u64 = 16 << 20;

/// What a file says, and what keeps it from being believed.
#[derive(Default)]
pub struct Content {
    /// All of it, as far as it can be read. Where there is a fault, it may tell what the file is about, and no more.
    pub text: String,
    /// Why not.
    pub fault: Option<Fault>,
    /// Whether it could not even be read. That may pass without a change of the file: somebody holds a lease on it, or the kernel
    /// has no descriptor left.
    pub unread: bool,
}

/// Reads `path`. `writers` is a group that may write it too; a link is followed only where `links` says so.
pub fn read(path: &Path, writers: Option<Gid>, links: bool) -> Content {
    let fault = |found: String, wanted: &str| Some(Fault::error(found, wanted, Place::File(path.into())));
    let unread = |error: &io::Error| {
        let fault = fault(unreadable(error), "wanted: a file that credadmin may read");
        Content { fault, unread: true, ..Content::default() }
    };
    let (file, metadata) = match open(path, links) {
        Ok(opened) => opened,
        Err(error) if error.raw_os_error() == Some(Errno::ELOOP as i32) => {
            return Content { fault: fault("a symbolic link".into(), REGULAR), ..Content::default() };
        }
        Err(error) => return unread(&error),
    };
    if let Some((found, wanted)) = unfit(&metadata) {
        return Content { fault: fault(found, wanted), ..Content::default() };
    }
    let mistrust = writable_by_others(&metadata, writers).and_then(|(found, wanted)| fault(found, wanted));
    match text(file) {
        Ok((text, true)) => Content { text, fault: mistrust, unread: false },
        Ok((text, false)) => {
            let fault = mistrust.or(fault("not UTF-8".into(), "wanted: text in UTF-8"));
            Content { text, fault, unread: false }
        }
        Err(error) => unread(&error),
    }
}

/// The `*.toml` files of a directory, by name, and what keeps them from being believed. A directory need not exist.
pub fn list(directory: &Path, writers: Option<Gid>) -> (Vec<PathBuf>, Option<Fault>) {
    let fault = |found: String, wanted: &str| Some(Fault::error(found, wanted, Place::File(directory.into())));
    let listed = std::fs::read_dir(directory).and_then(|entries| {
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
        Ok((paths, std::fs::metadata(directory)?))
    });
    match listed {
        Ok((paths, metadata)) => {
            let mut files: Vec<PathBuf> = paths.into_iter().filter(|path| is_config(path) && !is_masked(path)).collect();
            files.sort();
            (files, writable_by_others(&metadata, writers).and_then(|(found, wanted)| fault(found, wanted)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), None),
        Err(error) => (Vec::new(), fault(unreadable(&error), "wanted: a directory that credadmin may read")),
    }
}

/// What keeps a directory from being trusted as the place of a config: whoever writes it, can put another file in its place.
pub fn mistrust(directory: &Path) -> Option<Fault> {
    let metadata = std::fs::metadata(directory).ok()?;
    let (found, wanted) = writable_by_others(&metadata, None)?;
    Some(Fault::error(found, wanted, Place::File(directory.into())))
}

const REGULAR: &str = "wanted: a regular file";

fn open(path: &Path, links: bool) -> io::Result<(File, Metadata)> {
    // Never wait for a FIFO's writer; what it is, is judged on the open file.
    let mut flags = OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    flags.set(OFlag::O_NOFOLLOW, !links);
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

fn unfit(metadata: &Metadata) -> Option<(String, &'static str)> {
    match metadata.len() {
        _ if !metadata.is_file() => Some(("not a regular file".into(), REGULAR)),
        length if length > LARGEST => Some((format!("{length} bytes"), "wanted: 16 MiB at most")),
        _ => None,
    }
}

/// Neither hidden, nor what an editor or a package manager leaves behind.
fn is_config(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|extension| extension == "toml")
}

/// As with systemd's own drop-ins, a link to /dev/null switches a file off, however it gets there.
fn is_masked(path: &Path) -> bool {
    path.is_symlink() && std::fs::canonicalize(path).is_ok_and(|target| target == Path::new("/dev/null"))
}

/// Whoever writes the file grants access, so, as sudo has it for sudoers, others than its owner may not.
fn writable_by_others(metadata: &Metadata, writers: Option<Gid>) -> Option<(String, &'static str)> {
    const GROUP: u32 = 0o020;
    const OTHERS: u32 = 0o002;
    let mode = metadata.mode();
    let trusted_group = writers.is_some_and(|group| group.as_raw() == metadata.gid());
    if mode & OTHERS != 0 || (mode & GROUP != 0 && !trusted_group) {
        return Some((format!("others than its owner can write it (mode {:04o})", mode & 0o7777), "wanted: chmod go-w"));
    }
    let trusted_owner = metadata.uid() == 0 || metadata.uid() == Uid::effective().as_raw();
    // Only a member could give the file to the group.
    if trusted_owner || trusted_group {
        return None;
    }
    let wanted = match writers {
        Some(_) => "wanted: root as its owner, or grants_group as its group (chmod g+s the directory)",
        None => "wanted: root as its owner",
    };
    Some((format!("its owner is user {}", metadata.uid()), wanted))
}

/// The text, and whether it is all there is to the bytes.
fn text(file: File) -> io::Result<(String, bool)> {
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    // What some editors put first is no part of the text.
    bytes.drain(..if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 });
    Ok(match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
    })
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}
