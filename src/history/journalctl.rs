//! Where entries come from: journalctl, or what it wrote into a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use jiff::Timestamp;

use super::entry::{Entry, FIELDS, Line, Unreadable};
use super::kind::Kind;

/// What journalctl writes, in every format, if there are none.
const NO_ENTRIES: &str = "-- No entries --";

/// Credadmin writes no line that is longer, and with one anybody could fill the memory: it is passed over.
const LONGEST_LINE: u64 = 256 << 10;

/// The first and the last entry of each host.
pub type Reach = BTreeMap<String, (Timestamp, Timestamp)>;

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
    /// journalctl shows a part of the journal only.
    #[error("the journal is not shown whole: {0}")]
    Partial(String),
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
    /// That of a directory of journal files, or of lines in a file; `-` is standard input.
    pub fn at(path: &Path) -> Self {
        match path.is_dir() {
            true => Self::Directory(path.into()),
            false => Self::Json(path.into()),
        }
    }

    /// Hands over the entries from `since` on, oldest first; and says how far each host's lines reach.
    ///
    /// # Errors
    /// If the journal can't be read whole. What was handed over is not all there is.
    pub fn read(&self, since: Option<Timestamp>, mut take: impl FnMut(Entry)) -> Result<Reach, Trouble> {
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
        command.args(["--no-pager", "--all", "--output=json", "SYSLOG_IDENTIFIER=credadmin"]);
        command.arg(format!("--output-fields={}", FIELDS.join(",")));
        command.args(Kind::IDS.iter().map(|(_, id)| format!("MESSAGE_ID={id}")));
        self.place(&mut command);
        command
    }

    /// From when to when the journal of each host reaches, by its first and last entry, credadmin's or not. Nothing for lines in
    /// a file, which [`Source::read`] tells of.
    ///
    /// # Errors
    /// If journalctl can't be run.
    pub fn reach(&self) -> Result<Reach, Trouble> {
        let mut reach = Reach::new();
        if matches!(self, Self::Json(_)) {
            return Ok(reach);
        }
        let mut command = Command::new("journalctl");
        self.place(command.args(["--quiet", "--no-pager", "--field=_HOSTNAME"]));
        let hosts = command.output().map_err(Trouble::NoJournalctl)?.stdout;
        for host in String::from_utf8_lossy(&hosts).lines() {
            let ends = [self.edge(host, &[])?, self.edge(host, &["--reverse"])?];
            if let [Some(first), Some(last)] = ends {
                reach.insert(host.to_owned(), (first, last));
            }
        }
        Ok(reach)
    }

    /// When the first entry of a host was written, in this order.
    fn edge(&self, host: &str, order: &[&str]) -> Result<Option<Timestamp>, Trouble> {
        let mut command = Command::new("journalctl");
        command.args(["--quiet", "--no-pager", "--output=json", "--output-fields=_HOSTNAME"]).args(order);
        self.place(command.arg(format!("_HOSTNAME={host}")));
        let mut child = start(&mut command)?;
        let mut line = String::new();
        let read = BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line);
        // It writes on, of which nothing is wanted.
        let _ = child.kill();
        child.wait().map_err(Trouble::Pipe)?;
        read.map_err(Trouble::Pipe)?;
        Ok(Line::read(&line).ok().and_then(|line| line.written()).map(|(at, _)| at))
    }

    fn place(&self, command: &mut Command) {
        if let Self::Directory(directory) = self {
            command.arg("--merge").arg(format!("--directory={}", directory.display()));
        }
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
}

fn start(command: &mut Command) -> Result<Child, Trouble> {
    command.spawn().map_err(Trouble::NoJournalctl)
}

fn end(child: Child) -> Result<(), Trouble> {
    let output = child.wait_with_output().map_err(Trouble::Pipe)?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match output.status.success() {
        // It has complaints that it goes on after: a file that is damaged, or that this user may not read.
        true if said.is_empty() => Ok(()),
        true => Err(Trouble::Partial(said)),
        false => Err(Trouble::Failed { status: output.status, said }),
    }
}

fn entries(from: impl Read, broken: impl Fn(io::Error) -> Trouble, take: &mut impl FnMut(Entry)) -> Result<Reach, Trouble> {
    let mut reach = Reach::new();
    let mut from = BufReader::new(from);
    for line in 1.. {
        let mut bytes = Vec::new();
        if from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(&broken)? == 0 {
            break;
        }
        if !bytes.ends_with(b"\n") && from.skip_until(b'\n').map_err(&broken)? > 0 {
            continue;
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| broken(io::Error::new(io::ErrorKind::InvalidData, error)))?.trim();
        if text.is_empty() || text == NO_ENTRIES {
            continue;
        }
        let no_entry = |error| Trouble::NoEntry { line, error };
        let entry = Line::read(text).map_err(no_entry)?;
        if let Some((at, host)) = entry.written() {
            let (first, last) = reach.entry(host).or_insert((at, at));
            (*first, *last) = (at.min(*first), at.max(*last));
        }
        entry.entry().map_err(no_entry)?.into_iter().for_each(&mut *take);
    }
    Ok(reach)
}
