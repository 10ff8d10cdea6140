//! Tells the daemon when a drop-in changes: inotify on `grants.d`.
//!
//! Nothing rests on it: drop-ins are looked at on every wake-up anyway. It only makes that soon.

use std::io;
use std::path::PathBuf;

use futures_util::StreamExt;
use inotify::{Inotify, WatchMask};
use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::daemon::Wake;

/// Changes that come together are looked at together: a thousand files are a thousand changes.
const TOGETHER: SignedDuration = SignedDuration::from_millis(100);
/// How often a directory is looked for of which the kernel could not tell: until then its changes are seen as the alarm rings.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Room for some dozens of events; if more come at once, one of them is enough.
const BUFFER: usize = 4096;

/// Passes changes in `directory`, which need not exist yet, on to the daemon.
///
/// # Errors
/// If the kernel gives no inotify instance.
pub fn pass_on(directory: PathBuf, clock: Clock, wakes: mpsc::Sender<Wake>) -> io::Result<()> {
    // A file that is being written is of no interest before it is closed.
    let files = WatchMask::CLOSE_WRITE | WatchMask::MOVE | WatchMask::DELETE | WatchMask::ATTRIB | WatchMask::ONLYDIR;
    // The directory itself may come, go, or be put in the place of another.
    let itself = WatchMask::CREATE | WatchMask::MOVE | WatchMask::DELETE | WatchMask::ONLYDIR;
    let inotify = Inotify::init()?;
    let mut watches = inotify.watches();
    let mut events = inotify.into_event_stream([0; BUFFER])?;
    tokio::spawn(async move {
        loop {
            // Again and again: for the kernel the same directory is the same watch.
            let _ = watches.add(&directory, files);
            if let Some(above) = directory.parent() {
                let _ = watches.add(above, itself);
            }
            tokio::select! {
                event = events.next() => match event {
                    Some(_) => clock.sleep(TOGETHER).await,
                    None => break,
                },
                () = clock.sleep(LOOK_EVERY) => continue,
            }
            while let Some(Some(_)) = futures_util::FutureExt::now_or_never(events.next()) {}
            if wakes.send(Wake::Look).await.is_err() {
                break;
            }
        }
    });
    Ok(())
}
