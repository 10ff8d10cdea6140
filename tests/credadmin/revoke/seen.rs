//! Whether access has ended, as a bucket shows it to the session that readers had: on virtual time.

use credadmin::grant::Secret;
use credadmin::revoke::probe;

use super::race::admin;
use super::{BUCKET, READER, REVOKER};
use crate::story::{Host, ONE_DAY, Story, seconds};

async fn published() -> (Story, Host, Secret) {
    let story = Story::new(ONE_DAY).await;
    story.world.add_bucket("sensitive-bucket", BUCKET);
    let daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    let settings = story.sources().settings(story.clock.now()).expect("a valid config");
    let secret = (*settings.secrets[0].secret).clone();
    (story, daemon, secret)
}

#[tokio::test(start_paused = true)]
async fn it_is_waited_for_the_end_and_no_longer_than_five_minutes() {
    let (story, daemon, secret) = published().await;
    let aws = admin(&story, READER).await;
    let old = probe(&aws, &story.clock, &secret, "sensitive-bucket").await.expect("it sees the bucket");
    let began = story.clock.now();
    let never = old.watch(&aws, &story.clock).await.expect_err("nobody has denied it");
    assert_eq!(never, "HeadBucket of sensitive-bucket with the old session: status 200, 5m after the Deny");
    let waited = story.clock.now().duration_since(began);
    assert!(waited >= seconds(300) && waited < seconds(310), "{waited}");

    let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-12-01T08:01:00Z"}}}}"#;
    story.world.put_role_policy("SensitiveS3Access", "AWSRevokeOlderSessions", deny);
    let ended = old.watch(&aws, &story.clock).await.expect("denied");
    assert!(ended.duration_since(story.clock.now()).abs() < seconds(5));
    let late = probe(&aws, &story.clock, &secret, "sensitive-bucket").await.err().expect("denied already");
    assert_eq!(late, "HeadBucket of sensitive-bucket with the session of sensitive-s3 is answered with 403 already");
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn what_keeps_it_from_being_seen_is_said() {
    let (story, daemon, secret) = published().await;
    let aws = admin(&story, REVOKER).await;
    let denied = probe(&aws, &story.clock, &secret, "sensitive-bucket").await.err().expect("it may not read");
    assert!(denied.starts_with("secretsmanager:GetSecretValue failed with AccessDeniedException: "), "{denied}");
    story.world.update_role("Admin", |role| drop(role.policies.insert("reads".into(), READER.into())));
    let missing = probe(&aws, &story.clock, &secret, "another-bucket").await.err().expect("no such bucket");
    assert_eq!(missing, "HeadBucket of another-bucket with the session of sensitive-s3 is answered with 404 already");
    story.world.stranger_puts("SensitiveS3", r#"{"state":"closed"}"#).expect("written");
    let closed = probe(&aws, &story.clock, &secret, "sensitive-bucket").await.err().expect("no session");
    assert_eq!(closed, "there is no session in sensitive-s3");
    daemon.kill();
}
