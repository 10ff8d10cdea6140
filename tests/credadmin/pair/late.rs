//! What arrives when it should not any more: a daemon that was stopped, or a request that was on its way for minutes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::line::{Way, lock};
use super::{Account, Host, alpha};
use crate::story::{minutes, seconds};

/// Far more than three sessions.
const GRANT: &str = "from = '2026-12-01T08:00:00Z'\nuntil = '2026-12-01T20:00:00Z'";

/// Two hosts, of which one has run from the start until just before the second session is due; and what is planned.
async fn second_session_is_due() -> (Account, Host, Host, Vec<(Timestamp, Timestamp)>) {
    let account = Account::new(&["Alpha"]);
    let mut one = account.host(&alpha(GRANT), SignedDuration::ZERO);
    let two = account.host(&alpha(GRANT), SignedDuration::ZERO);
    let planned = one.planned();
    one.start(1, None);
    account.clock.sleep_until(planned[1].0 - seconds(1)).await;
    (account, one, two, planned)
}

/// The planned ends of all that was written, as places in the plan.
fn written(account: &Account, planned: &[(Timestamp, Timestamp)]) -> Vec<usize> {
    let written = account.written("Alpha");
    let place = |ends: &Timestamp| planned.iter().position(|(_, planned)| planned == ends).expect("a planned session");
    written.iter().map(|(_, ends)| place(ends)).collect()
}

/// One is stopped between AssumeRole and PutSecretValue, for longer than it is to the next refresh, which the other one does.
#[tokio::test(start_paused = true)]
async fn a_daemon_that_was_stopped_does_not_publish_what_is_no_longer_due() {
    let (account, mut one, mut two, planned) = second_session_is_due().await;
    let stopped = Way { back: Duration::from_secs(41 * 60), waits: true, ..Way::default() };
    lock(&one.line).ways = vec![stopped, Way::default()];
    account.clock.sleep_until(planned[2].0).await;
    two.start(2, None);
    account.clock.sleep_until(planned[3].0 - seconds(1)).await;
    assert_eq!(written(&account, &planned), [0, 2]);
    account.clock.sleep_until(planned[4].0 - seconds(1)).await;
    assert_eq!(written(&account, &planned), [0, 2, 3], "they go on as planned");
    for host in [&mut one, &mut two] {
        assert!(!host.events().iter().any(|event| event.record().level < tracing::Level::INFO), "no alarm");
        host.kill();
    }
}

/// A write whose answer does not come within ten seconds is sent again, but not if another session is due by then.
#[tokio::test(start_paused = true)]
async fn a_write_is_not_sent_again_when_the_next_session_is_due() {
    for (before, sent) in [(15, [0, 1, 2].as_slice()), (5, &[0, 2])] {
        let (account, mut one, _, planned) = second_session_is_due().await;
        one.kill();
        account.clock.sleep_until(planned[2].0 - seconds(before)).await;
        // After ten minutes AWS does not take its signature any more.
        lock(&one.line).ways = vec![Way { there: Duration::from_secs(600), ..Way::default() }, Way::default(), Way::default()];
        one.start(3, None);
        account.clock.sleep_until(planned[3].0 - seconds(1)).await;
        assert_eq!(written(&account, &planned), sent, "begun {before} s before");
        one.kill();
    }
}

/// A write arrives minutes after it was sent, and after the next session was published. Readers have got the next one again within
/// five minutes, once.
#[tokio::test(start_paused = true)]
async fn what_arrives_late_is_replaced_once() {
    for killed in [false, true] {
        let (account, mut one, mut two, planned) = second_session_is_due().await;
        one.kill();
        account.clock.sleep_until(planned[2].0 - seconds(1)).await;
        lock(&one.line).ways = vec![Way { there: Duration::from_secs(180), ..Way::default() }, Way::default(), Way::default()];
        one.start(3, None);
        account.clock.sleep_until(planned[2].0 - SignedDuration::from_millis(100)).await;
        if killed {
            one.kill();
        }
        account.clock.sleep_until(planned[2].0).await;
        two.start(2, None);
        account.clock.sleep_until(planned[3].0 - seconds(1)).await;
        assert_eq!(written(&account, &planned), [0, 2, 1, 2], "killed: {killed}");
        let times = account.written("Alpha");
        assert!(times[3].0.duration_since(times[2].0) <= minutes(5) + seconds(1), "killed: {killed}, {times:?}");
        account.clock.sleep_until(planned[4].0 - seconds(1)).await;
        assert_eq!(written(&account, &planned), [0, 2, 1, 2, 3], "killed: {killed}");
        one.kill();
        two.kill();
    }
}

/// One whose clock is ahead by seconds publishes the next session that much earlier: for the other one, which looks just then,
/// that is no other config, and no reason to publish the one before again.
#[tokio::test(start_paused = true)]
async fn a_peer_whose_clock_is_ahead_is_not_taken_for_another_config() {
    for first in [0, 1] {
        let account = Account::new(&["Alpha"]);
        let (mut ahead, mut right) = (account.host(&alpha(GRANT), seconds(4)), account.host(&alpha(GRANT), SignedDuration::ZERO));
        let planned = right.planned();
        // With the session before the one that comes early, or without.
        account.clock.sleep_until(planned[1 + first].0 - seconds(if first == 0 { 60 } else { 4 })).await;
        ahead.start(1, None);
        account.clock.sleep_until(planned[1 + first].0 - seconds(2)).await;
        right.start(2, None);
        account.clock.sleep_until(planned[2 + first].0 - seconds(60)).await;
        assert_eq!(written(&account, &planned), if first == 0 { vec![0, 1] } else { vec![2] });
        let events = right.events();
        assert!(!events.iter().any(|event| event.record().level < tracing::Level::INFO), "no alarm: {events:#?}");
        ahead.kill();
        right.kill();
    }
}
