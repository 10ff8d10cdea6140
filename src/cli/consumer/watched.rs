//! A command that runs, the signals that are passed on to it, and its end when access ends.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::process::ExitStatus;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook_tokio::SignalsInfo;
use tokio::process::Command;

use crate::aws::reading::Reading;
use crate::cli::check::tell;
use crate::clock::Clock;
use crate::consumer::judge::FRESH;
use crate::consumer::{Refusal, Source};

/// What a command lives on.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// When its first session ends.
    pub first_ends: Timestamp,
    /// Whether it gets no other.
    pub ends_with_the_first: bool,
}

/// Waits for the end of access; answers with what ended it, in words.
pub async fn over(source: &Source<impl Reading>, clock: &Clock, life: Life) -> String {
    let mut ends = life.first_ends;
    loop {
        let left = ends.duration_since(clock.now());
        clock.sleep(left.clamp(SignedDuration::ZERO, FRESH)).await;
        let now = clock.now();
        if life.ends_with_the_first && now >= ends {
            return format!("the session of the command has ended at {}", ends.strftime("%FT%TZ"));
        }
        match source.session_within(ends.duration_since(now)).await {
            Ok(session) if !life.ends_with_the_first => ends = session.ends,
            Err(refusal @ Refusal::Closed(_)) => return refusal.to_string(),
            // Nothing is known but that no other session could be had before this one ended.
            Err(refusal) if now >= ends => return refusal.to_string(),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Runs a command to its end. When access is `over`, it is told to end and, after `grace`, made to.
///
/// # Errors
/// If it can't be run.
pub async fn run(
    mut command: Command,
    over: impl Future<Output = String>,
    grace: SignedDuration,
    clock: &Clock,
) -> io::Result<ExitStatus> {
    // Before it runs, so that none is lost.
    let mut signals =
        SignalsInfo::<WithOrigin>::with_exfiltrator([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2], WithOrigin::default())?;
    let mut child = command.kill_on_drop(true).spawn()?;
    // Nobody else gets this number before the child has been waited for, which is in this function alone.
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let send = |signal: Signal| pid.map_or(Ok(()), |pid| kill(pid, signal));
    let ending = async {
        // Each signal comes before the words, which perhaps nobody reads any more.
        let why = over.await;
        told(send(Signal::SIGTERM));
        tell([format!("{why}; the command is told to end (SIGTERM)")]);
        clock.sleep(grace).await;
        told(send(Signal::SIGKILL));
        tell([format!("the command has not ended within {grace:#}: it is killed (SIGKILL)")]);
        pending::<()>().await;
    };
    let mut ending = pin!(ending);
    loop {
        tokio::select! {
            status = child.wait() => return status,
            () = &mut ending => {}
            origin = signals.next() => match origin {
                // What the keys of a terminal send, the command gets too; that it is gone, its session's leader alone is told.
                Some(origin) if origin.cause != Cause::Kernel || origin.signal == SIGHUP => {
                    if let Ok(signal) = Signal::try_from(origin.signal) {
                        told(send(signal));
                    }
                }
                _ => {}
            },
        }
    }
}

fn told(sent: nix::Result<()>) {
    if let Err(error) = sent {
        tell([format!("the command takes no signal: {error}")]);
    }
}
