//! What users of comparable tools complain about, each row a test: here it does not happen.
//!
//! The number is that of the complaint in the project's list. Rows 1, 5 and 7 are shown on the pure schedule (`schedule.rs`),
//! and each name here says what went wrong elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use jiff::{SignedDuration, Timestamp};
use strict_aws::{ApiError, Fault, Operation};
use tracing::Level;
use zeroize::Zeroizing;

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

/// An STS that shortens every session by so many seconds, of which AWS's texts know nothing.
struct Stingy(Model, Arc<AtomicI64>);

impl Aws for Stingy {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        self.0.describe_secret(secret_id).await
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let answer = self.0.assume_role(ask).await?;
        let by = SignedDuration::from_secs(self.1.load(Ordering::Relaxed));
        Ok(Answer { expiration: answer.expiration - by, ..answer })
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        self.0.put_secret_value(secret_id, version_id, value).await
    }

    async fn connect(&self, connection: &Connection) {
        self.0.connect(connection).await;
    }

    async fn renew(&self) {
        self.0.renew().await;
    }
}

/// cert-manager#4423: the issuer clamps the lifetime, the renewal margin does not know it, and renews every 30 seconds.
#[tokio::test(start_paused = true)]
async fn complaint_06_a_lifetime_shorter_than_asked_for_makes_a_loop_of_renewals() {
    for (shorter, published) in [(240, true), (3300, false)] {
        let story = Story::new(ONE_DAY).await;
        let model = Model::new(story.world.clone(), story.instance.clone(), story.clock.clone(), Duration::ZERO);
        let stingy = Arc::new(AtomicI64::new(0));
        let mut daemon = story.start(Stingy(model, Arc::clone(&stingy)), story.sources(), 1);
        story.pass(minutes(6)).await;
        stingy.store(shorter, Ordering::Relaxed);
        story.pass(minutes(24 * 60 - 20)).await;
        let (versions, calls) = (story.world.versions("SensitiveS3").len(), story.calls(Operation::AssumeRole).len());
        if published {
            assert_eq!((versions, calls), (story.planned().len(), versions), "one session for each planned one");
            let planned = story.planned().into_iter().map(|(_, ends)| ends);
            let told = daemon.records().into_iter().filter(|record| record.message.contains("session published"));
            let told = told.map(|record| instant(record.fields.expiration.as_deref().expect("an end")));
            assert!(told.zip(planned).skip(1).all(|(told, planned)| told < planned), "told is what was answered");
        } else {
            assert_eq!(versions, 1, "nothing is published whose end can't be made out");
            assert!(calls <= 24 * 60 * 3, "{calls} tries in a day: with backoff, not in a loop");
            assert_eq!(daemon.says("failing for").len(), 1);
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

/// external-secrets#3436: a new version in every cycle, more than a thousand a day, against a limit of a hundred.
#[tokio::test(start_paused = true)]
async fn complaint_11_every_cycle_writes_a_version_and_the_limit_is_hit() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    for hour in 0..24 {
        story.pass(minutes(59)).await;
        match hour % 3 {
            0 => daemon.reload().await,
            1 => {
                daemon.kill();
                daemon = story.daemon().await;
            }
            _ => story.clock.step(seconds(30)),
        }
        story.pass(minutes(1)).await;
    }
    let (versions, planned) = (story.world.versions("SensitiveS3").len(), story.planned().len());
    assert!(versions <= planned && planned <= 38, "{versions} versions, {planned} planned");
    assert_eq!(story.calls(Operation::PutSecretValue).len(), versions, "nothing is even tried twice");
    daemon.kill();
}

/// external-secrets#4833: a secret that exists but has no value yet was created once more, and failed for ever.
#[tokio::test(start_paused = true)]
async fn complaint_12_a_secret_without_a_value_can_not_be_written() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    daemon.says_once("has no value yet");
    daemon.says_once("session published");
    assert_eq!(daemon.says("failing"), [""; 0]);
    let writes: Vec<_> =
        story.world.calls().iter().map(|call| call.operation).filter(|it| *it == Operation::CreateSecret).collect();
    assert_eq!(writes, [], "never created, only written");
    daemon.kill();
}

/// external-secrets#2623: two writers each read first, then both write.
#[tokio::test(start_paused = true)]
async fn complaint_13_two_writers_race_and_both_write() {
    let story = Story::new(ONE_DAY).await;
    // Both have described the secret before either writes.
    story.world.fail(Operation::AssumeRole, Fault::Delay(Duration::from_millis(200)), 2);
    let (mut one, mut two) = (story.daemon().await, story.daemon().await);
    story.pass(seconds(30)).await;
    assert_eq!(story.calls(Operation::AssumeRole).len(), 2, "both set out to write");
    assert_eq!(story.world.versions("SensitiveS3").len(), 1, "the version id let one of them");
    assert_eq!(one.says("session published").len() + two.says("session published").len(), 1);
    assert_eq!([one.says("failing"), two.says("failing")].concat(), [""; 0]);
    one.kill();
    two.kill();
}

/// aws-vault#263: the one-hour limit of chained roles is discovered at run time, as an outage.
#[tokio::test(start_paused = true)]
async fn complaint_14_the_one_hour_limit_of_chained_roles_is_an_outage() {
    let story =
        Story::new(&open_all_day(&[("sensitive-s3", "SensitiveS3", "session_duration = '12h'\nrefresh_lead = '2h'")])).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    daemon.says_once("session published");
    let capped = daemon.says_once("last one hour from now on, not 12h");
    assert!(capped.level == Level::WARN && capped.message.contains("access is not affected"), "{}", capped.message);
    assert_eq!(daemon.says("failing"), [""; 0]);
    story.pass(minutes(20 * 60)).await;
    let refused = story.calls(Operation::AssumeRole).into_iter().filter(|call| call.error.is_some()).count();
    assert_eq!(refused, 1, "remembered");
    // Where there is no limit, a longer session is had.
    let story =
        Story::new(&open_all_day(&[("sensitive-s3", "SensitiveS3", "session_duration = '12h'\nrefresh_lead = '2h'")])).await;
    story.world.set_instance_roles_are_capped(false);
    let mut uncapped = story.daemon().await;
    story.pass(minutes(24 * 60 - 10)).await;
    assert_eq!(uncapped.says("last one hour"), [""; 0]);
    assert!(story.world.versions("SensitiveS3").len() <= 4);
    daemon.kill();
    uncapped.kill();
}

/// pizauth#47: the clock that timers run on stands still while the host sleeps, and the refresh is missed.
#[tokio::test(start_paused = true)]
async fn complaint_16_a_host_that_slept_serves_an_expired_token() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(minutes(7)).await;
    // Three hours pass on the wall, and none for timers.
    story.clock.step(SignedDuration::from_hours(3));
    assert!(expiration(&story) < story.clock.now());
    story.pass(seconds(61)).await;
    assert!(expiration(&story).duration_since(story.clock.now()) >= minutes(20), "noticed within a minute");
    let stepped = daemon.says_once("the clock was set, or the host slept: 3h");
    assert_eq!(stepped.level, Level::WARN);
    // And a window that ended in that time is closed.
    story.clock.step(SignedDuration::from_hours(24));
    let sessions = story.world.sessions().len();
    story.pass(minutes(300)).await;
    daemon.says_once("window closed");
    assert_eq!(story.world.sessions().len(), sessions);
    daemon.kill();
}

/// google-auth-library-python#158: skew was corrected in the wrong direction, and clock errors passed for expired tokens.
#[tokio::test(start_paused = true)]
async fn complaint_17_clock_skew_is_hidden_or_corrected_the_wrong_way() {
    for ahead in [90, -90] {
        let story = Story::new(ONE_DAY).await;
        story.pass(minutes(10)).await;
        story.put_aws_ahead(ahead);
        let mut daemon = story.daemon().await;
        story.pass(SignedDuration::from_hours(2)).await;
        let skew = daemon.says_once("set it right (timedatectl)");
        assert_eq!(skew.level, Level::ERROR);
        let direction = if ahead > 0 { "ahead of" } else { "behind" };
        // As far as it is certain: STS tells whole seconds.
        let words = ["1m 29s", "1m 30s"].map(|by| format!("AWS's clock is {by} {direction} this host's"));
        assert!(words.iter().any(|words| skew.message.contains(words)), "{}", skew.message);
        assert!(daemon.says("session published").len() >= 3, "within bounds, work goes on");
        daemon.kill();
    }
    // Beyond AWS's own bound the words are about the clock, not about a token.
    let story = Story::new(ONE_DAY).await;
    story.pass(minutes(10)).await;
    story.put_aws_ahead(900);
    let mut daemon = story.daemon().await;
    story.pass(minutes(30)).await;
    let failing = daemon.says("failing for");
    assert!(
        failing.iter().all(|said| said.contains("check this host's clock (timedatectl)")) && failing.len() == 1,
        "{failing:#?}"
    );
    assert_eq!(story.world.versions("SensitiveS3").len(), 0);
    daemon.kill();
}

/// rusoto#1874: one Throttling and the provider is stuck; aws-sdk-rust#524: layers of retries multiply; AccessDenied is hammered.
#[tokio::test(start_paused = true)]
async fn complaint_18_retries_multiply_or_never_come() {
    let story = Story::new(ONE_DAY).await;
    story.world.fail(Operation::AssumeRole, answer(400, "Throttling"), 1);
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    daemon.says_once("session published");
    assert_eq!(story.calls(Operation::AssumeRole).len(), 2, "one that failed, one that did not");
    daemon.kill();

    for (fault, most) in [(answer(403, "AccessDenied"), 31), (answer(400, "Throttling"), 60 * 4)] {
        let story = Story::new(ONE_DAY).await;
        story.world.fail(Operation::AssumeRole, fault.clone(), usize::MAX);
        let daemon = story.daemon().await;
        story.pass(minutes(60)).await;
        let calls = story.calls(Operation::AssumeRole).len();
        assert!((20..=most).contains(&calls), "{fault:?}: {calls} calls in an hour");
        daemon.kill();
    }
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
