//! A wake-up at each third of a minute of the clock on the wall, and whenever somebody sets that clock: timerfd(2).
//!
//! The kernel tells of a clock that was set, and of a host that has slept, which no sleep notices. Nothing rests on it but that
//! the daemon looks up now and then. A process at rest wakes for it three times a minute, and for little else: a sleep of tokio's
//! would wake it two or three times, as its timers are sorted anew while they come nearer.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use jiff::SignedDuration;
use nix::sys::time::{TimeSpec, TimeValLike};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::daemon::Wake;

/// Seconds; a minute has a whole number of them. systemd's watchdog is fed then, and kills a loop that is stuck for a minute.
const PERIOD: i64 = 20;
/// Had the clock been set back between its being read and the timer's being set, that would ring later. As long as it rings,
/// tokio is not to begin to sort this sleep, which it does up to 4.1 s before its end.
const AT_LEAST_EVERY: SignedDuration = SignedDuration::from_secs(PERIOD + 5);

struct Timer(TimerFd);

/// Rings at the seconds 0, 20 and 40 of each minute, and when the clock is set, for as long as somebody listens.
///
/// # Errors
/// If the kernel gives no timer.
pub fn pass_on(clock: Clock, wakes: mpsc::Sender<Wake>) -> io::Result<()> {
    let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
    #[expect(unsafe_code, reason = "tokio has no safe way to wait for a descriptor")]
    // SAFETY: it is the descriptor that the timer owns, and the timer goes where the AsyncFd goes.
    let timer = unsafe { AsyncFd::register_with_interest(Timer(timer), Interest::READABLE) }?;
    tokio::spawn(async move {
        while !wakes.is_closed() {
            let now = clock.now().as_second();
            timer.get_ref().set(now - now.rem_euclid(PERIOD) + PERIOD);
            tokio::select! {
                () = rung(&timer) => {}
                () = clock.sleep(AT_LEAST_EVERY) => {}
            }
            // A full channel has wake-ups enough.
            let _ = wakes.try_send(Wake::Look);
        }
    });
    Ok(())
}

/// Waits until it rings, and makes it silent.
async fn rung(timer: &AsyncFd<Timer>) {
    loop {
        match timer.readable().await {
            Ok(mut ready) => match ready.try_io(|timer| Ok(timer.get_ref().0.wait()?)) {
                Err(_) => {} // not yet
                Ok(_) => break,
            },
            // The runtime ends, and this with it.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Timer {
    /// Rings at this second, since 1970, or at once if it is over.
    fn set(&self, second: i64) {
        let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        // It fails for instants before 1970 alone.
        let _ = self.0.set(Expiration::OneShot(TimeSpec::seconds(second)), flags);
    }
}

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}
