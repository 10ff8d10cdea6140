//! What a secret can be other than there and ours: each its own clear event, once, and well again once it is put right.

use strict_aws::{Operation, Role, World};
use tracing::Level;

use super::{DELETED, FAILING, LONG, NO_SECRET, NOT_WRITABLE, judge_sentence};
use crate::story::{ONE_DAY, Story, minutes, open_all_day, seconds};

const EMPTY: &str = "cf291b608baa154405e2212ea26b2079";
const ROTATION: &str = "a0c1e3d5cbdf2a260563ce75499136fd";
const DRIFT: &str = "46cdad9522a9b24fe7eef6b662aae0e4";

/// Whoever has mended something does not want to wait for the next try.
#[tokio::test(start_paused = true)]
async fn a_reload_tries_again_at_once() {
    let story = Story::new(ONE_DAY).await;
    story.world.forget_secret("SensitiveS3");
    let mut daemon = story.daemon().await;
    story.pass(LONG).await;
    let tries = story.calls(Operation::DescribeSecret).len();
    story.pass(seconds(20)).await;
    assert_eq!(story.calls(Operation::DescribeSecret).len(), tries, "by now it is tried rarely");
    story.world.create_secret("SensitiveS3", None);
    daemon.reload().await;
    story.pass(seconds(5)).await;
    daemon.says_once("session published");
}

/// A reload that says where AWS is otherwise than before is followed by the next call.
#[tokio::test(start_paused = true)]
async fn a_reload_calls_aws_as_the_new_config_says() {
    let story = Story::new(&ONE_DAY.replace("eu-central-1", "us-east-1")).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(20)).await;
    assert_eq!(daemon.says("session published"), [""; 0], "signed for another region than the secret's");
    story.write("credadmin.toml", ONE_DAY);
    daemon.reload().await;
    story.pass(seconds(20)).await;
    daemon.says_once("session published");
}

/// AWS says "denied" of a secret that does not exist where the policy names secrets by `NAME-??????`, as ours does.
#[tokio::test(start_paused = true)]
async fn a_secret_that_does_not_exist() {
    let anything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    for (policy, id, code, remedy) in [
        (None, FAILING, "AccessDeniedException", "check that the secret exists in this region"),
        (Some(anything), NO_SECRET, "ResourceNotFoundException", "create the secret in this region"),
    ] {
        let story = Story::new(ONE_DAY).await;
        if let Some(policy) = policy {
            story.world.put_role_policy("CredAdmin", "job", policy);
        }
        story.world.forget_secret("SensitiveS3");
        let mut daemon = story.daemon().await;
        story.pass(LONG).await;
        let record = daemon.says_once("sensitive-s3 (");
        judge_sentence(
            &record,
            id,
            &format!("secretsmanager:DescribeSecret failed with {code}"),
            "no access for quarter-end",
            remedy,
        );
        assert_eq!(story.calls(Operation::AssumeRole).len(), 0, "no session for a secret that is not there");
        story.world.create_secret("SensitiveS3", None);
        story.pass(minutes(3)).await;
        daemon.says_once("well again");
        daemon.says_once("session published");
        daemon.kill();
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_without_a_value() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(LONG).await;
    let record = daemon.says_once("has no value yet");
    assert_eq!((record.level, record.message_id), (Level::INFO, EMPTY));
    assert!(daemon.says("failing").is_empty());
    assert!(daemon.says("session published").len() > 2);
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn a_secret_scheduled_for_deletion_and_restored() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    story.world.delete_secret("SensitiveS3");
    let sessions = story.calls(Operation::AssumeRole).len();
    story.pass(minutes(6)).await;
    let record = daemon.says_once("failing for");
    judge_sentence(&record, DELETED, "marked for deletion", "access goes on until", "aws secretsmanager restore-secret");
    story.pass(LONG).await;
    assert_eq!(daemon.says("failing for").len(), 1);
    assert_eq!(story.calls(Operation::AssumeRole).len(), sessions, "no session that can't be published");
    assert_eq!(story.calls(Operation::PutSecretValue).len(), 1);
    story.world.restore_secret("SensitiveS3");
    story.pass(minutes(4)).await;
    daemon.says_once("well again");
    assert_eq!(story.world.versions("SensitiveS3").len(), 2);
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_another_service() {
    let make = |world: &World, is: bool| world.set_owning_service("SensitiveS3", is.then_some("rds"));
    nothing_is_issued_for(make, "managed by the service rds", "name a secret that no AWS service manages").await;
}

#[tokio::test(start_paused = true)]
async fn a_replica() {
    let make = |world: &World, is: bool| world.set_replica_of("SensitiveS3", is.then_some("us-east-1"));
    nothing_is_issued_for(make, "its primary is in us-east-1", "in the region of its primary").await;
}

/// Secrets Manager takes no version of such a secret.
async fn nothing_is_issued_for(make: impl Fn(&World, bool), trouble: &str, remedy: &str) {
    let story = Story::new(ONE_DAY).await;
    make(&story.world, true);
    let mut daemon = story.daemon().await;
    story.pass(LONG).await;
    judge_sentence(&daemon.says_once("failing for"), NOT_WRITABLE, trouble, "no access for quarter-end", remedy);
    assert_eq!(story.calls(Operation::AssumeRole).len(), 0);
    make(&story.world, false);
    story.pass(minutes(4)).await;
    daemon.says_once("well again");
    daemon.kill();
}

/// Rotation is no reason to stop, but its function will write over the sessions.
#[tokio::test(start_paused = true)]
async fn a_secret_with_rotation_on() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    assert_eq!(daemon.says("rotation"), [""; 0]);
    story.world.set_rotation("SensitiveS3", true);
    story.pass(LONG).await;
    let record = daemon.says_once("rotation is on for sensitive-s3 (SensitiveS3)");
    assert_eq!((record.level, record.message_id), (Level::WARN, ROTATION));
    assert!(record.message.contains("aws secretsmanager cancel-rotate-secret"), "{}", record.message);
    assert!(daemon.says("failing").is_empty() && daemon.says("session published").len() > 2);
    story.world.set_rotation("SensitiveS3", false);
    story.pass(minutes(6)).await;
    story.world.set_rotation("SensitiveS3", true);
    story.pass(minutes(6)).await;
    assert_eq!(daemon.says("rotation is on").len(), 2, "switched on again is news");
    daemon.kill();
}

/// A stranger's version is seen within five minutes and written over, each time; but only ever once for each of them.
#[tokio::test(start_paused = true)]
async fn a_secret_written_by_a_stranger() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    let mut strangers = Vec::new();
    for n in 1..=3 {
        strangers.push(story.world.stranger_puts("SensitiveS3", &format!("by hand {n}")).expect("written"));
        story.pass(minutes(5) + seconds(1)).await;
        let drift = daemon.says("drift: ");
        assert_eq!(drift.len(), n, "{drift:#?}");
        assert!(story.value()["sessionId"].is_string(), "readers get a session again");
    }
    let records: Vec<_> = daemon.records().into_iter().filter(|record| record.message_id == DRIFT).collect();
    for (record, stranger) in records.iter().zip(&strangers) {
        assert_eq!(record.level, Level::ERROR);
        assert_eq!(record.fields.secret_version_id.as_ref(), Some(stranger));
        let says = format!("version {stranger} in sensitive-s3 (SensitiveS3) is not credadmin's");
        assert!(
            record.message.contains(&says) && record.message.contains("find out who writes to this secret"),
            "{}",
            record.message
        );
    }
    assert!(daemon.says("failing").is_empty());
    daemon.kill();
}

/// A stranger who writes all day long gets the better of nobody: the version limit is not reached, and it is said.
#[tokio::test(start_paused = true)]
async fn a_stranger_who_never_stops() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    for _ in 0..130 {
        story.pass(minutes(6)).await;
        // Only credadmin's own writes are ours to answer for.
        if story.world.stranger_puts("SensitiveS3", "x").is_err() {
            break;
        }
    }
    let ours = story.world.versions("SensitiveS3").iter().filter(|version| version.version_id.starts_with("credadmin-")).count();
    assert!(ours <= 90, "{ours} versions of ours");
    let records = daemon.records();
    let budget: Vec<_> = records.iter().filter(|record| record.message.contains("VersionBudget")).collect();
    // A refresh is no repair: with each it is well for a moment.
    assert!((1..=18).contains(&budget.len()), "{budget:#?}");
    for record in budget {
        assert_eq!((record.level, record.message_id), (Level::ERROR, FAILING));
        assert!(record.message.contains("find out who else writes to this secret"), "{}", record.message);
    }
    daemon.kill();
}

/// A plan that uses more than half of the versions of a day keeps what it needs, and no more: a stranger is written over as long as
/// there is any to spare, and the refresh that comes after that is no repair.
#[tokio::test(start_paused = true)]
async fn a_stranger_at_a_secret_that_is_refreshed_often() {
    // Every 25 minutes: 58 of 90.
    let story = Story::new(&open_all_day(&[("sensitive-s3", "SensitiveS3", "refresh_lead = '35m'")])).await;
    let mut daemon = story.daemon().await;
    story.pass(minutes(20 * 60)).await;
    let is_session = || story.value()["sessionId"].is_string();
    let stranger = || drop(story.world.stranger_puts("SensitiveS3", r#"{"by": "hand"}"#).expect("below the limit of AWS"));
    let mut repaired = 0;
    loop {
        stranger();
        story.pass(minutes(6)).await;
        if !is_session() {
            break;
        }
        repaired += 1;
    }
    assert!((12..25).contains(&repaired), "{repaired}");
    let budget = daemon.says_once("VersionBudget");
    assert!(budget.message.contains("less what it keeps for the plan"), "{}", budget.message);
    story.pass(minutes(20)).await;
    assert!(is_session(), "the refresh comes when it is due");
    daemon.kill();
}

/// The one-hour cap is learned once for each role: from then on, and after a reload, nobody asks for more.
#[tokio::test(start_paused = true)]
async fn the_one_hour_cap_is_learned_once_for_a_role() {
    for (maximum, text) in [
        (3600, "exceeds the MaxSessionDuration set for this role"),
        (43200, "1 hour session limit for roles assumed by role chaining"),
    ] {
        let long = "session_duration = '4h'";
        let story = Story::new(&open_all_day(&[("sensitive-s3", "SensitiveS3", long), ("second", "Second", long)])).await;
        story.world.update_role("SensitiveS3Access", |role: &mut Role| role.max_session_seconds = maximum);
        // The second one comes when the first has had its lesson.
        story.world.set_owning_service("SensitiveS3", None);
        let mut daemon = story.daemon().await;
        story.pass(seconds(5)).await;
        story.world.create_secret("Second", None);
        story.pass(LONG).await;
        daemon.reload().await;
        story.pass(LONG).await;
        let too_long: Vec<_> = story.calls(Operation::AssumeRole).into_iter().filter(|call| call.error.is_some()).collect();
        assert_eq!(too_long.len(), 1, "asked for more than an hour once: {too_long:#?}");
        let record = daemon.says_once("last one hour from now on");
        assert_eq!(record.level, Level::WARN);
        assert!(
            record.message.contains(text)
                && record.message.contains("access is not affected")
                && record.message.contains("session_duration")
        );
        assert!(daemon.says("failing for sensitive-s3").is_empty());
        for name in ["SensitiveS3", "Second"] {
            assert!(story.world.versions(name).len() >= 5, "{name} is kept by the hour");
        }
        daemon.kill();
    }
}

/// The event says what to set: set, it is tried, and what keeps it from being in force is told anew.
#[tokio::test(start_paused = true)]
async fn a_cap_is_of_the_length_that_was_refused_and_not_of_shorter_ones() {
    let lasting = |hours: &str| open_all_day(&[("sensitive-s3", "SensitiveS3", &format!("session_duration = '{hours}'"))]);
    let story = Story::new(&lasting("4h")).await;
    story.world.update_role("SensitiveS3Access", |role: &mut Role| role.max_session_seconds = 7200);
    let mut daemon = story.daemon().await;
    story.pass(minutes(10)).await;
    let asked = || story.calls(Operation::AssumeRole).iter().filter(|call| call.error.is_some()).count();
    assert!(daemon.says_once("last one hour from now on").message.contains("role's MaxSessionDuration"));
    story.write("credadmin.toml", &lasting("2h"));
    daemon.reload().await;
    story.pass(minutes(3 * 60)).await;
    // The role's maximum allows it, but the daemon's own credentials are a role's, too.
    let said = daemon.says("last one hour from now on");
    assert!(said.len() == 2 && said[1].contains("not 2h") && said[1].contains("1 hour session limit"), "{said:?}");
    // What is longer is refused still, and not asked for again.
    for hours in ["5h", "3h", "2h"] {
        story.write("credadmin.toml", &lasting(hours));
        daemon.reload().await;
        story.pass(minutes(60)).await;
    }
    assert_eq!((asked(), daemon.says("last one hour from now on").len()), (2, 2));
    assert_eq!(daemon.says("failing for"), [""; 0]);
    daemon.kill();
}
