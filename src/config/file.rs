//! Reading one file that decides over access: only a regular file, of a sane size, that nobody else can write.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::{Gid, Uid};

use super::fault::{Fault, Place};

/// 10,000 grants are 2 MiB.
const LARGEST: u64 = 16 << 20;

/// Reads `path`. `writers` is a group that may write it too; a link is followed only where `links` says so.
///
/// # Errors
/// What keeps the file from being trusted, or from being read.
pub fn read(path: &Path, writers: Option<Gid>, links: bool) -> Result<String, Fault> {
    let fault = |found: String, wanted: &str| Fault::error(found, wanted, Place::File(path.into()));
    // Never wait for a FIFO's writer; what it is, is judged on the open file.
    let mut flags = OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    flags.set(OFlag::O_NOFOLLOW, !links);
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == nix::errno::Errno::ELOOP as i32 => fault("a symbolic link".into(), "wanted: a regular file"),
        _ => fault(unreadable(&error), "wanted: a file that credadmin may read"),
    })?;
    let metadata = file.metadata().map_err(|error| fault(unreadable(&error), "wanted: a file that credadmin may read"))?;
    if !metadata.is_file() {
        return Err(fault("not a regular file".into(), "wanted: a regular file"));
    }
    if metadata.len() > LARGEST {
        return Err(fault(format!("{} bytes", metadata.len()), "wanted: 16 MiB at most"));
    }
    if let Some((found, wanted)) = writable_by_others(&metadata, writers) {
        return Err(fault(found, &wanted));
    }
    text(file).map_err(|error| fault(unreadable(&error), "wanted: text in UTF-8"))
}

/// The `*.toml` files of a directory, by name; none where the directory does not exist.
///
/// # Errors
/// What keeps the directory from being trusted, or from being read.
pub fn list(directory: &Path, writers: Option<Gid>) -> Result<Vec<PathBuf>, Fault> {
    let fault = |found: String, wanted: &str| Fault::error(found, wanted, Place::File(directory.into()));
    let unread = |error: io::Error| fault(unreadable(&error), "wanted: a directory that credadmin may read");
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unread)?,
    };
    let metadata = std::fs::metadata(directory).map_err(unread)?;
    if let Some((found, wanted)) = writable_by_others(&metadata, writers) {
        return Err(fault(found, &wanted));
    }
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unread)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") && !is_masked(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// As with systemd's own drop-ins, a link to /dev/null switches a file off.
fn is_masked(path: &Path) -> bool {
    std::fs::read_link(path).is_ok_and(|target| target == Path::new("/dev/null"))
}

/// Whoever writes the file grants access, so, as sudo has it for sudoers, others than its owner may not.
fn writable_by_others(metadata: &std::fs::Metadata, writers: Option<Gid>) -> Option<(String, String)> {
    const GROUP: u32 = 0o020;
    const OTHERS: u32 = 0o002;
    let mode = metadata.mode();
    let trusted_group = writers.is_some_and(|group| group.as_raw() == metadata.gid());
    let refused = mode & OTHERS != 0 || (mode & GROUP != 0 && !trusted_group);
    // An owner other than root and ourselves can be trusted only where a group of writers has been named.
    let stranger = metadata.uid() != 0 && metadata.uid() != Uid::effective().as_raw() && writers.is_none();
    match (refused, stranger) {
        (true, _) => {
            Some((format!("others than its owner can write it (mode {:04o})", mode & 0o7777), "wanted: chmod go-w".into()))
        }
        (false, true) => Some((format!("its owner is user {}", metadata.uid()), "wanted: root as its owner".into())),
        (false, false) => None,
    }
}

fn text(mut file: File) -> io::Result<String> {
    let mut text = String::new();
    file.by_ref().take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::InvalidData => "not UTF-8".into(),
        _ => error.to_string(),
    }
}
