//! `credadmin console --open`: a page for this host's browser that signs in by itself.
//!
//! A browser is told of the page by its file, since a command line is everybody's to read. The file is in memory, its owner's alone,
//! and gone once the browser has read it.

use std::fs::{self, OpenOptions};
use std::future::pending;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use futures_util::StreamExt;
use jiff::SignedDuration;
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::process::Command;

use crate::clock::Clock;

/// How long a browser may take to start and to read the page.
const TIME_TO_READ: SignedDuration = SignedDuration::from_secs(10);

/// Where the page goes: the directory of the user's session, which systemd makes in memory.
pub fn place() -> Result<PathBuf, String> {
    let directory = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = directory.ok_or("--open needs a session with XDG_RUNTIME_DIR: leave it out, and take the URL elsewhere")?;
    match statfs(&directory) {
        Ok(stat) if stat.filesystem_type() == TMPFS_MAGIC => Ok(directory),
        Ok(_) => Err(format!("--open writes to memory only, and {} is on a disk", directory.display())),
        Err(error) => Err(format!("{} can't be looked at: {error}", directory.display())),
    }
}

/// Lets the browser open `page` from a file in `directory`. A signal ends the wait for it, and leaves nothing behind either.
pub async fn open(directory: PathBuf, page: &str, clock: &Clock) -> Result<(), String> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|error| error.to_string())?;
    let file = Gone(directory.join(format!("credadmin-{}-{:016x}.html", std::process::id(), fastrand::u64(..))));
    let path = file.0.display();
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file.0);
    written.and_then(|mut file| file.write_all(page.as_bytes())).map_err(|error| format!("{path} can't be written: {error}"))?;
    let mut browser = Command::new("xdg-open");
    browser.arg(&file.0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut browser = browser.spawn().map_err(|error| format!("xdg-open can't be run: {error}"))?;
    // It may end at once, or with the browser: only that it failed is news.
    let failed = async {
        match browser.wait().await {
            Ok(status) if status.success() => pending().await,
            Ok(status) => format!("xdg-open failed with {status}: no browser was opened"),
            Err(error) => format!("xdg-open can't be waited for: {error}"),
        }
    };
    tokio::select! {
        why = failed => Err(why),
        () = clock.sleep(TIME_TO_READ) => Ok(()),
        _ = signals.next() => Ok(()),
    }
}

/// A file that goes when this does.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        let removed: io::Result<()> = fs::remove_file(&self.0);
        // It may never have been written; and what can't be removed is in memory, and dies with the session.
        drop(removed);
    }
}
