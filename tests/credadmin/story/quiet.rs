//! A runtime on virtual time that knows when nothing is on its way: for tests that must go the same way each time, also on a
//! machine that is busy with other things.
//!
//! Client and server live on its one thread, and the kernel passes bytes on at once. So what is sent has arrived when that
//! thread has had nothing to do for a while, and only then is an answer one that will not come.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// A while is so many glances, so far apart, at each of which the thread sleeps. It wakes up in between for timers that are not
/// due: virtual time stands still, and tokio looks for itself.
const GLANCES: u32 = 8;
const APART: Duration = Duration::from_millis(5);

/// Whether the runtime's thread sleeps.
#[derive(Clone, Default)]
pub struct Sleeps(Arc<AtomicBool>);

thread_local! {
    static HERE: RefCell<Option<Sleeps>> = const { RefCell::new(None) };
}

/// Runs a story on this thread.
pub fn run<T>(story: impl Future<Output = T>) -> T {
    let sleeps = Sleeps::default();
    HERE.set(Some(sleeps.clone()));
    let (falls_asleep, wakes_up) = (sleeps.clone(), sleeps);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.on_thread_park(move || falls_asleep.0.store(true, Ordering::Relaxed));
    runtime.on_thread_unpark(move || wakes_up.0.store(false, Ordering::Relaxed));
    runtime.enable_all().start_paused(true).build().expect("a runtime").block_on(story)
}

impl Sleeps {
    /// That of this thread, if it [`run`]s a story.
    pub fn here() -> Option<Self> {
        HERE.with_borrow(Clone::clone)
    }

    /// Waits until nothing is on its way, or until `released`.
    pub fn wait(&self, released: &Receiver<()>) {
        let mut asleep = 0;
        while asleep < GLANCES && released.recv_timeout(APART) == Err(RecvTimeoutError::Timeout) {
            asleep = if self.0.load(Ordering::Relaxed) { asleep + 1 } else { 0 };
        }
    }
}
