//! To the journal: events go through a bounded queue to a thread that writes them.
//!
//! A journald that does not read blocks whoever writes to it, for good. It may block that thread; it never blocks the daemon,
//! which counts the events that found no room and says so when there is room again.

mod event;
mod fields;
pub mod ids;
mod record;
mod relay;
mod taken;
mod words;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

pub use event::{About, Access, Event, Published};
pub use fields::Fields;
pub use record::Record;
pub use relay::Relay;
pub use writer::note;

/// Events that may wait: the windows of 1,000 secrets opening at once are 2,000. tokio's channel takes memory for those that
/// do wait, the standard library's for all that might.
const QUEUE: usize = 4096;

/// Where events are told.
#[derive(Clone)]
pub struct Journal {
    queue: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
}

/// The thread that writes.
pub struct Writer {
    thread: JoinHandle<()>,
    done: Receiver<()>,
}

/// The events of a journal that nobody writes down.
pub struct Heard(mpsc::Receiver<Event>);

impl Heard {
    /// Those told since it was last asked.
    pub fn new_ones(&mut self) -> impl Iterator<Item = Event> + '_ {
        std::iter::from_fn(|| self.0.try_recv().ok())
    }
}

impl Journal {
    /// Starts the thread that writes to journald, or to standard error where this is no service.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start() -> std::io::Result<(Self, Writer)> {
        let (queue, mut events) = mpsc::channel(QUEUE);
        let (finished, done) = sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&lost);
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || {
            writer::write(&mut events, &count);
            // Nobody waits any more if the daemon's grace is over.
            let _ = finished.send(());
        })?;
        Ok((Self { queue, lost }, Writer { thread, done }))
    }

    /// A journal whose events are handed to whoever holds the other end.
    pub fn handed_to(room: usize) -> (Self, Heard) {
        let (queue, events) = mpsc::channel(room);
        (Self { queue, lost: Arc::default() }, Heard(events))
    }

    /// Tells an event. Never waits.
    pub fn tell(&self, event: Event) {
        if self.queue.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    /// Waits until everything told is written, but not for a stuck journal: two seconds at most. Every [`Journal`] has to be
    /// dropped before.
    pub fn finish(self) {
        if self.done.recv_timeout(Duration::from_secs(2)).is_ok() {
            // A thread that has said it is done can be joined at once.
            let _ = self.thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_takes_nothing_holds_up_nobody_and_counts() {
        let (journal, mut events) = Journal::handed_to(2);
        for count in 0..5 {
            journal.tell(Event::EventsLost { count });
        }
        assert_eq!(events.new_ones().count(), 2);
        assert_eq!(journal.lost.load(Ordering::Relaxed), 3);
        drop(events);
        journal.tell(Event::EventsLost { count: 0 });
        assert_eq!(journal.lost.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn the_end_does_not_wait_for_a_stuck_writer() {
        let (_stuck, forever) = sync_channel::<()>(0);
        let (_finished, done) = sync_channel(1);
        let thread = std::thread::spawn(move || forever.recv().unwrap_or(()));
        Writer { thread, done }.finish();
    }
}
