//! A new file, whole or not at all, and never over another.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, renameat2};
use nix::unistd::{Gid, fchown};

/// Puts a file with this text into a directory. `group` is whose it is to be, if not the group that the directory gives it.
///
/// # Errors
/// `AlreadyExists` if there is a file of that name, which is left as it is; whatever else the system says. Nothing is there then.
pub fn put(directory: &Path, name: &str, text: &str, mode: u32, group: Option<Gid>) -> io::Result<()> {
    let place = directory.join(name);
    // Hidden, so that nobody takes it for a file that is meant.
    let draft = directory.join(format!(".{name}.{}.new", std::process::id()));
    let written = write(&draft, text, mode, group).and_then(|()| {
        // Not a link: a file that has two names for a moment has them for good where the process is killed then.
        renameat2(AT_FDCWD, &draft, AT_FDCWD, &place, RenameFlags::RENAME_NOREPLACE).map_err(io::Error::from)
    });
    if written.is_err() {
        drop(fs::remove_file(&draft));
    }
    written?;
    File::open(directory)?.sync_all()
}

fn write(draft: &Path, text: &str, mode: u32, group: Option<Gid>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).custom_flags(OFlag::O_NOFOLLOW.bits()).mode(0o600).open(draft)?;
    if let Some(group) = group {
        fchown(&file, None, Some(group))?;
    }
    // Whatever the umask is.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
