//! The journal as it grows: `journalctl --follow`, from a cursor on.

use std::process::{Command, Stdio};

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use super::{Entry, Kind, Trouble};

/// As much of what journalctl complains about is told.
const LONGEST_COMPLAINT: u64 = 4096;

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
