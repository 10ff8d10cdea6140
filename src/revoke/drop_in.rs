//! Closing a grant: its drop-in gets its end now, or gets written, whole and in one step; and it is read back by the daemon's own
//! loader, so that what is said to be closed is closed.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::edit::ended;
use crate::config::{self, Fault, Faults};
use crate::grant::Grant;
use crate::instant::whole;

/// Which file closes a grant: the last drop-in that names it, or a new one that comes over what other files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The drop-in.
    pub path: PathBuf,
    /// Whether it is there.
    pub is_new: bool,
    /// Where else the grant stands, in the main file or in `conf.d`: from there it opens again if the drop-in goes.
    pub own: Option<String>,
}

/// The place of a grant.
pub fn place(main: &Path, grant: &Grant) -> Place {
    let found = config::whereabouts(main, grant.name.as_str());
    let new = || found.directory.join(format!("90-revoked-{}.toml", grant.name));
    let is_new = found.drop_ins.is_empty();
    Place { path: found.drop_ins.into_iter().next_back().unwrap_or_else(new), is_new, own: found.own }
}

/// Closes a grant at `now`. If the loader does not then say so, everything is as before.
///
/// # Errors
/// Why it is not closed, in words.
pub fn close(main: &Path, grant: &Grant, now: Timestamp, why: &str) -> Result<Place, String> {
    let place = place(main, grant);
    let shown = place.path.display();
    let end = whole(now);
    let before = if place.is_new {
        None
    } else {
        Some(fs::read_to_string(&place.path).map_err(|e| format!("{shown} can't be read: {e}"))?)
    };
    let text = ended(before.as_deref().unwrap_or_default(), grant, end, why).map_err(|what| format!("{shown}: {what}"))?;
    let mistakes = mistakes(main, now)?;
    write(&place, main, &text).map_err(|error| format!("{shown} can't be written: {error}"))?;
    let outcome = is_closed(main, grant, now, &mistakes);
    if let Err(why) = outcome {
        let undone = match &before {
            Some(before) => write(&place, main, before),
            None => fs::remove_file(&place.path),
        };
        let undone = undone.map_or_else(|error| format!("and could not be put back: {error}"), |()| "and is as before".into());
        return Err(format!("{shown} was written {undone}: {why}"));
    }
    Ok(place)
}

fn mistakes(main: &Path, now: Timestamp) -> Result<BTreeSet<String>, String> {
    let settings = config::load(main, now).map_err(|faults| format!("the config is refused: {}", faults.one_line()))?;
    Ok(settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| remark.found.clone()).collect())
}

fn is_closed(main: &Path, grant: &Grant, now: Timestamp, before: &BTreeSet<String>) -> Result<(), String> {
    let settings = config::load(main, now).map_err(|faults| faults.one_line())?;
    let new: Vec<Fault> = settings.remarks.into_iter().filter(|it| it.is_error() && !before.contains(&it.found)).collect();
    if !new.is_empty() {
        return Err(Faults(new).one_line());
    }
    let still = settings.secrets.iter().flat_map(|watched| watched.grants.iter()).find(|it| it.name == grant.name);
    match still {
        Some(still) if !still.window.is_over(now) => Err("the loader still has the grant open, or to open later".into()),
        _ => Ok(()),
    }
}

/// A reader sees all of the old text or all of the new. The file stays whose it was; a new one is for those who read `main`.
fn write(place: &Place, main: &Path, text: &str) -> io::Result<()> {
    let (path, directory) = (&place.path, place.path.parent().unwrap_or(Path::new(".")));
    fs::create_dir_all(directory)?;
    let there = fs::metadata(path);
    let (owner, group, mode) = match &there {
        Ok(there) => (Some(there.uid()), there.gid(), there.mode() & 0o7777),
        Err(_) => fs::metadata(main).map(|main| (None, main.gid(), main.mode() & 0o644))?,
    };
    // Hidden, so no drop-in.
    let draft = directory.join(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    let written = (|| {
        if draft.symlink_metadata().is_ok() {
            fs::remove_file(&draft)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        let is = file.metadata()?;
        if owner.is_some_and(|owner| owner != is.uid()) || group != is.gid() {
            fchown(&file, owner, Some(group))?;
        }
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(directory)?.sync_all()
    })();
    if written.is_err() {
        // What could not be made may not be there; the error is the one above.
        let _ = fs::remove_file(&draft);
    }
    written
}
