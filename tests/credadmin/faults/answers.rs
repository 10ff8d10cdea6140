//! Answers that never come, come broken, or say what must not be believed.

use jiff::Timestamp;
use strict_aws::{Fault, Operation};

use super::Tries::Soon;
use super::{FAILING, judge_sentence};
use crate::story::{ONE_DAY, Story, minutes, seconds};

const DESCRIBE: Operation = Operation::DescribeSecret;
const PUT: Operation = Operation::PutSecretValue;
const ASSUME: Operation = Operation::AssumeRole;

/// What the wire does, and the code that stands for it. An answer that stalls is given up after ten seconds, whichever way.
const BROKEN: &[(Fault, &[&str])] = &[
    (Fault::Silent, &["Timeout"]),
    (Fault::HalfBody, &["Timeout", "UnreadableAnswer"]),
    (Fault::Drip, &["Timeout", "UnreadableAnswer"]),
    (Fault::Reset, &["NoConnection", "UnreadableAnswer"]),
    (Fault::LostAnswer, &["NoConnection", "UnreadableAnswer"]),
    (Fault::Garbage, &["UnreadableAnswer"]),
];

async fn breaks(operation: Operation) {
    for (fault, codes) in BROKEN {
        let what = format!("{operation:?} {fault:?}");
        let story = Story::new(ONE_DAY).await;
        story.world.fail(operation, fault.clone(), 4);
        let mut daemon = story.daemon().await;
        story.pass(minutes(4)).await;
        let failing = daemon.says("failing for sensitive-s3");
        let done = operation == PUT && *fault != Fault::Silent && *fault != Fault::Garbage;
        if done {
            // It was carried out: the same thing sent again is a no-op, or is seen to be in place.
            let token = story.world.versions("SensitiveS3").first().map(|version| version.version_id.clone());
            let tokens: Vec<_> =
                story.calls(PUT).iter().map(|call| call.parameter("clientRequestToken").map(str::to_owned)).collect();
            assert!(tokens.len() > 1 && tokens.iter().all(|sent| *sent == token), "{what}: {tokens:?}");
        }
        assert_eq!(failing.len(), 1, "{what}: {failing:#?}");
        let record = daemon.says_once("failing for sensitive-s3");
        let code = record.fields.error_code.clone().unwrap_or_default();
        assert!(codes.contains(&code.as_str()), "{what}: {code}: {}", record.message);
        judge_sentence(&record, FAILING, &format!("failed with {code}"), "no access for quarter-end", "check");
        daemon.says_once("well again: sensitive-s3");
        assert_eq!(story.world.versions("SensitiveS3").len(), 1, "{what}: one session, one version");
        let value = story.value();
        let key = value["sessionId"].as_str().expect("a key id");
        assert_eq!(value["expiration"], story.world.live_end(key).expect("it ends").to_string(), "{what}");
        daemon.kill();
    }
}

#[tokio::test(start_paused = true)]
async fn describe_secret_breaks() {
    breaks(DESCRIBE).await;
}

#[tokio::test(start_paused = true)]
async fn assume_role_breaks() {
    breaks(ASSUME).await;
}

#[tokio::test(start_paused = true)]
async fn put_secret_value_breaks() {
    breaks(PUT).await;
}

/// A write whose answer was lost once is sent again, under the same token and with the same content: nothing is failing.
#[tokio::test(start_paused = true)]
async fn a_token_sent_again_after_a_lost_answer_is_a_no_op() {
    for fault in [Fault::LostAnswer, Fault::Reset, Fault::HalfBody, Fault::Silent] {
        let story = Story::new(ONE_DAY).await;
        story.world.fail(PUT, fault.clone(), 1);
        let mut daemon = story.daemon().await;
        story.pass(seconds(30)).await;
        daemon.says_once("session published in sensitive-s3");
        assert_eq!(daemon.says("failing"), [""; 0], "{fault:?}");
        let puts = story.calls(PUT);
        assert_eq!(
            puts.iter().filter(|call| call.error.is_none()).count(),
            if fault == Fault::Silent { 1 } else { 2 },
            "{fault:?}"
        );
        assert_eq!((story.world.versions("SensitiveS3").len(), story.calls(ASSUME).len()), (1, 1), "{fault:?}");
        daemon.kill();
    }
}

/// The SDK makes one attempt: a layer of retries of its own would multiply with the daemon's.
#[tokio::test(start_paused = true)]
async fn the_sdk_tries_once() {
    for (operation, sends) in [(DESCRIBE, 1), (ASSUME, 1), (PUT, 2)] {
        let story = Story::new(ONE_DAY).await;
        story.world.fail(operation, Fault::LostAnswer, usize::MAX);
        let mut daemon = story.daemon().await;
        // The first try, and not yet the second: that is a tenth of a second away at the least.
        story.pass(jiff::SignedDuration::from_millis(50)).await;
        daemon.says_once("failing for");
        assert_eq!(story.calls(operation).len(), sends, "{operation:?}");
        daemon.kill();
    }
}

/// Sessions that must not be published, with the session policy and without: none ever is, and the one before is left alone.
#[tokio::test(start_paused = true)]
async fn a_bad_session_is_never_published() {
    for policy in ["on", "off"] {
        for (fault, code, says) in [
            (Fault::EmptyCredentials, "UnreadableAnswer", "the answer holds no credentials"),
            (Fault::PastExpiration, "SessionOver", "was over"),
            (Fault::LongerThanAsked, "SessionTooLong", "later than planned"),
        ] {
            let what = format!("session_policy = {policy}, {fault:?}");
            let config = ONE_DAY.replace("[grants", &format!("session_policy = '{policy}'\n[grants"));
            let story = Story::new(&config).await;
            let mut daemon = story.daemon().await;
            story.pass(seconds(5)).await;
            let before = story.value();
            let dies: Timestamp = before["expiration"].as_str().expect("a text").parse().expect("an instant");
            story.world.fail(ASSUME, fault, usize::MAX);
            story.pass(dies.duration_since(story.clock.now()) + minutes(30)).await;
            assert_eq!((story.world.versions("SensitiveS3").len(), story.value()), (1, before), "{what}");
            let record = daemon.says_once("failing for");
            assert!(record.message.contains(says), "{what}: {}", record.message);
            judge_sentence(&record, FAILING, &format!("failed with {code}"), &format!("access goes on until {dies}"), "check");
            daemon.says_once("access lapsed");
            story.world.heal();
            story.pass(minutes(2)).await;
            assert_eq!(story.world.versions("SensitiveS3").len(), 2, "{what}");
            daemon.says_once("well again");
            daemon.kill();
        }
    }
}

/// AWS's clock decides when a session is alive: by it, too, the window has to be open. A host that is fast waits.
#[tokio::test(start_paused = true)]
async fn a_session_that_would_be_too_early_is_never_published() {
    for policy in ["on", "off"] {
        let what = format!("session_policy = {policy}");
        let config = ONE_DAY.replace("[grants", &format!("session_policy = '{policy}'\n[grants"));
        let story = Story::new(&config).await;
        story.put_aws_ahead(-100);
        let mut daemon = story.daemon().await;
        story.pass(seconds(97)).await;
        assert_eq!(story.world.versions("SensitiveS3").len(), 0, "{what}: by AWS's clock the window is not open yet");
        let record = daemon.says_once("failing for");
        judge_sentence(&record, FAILING, "failed with SessionTooEarly", "no access for quarter-end", "timedatectl");
        story.pass(minutes(2)).await;
        assert_eq!(story.world.versions("SensitiveS3").len(), 1, "{what}");
        daemon.says_once("well again");
        Soon.judge(
            &story
                .calls(DESCRIBE)
                .into_iter()
                .filter(|call| call.at < story.world.versions("SensitiveS3")[0].created)
                .collect::<Vec<_>>(),
            &what,
        );
        let skew = daemon.says_once("set it right (timedatectl)");
        let words = ["1m 39s", "1m 40s"].map(|by| format!("AWS's clock is {by} behind this host's"));
        assert!(words.iter().any(|words| skew.message.contains(words)), "{what}: {}", skew.message);
        daemon.kill();
    }
}

/// Without a session policy only the duration ends a session: with AWS's clock ahead, it would outlive its window.
#[tokio::test(start_paused = true)]
async fn a_session_that_would_outlive_its_window_is_never_published() {
    let config =
        ONE_DAY.replace("2026-12-02T08:00:00Z", "2026-12-01T08:40:00Z").replace("[grants", "session_policy = 'off'\n[grants");
    let story = Story::new(&config).await;
    story.put_aws_ahead(90);
    let mut daemon = story.daemon().await;
    story.pass(minutes(40)).await;
    assert_eq!(story.world.versions("SensitiveS3").len(), 0);
    let record = daemon.says_once("failing for");
    judge_sentence(&record, FAILING, "failed with SessionTooLong", "no access for quarter-end", "timedatectl");

    let story = Story::new(&config.replace("session_policy = 'off'\n", "")).await;
    story.put_aws_ahead(90);
    let mut with_policy = story.daemon().await;
    story.pass(minutes(1)).await;
    with_policy.says_once("session published");
    let key = story.world.sessions()[0].access_key_id.clone();
    let end: Timestamp = "2026-12-01T08:40:00Z".parse().expect("an instant");
    assert!(story.world.live_end(&key).expect("it ends") <= end, "the session policy ends it by AWS's own clock");
    daemon.kill();
    with_policy.kill();
}
