//! The journal as it grows: `journalctl --follow`, from a cursor on.

use std::process::{Command, Stdio};

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use super::{Entry, Kind, Trouble};

/// As much of what journalctl complains about is told.
const LONGEST_COMPLAINT: u64 = 4096;

/// What this host is called in its journal: machine-id(5). A host without one has no journal.
const MACHINE: &str = "/etc/machine-id";

/// A journal that is read to its end, and on from there. Dropped, journalctl ends with it.
pub struct Follow {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    line: usize,
}

impl Follow {
    /// Begins after the entry at `cursor`; without one, with what has come `since` then.
    ///
    /// # Errors
    /// If journalctl can't be started.
    pub fn start(cursor: Option<&str>, since: Timestamp) -> Result<Self, Trouble> {
        let mut command = Command::new("journalctl");
        // Without --all: what is longer than 4 KiB is left out, whoever may have written it.
        command.args(["--quiet", "--no-pager", "--output=json", "--follow", "--no-tail"]);
        // What was said just before the host started anew is told too: without --merge, --follow reads this boot only. But what
        // other hosts have sent here is theirs to tell.
        command.arg("--merge");
        let machine = std::fs::read_to_string(MACHINE).unwrap_or_default();
        command.args(Some(machine.trim()).filter(|id| !id.is_empty()).map(|id| format!("_MACHINE_ID={id}")));
        command.arg(match cursor {
            Some(cursor) => format!("--after-cursor={cursor}"),
            // Not --lines=0: journalctl 252 then shows nothing ever of entries that have to match.
            None => format!("--since=@{:.6}", since.as_duration().as_secs_f64()),
        });
        command.arg("SYSLOG_IDENTIFIER=credadmin").args(Kind::IDS.iter().map(|(_, id)| format!("MESSAGE_ID={id}")));
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = tokio::process::Command::from(command);
        let mut child = command.kill_on_drop(true).spawn().map_err(Trouble::NoJournalctl)?;
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Ok(Self { child, lines, line: 0 })
    }

    /// The next entry, once there is one. It may be given up and asked for again.
    ///
    /// # Errors
    /// If a line is no entry, after which there may be others; or if there are no more.
    pub async fn next(&mut self) -> Result<Entry, Trouble> {
        while let Some(line) = self.lines.next_line().await.map_err(Trouble::Pipe)? {
            self.line += 1;
            let entry = Entry::parse(&line).map_err(|error| Trouble::NoEntry { line: self.line, error })?;
            if let Some(entry) = entry {
                return Ok(entry);
            }
        }
        let mut said = Vec::new();
        if let Some(errors) = self.child.stderr.take() {
            errors.take(LONGEST_COMPLAINT).read_to_end(&mut said).await.map_err(Trouble::Pipe)?;
        }
        let status = self.child.wait().await.map_err(Trouble::Pipe)?;
        Err(Trouble::Failed { status, said: String::from_utf8_lossy(&said).trim().to_owned() })
    }
}
