//! What users of comparable tools complain about, each row a test: here it does not happen.
//!
//! The number is that of the complaint in the project's list. Rows 1, 5 and 7 are shown on the pure schedule (`schedule.rs`).
//! Each name says what went wrong elsewhere.

mod clocks;
mod limits;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use strict_aws::{ApiError, Fault, Operation};
use tracing::Level;

use crate::model::Model;
use crate::story::{CANARY, Held, ONE_DAY, START, Story, minutes, open_all_day, seconds};

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn expiration(story: &Story) -> Timestamp {
    instant(story.value()["expiration"].as_str().expect("a text"))
}

fn answer(status: u16, code: &str) -> Fault {
    Fault::Answer(ApiError::new(status, code, "no"))
}

/// iam-identity-center-team#149: the end was a timer, lost with the process that held it.
#[tokio::test(start_paused = true)]
async fn complaint_02_the_end_is_lost_when_the_daemon_is_restarted_inside_a_window() {
    let story = Story::new(&ONE_DAY.replace("2026-12-02T08:00:00Z", "2026-12-01T10:00:00Z")).await;
    let end = instant("2026-12-01T10:00:00Z");
    for _ in 0..11 {
        let daemon = story.daemon().await;
        story.pass(minutes(10)).await;
        daemon.kill();
    }
    assert_eq!(story.world.versions("SensitiveS3").len(), story.planned().len(), "a restart issues nothing");
    let mut last = story.daemon().await;
    story.pass(minutes(300)).await;
    assert!(story.world.sessions().iter().all(|session| story.world.live_end(&session.access_key_id).expect("it ends") <= end));
    assert!(story.world.versions("SensitiveS3").iter().all(|version| version.created < end));
    assert_eq!(last.says("window closed").len(), 1, "the last one, too, knows the end");
    last.kill();
}

/// rolesanywhere-credential-helper#200: an empty answer passed for a success and took the place of good credentials.
#[tokio::test(start_paused = true)]
async fn complaint_04_an_empty_or_failed_refresh_overwrites_good_credentials() {
    for fault in [Fault::EmptyCredentials, Fault::Garbage, answer(500, "InternalFailure"), answer(403, "AccessDenied")] {
        let story = Story::new(ONE_DAY).await;
        let mut daemon = story.daemon().await;
        story.pass(seconds(5)).await;
        let (good, dies) = (story.value(), expiration(&story));
        story.world.fail(Operation::AssumeRole, fault.clone(), usize::MAX);
        story.pass(dies.duration_since(story.clock.now()) - minutes(1)).await;
        assert_eq!(story.value(), good, "{fault:?}: the last good session stays while it lives");
        assert!(daemon.says_once("failing for").message.contains(&format!("access goes on until {dies}")));
        for part in ["sessionId", "sessionKey", "sessionToken"] {
            assert!(good[part].as_str().is_some_and(|text| !text.is_empty()), "{part}");
        }
        daemon.kill();
    }
}

/// vault#25212: at 85–90 % of the lifetime there is no time left to alert anyone, let alone to repair.
#[tokio::test(start_paused = true)]
async fn complaint_08_the_refresh_comes_too_late_to_alert_and_repair() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    let dies = expiration(&story);
    story.world.fail(Operation::AssumeRole, answer(403, "AccessDenied"), usize::MAX);
    story.pass(dies.duration_since(story.clock.now()) - minutes(19)).await;
    let failing = daemon.says_once("failing for");
    assert!(
        failing.level == Level::ERROR && failing.message.contains(&format!("access goes on until {dies}")),
        "{}",
        failing.message
    );
    let first = story.calls(Operation::AssumeRole).into_iter().find(|call| call.error.is_some()).expect("a try").at;
    assert!(dies.duration_since(first) >= minutes(20) - seconds(1), "{:#} were left", dies.duration_since(first));
    story.pass(minutes(15)).await;
    story.world.heal();
    story.pass(minutes(3)).await;
    daemon.says_once("well again");
    assert_eq!(daemon.says("access lapsed"), [""; 0], "repaired within the lead, nobody noticed");
    daemon.kill();
}

/// vault#19513: whoever reads the credentials is not told how long they live.
#[tokio::test(start_paused = true)]
async fn complaint_09_readers_do_not_know_when_the_credentials_expire() {
    let story = Story::new(ONE_DAY).await;
    let daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    let value = story.value();
    let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(keys.len(), 7, "{keys:?}");
    let key = value["sessionId"].as_str().expect("a key id");
    assert_eq!(expiration(&story), story.world.live_end(key).expect("it ends"), "the truth, to the second");
    assert_eq!(
        (&value["role_arn"], &value["grants"][0]),
        (&"arn:aws:iam::123456789012:role/SensitiveS3Access".into(), &"quarter-end".into())
    );
    assert!(instant(value["issued_at"].as_str().expect("a text")) >= instant(START));
    daemon.kill();
}

/// external-secrets#6743: the refresh interval is a setting of its own, and readers get an expired token.
#[tokio::test(start_paused = true)]
async fn complaint_10_an_expired_token_is_served_because_refreshing_has_its_own_interval() {
    let mut config = open_all_day(&[("sensitive-s3", "SensitiveS3", "refresh_interval = '90m'")]);
    let story = Story::new(&config).await;
    let refused = story.sources().settings(instant(START)).expect_err("there is no such setting");
    assert!(refused.to_string().contains("refresh_interval"), "{refused}");

    config = config.replace("refresh_interval = '90m'", "");
    story.write("credadmin.toml", &config);
    let daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    for _ in 0..23 * 60 {
        let left = expiration(&story).duration_since(story.clock.now());
        assert!(left >= minutes(20) - seconds(1), "{left:#} left at {}", story.clock.now());
        story.pass(minutes(1)).await;
    }
    daemon.kill();
}

/// diggerhq/digger#2572 and many more: STS credentials in the log. Here, what is said; in `secrets.rs`, all that comes out.
#[tokio::test(start_paused = true)]
async fn complaint_19_credentials_are_in_the_log() {
    let story = Story::new(ONE_DAY).await;
    let token = story.world.instance_credentials(&story.instance).expect("a role").session_token.expect("a token");
    let canonical = format!(
        "The request signature we calculated does not match the signature you provided. The Canonical String for this request \
         should have been 'POST\n/\n\nx-amz-security-token:{token}\n'"
    );
    story.world.fail(Operation::AssumeRole, Fault::Answer(ApiError::new(403, "SignatureDoesNotMatch", &canonical)), 1);
    story.world.fail(
        Operation::DescribeSecret,
        Fault::Answer(ApiError::new(400, "InvalidSignatureException", format!("bad: {token}"))),
        1,
    );
    let mut daemon = story.daemon().await;
    story.pass(minutes(120)).await;
    assert!(daemon.says("session published").len() > 2 && daemon.says("failing for").len() == 1);
    let secrets = |text: &str| text.contains(CANARY);
    assert!(secrets(&token) && secrets(story.value()["sessionKey"].as_str().expect("a key")), "the canaries are in place");
    for event in daemon.events() {
        assert!(!secrets(&format!("{event:?} {event:#?} {:?}", event.record())), "{}", event.record().message);
    }
    daemon.kill();
}

/// [`Held`] changes nothing but time: the model behind it is as quick.
#[tokio::test(start_paused = true)]
async fn the_model_tells_the_same_story_as_http() {
    let over_http = Story::new(ONE_DAY).await;
    let daemon = over_http.daemon().await;
    over_http.pass(minutes(300)).await;
    daemon.kill();
    let modelled = Story::new(ONE_DAY).await;
    let model = Model::new(modelled.world.clone(), modelled.instance.clone(), modelled.clock.clone(), Duration::ZERO);
    let daemon = modelled.start(Held(model), modelled.sources(), 1);
    modelled.pass(minutes(300)).await;
    daemon.kill();
    let told = |story: &Story| -> Vec<(String, Timestamp)> {
        story.world.versions("SensitiveS3").into_iter().map(|version| (version.version_id, version.created)).collect()
    };
    let (http, model) = (told(&over_http), told(&modelled));
    assert!(http.len() > 5 && http.len() == model.len());
    for ((id, at), (same, other)) in http.iter().zip(&model) {
        assert_eq!(id, same);
        assert!(at.duration_since(*other).abs() < SignedDuration::from_secs(1), "{id}: {at} and {other}");
    }
}
