//! The wake-up at each third of a minute, by the host's own clock.

use std::time::Duration;

use credadmin::alarm;
use credadmin::clock::Clock;
use credadmin::daemon::Wake;
use tokio::sync::mpsc;

use crate::harness::not_tested;

/// Twenty seconds, and many more.
const PATIENCE: Duration = Duration::from_secs(150);

fn third() -> i64 {
    Clock::system().now().as_second().div_euclid(20)
}

/// Waits until it rings, and tells in which third of a minute that was.
async fn ring(wakes: &mut mpsc::Receiver<Wake>) -> i64 {
    let wake = tokio::time::timeout(PATIENCE, wakes.recv()).await.expect("it rings");
    assert_eq!(wake, Some(Wake::Look));
    third()
}

// One test: a clock that is set wakes all.
#[tokio::test]
async fn it_rings_each_twenty_seconds_and_when_the_clock_is_set() {
    let clock = Clock::system();
    // So that it does not ring by itself meanwhile.
    while clock.now().as_second().rem_euclid(20) > 10 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (wake, mut wakes) = mpsc::channel(16);
    alarm::pass_on(clock, wake).expect("a timer");
    tokio::task::yield_now().await;
    let began = third();
    if can_be_set() {
        assert_eq!(ring(&mut wakes).await, began);
    }
    assert!(ring(&mut wakes).await > began);
    // Nor does it ring on.
    assert_eq!(wakes.try_recv().ok(), None);
    let first = third();
    assert!(ring(&mut wakes).await > first);
}

/// Sets the host's clock, by a nanosecond, if that is allowed.
fn can_be_set() -> bool {
    let allowed = step(1).is_ok();
    if !allowed {
        not_tested("this process may not set the clock");
    }
    allowed
}

#[allow(unsafe_code, reason = "no crate has this call behind a safe interface")]
fn step(nanoseconds: i64) -> std::io::Result<()> {
    // SAFETY: of a timex all zeros are valid.
    let mut change: libc::timex = unsafe { std::mem::zeroed() };
    change.modes = libc::ADJ_SETOFFSET | libc::ADJ_NANO;
    change.time.tv_usec = nanoseconds;
    // SAFETY: it is a valid timex, and nobody else has it.
    match unsafe { libc::clock_adjtime(libc::CLOCK_REALTIME, &mut change) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}
