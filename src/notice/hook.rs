//! The program of `notify.command`: one line of JSON on its standard input, and a time after which it is ended with its children.

use std::io;
use std::process::{ExitStatus, Stdio};

use jiff::SignedDuration;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::deliver::{Failed, Office};
use super::message::Message;
use super::settings::Hook;
use crate::schedule::backoff::Pace;

/// Nothing of the notifier's own environment reaches it: where AWS is and as whom it is called is none of its business.
const ENVIRONMENT: [(&str, &str); 2] =
    [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("LANG", "C.UTF-8")];
/// As much of what it writes goes to the journal.
const LONGEST: usize = 1000;

/// Runs the program; answers with what it wrote.
pub async fn run(office: &Office, message: &Message, hook: &Hook) -> Result<String, Failed> {
    let (program, arguments) = hook.command.split_first().ok_or_else(|| Failed::for_good("notify.command is empty".into()))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(ENVIRONMENT).current_dir("/").process_group(0).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |why: String| Failed { why, pace: Pace::Soon, for_good: false, is_told: false };
    let mut child = command.spawn().map_err(|error| failed(format!("{program} can't be started: {error}")))?;
    let group = Group(child.id());
    let mut said = Vec::new();
    let ended = tokio::select! {
        ended = exchange(&mut child, &group, message.line(), &mut said) => Some(ended),
        () = office.clock.sleep(hook.timeout) => None,
    };
    // Its children have no business of their own: they end with it.
    drop(group);
    let said = readable(&said);
    let and_said = if said.is_empty() { String::new() } else { format!(": {said}") };
    match ended {
        Some(Ok(status)) if status.success() => Ok(said),
        Some(Ok(status)) => Err(failed(format!("{program} ended with {status}{and_said}"))),
        Some(Err(error)) => Err(failed(format!("{program}: {error}{and_said}"))),
        None => Err(failed(format!("{program} took longer than {:#} and was ended{and_said}", seconds(hook.timeout)))),
    }
}

async fn exchange(child: &mut Child, group: &Group, line: String, said: &mut Vec<u8>) -> io::Result<ExitStatus> {
    let (input, out, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut errors_said = Vec::new();
    let write = async {
        let Some(mut input) = input else { return };
        // A program that does not read it need not.
        let _ = input.write_all(line.as_bytes()).await;
    };
    let talk = async { tokio::join!(write, read(out, said), read(errors, &mut errors_said)) };
    let status = {
        let mut talk = std::pin::pin!(talk);
        tokio::select! {
            status = child.wait() => {
                // Its children would keep its output open.
                group.end();
                talk.await;
                status
            }
            _ = &mut talk => child.wait().await,
        }
    };
    said.extend(errors_said);
    status
}

/// Reads all of it, and keeps as much as is told.
async fn read(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let room = LONGEST.saturating_sub(into.len());
        into.extend_from_slice(&buffer[..count.min(room)]);
    }
}

fn readable(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn seconds(time: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(time.as_secs())
}

/// A process group, ended when this is dropped: also when the notifier stops.
struct Group(Option<u32>);

impl Group {
    fn end(&self) {
        if let Some(leader) = self.0.and_then(|pid| i32::try_from(pid).ok()) {
            // Most often there is nobody left in it.
            let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
