//! The instance's own credentials, and its region: what the metadata service can do to a daemon (aws-facts §9).

use strict_aws::{ApiError, Fault, Operation};

use super::{FAILING, failed, judge_sentence};
use crate::story::{Host, ONE_DAY, Story, minutes, seconds};

/// Asked with nothing but bad answers for three minutes, then with good ones for two.
async fn heals(story: &Story, what: &str, heal: impl FnOnce(&Story)) -> Host {
    let mut daemon = story.daemon().await;
    story.pass(minutes(3)).await;
    assert_eq!(story.world.versions("SensitiveS3").len(), 0, "{what}");
    assert!(!daemon.says("failing for").is_empty(), "{what}: says nothing");
    heal(story);
    story.pass(minutes(4)).await;
    daemon.says_once("well again: sensitive-s3");
    assert_eq!(story.world.versions("SensitiveS3").len(), 1, "{what}");
    daemon
}

#[tokio::test(start_paused = true)]
async fn no_credentials_from_the_metadata_service() {
    for operation in [Operation::ImdsToken, Operation::ImdsRole, Operation::ImdsCredentials] {
        for fault in [
            Fault::Silent,
            Fault::LostAnswer,
            Fault::Garbage,
            Fault::Answer(ApiError::new(401, "401", "")),
            Fault::Answer(ApiError::new(403, "403", "")),
            Fault::Answer(ApiError::new(404, "404", "")),
            Fault::Answer(ApiError::new(500, "500", "")),
        ] {
            if operation == Operation::ImdsToken && fault == Fault::Garbage {
                continue; // Any text is a token; it is refused with 401 later.
            }
            let what = format!("{operation:?} {fault:?}");
            let story = Story::new(ONE_DAY).await;
            story.world.fail(operation, fault, usize::MAX);
            let mut daemon = heals(&story, &what, |story| story.world.heal()).await;
            let record = daemon.says_once("failing for");
            let judged = ["NoCredentials", "Timeout"].iter().find(|code| record.message.contains(&format!("failed with {code}")));
            assert_eq!(judged, Some(&"NoCredentials"), "{what}: {}", record.message);
            judge_sentence(
                &record,
                FAILING,
                "failed with NoCredentials",
                "no access for quarter-end",
                "attach the instance profile",
            );
            daemon.kill();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_a_role_or_without_a_metadata_service() {
    let story = Story::new(ONE_DAY).await;
    story.world.set_instance_role(&story.instance, None);
    let mut daemon = heals(&story, "no role", |story| story.world.set_instance_role(&story.instance, Some("CredAdmin"))).await;
    judge_sentence(
        &daemon.says_once("failing for"),
        FAILING,
        "failed with NoCredentials",
        "no access",
        "attach the instance profile",
    );
    daemon.kill();

    let story = Story::new(ONE_DAY).await;
    story.world.set_metadata_enabled(&story.instance, false);
    let mut daemon = heals(&story, "IMDS off", |story| story.world.set_metadata_enabled(&story.instance, true)).await;
    judge_sentence(
        &daemon.says_once("failing for"),
        FAILING,
        "failed with NoCredentials",
        "no access",
        "check that IMDSv2 is on",
    );
    daemon.kill();
}

/// The region comes from the instance where the config leaves it out, also when the metadata service is late.
#[tokio::test(start_paused = true)]
async fn the_region_comes_from_the_instance() {
    let config = ONE_DAY.replace("region = 'eu-central-1'\n", "");
    let story = Story::new(&config).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    daemon.says_once("session published");
    assert_eq!(daemon.says("failing"), [""; 0]);
    assert_eq!(story.calls(Operation::ImdsRegion).len(), 1);
    daemon.kill();

    for fault in [Fault::Silent, Fault::LostAnswer, Fault::Answer(ApiError::new(404, "404", ""))] {
        let what = format!("{fault:?}");
        let story = Story::new(&config).await;
        story.world.fail(Operation::ImdsRegion, fault, usize::MAX);
        let mut daemon = heals(&story, &what, |story| story.world.heal()).await;
        judge_sentence(
            &daemon.says_once("failing for"),
            FAILING,
            "failed with NoRegion",
            "no access",
            "set region in the config",
        );
        daemon.kill();
    }
}

/// Credentials that were good and are not any more: the SDK would hold on to them, the daemon fetches new ones.
#[tokio::test(start_paused = true)]
async fn stale_credentials_are_fetched_anew() {
    for (operation, status, code) in [
        (Operation::AssumeRole, 403, "ExpiredToken"),
        (Operation::AssumeRole, 403, "InvalidClientTokenId"),
        (Operation::DescribeSecret, 400, "ExpiredTokenException"),
        (Operation::DescribeSecret, 400, "UnrecognizedClientException"),
    ] {
        let story = Story::new(&ONE_DAY.replace("from = '2026-12-01T08:00:00Z'", "from = '2026-12-01T08:10:00Z'")).await;
        let mut daemon = story.daemon().await;
        story.pass(minutes(9)).await;
        let fetched = story.calls(Operation::ImdsCredentials).len();
        story.world.fail(operation, Fault::Answer(ApiError::new(status, code, "The security token is not good")), 1);
        story.pass(minutes(1) + seconds(5)).await;
        daemon.says_once("well again");
        daemon.says_once("session published");
        assert_eq!(story.calls(Operation::ImdsCredentials).len(), fetched + 1, "{code}: fetched anew, once");
        assert_eq!(failed(&story, operation, code).len(), 1, "{code}");
        assert_eq!(daemon.says("failing").len(), 1);
        daemon.kill();
    }
}

/// A metadata service that goes on handing out what is over makes STS say ExpiredToken; once it has new ones, all is well by itself.
#[tokio::test(start_paused = true)]
async fn a_metadata_service_with_expired_credentials() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    story.world.freeze_instance_credentials(&story.instance, true);
    // They live for six hours.
    story.pass(minutes(6 * 60 + 55)).await;
    let failing = daemon.says("failing for");
    assert!(failing.len() == 1 && failing[0].contains("ExpiredToken"), "{failing:#?}");
    story.world.freeze_instance_credentials(&story.instance, false);
    story.pass(minutes(4)).await;
    daemon.says_once("well again");
    daemon.kill();
}

/// They are renewed in time, unnoticed, for as long as the daemon lives.
#[tokio::test(start_paused = true)]
async fn a_day_on_credentials_that_live_for_six_hours() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(minutes(24 * 60)).await;
    assert_eq!(daemon.says("failing"), [""; 0]);
    let fetched = story.calls(Operation::ImdsCredentials).len();
    assert!((4..=6).contains(&fetched), "{fetched} times in a day");
    let planned = story.planned().len();
    assert_eq!(story.world.versions("SensitiveS3").len(), planned);
    daemon.kill();
}
