//! The end: what is in flight is finished or given up within the grace, and which is said.

use std::time::Duration;

use credadmin::journal::Event;
use nix::sys::signal::Signal;
use strict_aws::{Fault, Operation};

use crate::harness::{Credadmin, PATIENCE};
use crate::story::{Beside, Story, open_all_day, seconds};

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_finished_or_given_up_and_which_is_said() {
    let secrets = [("quick", "SensitiveS3", ""), ("slow", "Slow", ""), ("stuck", "Stuck", "")];
    let story = Story::new(&open_all_day(&secrets)).await;
    for id in ["Slow", "Stuck"] {
        story.world.create_secret(id, None);
    }
    story.world.fail_for(Operation::PutSecretValue, "Slow", Fault::Delay(Duration::from_secs(6)), usize::MAX);
    story.world.fail_for(Operation::PutSecretValue, "Stuck", Fault::Silent, usize::MAX);
    let daemon = story.daemon().await;
    story.pass(seconds(3)).await;
    let began = story.clock.elapsed();
    let events = daemon.stop().await;
    let took = story.clock.elapsed().since(began);
    assert!(took <= seconds(10), "the grace is ten seconds: {took:#}");
    let Some(Event::Stopped { signal, finished, abandoned }) = events.last() else {
        panic!("the last word is {:?}", events.last());
    };
    let names = |names: &[credadmin::grant::Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((*signal, names(finished), names(abandoned)), ("SIGTERM", vec!["slow".into()], vec!["stuck".into()]));
    let words = events.last().expect("an event").record().message;
    assert!(words.contains("stopped by SIGTERM") && words.contains("finished: slow; given up in mid-flight: stuck"), "{words}");
    assert_eq!(story.world.versions("Slow").len(), 1, "finished means published");
    assert!(events.iter().any(|event| event.record().message.contains("session published in slow")));
    let calls = story.world.calls().len();
    story.pass(seconds(600)).await;
    assert_eq!(story.world.calls().len(), calls, "nothing is left running");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_with_nothing_in_flight_stops_at_once() {
    let story = Story::new(crate::story::ONE_DAY).await;
    let daemon = story.daemon().await;
    story.pass(seconds(3)).await;
    let began = story.clock.elapsed();
    let events = daemon.stop().await;
    assert!(story.clock.elapsed().since(began) < seconds(1));
    assert!(
        matches!(events.last(), Some(Event::Stopped { finished, abandoned, .. }) if finished.is_empty() && abandoned.is_empty())
    );
}

/// The real binary, stuck in a call: the first signal waits for it, the second one does not.
#[test]
fn a_second_signal_ends_it_at_once() {
    let aws = Beside::new(&["SensitiveS3"]);
    let world = &aws.world;
    world.fail(Operation::DescribeSecret, Fault::Silent, usize::MAX);
    let config = open_all_day(&[("sensitive-s3", "SensitiveS3", "")])
        .replace("2026-12-01", "2020-01-01")
        .replace("2026-12-02", "2199-01-01");
    let credadmin = aws.environment.iter().fold(Credadmin::new(&config), |it, (name, value)| it.env(name, value));
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let silent = world.calls().len();
        let mut daemon = credadmin.run();
        daemon.wait_for_line("window opened", PATIENCE);
        while !world.calls()[silent..].iter().any(|call| call.error.as_deref() == Some("(silent)")) {
            std::thread::sleep(Duration::from_millis(5));
        }
        daemon.signal(signal);
        // Its handler runs in the process' own time; until then a second signal would be the first.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(daemon.lines_with("stopped by"), [""; 0], "it waits for what is in flight");
        daemon.signal(signal);
        assert_eq!(daemon.wait().code(), Some(code));
        assert_eq!(daemon.lines_with("stopped by"), [""; 0], "it has no more to say");
    }
}
