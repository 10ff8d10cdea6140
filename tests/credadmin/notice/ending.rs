//! The daemon tells windows that end soon, once each, ten minutes before.

use credadmin::journal::{Event, Record};

use crate::story::{Host, ONE_DAY, START, Story, minutes, open_all_day, seconds};

/// When each was told, in seconds from the start, and its sentence.
fn told(host: &mut Host) -> Vec<Record> {
    host.events().iter().filter(|event| matches!(event, Event::Ending { .. })).map(Event::record).collect()
}

fn grant(name: &str, until: &str) -> String {
    format!("[grants.{name}]\nsecret = 'sensitive-s3'\nfrom = '{START}'\nuntil = '{until}'\nrequested_by = 'jane.doe'\n")
}

#[tokio::test(start_paused = true)]
async fn each_window_is_told_once_ten_minutes_before_its_end() {
    let story = Story::new(ONE_DAY).await;
    story.write("grants.d/10.toml", &grant("morning", "2026-12-01T09:00:00Z"));
    let mut host = story.daemon().await;
    story.pass(minutes(50) - seconds(1)).await;
    assert_eq!(told(&mut host), []);
    story.pass(seconds(2)).await;
    let [record] = &told(&mut host)[..] else { panic!("told once") };
    assert_eq!(record.message, "window ends in 10 min: grant morning of secret sensitive-s3, at 2026-12-01T09:00:00Z");
    assert_eq!(record.fields.expiration.as_deref(), Some("2026-12-01T09:00:00Z"));
    assert_eq!((record.fields.grant.as_deref(), record.fields.requested_by.as_deref()), (Some("morning"), Some("jane.doe")));
    story.pass(minutes(10)).await;
    assert_eq!(told(&mut host).len(), 1);
    // The other grant of the secret goes on for a day.
    story.pass(minutes(24 * 60 - 70)).await;
    assert_eq!(told(&mut host).len(), 2);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_put_off_is_told_again_and_a_window_of_ten_minutes_is_not() {
    let story =
        Story::new(&open_all_day(&[("other", "SensitiveOther", "")]).replace("until = '2026-12-02", "until = '2026-12-03")).await;
    story.world.create_secret("SensitiveOther", None);
    let main = format!("{ONE_DAY}{}", grant("short", "2026-12-01T08:10:00Z"));
    story.write("credadmin.toml", &main);
    story.write("grants.d/10.toml", &grant("extended", "2026-12-01T08:30:00Z"));
    let mut host = story.daemon().await;
    story.pass(minutes(25)).await;
    assert_eq!(told(&mut host).len(), 1);
    story.write("grants.d/10.toml", &grant("extended", "2026-12-01T09:30:00Z"));
    story.pass(minutes(50)).await;
    assert_eq!(told(&mut host).len(), 1);
    story.pass(minutes(6)).await;
    let ends: Vec<_> = told(&mut host).into_iter().map(|record| (record.fields.grant, record.fields.expiration)).collect();
    let of = |end: &str| (Some("extended".to_owned()), Some(end.to_owned()));
    assert_eq!(ends, [of("2026-12-01T08:30:00Z"), of("2026-12-01T09:30:00Z")]);
    host.stop().await;
    // Whoever starts late tells how much is left.
    let mut again = story.daemon().await;
    story.pass(seconds(5)).await;
    assert!(told(&mut again)[0].message.starts_with("window ends in 9 min: grant extended"), "{:?}", told(&mut again));
}
