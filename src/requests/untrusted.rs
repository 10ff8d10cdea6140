//! Reading files that anybody may have put there.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

/// The longest text of a request, of a decision, or of a signature, in bytes.
const LONGEST: u64 = 64 << 10;

/// The names of the `*.toml` files of a directory, without that.
pub fn names(directory: &Path) -> Result<Vec<String>, String> {
    let told = |error: io::Error| format!("{} can't be read: {error}", directory.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(told)? {
        let name = entry.map_err(told)?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".toml").filter(|name| !name.starts_with('.')).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// What a file says, and whose it is.
pub fn read(path: &Path) -> io::Result<(String, u32)> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).map_err(|error| {
        let is_link = error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32);
        if is_link { io::Error::other("a symbolic link") } else { error }
    })?;
    let metadata = file.metadata()?;
    let wrong = match () {
        () if !metadata.is_file() => "not a regular file",
        () if metadata.nlink() != 1 => "a file with more than one name",
        // Whose words they are is what everything else rests on.
        () if metadata.mode() & 0o022 != 0 => "others than its owner can write it, and may have; wanted: mode 0640",
        () if metadata.len() > LONGEST => "longer than 64 KiB",
        () => "",
    };
    if !wrong.is_empty() {
        return Err(io::Error::other(wrong));
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text)?;
    Ok((text, metadata.uid()))
}
