//! Thousands of windows of two daemons on one config, whose clocks differ by seconds, and trouble all the time.

use std::collections::{BTreeMap, BTreeSet};

use credadmin::journal::Event;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Call, Operation};

use super::Account;
use super::judge::{Window, judge};
use super::line::lock;
use super::trouble::{lag, trouble};
use crate::story::{CANARY, minutes, seconds};

/// Each is more than a thousand windows.
const SEEDS: [u64; 3] = [10, 20, 30];
const DAYS: i64 = 6;
/// Secrets that are open for 12 minutes of each hour, from this minute on: shorter than the refresh lead, so each window is one
/// planned session.
pub const SHORT: [(&str, i64); 8] =
    [("Alpha", 3), ("Beta", 9), ("Gamma", 17), ("Delta", 26), ("Epsilon", 31), ("Zeta", 38), ("Eta", 44), ("Theta", 47)];
/// Secrets that are open for five of each six hours, from so many minutes after the start on, and are refreshed.
const LONG: [(&str, i64); 2] = [("Iota", 60), ("Kappa", 230)];

#[tokio::test(start_paused = true)]
async fn of_a_thousand_windows_no_planned_session_is_published_twice() {
    for seed in SEEDS {
        println!("seed {seed}");
        days_of_trouble(seed).await;
    }
}

async fn days_of_trouble(seed: u64) {
    let names: Vec<&str> = SHORT.iter().chain(&LONG).map(|(name, _)| *name).collect();
    let account = Account::new(&names);
    let start = account.clock.now();
    let end = start + SignedDuration::from_hours(24 * DAYS);
    let mut hosts = [account.host(&config(), seconds(-1)), account.host(&config(), seconds(2))];
    hosts.iter_mut().zip(seed..).for_each(|(host, seed)| host.start(seed, None));
    let [one, two] = &mut hosts;
    let troubles =
        tokio::join!(trouble(&account, one, seed, end), trouble(&account, two, seed + 1, end), lag(&account, seed + 2, end));
    // Whatever is on its way arrives.
    account.clock.sleep(minutes(30)).await;
    let ((first, one), (second, two), ()) = troubles;
    let windows = windows(start, account.clock.now());
    println!("{}", judge(&account, &windows, &[one, two]));
    assert!(windows.len() >= 1000, "{} windows", windows.len());
    for (tally, host) in [first, second].into_iter().zip(&mut hosts) {
        println!("{tally:?}, {} calls cut off", lock(&host.line).cut_off);
        assert!(tally.is_full(), "{tally:?}");
        host.kill();
        for event in host.events() {
            let words = format!("{:?}{event:?}", event.record());
            assert!(!words.contains(CANARY), "a secret part in {}", event.record().message);
            assert!(!matches!(event, Event::Superseded { .. } | Event::Drift { .. }), "nobody else was there: {words}");
        }
    }
    races(&account.world.calls());
}

fn config() -> String {
    let mut config = "region = 'eu-central-1'\n".to_owned();
    let mut add = |id: &str, cron: String, duration: &str| {
        let name = id.to_lowercase();
        config += &format!(
            "[secrets.{name}]\nsecret_id = '{id}'\nrole_arn = 'arn:aws:iam::123456789012:role/{id}Access'\n\
             [grants.{name}]\nsecret = '{name}'\ncron = '{cron}'\nduration = '{duration}'\n"
        );
    };
    for (id, minute) in SHORT {
        add(id, format!("{minute} * * * *"), "12m");
    }
    // The story begins at eight.
    for (id, minute) in LONG {
        let hour = (8 + minute / 60) % 6;
        add(id, format!("{} {hour}-23/6 * * *", minute % 60), "5h");
    }
    config
}

fn windows(start: Timestamp, end: Timestamp) -> Vec<Window> {
    let short = SHORT.iter().flat_map(|(name, minute)| every(name, start, end, minutes(*minute), minutes(60), minutes(12)));
    let long = LONG.iter().flat_map(|(name, minute)| every(name, start, end, minutes(*minute), minutes(360), minutes(300)));
    short.chain(long).collect()
}

/// The windows that open before the end, one of them so long after the start. A clock that is ahead may have opened one more.
fn every(
    secret: &'static str,
    start: Timestamp,
    end: Timestamp,
    first: SignedDuration,
    step: SignedDuration,
    open: SignedDuration,
) -> impl Iterator<Item = Window> {
    let opens = std::iter::successors(Some(start + first - step), move |opens| Some(*opens + step));
    let windows = opens.map(move |opens| Window { secret, opens: opens.max(start), closes: opens + open });
    windows.skip_while(move |window| window.closes <= start).take_while(move |window| window.opens < end + seconds(10))
}

/// Both came to write one planned session, again and again, and one of them was too late.
fn races(calls: &[Call]) {
    let mut writers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let puts = calls.iter().filter(|call| call.operation == Operation::PutSecretValue);
    for put in puts.clone() {
        let token = put.parameter("clientRequestToken").expect("a token");
        writers.entry(token).or_default().extend(put.caller_arn.as_deref());
    }
    let raced = writers.values().filter(|writers| writers.len() > 1).count();
    let lost = puts.filter(|put| put.error.as_deref() == Some("ResourceExistsException")).count();
    println!("{} sessions planned and sent, {raced} of them by both; {lost} times one was too late", writers.len());
    assert!(raced > 100 && lost > 100, "{raced} sent by both, {lost} too late");
}
