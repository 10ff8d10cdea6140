//! Signals: SIGTERM and SIGINT stop, SIGHUP reloads, SIGUSR1 writes how things stand into the journal. A second SIGTERM or SIGINT ends the process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use signal_hook_tokio::Signals;
use tokio::sync::mpsc;

use crate::daemon::Wake;

/// Passes signals on to the daemon.
///
/// # Errors
/// If a handler can't be installed.
pub fn pass_on(wakes: mpsc::Sender<Wake>) -> io::Result<()> {
    let asked_before = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        // In this order: the first one only sets the flag.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked_before))?;
        flag::register(signal, Arc::clone(&asked_before))?;
    }
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1])?;
    tokio::spawn(async move {
        while let Some(signal) = signals.next().await {
            let wake = match signal {
                SIGHUP => Wake::Reload,
                SIGUSR1 => Wake::Report,
                SIGINT => Wake::Stop("SIGINT"),
                _ => Wake::Stop("SIGTERM"),
            };
            if wakes.send(wake).await.is_err() {
                break;
            }
        }
    });
    Ok(())
}
