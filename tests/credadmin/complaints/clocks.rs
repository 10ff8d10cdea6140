//! Clocks that stand still, and clocks that differ.

use jiff::SignedDuration;
use tracing::Level;

use super::expiration;
use crate::story::{ONE_DAY, Story, minutes, seconds};

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
    // Beyond AWS's own bound nothing is published, and the words are about the clock, not about a token.
    for ahead in [900, -900] {
        let story = Story::new(ONE_DAY).await;
        story.pass(minutes(60)).await;
        story.put_aws_ahead(ahead);
        let mut daemon = story.daemon().await;
        story.pass(minutes(60)).await;
        let failing = daemon.says("failing for");
        let about_the_clock = |said: &String| said.contains("check this host's clock (timedatectl)");
        assert!((1..=2).contains(&failing.len()) && failing.iter().all(about_the_clock), "{failing:#?}");
        assert_eq!(story.world.versions("SensitiveS3").len(), 0);
        daemon.kill();
    }
}

/// A clock that ran ahead has closed a window before its time; once it is set back, nothing that was planned by it may stand.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_opens_again_what_it_had_closed() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(minutes(7)).await;
    let day = SignedDuration::from_hours(24);
    story.clock.step(day);
    story.pass(seconds(61)).await;
    daemon.says_once("window closed");
    story.clock.step(-day);
    story.pass(seconds(61)).await;
    assert_eq!(daemon.says("window opened").len(), 2);
    daemon.says_once("the clock was set, or the host slept: 24h ago");
    daemon.kill();
}
