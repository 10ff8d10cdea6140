//! kill -9 at every await point: before and after each poll of the daemon's loop and of each of its calls. Each time another
//! daemon goes on, and AWS has each planned session once, in time.

use std::time::Duration;

use jiff::SignedDuration;

use super::line::{Way, lock};
use super::{Account, alpha};
use crate::story::{minutes, seconds};

/// Two sessions: the second begins at 08:32:14 and ends with the window.
const GRANT: &str = "from = '2026-12-01T08:01:00Z'\nuntil = '2026-12-01T09:00:00Z'";
/// Each call is on its way for so long, there and back: long enough for another process to begin while it still is.
const WAY: Way = Way { there: Duration::from_secs(2), back: Duration::from_secs(2), waits: false };
/// The longest visit: three calls.
const VISIT: SignedDuration = SignedDuration::from_secs(14);

/// Who goes on.
#[derive(Clone, Copy, Debug)]
struct Others {
    /// The same host, after so long.
    restart: Option<SignedDuration>,
    /// Another daemon, which is there all the time.
    peer: bool,
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_await_point_and_started_again() {
    at_every_point(Others { restart: Some(seconds(1)), peer: false }).await;
    at_every_point(Others { restart: Some(seconds(45)), peer: false }).await;
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_await_point_beside_a_peer() {
    at_every_point(Others { restart: None, peer: true }).await;
    at_every_point(Others { restart: Some(seconds(1)), peer: true }).await;
}

async fn at_every_point(others: Others) {
    let (mut point, mut lost) = (0, 0);
    loop {
        let (was_killed, sessions) = killed_at(point, others).await;
        lost += usize::from(sessions > 2);
        if !was_killed {
            break;
        }
        point += 1;
    }
    println!("{others:?}: killed at {point} points; {lost} times a session was issued and lost");
    assert!(point > 150, "{point} points only");
    assert!(lost > 0, "no session was lost on the way");
}

/// Answers with whether there was such a point, and how many sessions were issued.
async fn killed_at(point: usize, others: Others) -> (bool, usize) {
    let account = Account::new(&["Alpha"]);
    account.world.set_describe_lag(Duration::from_secs(30));
    let clock = &account.clock;
    let config = alpha(GRANT);
    let (mut one, mut two) = (account.host(&config, SignedDuration::ZERO), account.host(&config, SignedDuration::ZERO));
    let planned = one.planned();
    let end = clock.now() + minutes(65);
    lock(&one.line).ways = vec![WAY; 1000];
    one.start(1, Some(point));
    if others.peer {
        two.start(2, None);
    }
    let was_killed = tokio::select! {
        () = one.process.died() => true,
        () = clock.sleep_until(end) => false,
    };
    one.kill();
    lock(&one.line).ways.clear();
    if let Some(after) = others.restart.filter(|_| was_killed) {
        clock.sleep(after).await;
        one.start(3, None);
    }
    clock.sleep_until(end).await;
    one.kill();
    two.kill();
    let written = account.written("Alpha");
    let what = format!("point {point}, {others:?}: {written:?} of {planned:?}");
    assert_eq!(planned.len(), 2, "{what}");
    assert_eq!(written.len(), 2, "{what}");
    let late = match others {
        Others { peer: true, .. } => seconds(1),
        Others { restart, .. } => VISIT + restart.unwrap_or_default() + seconds(1),
    };
    for ((created, ends), (at, planned)) in written.iter().zip(&planned) {
        assert!(ends == planned && at <= created && *created <= *at + late, "{what}");
    }
    let sessions = account.world.sessions();
    for session in &sessions {
        let dies = account.world.live_end(&session.access_key_id).expect("a session of this world");
        assert!(planned.iter().any(|(at, ends)| *at <= session.issued_at && dies <= *ends), "{what}: {session:?}");
    }
    (was_killed, sessions.len())
}
