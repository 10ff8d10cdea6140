//! The only reader of time.
//!
//! Everything else is given an instant. [`Clock::bent`] is a clock for tests and for the demo: it runs on tokio's clock, which
//! a test can pause, as much faster as is wished, and can be stepped like a host's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::instant::after;

/// Tells the time and waits.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Bent { start: Timestamp, origin: tokio::time::Instant, factor: u32, stepped: Arc<AtomicI64> },
}

/// An instant of the clock that nobody can set: for measuring how much time went by, not what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elapsed(SignedDuration);

impl Elapsed {
    /// How much time went by since `earlier`.
    pub fn since(self, earlier: Self) -> SignedDuration {
        self.0 - earlier.0
    }

    /// The instant `time` later.
    pub fn after(self, time: SignedDuration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

impl Clock {
    /// The host's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that shows `start` now and runs `factor` times as fast as tokio's.
    pub fn bent(start: Timestamp, factor: u32) -> Self {
        Self(Kind::Bent { start, origin: monotonic(), factor: factor.max(1), stepped: Arc::default() })
    }

    /// What the clock on the wall says.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System => wall(),
            Kind::Bent { start, stepped, .. } => {
                let by = self.elapsed().0 + SignedDuration::from_nanos(stepped.load(Ordering::Relaxed));
                after(*start, by)
            }
        }
    }

    /// The clock that only ever runs on, and that stands still while the machine sleeps.
    pub fn elapsed(&self) -> Elapsed {
        Elapsed(match &self.0 {
            Kind::System => {
                static ORIGIN: std::sync::OnceLock<tokio::time::Instant> = std::sync::OnceLock::new();
                let origin = *ORIGIN.get_or_init(monotonic);
                signed(monotonic().duration_since(origin))
            }
            Kind::Bent { origin, factor, .. } => signed(monotonic().duration_since(*origin)) * (*factor as i32),
        })
    }

    /// Waits for `time` to go by.
    pub async fn sleep(&self, time: SignedDuration) {
        let time = Duration::try_from(time).unwrap_or(Duration::ZERO);
        let factor = match &self.0 {
            Kind::System => 1,
            Kind::Bent { factor, .. } => *factor,
        };
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        tokio::time::sleep(time / factor).await;
    }

    /// Waits until `t` by the wall, as far as that can be known now: a clock that is set meanwhile is not noticed.
    pub async fn sleep_until(&self, t: Timestamp) {
        self.sleep(t.duration_since(self.now())).await;
    }

    /// Sets a bent clock forward, or back: what an operator, NTP or a resumed host does to a real one.
    pub fn step(&self, by: SignedDuration) {
        if let Kind::Bent { stepped, .. } = &self.0 {
            let nanoseconds = i64::try_from(by.as_nanos()).expect("a step of less than 292 years");
            stepped.fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn wall() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).expect("a host's clock shows a year before 9999")
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn monotonic() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}
