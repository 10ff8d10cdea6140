//! A grant that is taken away, or cut short again: what is under way for it, what it leaves, and what is said of that.

use credadmin::schedule::token;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Fault, Operation};
use tracing::Level;

use crate::story::{ONE_DAY, START, Story, minutes, seconds};

/// The same secret, without a grant.
fn without_the_grant() -> &'static str {
    &ONE_DAY[..ONE_DAY.find("[grants").expect("a grant")]
}

fn in_time(time: SignedDuration) -> Timestamp {
    START.parse::<Timestamp>().expect("an instant") + time
}

/// The one grant ends so long after the start.
fn ending_after(time: SignedDuration) -> String {
    ONE_DAY.replace("2026-12-02T08:00:00Z", &in_time(time).to_string())
}

/// When the session ends that readers get.
fn current_ends(story: &Story) -> Option<Timestamp> {
    token::ends(&story.world.versions("SensitiveS3").last().expect("a version").version_id)
}

#[tokio::test(start_paused = true)]
async fn nothing_more_is_issued_or_written_for_it() {
    for (slow, issued, written) in
        [(Operation::DescribeSecret, 0, 0), (Operation::AssumeRole, 1, 0), (Operation::PutSecretValue, 1, 1)]
    {
        let story = Story::new(ONE_DAY).await;
        story.world.fail(slow, Fault::Delay(std::time::Duration::from_secs(4)), 1);
        let mut daemon = story.daemon().await;
        story.pass(seconds(2)).await;
        story.write("credadmin.toml", without_the_grant());
        daemon.reload().await;
        story.pass(minutes(10)).await;
        daemon.says_once("window closed: grant quarter-end of secret sensitive-s3");
        let found = (story.world.sessions().len(), story.world.versions("SensitiveS3").len());
        assert_eq!(found, (issued, written), "while {slow:?} was slow");
        assert_eq!(daemon.says("session published").len(), written, "while {slow:?} was slow");
        if written == 0 {
            assert_eq!(daemon.says("was cut"), [""; 0], "while {slow:?} was slow");
        } else {
            // What had been sent before: the line of the window's end knew nothing of it.
            let cut = daemon.says_once("coverage of sensitive-s3 was cut, but a session that was handed out lives until");
            let ends = current_ends(&story).expect("a session").to_string();
            assert_eq!((cut.level, cut.message.contains(&ends)), (Level::WARN, true), "{}", cut.message);
            assert!(cut.message.contains("credadmin revoke"), "{}", cut.message);
        }
        daemon.kill();
    }
}

/// A call goes on that is under way for what stays as it is.
#[tokio::test(start_paused = true)]
async fn a_reload_that_changes_nothing_of_it_calls_nothing_off() {
    let story = Story::new(ONE_DAY).await;
    story.world.fail(Operation::AssumeRole, Fault::Delay(std::time::Duration::from_secs(4)), 1);
    let mut daemon = story.daemon().await;
    story.pass(seconds(2)).await;
    let another = "[grants.later]\nsecret = 'sensitive-s3'\nfrom = '2026-12-03T08:00:00Z'\nuntil = '2026-12-03T09:00:00Z'\n";
    story.write("credadmin.toml", &format!("{ONE_DAY}{another}"));
    daemon.reload().await;
    story.pass(minutes(1)).await;
    daemon.says_once("session published");
    assert_eq!(story.world.sessions().len(), 1);
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_is_taken_back_leaves_readers_the_shorter_session() {
    for restarted in [false, true] {
        let (usual, extended) = (ending_after(minutes(20)), ending_after(minutes(25)));
        let story = Story::new(&usual).await;
        let mut daemon = story.daemon().await;
        story.pass(seconds(5)).await;
        for (config, ends) in [(&extended, minutes(25)), (&usual, minutes(20))] {
            story.write("credadmin.toml", config);
            if restarted {
                daemon.kill();
                daemon = story.daemon().await;
            } else {
                daemon.reload().await;
            }
            story.pass(seconds(5)).await;
            assert_eq!(current_ends(&story), Some(in_time(ends)), "restarted: {restarted}");
        }
        let cut = daemon.says_once("coverage of sensitive-s3 was cut, but a session that was handed out lives until");
        assert!(cut.message.contains(&in_time(minutes(25)).to_string()), "{}", cut.message);
        story.pass(minutes(10)).await;
        assert_eq!(story.world.versions("SensitiveS3").len(), 3, "once, extended, and once more");
        daemon.kill();
    }
}

/// Given, taken back, and given again: readers have a session all the time.
#[tokio::test(start_paused = true)]
async fn an_extension_that_is_given_twice_leaves_no_gap() {
    let (usual, extended) = (ending_after(minutes(22)), ending_after(minutes(26)));
    let story = Story::new(&usual).await;
    let daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    for config in [&extended, &usual, &extended] {
        story.write("credadmin.toml", config);
        daemon.reload().await;
        story.pass(seconds(5)).await;
    }
    assert_eq!(current_ends(&story), Some(in_time(minutes(22))), "it is good for a while yet");
    story.pass(minutes(22)).await;
    let last = story.world.versions("SensitiveS3").pop().expect("a version");
    assert_eq!(token::ends(&last.version_id), Some(in_time(minutes(26))));
    assert!(last.created < in_time(minutes(22)), "{}", last.created);
    assert_eq!(story.world.versions("SensitiveS3").len(), 4);
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_was_restarted_says_that_a_session_lives_on() {
    let story = Story::new(ONE_DAY).await;
    let daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    daemon.kill();
    story.write("credadmin.toml", without_the_grant());
    let mut daemon = story.daemon().await;
    story.pass(minutes(30)).await;
    let cut = daemon.says_once("coverage of sensitive-s3 was cut, but a session that was handed out lives until");
    let ends = current_ends(&story).expect("a session").to_string();
    assert!(cut.message.contains(&ends) && cut.message.contains("credadmin revoke"), "{}", cut.message);
    daemon.reload().await;
    story.pass(minutes(1)).await;
    daemon.says_once("was cut");
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn a_shorter_session_is_no_cut() {
    let lasting = |length: &str| {
        let keys = format!("session_duration = '{length}'\nrefresh_lead = '15m'\n[grants");
        ONE_DAY.replace("[grants", &keys)
    };
    let story = Story::new(&lasting("1h")).await;
    let mut daemon = story.daemon().await;
    // Just after a refresh it ends later than any session of the shorter length.
    let refreshed = story.planned()[1].0;
    story.pass(refreshed.duration_since(story.clock.now()) + seconds(5)).await;
    let longer = current_ends(&story).expect("a session");
    story.write("credadmin.toml", &lasting("35m"));
    daemon.reload().await;
    story.pass(seconds(5)).await;
    assert!(current_ends(&story) < Some(longer), "a shorter one has taken its place");
    story.pass(minutes(3 * 60)).await;
    assert_eq!(daemon.says("was cut"), [""; 0], "the longer one ends within the window");
    daemon.kill();
}
