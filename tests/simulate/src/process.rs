//! A process that can be stopped like one: by SIGSTOP and SIGCONT at any moment, or for good at an await point of its calls.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

/// What all futures of one process have in common.
#[derive(Default)]
pub struct Process {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Default)]
struct State {
    is_stopped: bool,
    /// How many points it has yet to live for.
    doom: Option<usize>,
    wakers: Vec<Waker>,
}

impl Process {
    /// One that runs.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// SIGSTOP: from now on no future of it goes on.
    pub fn stop(&self) {
        self.lock().is_stopped = true;
    }

    /// SIGCONT. Nothing brings back one that was killed.
    pub fn go_on(&self) {
        let mut state = self.lock();
        if state.doom != Some(0) {
            state.is_stopped = false;
            state.wakers.drain(..).for_each(Waker::wake);
        }
    }

    /// It is to die at a point that it comes to: so many later than the next.
    pub fn doom(&self, points: usize) {
        self.lock().doom = Some(points + 1);
    }

    /// Waits until it has come to its last point.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// Whether its requests have to be on their own: it may be gone when they arrive.
    pub fn is_doomed(&self) -> bool {
        self.lock().doom.is_some()
    }

    /// Whether it came to its last point.
    pub fn is_dead(&self) -> bool {
        self.lock().doom == Some(0)
    }

    /// Runs the loop as a part of this process.
    pub async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.with(future, false).await
    }

    /// Runs a call as a part of this process. There is a point before each poll of it, and one after.
    pub async fn call<T>(&self, future: impl Future<Output = T>) -> T {
        self.with(future, true).await
    }

    async fn with<T>(&self, future: impl Future<Output = T>, points: bool) -> T {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.stands(context, points) {
                return Poll::Pending;
            }
            let polled = future.as_mut().poll(context);
            if points && self.stands(context, true) {
                return Poll::Pending;
            }
            polled
        })
        .await
    }

    /// Whether it stands still; comes to the next point, if this is one.
    fn stands(&self, context: &Context, point: bool) -> bool {
        let mut state = self.lock();
        if point && let Some(left) = state.doom.filter(|left| *left > 0) {
            state.doom = Some(left - 1);
            if left == 1 {
                state.is_stopped = true;
                self.died.notify_one();
            }
        }
        if state.is_stopped {
            state.wakers.push(context.waker().clone());
        }
        state.is_stopped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
