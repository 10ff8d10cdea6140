//! AWS's limits, and those who hit them: lifetimes, versions, rates.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use jiff::SignedDuration;
use strict_aws::{Fault, Operation};
use tracing::Level;
use zeroize::Zeroizing;

use super::{answer, instant};
use crate::model::Model;
use crate::story::{ONE_DAY, Story, minutes, open_all_day, seconds};

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

    fn connect(&self, connection: &Connection) {
        self.0.connect(connection);
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
