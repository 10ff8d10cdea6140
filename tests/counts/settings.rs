//! A config file.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use credadmin::config;
use tempfile::TempDir;

use crate::now;

const DAYS: [&str; 5] = ["*", "MON-FRI", "MON", "SAT,SUN", "MON,WED,FRI"];

/// A main file, in a directory that goes when this does.
pub struct File {
    path: PathBuf,
    _directory: TempDir,
}

impl File {
    /// With so many grants, so many for each secret: windows of an hour, at a time of their own, every other one in Berlin.
    pub fn with_grants(grants: usize, each: usize) -> Self {
        let mut text = String::from("region = \"eu-central-1\"\n");
        let mut line = |it: String| writeln!(text, "{it}").expect("a string takes all that is written");
        for secret in 0..grants.div_ceil(each) {
            line(format!("[secrets.s{secret}]\nsecret_id = \"Secret{secret}\""));
            line(format!("role_arn = \"arn:aws:iam::123456789012:role/Secret{secret}Access\""));
        }
        for grant in 0..grants {
            let (minute, hour, days) = (grant % 12 * 5, grant / 12 % 24, DAYS[grant / 288 % DAYS.len()]);
            line(format!("[grants.g{grant}]\nsecret = \"s{}\"\ncron = \"{minute} {hour} * * {days}\"", grant / each));
            line("duration = \"1h\"\nrequested_by = \"jane.doe\"\napproved_by = \"carol\"\nticket = \"OPS-1\"".into());
            if grant % 2 == 1 {
                line("time_zone = \"Europe/Berlin\"".into());
            }
        }
        Self::new(&text)
    }

    /// That says this.
    pub fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("credadmin.toml");
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a file of one's own");
        Self { path, _directory: directory }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// How many grants it says.
pub fn load(file: &File) -> usize {
    let settings = config::load(file.path(), now()).expect("a good config");
    settings.secrets.iter().map(|watched| watched.grants.len()).sum()
}
