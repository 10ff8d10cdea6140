//! The tables of aws-facts §6 and §7, row by row, each from an empty secret and under a published session.

use jiff::SignedDuration;
use strict_aws::{ApiError, Fault};
use tracing::Level;

use super::Tries::AfterQuota;
use super::rows::{DESCRIBE, PUT, Row, SECRETS_MANAGER, STS};
use super::{LONG, failed, judge_sentence};
use crate::story::{ONE_DAY, Story, minutes, seconds};

impl Row {
    fn fault(&self) -> Fault {
        Fault::Answer(ApiError::new(self.1, self.2, self.3))
    }

    /// Nothing is published yet: no access at all until it heals.
    async fn before_anything_is_published(&self) {
        let Self(operation, _, code, text, tries, id, remedy) = *self;
        let what = format!("{operation:?} {code}: {text}");
        let story = Story::new(ONE_DAY).await;
        story.world.fail(operation, self.fault(), usize::MAX);
        let mut daemon = story.daemon().await;
        story.pass(if tries == AfterQuota { LONG } else { minutes(40) }).await;
        let record = daemon.says_once("failing for");
        judge_sentence(
            &record,
            id,
            &format!("failed with {code}: {}", text.trim_end_matches('.')),
            "no access for quarter-end",
            remedy,
        );
        assert_eq!(record.fields.error_code.as_deref(), Some(code));
        assert!(record.fields.aws_request_id.is_some() && record.fields.grant.as_deref() == Some("quarter-end"), "{record:?}");
        let failed = failed(&story, operation, code);
        assert!(failed.len() >= 7, "{what}: {} tries", failed.len());
        // A put that may have arrived is sent a second time at once; that is no new try.
        let twice = operation == PUT && self.1 >= 500;
        let every_try: Vec<_> = failed.into_iter().step_by(if twice { 2 } else { 1 }).collect();
        tries.judge(&every_try, &what);
        assert_eq!(story.world.versions("SensitiveS3").len(), 0, "{what}");

        story.world.heal();
        story.pass(minutes(18)).await;
        let well = daemon.says_once("well again: sensitive-s3 after ");
        assert_eq!((well.level, well.message.ends_with("failed tries")), (Level::INFO, true), "{}", well.message);
        assert!(!daemon.says("session published").is_empty(), "{what}");
        assert_eq!(daemon.says("failing").len(), 1, "{what}: said once");
        daemon.kill();
    }

    /// A session is published already: access goes on until it dies, and the tries don't let it die between two of them.
    async fn under_a_session(&self) {
        let Self(operation, _, code, _, tries, ..) = *self;
        let what = format!("{operation:?} {code}");
        let story = Story::new(ONE_DAY).await;
        let mut daemon = story.daemon().await;
        story.pass(seconds(5)).await;
        let published = story.value();
        let dies: jiff::Timestamp = published["expiration"].as_str().expect("a text").parse().expect("an instant");
        story.world.fail(operation, self.fault(), usize::MAX);
        story.pass(dies.duration_since(story.clock.now()) - seconds(1)).await;
        let failing = daemon.says_once("failing for sensitive-s3");
        assert!(failing.message.contains(&format!("access goes on until {dies}")), "{what}: {}", failing.message);
        assert_eq!(story.value(), published, "{what}: what is published is left alone");
        assert_eq!(daemon.says("access lapsed").len(), 0, "{what}");
        let last_tries = failed(&story, operation, code);
        assert!(last_tries.len() > 1, "{what}: tried again while the session lived");
        story.pass(SignedDuration::from_mins(30)).await;
        let lapsed = daemon.says_once("access lapsed in sensitive-s3 at");
        assert!(
            lapsed.level == Level::ERROR && lapsed.message.contains(&format!("at {dies}, while open for quarter-end")),
            "{lapsed:?}"
        );
        if tries != AfterQuota {
            let last = last_tries.iter().map(|call| call.at).max().expect("a try");
            assert!(
                dies.duration_since(last) <= seconds(62),
                "{what}: the last try was {:#} before the end",
                dies.duration_since(last)
            );
        }
        story.world.heal();
        story.pass(minutes(18)).await;
        daemon.says_once("well again: sensitive-s3 after ");
        assert!(daemon.says("session published").len() >= 2, "{what}");
        assert_eq!(daemon.says("failing").len(), 1, "{what}: said once");
        daemon.kill();
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_secrets_manager_before_anything_is_published() {
    for row in SECRETS_MANAGER {
        row.before_anything_is_published().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_sts_before_anything_is_published() {
    for row in STS {
        row.before_anything_is_published().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_secrets_manager_under_a_published_session() {
    for row in SECRETS_MANAGER {
        row.under_a_session().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_sts_under_a_published_session() {
    for row in STS {
        row.under_a_session().await;
    }
}

/// Troubles that come one after another without a good moment between are each told once, those that pass by themselves as one.
#[tokio::test(start_paused = true)]
async fn a_secret_that_fails_in_turns_says_each_kind_once() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    for _ in 0..20 {
        story.world.fail(DESCRIBE, STS[12].fault(), 1);
        story.world.fail(DESCRIBE, SECRETS_MANAGER[13].fault(), 1);
        story.world.fail(DESCRIBE, SECRETS_MANAGER[9].fault(), 1);
    }
    story.pass(SignedDuration::from_hours(3)).await;
    let failing = daemon.says("failing for");
    assert_eq!(failing.len(), 2, "{failing:#?}");
    assert!(failing[0].contains("Throttling") && failing[1].contains("AccessDeniedException"), "{failing:#?}");
    daemon.says_once("well again: sensitive-s3 after ");
    daemon.kill();
}

/// A version id that is used already was published by somebody: nobody insists on it, and the next refresh is as planned.
#[tokio::test(start_paused = true)]
async fn a_version_id_that_is_used_already_is_not_insisted_on() {
    let story = Story::new(ONE_DAY).await;
    let text = "You can't use ClientRequestToken x because that value is already in use for a version of secret y.";
    story.world.fail(PUT, Fault::Answer(ApiError::new(400, "ResourceExistsException", text)), 1);
    let mut daemon = story.daemon().await;
    story.pass(seconds(50)).await;
    assert_eq!((failed(&story, PUT, "ResourceExistsException").len(), daemon.says("failing").len()), (1, 0));
    assert_eq!(daemon.says("session published"), [""; 0], "DescribeSecret may be a minute behind");
    story.pass(minutes(1)).await;
    daemon.says_once("session published");
    assert_eq!(daemon.says("failing"), [""; 0]);
    daemon.kill();
}
