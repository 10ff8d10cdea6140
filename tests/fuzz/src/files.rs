//! A config directory, and what every answer of the loader has to be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use credadmin::config::{self, Fault, Faults, Settings};
use jiff::Timestamp;
use tempfile::TempDir;

/// A directory with `credadmin.toml` and `grants.d`. libFuzzer ends without that it is dropped: `tests/fuzz/run` removes it.
pub struct Files(TempDir);

impl Files {
    pub fn new(main: &str) -> Self {
        let files = Self(tempfile::tempdir().expect("a temporary directory"));
        for path in [files.path(""), files.path("grants.d")] {
            fs::create_dir_all(&path).expect("a directory");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a mode");
        }
        files.write("credadmin.toml", main.as_bytes());
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("a file");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    /// What the loader makes of them; twice, and the same.
    pub fn load(&self, now: Timestamp) -> Result<Settings, Faults> {
        let load = || config::load(&self.path("credadmin.toml"), now);
        let (loaded, again) = (load(), load());
        match (&loaded, &again) {
            (Ok(settings), Ok(again)) => {
                assert_eq!(settings.remarks, again.remarks);
                assert_eq!(outline(settings), outline(again));
                readable(&settings.remarks);
            }
            (Err(faults), Err(again)) => {
                assert_eq!(faults, again);
                assert!(!faults.0.is_empty() && faults.0.iter().all(Fault::is_error), "refused without a mistake: {faults:?}");
                readable(&faults.0);
            }
            _ => panic!("refused once, taken once: {loaded:?} {again:?}"),
        }
        loaded
    }
}

/// All that can be compared of settings; of a window, what it says now.
fn outline(settings: &Settings) -> Vec<String> {
    let of = |watched: &config::Watched| {
        let grants = watched.grants.iter().map(|grant| (&grant.name, &grant.secret, &grant.papers));
        format!("{:?} {:?}", watched.secret, grants.collect::<Vec<_>>())
    };
    settings.secrets.iter().map(of).collect()
}

/// A place that is there, and words that no terminal obeys.
fn readable(faults: &[Fault]) {
    for fault in faults {
        let line = fault.one_line();
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(!fault.to_string().contains(|c: char| c.is_control() && c != '\n'), "{fault}");
        assert!(!fault.found.is_empty() && !fault.wanted.is_empty(), "{line}");
        let path = fault.place.path().expect("no environment is set");
        assert!(path.exists(), "{line}");
        if let Some(told) = line_of(fault, path) {
            let lines = fs::read(path).expect("it is there").split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&told), "{line}: of {lines} lines");
        }
    }
}

/// The line that it tells, if it is in a text.
fn line_of(fault: &Fault, path: &Path) -> Option<usize> {
    let position = fault.place.position();
    let rest = position.strip_prefix(&*path.to_string_lossy()).expect("it begins with its file");
    rest.split(':').nth(1).map(|line| line.parse().expect("a number"))
}
