//! What goes wrong with the hosts of the pair and with AWS, one thing after the other, most of it where it hurts: about the
//! opening of a window.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::judge::Spans;
use super::line::{Cut, Way, lock};
use super::windows::SHORT;
use super::{Account, Host};
use crate::story::{minutes, seconds};

/// How much went wrong.
#[derive(Debug, Default)]
pub struct Tally {
    /// kill -9, and started again later.
    pub kills: usize,
    /// SIGSTOP, and SIGCONT later.
    pub pauses: usize,
    /// The line was cut, one way or another.
    pub cuts: usize,
    /// The line was slow.
    pub slow: usize,
    /// A single call waited, before its request arrived or before its answer did.
    pub stalls: usize,
    /// The clock was set, by a few seconds.
    pub steps: usize,
}

impl Tally {
    /// Each of it happened, and more than a few times.
    pub fn is_full(&self) -> bool {
        let Self { kills, pauses, cuts, slow, stalls, steps } = self;
        [kills, pauses, cuts, slow, stalls, steps].into_iter().all(|count| *count > 40)
    }
}

/// DescribeSecret is behind by anything up to a minute.
pub async fn lag(account: &Account, seed: u64, end: Timestamp) {
    let mut chance = fastrand::Rng::with_seed(seed);
    while account.clock.now() < end {
        account.world.set_describe_lag(Duration::from_millis(chance.u64(0..60_000)));
        account.clock.sleep(minutes(chance.i64(1..30))).await;
    }
}

/// One thing after the other goes wrong with a host. Answers with how much, and when.
pub async fn trouble(account: &Account, host: &mut Host, seed: u64, end: Timestamp) -> (Tally, Spans) {
    let (mut tally, mut spans) = (Tally::default(), Spans::new());
    let mut chance = fastrand::Rng::with_seed(seed);
    let clock = &account.clock;
    while clock.now() < end {
        clock.sleep(next(clock.now(), &mut chance)).await;
        let from = clock.now();
        match chance.u8(0..6) {
            0 => {
                host.kill();
                clock.sleep(some(&mut chance, 1500)).await;
                host.start(chance.u64(..), None);
                tally.kills += 1;
            }
            1 => {
                host.process.stop();
                clock.sleep(some(&mut chance, 1500)).await;
                host.process.go_on();
                tally.pauses += 1;
            }
            2 => {
                let cuts = [Cut::Refused, Cut::Silent, Cut::AnswersLost];
                lock(&host.line).cut = Some(cuts[chance.usize(0..cuts.len())]);
                clock.sleep(some(&mut chance, 1500)).await;
                lock(&host.line).cut = None;
                tally.cuts += 1;
            }
            3 => {
                lock(&host.line).slow = Some(chance.fork());
                clock.sleep(some(&mut chance, 1500)).await;
                lock(&host.line).slow = None;
                tally.slow += 1;
            }
            4 => {
                let long = Duration::from_millis(chance.u64(0..290_000));
                let way = match chance.bool() {
                    true => Way { there: long, waits: true, ..Way::default() },
                    false => Way { back: long, waits: true, ..Way::default() },
                };
                // It is one of the next three calls that waits.
                let mut ways = vec![Way::default(); chance.usize(0..3)];
                ways.insert(0, way);
                lock(&host.line).ways = ways;
                tally.stalls += 1;
            }
            _ => {
                let wrong = host.clock.now().duration_since(clock.now());
                host.clock.step(SignedDuration::from_millis(chance.i64(-4000..4000)) - wrong);
                tally.steps += 1;
            }
        }
        spans.push((from, clock.now()));
    }
    let met = std::mem::take(&mut lock(&host.line).met);
    spans.extend(met.into_iter().map(|(from, long)| (from, from + SignedDuration::try_from(long).expect("minutes"))));
    (tally, spans)
}

/// How long it is until something goes wrong: most of the time until a window opens, give or take a few seconds.
fn next(now: Timestamp, chance: &mut fastrand::Rng) -> SignedDuration {
    if chance.bool() {
        return some(chance, 600);
    }
    let into = now.as_second().rem_euclid(3600);
    let mut until = || (SHORT[chance.usize(0..SHORT.len())].1 * 60 - into).rem_euclid(3600);
    let wait = until().min(until());
    (seconds(wait) + SignedDuration::from_millis(chance.i64(-1500..3500))).max(SignedDuration::ZERO)
}

/// Anything up to so many seconds, often much less.
fn some(chance: &mut fastrand::Rng, at_most: i64) -> SignedDuration {
    let most = [2, 30, at_most][chance.usize(0..3)];
    SignedDuration::from_millis(chance.i64(0..most * 1000))
}
