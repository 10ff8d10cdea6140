//! What the daemon says of the next window, so that a consumer can tell when access comes back.

use serde_json::Value;

use crate::story::{Story, minutes};

const CONFIG: &str = "
region = 'eu-central-1'
[secrets.sensitive-s3]
secret_id = 'SensitiveS3'
role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'
[grants.first]
secret = 'sensitive-s3'
from = '2026-12-01T08:00:00Z'
until = '2026-12-01T10:00:00Z'
[grants.adjoining]
secret = 'sensitive-s3'
from = '2026-12-01T10:00:00Z'
until = '2026-12-01T11:00:00Z'
[grants.later]
secret = 'sensitive-s3'
from = '2026-12-01T14:00:00Z'
until = '2026-12-01T15:00:00Z'
";

#[tokio::test(start_paused = true)]
async fn the_last_session_of_a_window_says_when_the_next_one_opens() {
    let story = Story::new(CONFIG).await;
    let daemon = story.daemon().await;
    story.pass(minutes(8 * 60)).await;
    daemon.stop().await;
    let versions = story.world.versions("SensitiveS3");
    let told: Vec<(String, Option<String>)> = versions
        .iter()
        .map(|version| {
            let value: Value = serde_json::from_str(&version.content).expect("JSON");
            let text = |key: &str| value.get(key).map(|text| text.as_str().expect("a text").to_owned());
            (text("expiration").expect("an end"), text("opens_next"))
        })
        .filter(|(_, next)| next.is_some())
        .collect();
    // The adjoining window is no other: nothing closes before it.
    assert_eq!(told, [("2026-12-01T11:00:00Z".to_owned(), Some("2026-12-01T14:00:00Z".to_owned()))]);
    assert!(versions.len() > 3, "sessions that are followed by another say nothing, nor does the last of all");
}
