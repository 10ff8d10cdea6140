//! A process that can be stopped like one: by SIGSTOP and SIGCONT at any moment, or for good at any one of its awaits.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::sync::Notify;

/// What all futures of one process have in common.
#[derive(Default)]
pub struct Process {
    state: Mutex<State>,
    stands: Notify,
}

#[derive(Default)]
struct State {
    is_stopped: bool,
    points: usize,
    last: Option<usize>,
    wakers: Vec<Waker>,
}

impl Process {
    /// One that stands still for good when it comes to its `last` point, counted from 0; if that is ever.
    pub fn new(last: Option<usize>) -> Arc<Self> {
        let process = Self::default();
        process.lock().last = last;
        Arc::new(process)
    }

    /// SIGSTOP: from now on no future of it goes on.
    pub fn stop(&self) {
        self.lock().is_stopped = true;
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        let mut state = self.lock();
        state.is_stopped = false;
        state.wakers.drain(..).for_each(Waker::wake);
    }

    /// Waits until it stands at its last point.
    pub async fn stands(&self) {
        self.stands.notified().await;
    }

    /// Runs `future` as a part of this process. There is a point before each poll of it, and one after.
    pub async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|context| {
            ready!(self.may_go_on(context));
            let polled = future.as_mut().poll(context);
            match self.is_last() {
                true => Poll::Pending,
                false => polled,
            }
        })
        .await
    }

    fn may_go_on(&self, context: &Context) -> Poll<()> {
        if self.lock().is_stopped || self.is_last() {
            self.lock().wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Comes to the next point. If that is the last one, it is stopped for good.
    fn is_last(&self) -> bool {
        let mut state = self.lock();
        let is_last = state.last == Some(state.points);
        state.points += 1;
        if is_last {
            state.is_stopped = true;
            self.stands.notify_one();
        }
        is_last
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
