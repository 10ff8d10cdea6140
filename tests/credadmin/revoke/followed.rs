//! The daemon beside a revocation, on virtual time: what it makes of a tombstone.

use credadmin::schedule::token::{denied_before, ends, token, tombstone};
use jiff::Timestamp;
use strict_aws::{Caller, Operation, PutSecretValue, SessionRecord};
use tracing::Level;

use crate::story::{ONE_DAY, START, Story, minutes, seconds};

/// Who may do anything in that account.
pub const ANYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The Deny, put by the hand of AWS.
fn deny(story: &Story, before: Timestamp) {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{before}"}}}}}}}}"#
    );
    story.world.put_role_policy("SensitiveS3Access", "AWSRevokeOlderSessions", &document);
}

/// A tombstone by who may write one, with the Deny that it speaks of, half a minute ahead by AWS's clock.
fn revoke(story: &Story, nonce: u128) -> (String, Timestamp) {
    let before = Timestamp::from_second((story.world.now() + seconds(30)).as_second()).expect("an instant");
    let version = tombstone(before, nonce << 32);
    let admin = Caller::holding(&story.world.add_user(&format!("admin{nonce}"), &[ANYTHING]));
    let value = format!(r#"{{"state":"closed","since":"{}","reason":"revoked"}}"#, story.world.now());
    let put = PutSecretValue {
        secret_id: "SensitiveS3".into(),
        client_request_token: Some(version.clone()),
        secret_string: value,
        version_stages: None,
    };
    story.world.put_secret_value(&admin, &put).expect("written");
    deny(story, before);
    (version, before)
}

fn versions(story: &Story) -> Vec<String> {
    story.world.versions("SensitiveS3").into_iter().map(|version| version.version_id).collect()
}

/// The session that readers get.
fn published(story: &Story) -> SessionRecord {
    let key = story.value()["sessionId"].as_str().expect("a session").to_owned();
    story.world.sessions().into_iter().find(|session| session.access_key_id == key).expect("of this world")
}

fn secret(story: &Story) -> credadmin::grant::Secret {
    let settings = story.sources().settings(story.clock.now()).expect("a valid config");
    (*settings.secrets[0].secret).clone()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_session_follows_where_the_window_goes_on_and_no_sooner_than_it_can_live() {
    let story = Story::new(ONE_DAY).await;
    let first = story.daemon().await;
    story.pass(seconds(5)).await;
    first.kill();
    let (version, before) = revoke(&story, 1);
    // Looks at once.
    let mut daemon = story.daemon().await;
    story.pass(seconds(25)).await;
    assert_eq!(versions(&story).last(), Some(&version), "a session of now would be denied");
    assert_eq!(story.calls(Operation::AssumeRole).len(), 1);
    story.pass(seconds(10)).await;
    let current = versions(&story).pop().expect("a version");
    let until = ends(&current).expect("a session");
    assert_eq!(current, token(&secret(&story), until, Some(&version)), "whoever publishes it");
    assert!(published(&story).issued_at >= before, "{:?}", published(&story));
    let revoked = daemon.says_once("revoked: ");
    assert_eq!(
        revoked.message,
        format!(
            "revoked: tombstone {version} in sensitive-s3 (SensitiveS3): sessions of \
             arn:aws:iam::123456789012:role/SensitiveS3Access issued before {before} are denied, if credadmin revoke could put the \
             Deny; a fresh session follows after that, for quarter-end"
        )
    );
    assert_eq!((revoked.level, revoked.fields.secret_version_id.as_ref()), (Level::WARN, Some(&version)));
    story.pass(minutes(30)).await;
    for quiet in ["drift", "failing", "took the place"] {
        assert_eq!(daemon.says(quiet), [""; 0]);
    }
    assert_eq!(daemon.says("revoked: ").len(), 1, "told once");
    assert_eq!(versions(&story).len(), 3 + usize::from(story.clock.now() > until), "and written once");
    daemon.kill();
}

/// Between its own looks, which are five minutes apart.
#[tokio::test(start_paused = true)]
async fn a_daemon_that_runs_sees_it_within_five_minutes_each_time() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    for n in 1..=3 {
        story.pass(minutes(7)).await;
        let (version, before) = revoke(&story, n);
        story.pass(minutes(5) + seconds(40)).await;
        let all = versions(&story);
        let over = all.iter().position(|it| *it == version).expect("it was written") + 1;
        assert!(all.len() > over && ends(&all[over]).is_some(), "{all:#?}");
        assert!(published(&story).issued_at >= before);
        assert_eq!(daemon.says("revoked: ").len(), n as usize);
    }
    assert_eq!(daemon.says("drift"), [""; 0]);
    daemon.kill();
}

/// AWS counts by its own clock: a host that is ahead of it would publish what is dead.
#[tokio::test(start_paused = true)]
async fn it_waits_for_awss_clock_and_not_for_its_own() {
    for ahead in [-40, -5, 20] {
        let story = Story::new(ONE_DAY).await;
        // The window has been open for a while, by AWS's clock too.
        story.pass(minutes(8)).await;
        story.put_aws_ahead(ahead);
        let (version, before) = revoke(&story, 1);
        let mut daemon = story.daemon().await;
        story.pass(seconds(120)).await;
        let all = versions(&story);
        assert_eq!((all.len(), &all[0]), (2, &version), "AWS is {ahead} s ahead: {all:#?}");
        assert!(published(&story).issued_at >= before, "AWS is {ahead} s ahead");
        assert_eq!(daemon.says("failing"), [""; 0], "it is no failure to wait");
        daemon.kill();
    }
}

#[tokio::test(start_paused = true)]
async fn outside_a_window_nothing_follows_and_nothing_is_written() {
    let story = Story::new(&ONE_DAY.replace("2026-12-02T08:00:00Z", "2026-12-01T08:30:00Z")).await;
    let mut daemon = story.daemon().await;
    story.pass(minutes(10)).await;
    let (version, before) = revoke(&story, 1);
    let before_it = (versions(&story).len(), story.calls(Operation::AssumeRole).len());
    story.write("grants.d/20-cut.toml", "[grants.quarter-end]\nuntil = '2026-12-01T08:10:00Z'\n");
    daemon.reload().await;
    story.pass(minutes(20)).await;
    assert_eq!(versions(&story).last(), Some(&version));
    assert!(daemon.says_once("window closed").message.contains("to end it now: credadmin revoke sensitive-s3"));
    daemon.kill();
    // Nor by one that finds it.
    let mut daemon = story.daemon().await;
    story.pass(minutes(20)).await;
    let revoked = daemon.says_once("revoked: ");
    assert_eq!(revoked.level, Level::INFO);
    assert!(revoked.message.ends_with("; no window is open, and nothing is published"), "{}", revoked.message);
    assert_eq!((versions(&story).len(), story.calls(Operation::AssumeRole).len()), before_it);
    assert_eq!(denied_before(&version), Some(before));
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn two_daemons_agree_on_the_one_session_that_follows() {
    let story = Story::new(ONE_DAY).await;
    let mut daemons = [story.daemon().await, story.daemon().await];
    story.pass(minutes(2)).await;
    let (version, _) = revoke(&story, 1);
    story.pass(minutes(5)).await;
    let all = versions(&story);
    let after: Vec<&String> = all.iter().skip_while(|it| **it != version).skip(1).collect();
    assert_eq!(after.len(), 1, "{all:#?}");
    for daemon in &mut daemons {
        assert_eq!(daemon.says("drift"), [""; 0]);
        assert_eq!(daemon.says("failing"), [""; 0]);
    }
}

/// Whoever writes a tombstone with a stamp that no revocation could have made, keeps nobody out for long.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_stamp_that_is_hours_away() {
    let story = Story::new(ONE_DAY).await;
    let far: Timestamp = START.parse().expect("an instant");
    let version = tombstone(far + minutes(300), 7 << 32);
    let admin = Caller::holding(&story.world.add_user("admin", &[ANYTHING]));
    let put = PutSecretValue {
        secret_id: "SensitiveS3".into(),
        client_request_token: Some(version.clone()),
        secret_string: "{}".into(),
        version_stages: None,
    };
    story.world.put_secret_value(&admin, &put).expect("written");
    let daemon = story.daemon().await;
    story.pass(seconds(10)).await;
    assert_eq!(versions(&story).len(), 2, "published at once");
    daemon.kill();
}
