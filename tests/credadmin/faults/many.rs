//! Secrets beside one another, and daemons beside one another: nobody waits for somebody else's trouble.

use credadmin::schedule::token;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{ApiError, Fault, Operation};

use crate::story::{ONE_DAY, START, Story, minutes, open_all_day, seconds};

/// When a session was first published in that secret, after the start.
fn published_after(story: &Story, id: &str) -> Option<SignedDuration> {
    let start: Timestamp = START.parse().expect("an instant");
    story.world.versions(id).first().map(|version| version.created.duration_since(start))
}

/// Twenty secrets in trouble of one sort, and one that is well, last in the order of names.
#[tokio::test(start_paused = true)]
async fn twenty_in_trouble_do_not_delay_the_one_that_is_well() {
    let answer = |status, code: &str| Fault::Answer(ApiError::new(status, code, "no"));
    for (operation, fault) in [
        (Operation::DescribeSecret, Fault::Silent),
        (Operation::PutSecretValue, Fault::Silent),
        (Operation::DescribeSecret, Fault::Delay(std::time::Duration::from_secs(9))),
        (Operation::DescribeSecret, answer(400, "AccessDeniedException")),
        (Operation::DescribeSecret, answer(400, "ThrottlingException")),
        (Operation::PutSecretValue, answer(400, "ThrottlingException")),
    ] {
        let what = format!("{operation:?} {fault:?}");
        let ids: Vec<(String, String)> = (1..=20).map(|n| (format!("ill-{n:02}"), format!("Ill{n:02}"))).collect();
        let mut secrets: Vec<(&str, &str, &str)> = ids.iter().map(|(name, id)| (name.as_str(), id.as_str(), "")).collect();
        secrets.push(("zz-well", "SensitiveS3", ""));
        let story = Story::new(&open_all_day(&secrets)).await;
        for (_, id) in &ids {
            story.world.create_secret(id, None);
            story.world.fail_for(operation, id, fault.clone(), usize::MAX);
        }
        let mut daemon = story.daemon().await;
        story.pass(seconds(6)).await;
        let after = published_after(&story, "SensitiveS3").unwrap_or_else(|| panic!("{what}: not published at all"));
        assert!(after <= seconds(5), "{what}: published after {after:#}");
        daemon.says_once("session published in zz-well");
        daemon.kill();
    }
}

/// Two daemons on one config, started together: one session, one version, and no alarm at all.
#[tokio::test(start_paused = true)]
async fn two_daemons_race() {
    for lag in [0, 30] {
        let story = Story::new(ONE_DAY).await;
        story.world.set_describe_lag(std::time::Duration::from_secs(lag));
        story.pass(minutes(1)).await;
        let (mut one, mut two) = (story.daemon().await, story.daemon().await);
        story.pass(minutes(6 * 60)).await;
        let (start, now): (Timestamp, Timestamp) = (START.parse().expect("an instant"), story.clock.now());
        let planned = story.planned().iter().filter(|(at, _)| start <= *at && *at < now).count();
        assert_eq!(story.world.versions("SensitiveS3").len(), planned, "each planned session once, lag {lag} s");
        for daemon in [&mut one, &mut two] {
            for alarm in ["failing", "drift", "took the place"] {
                assert_eq!(daemon.says(alarm), [""; 0], "lag {lag} s");
            }
        }
        let published = one.says("session published").len() + two.says("session published").len();
        let in_place = one.says("session in place").len() + two.says("session in place").len();
        assert_eq!((published, in_place), (planned, planned), "each is published by one and found by the other, lag {lag} s");
        one.kill();
        two.kill();
    }
}

/// Another daemon on another config publishes twice and is taken away: by then the version of the one that stays has lost its
/// label, and what the other has left runs out long before the next refresh. One that has started since has to find that out.
#[tokio::test(start_paused = true)]
async fn a_canary_that_is_taken_away_leaves_no_gap() {
    for restarted in [false, true] {
        let story = Story::new(ONE_DAY).await;
        let mut daemon = story.daemon().await;
        let (refreshed, ends) = story.planned()[1];
        story.pass(refreshed.duration_since(story.clock.now()) + seconds(5)).await;
        let mut dies = story.clock.now();
        for length in [12, 13] {
            dies = Timestamp::from_second(story.clock.now().as_second()).expect("an instant") + minutes(length);
            story.write("credadmin.toml", &ONE_DAY.replace("2026-12-02T08:00:00Z", &dies.to_string()));
            let canary = story.daemon().await;
            story.pass(seconds(5)).await;
            canary.kill();
        }
        story.write("credadmin.toml", ONE_DAY);
        assert_eq!(story.world.versions("SensitiveS3").len(), 4, "two of its own, two of the canary's");
        if restarted {
            daemon.kill();
            daemon = story.daemon().await;
        }
        story.pass(minutes(20)).await;
        let versions = story.world.versions("SensitiveS3");
        let last = versions.last().expect("a version");
        assert_eq!((versions.len(), token::ends(&last.version_id)), (5, Some(ends)), "once more, and once only: {restarted}");
        assert!(last.created < dies, "readers were without access from {dies} to {}", last.created);
        daemon.kill();
    }
}

/// Reload: whole, or not at all.
#[tokio::test(start_paused = true)]
async fn a_reload_is_whole_or_not_at_all() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;

    // One good change and one mistake: neither is taken.
    let cut = ONE_DAY.replace("2026-12-02T08:00:00Z", "2026-12-01T08:30:00Z");
    story.write("credadmin.toml", &format!("{cut}[secrets.second]\nsecret_id = 'Second'\nrole_arn = 'nonsense'\n"));
    daemon.reload().await;
    story.pass(minutes(60)).await;
    let refused = daemon.says_once("reload refused, the config before it stays in force; 1 mistake: ");
    assert_eq!((refused.level, refused.message.contains("role_arn")), (tracing::Level::ERROR, true), "{}", refused.message);
    assert_eq!(daemon.says("window closed"), [""; 0], "the grant of the config before goes on");
    assert!(daemon.says("session published").len() > 1);

    // A file that is gone is no config.
    std::fs::remove_file(story.sources().main()).expect("removed");
    daemon.reload().await;
    story.pass(seconds(5)).await;
    assert_eq!(daemon.says("reload refused").len(), 2);

    story.write("credadmin.toml", &cut);
    daemon.reload().await;
    story.pass(seconds(5)).await;
    daemon.says_once("reloaded: 1 secret, 1 grant");
    let closed = daemon.says_once("window closed: grant quarter-end of secret sensitive-s3");
    assert_eq!(closed.level, tracing::Level::WARN, "what was handed out lives on: {}", closed.message);
    assert!(closed.message.contains("lives until") && closed.message.contains("AWSRevokeOlderSessions"), "{}", closed.message);
    let sessions = story.world.sessions().len();
    story.pass(minutes(120)).await;
    assert_eq!(story.world.sessions().len(), sessions, "nothing is issued after the end");
    daemon.kill();
}

/// What a visit hands out under a config that is being replaced is in the journal all the same, and is not forgotten.
#[tokio::test(start_paused = true)]
async fn a_session_published_while_the_config_changes_is_told() {
    for (change, closed) in [
        (ONE_DAY.replace("[grants", "tags = { team = 'blue' }\n[grants"), false),
        (
            ONE_DAY[..ONE_DAY.find("[grants").expect("a grant")].replace(
                "[secrets",
                "[secrets.other]\nsecret_id = 'Other'\nrole_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n[secrets",
            ),
            true,
        ),
    ] {
        let story = Story::new(ONE_DAY).await;
        story.world.update_role("SensitiveS3Access", |role| role.allows_tags = true);
        story.world.fail(Operation::PutSecretValue, Fault::Delay(std::time::Duration::from_secs(4)), 1);
        let mut daemon = story.daemon().await;
        story.pass(seconds(2)).await;
        story.write("credadmin.toml", &change);
        daemon.reload().await;
        story.pass(minutes(5)).await;
        let told: Vec<_> = daemon.records().into_iter().filter_map(|record| record.fields.access_key_id).collect();
        let written: Vec<_> = story
            .world
            .versions("SensitiveS3")
            .iter()
            .map(|version| {
                let value: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
                value["sessionId"].as_str().expect("a key id").to_owned()
            })
            .collect();
        assert_eq!(told, written, "every session that readers can have had is in the journal");
        assert_eq!(written.len(), if closed { 1 } else { 2 });
        daemon.kill();
    }
}

/// Another secret_id is another secret: what readers of the one before get is nothing to its readers.
#[tokio::test(start_paused = true)]
async fn another_secret_id_is_another_secret() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    story.write("credadmin.toml", &ONE_DAY.replace("SensitiveS3'", "Second'"));
    daemon.reload().await;
    story.pass(seconds(5)).await;
    let failing = daemon.says_once("failing for sensitive-s3 (Second)");
    assert!(failing.message.contains("no access for quarter-end"), "{}", failing.message);
    story.world.create_secret("Second", None);
    story.pass(minutes(4)).await;
    daemon.says_once("session published in sensitive-s3 (Second)");
    assert_eq!(story.world.versions("SensitiveS3").len(), 1);
    daemon.kill();
}
