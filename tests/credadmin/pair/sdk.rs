//! kill -9 at every await point of the calls as the real SDK makes them, over real HTTP.

use std::sync::Arc;

use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use simulate::process::Process;
use zeroize::Zeroizing;

use crate::story::{ONE_DAY, Story, minutes, seconds};

/// An AWS whose calls are parts of a process.
struct Parts<A>(A, Arc<Process>);

impl<A: Aws> Aws for Parts<A> {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        self.1.call(self.0.describe_secret(secret_id)).await
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        self.1.call(self.0.assume_role(ask)).await
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        self.1.call(self.0.put_secret_value(secret_id, version_id, value)).await
    }

    fn connect(&self, connection: &Connection) {
        self.0.connect(connection);
    }

    async fn renew(&self) {
        self.1.call(self.0.renew()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_await_point_of_the_sdk_and_started_again() {
    at_every_point(false).await;
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_await_point_of_the_sdk_beside_a_peer() {
    at_every_point(true).await;
}

async fn at_every_point(peer: bool) {
    let mut point = 0;
    while killed_at(point, peer).await {
        point += 1;
    }
    println!("with a peer: {peer}; killed at {point} points");
    assert!(point > 20, "{point} points only");
}

/// Answers with whether there was such a point.
async fn killed_at(point: usize, peer: bool) -> bool {
    let story = Story::new(ONE_DAY).await;
    let process = Process::new();
    process.doom(point);
    let one = story.start(Parts(story.sdk().await, Arc::clone(&process)), story.sources(), 1);
    let two = if peer { Some(story.daemon().await) } else { None };
    let was_killed = tokio::select! {
        () = process.died() => true,
        () = story.pass(seconds(20)) => false,
    };
    one.kill();
    let again = if peer { None } else { Some(story.daemon().await) };
    story.pass(minutes(2)).await;
    let (versions, planned) = (story.world.versions("SensitiveS3"), story.planned()[0]);
    assert_eq!(versions.len(), 1, "point {point}, peer {peer}: {versions:?}");
    assert_eq!(credadmin::schedule::token::ends(&versions[0].version_id), Some(planned.1));
    again.into_iter().chain(two).for_each(|it| it.kill());
    was_killed
}
