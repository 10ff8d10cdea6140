//! Where entries come from: journalctl, or what it wrote into a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use jiff::Timestamp;

use super::entry::{Entry, Unreadable};
use super::kind::Kind;

/// A journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// This host's.
    Host,
    /// That of journal files in a directory, of whatever hosts.
    Directory(PathBuf),
    /// Lines of `journalctl --output=json` in a file; standard input if that is `-`.
    Json(PathBuf),
}

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// journalctl can't be started.
    #[error("journalctl can't be started: {0}")]
    NoJournalctl(io::Error),
    /// journalctl failed.
    #[error("journalctl failed ({status}): {said}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        said: String,
    },
    /// The file can't be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The pipe from journalctl broke.
    #[error("what journalctl writes can't be read: {0}")]
    Pipe(io::Error),
    /// A line is no entry.
    #[error("line {line}: {error}")]
    NoEntry {
        /// Which, from 1.
        line: usize,
        /// Why.
        error: Unreadable,
    },
}

impl Source {
    /// Hands over the entries from `since` on, oldest first.
    ///
    /// # Errors
    /// If the journal can't be read to its end. What was handed over until then is not all there is.
    pub fn read(&self, since: Option<Timestamp>, mut take: impl FnMut(Entry)) -> Result<(), Trouble> {
        let later = |entry: &Entry| since.is_none_or(|since| entry.at >= since);
        let mut take = |entry| {
            if later(&entry) {
                take(entry)
            }
        };
        if let Self::Json(path) = self {
            let file: Box<dyn Read> = match path == Path::new("-") {
                true => Box::new(io::stdin()),
                false => Box::new(File::open(path).map_err(|error| Trouble::Unreadable { path: path.clone(), error })?),
            };
            let unreadable = |error| Trouble::Unreadable { path: path.clone(), error };
            return entries(file, unreadable, &mut take);
        }
        let mut command = self.journalctl();
        command.args(since.map(|since| format!("--since=@{}", since.as_second())));
        let mut child = start(&mut command)?;
        let out = child.stdout.take().expect("a pipe");
        // Its complaints are a line or two, so they wait in their pipe until all entries are read.
        let read = entries(out, Trouble::Pipe, &mut take);
        end(child)?;
        read
    }

    /// `journalctl` for the entries of every kind.
    fn journalctl(&self) -> Command {
        let mut command = Command::new("journalctl");
        command.args(["--quiet", "--no-pager", "--all", "--output=json", "SYSLOG_IDENTIFIER=credadmin"]);
        command.args(Kind::IDS.iter().map(|(_, id)| format!("MESSAGE_ID={id}")));
        if let Self::Directory(directory) = self {
            command.arg("--merge").arg(format!("--directory={}", directory.display()));
        }
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn start(command: &mut Command) -> Result<Child, Trouble> {
    command.spawn().map_err(Trouble::NoJournalctl)
}

fn end(child: Child) -> Result<(), Trouble> {
    let output = child.wait_with_output().map_err(Trouble::Pipe)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Trouble::Failed { status: output.status, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() }),
    }
}

fn entries(from: impl Read, broken: impl Fn(io::Error) -> Trouble, take: &mut impl FnMut(Entry)) -> Result<(), Trouble> {
    for (index, line) in BufReader::new(from).lines().enumerate() {
        let line = line.map_err(&broken)?;
        if line.trim().is_empty() {
            continue;
        }
        let entry = Entry::parse(&line).map_err(|error| Trouble::NoEntry { line: index + 1, error })?;
        entry.into_iter().for_each(&mut *take);
    }
    Ok(())
}
