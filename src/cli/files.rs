//! Files that are written whole, and all of them or none.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes each text to its name in `directory`, which is made if it is not there. What is there is left alone, unless `force`.
///
/// # Errors
/// In words; nothing has been written then.
pub fn write(directory: &Path, files: &[(String, String)], force: bool) -> Result<(), String> {
    let told = |path: &Path, error: std::io::Error| format!("{} can't be written: {error}", path.display());
    let places: Vec<PathBuf> = files.iter().map(|(name, _)| directory.join(name)).collect();
    let taken: Vec<String> =
        places.iter().filter(|path| path.symlink_metadata().is_ok()).map(|path| path.display().to_string()).collect();
    if !taken.is_empty() && !force {
        return Err(format!("there already: {} (--force writes over them)", taken.join(", ")));
    }
    if let Some(not_a_file) = places.iter().find(|path| path.is_dir()) {
        return Err(format!("{} is a directory", not_a_file.display()));
    }
    fs::create_dir_all(directory).map_err(|error| told(directory, error))?;
    // First all that can fail, beside the names; the names last.
    let drafts: Vec<PathBuf> = files.iter().map(|(name, _)| directory.join(format!(".{name}.new"))).collect();
    let mut outcome =
        drafts.iter().zip(files).try_for_each(|(path, (_, text))| draft(path, text).map_err(|error| told(path, error)));
    if outcome.is_ok() {
        let mut renames = drafts.iter().zip(&places);
        outcome = renames.try_for_each(|(from, to)| fs::rename(from, to).map_err(|error| told(to, error)));
    }
    if outcome.is_err() {
        drafts.iter().for_each(|path| drop(fs::remove_file(path)));
    }
    outcome
}

fn draft(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
