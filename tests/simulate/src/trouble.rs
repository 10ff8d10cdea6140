//! What happens in a story: of every kind there is, most of it where it hurts: about the openings and closings of windows.

use std::collections::BTreeSet;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Span, spans};
use crate::disturbance::{Content, Disturbance, What};
use crate::generate::whole;
use crate::ills::{ANSWERS, CALLS, CONNECTIONS, Call, How, Ill, SESSIONS};
use crate::story::{Again, Story, Window};

/// How many things happen in a day, about.
const A_DAY: f64 = 3.0;

/// What happens in this story.
pub fn of(story: &Story, chance: &mut Rng) -> Vec<Disturbance> {
    let opens: Vec<Span> = story.grants.iter().flat_map(|grant| spans(&grant.window, story.start, story.end())).collect();
    let many = (story.length.as_secs_f64() / 86_400.0 * A_DAY) as usize;
    let mut all: Vec<Disturbance> = Vec::new();
    for number in 0..many {
        let at = moment(story, &opens, chance);
        if number % 6 == 0 {
            all.extend(drop_ins(story, at, number, chance));
        } else {
            all.push(Disturbance { at, what: what(story, story.start + at, chance) });
        }
    }
    all.retain(|it| it.at < story.length && it.at > SignedDuration::ZERO);
    all.sort_by_key(|it| it.at);
    all
}

/// Anywhen, or where a window opens, closes or is open.
fn moment(story: &Story, opens: &[Span], chance: &mut Rng) -> SignedDuration {
    let anywhen = SignedDuration::from_millis(chance.i64(1000..story.length.as_millis() as i64));
    if opens.is_empty() || chance.u8(0..4) == 0 {
        return anywhen;
    }
    let (from, until) = opens[chance.usize(0..opens.len())];
    let within = SignedDuration::from_millis(chance.i64(0..until.duration_since(from).as_millis() as i64));
    let about = SignedDuration::from_millis(chance.i64(-120_000..120_000));
    let at = [from + about, until + about, from + within][chance.usize(0..3)];
    let at = at.duration_since(story.start);
    if at.is_positive() { at } else { anywhen }
}

fn what(story: &Story, now: Timestamp, chance: &mut Rng) -> What {
    let host = chance.usize(0..story.hosts.len());
    let secret = story.secrets[busy(story, chance)].number;
    let seconds = SignedDuration::from_secs;
    // Most are short, some last for hours.
    let span = seconds([chance.i64(5..300), chance.i64(60..3600), chance.i64(3600..12_000)][chance.usize(0..3)]);
    let down = seconds([chance.i64(11..20), chance.i64(15..600), chance.i64(600..9000)][chance.usize(0..3)]);
    let lag = seconds([0, chance.i64(1..60), chance.i64(60..1200)][chance.usize(0..3)]);
    match chance.u8(0..40) {
        0..14 => What::Ill(ill(story, chance), span),
        14 => What::Lag(seconds(chance.i64(1..60)), span * 4),
        15 => What::Quota(span),
        16 => What::Kill(host, down),
        17..20 => What::Crash(host, chance.usize(0..24), down.max(seconds(600))),
        20 => What::Stop(host, down),
        21 => What::Freeze(host, span.min(down)),
        22 => What::Suspend(span),
        23 => What::Step(host, step(chance), span),
        24 => What::Step(host, SignedDuration::from_millis(chance.i64(-300_000..300_000)), span),
        25 => What::Drift(host, SignedDuration::from_millis(chance.i64(-1900..1900)), span * 3),
        26 => What::Reload(host),
        27 => What::BadReload(host),
        28..30 => edit(story, now, lag, chance),
        30 => What::Retag(secret, lag),
        31 => What::Stranger(secret, chance.usize(1..4)),
        32 => What::Stranger(secret, chance.usize(40..101)),
        33 => What::Tombstone(secret),
        34 => What::Deleted(secret, span),
        35 => What::Rotation(secret, span),
        36 => What::Owned(secret, span),
        37 => What::Ill(late(chance, None, true), span),
        38 => What::Ill(late(chance, Some(host), true), span),
        _ => What::Ill(late(chance, None, false), span),
    }
}

/// One of those that are open most.
fn busy(story: &Story, chance: &mut Rng) -> usize {
    chance.usize(0..9).min(story.secrets.len() - 1)
}

/// By minutes, an hour or a day, ahead or back.
fn step(chance: &mut Rng) -> SignedDuration {
    let by = [chance.i64(3..7200), 3600, 86_400][chance.usize(0..3)];
    SignedDuration::from_secs(if chance.bool() { by } else { -by })
}

fn ill(story: &Story, chance: &mut Rng) -> Ill {
    let call = CALLS[chance.usize(0..4)];
    let how = match (call, chance.u8(0..10)) {
        (Call::Imds, 0..4) => How::Frozen,
        (Call::Imds, _) => How::Refused,
        (Call::Assume, 0..4) => SESSIONS[chance.usize(0..3)],
        (_, 4..7) => CONNECTIONS[chance.usize(0..CONNECTIONS.len())],
        _ => ANSWERS[chance.usize(0..ANSWERS.len())],
    };
    let host = chance.bool().then(|| chance.usize(0..story.hosts.len()));
    let times = if chance.bool() { u32::MAX } else { chance.u32(1..8) };
    Ill { call, how, host, times }
}

fn late(chance: &mut Rng, host: Option<usize>, once: bool) -> Ill {
    let by = chance.u64(5..330);
    let how = if once { How::Late(by) } else { How::Again(by) };
    Ill { call: CALLS[chance.usize(1..4)], how, host, times: u32::MAX }
}

/// A grant of the main file becomes another, or none.
fn edit(story: &Story, now: Timestamp, lag: SignedDuration, chance: &mut Rng) -> What {
    let grant = &story.grants[chance.usize(0..story.grants.len())];
    let seconds = |chance: &mut Rng| SignedDuration::from_secs(chance.i64(30..10_000));
    let window = match (&grant.window, chance.u8(0..4)) {
        (_, 0) => return What::Edit(grant.number, None, lag),
        (Window::Again(again), 1..3) => {
            let minutes = (again.minutes + chance.i64(-40..60)).max(1);
            Window::Again(Again { minutes, ..again.clone() })
        }
        _ => Window::Once(whole(now - seconds(chance)), whole(now + seconds(chance))),
    };
    What::Edit(grant.number, Some(window), lag)
}

/// The life of a drop-in: it comes, is extended, cut short, or turns bad, and goes.
fn drop_ins(story: &Story, mut at: SignedDuration, file: usize, chance: &mut Rng) -> Vec<Disturbance> {
    let secret = story.secrets[chance.usize(0..story.secrets.len())].number;
    let lag = SignedDuration::from_secs([0, chance.i64(0..300)][chance.usize(0..2)]);
    let begins = whole(story.start + at - SignedDuration::from_secs(chance.i64(0..3600)));
    let mut life = Vec::new();
    for _ in 0..chance.usize(1..4) {
        let until = whole(story.start + at + SignedDuration::from_secs(chance.i64(60..9000)));
        let content = if chance.u8(0..6) == 0 { Content::Bad } else { Content::Window(begins, until) };
        life.push(Disturbance { at, what: What::DropIn(file, secret, content, lag) });
        at += SignedDuration::from_secs(chance.i64(100..8000));
    }
    if chance.u8(0..3) > 0 {
        life.push(Disturbance { at, what: What::DropIn(file, secret, Content::Gone, lag) });
    }
    life
}

/// Every kind of thing that can happen in a story.
pub fn kinds() -> BTreeSet<String> {
    let ill = |call, how| What::Ill(Ill { call, how, host: None, times: 1 }, SignedDuration::ZERO).kind();
    let wire = CONNECTIONS.into_iter().chain(ANSWERS).chain([How::Late(1), How::Again(1)]);
    let wire = wire.flat_map(|how| CALLS[1..].iter().map(move |call| ill(*call, how)));
    let sessions = SESSIONS.into_iter().map(|how| ill(Call::Assume, how));
    let imds = [How::Frozen, How::Refused].into_iter().map(|how| ill(Call::Imds, how));
    let (zero, now) = (SignedDuration::ZERO, Timestamp::UNIX_EPOCH);
    let others = [
        What::Lag(zero, zero),
        What::Quota(zero),
        What::Kill(0, zero),
        What::Crash(0, 0, zero),
        What::Stop(0, zero),
        What::Freeze(0, zero),
        What::Suspend(zero),
        What::Step(0, zero, zero),
        What::Drift(0, zero, zero),
        What::Reload(0),
        What::BadReload(0),
        What::Edit(0, None, zero),
        What::Edit(0, Some(Window::Once(now, now)), zero),
        What::DropIn(0, 0, Content::Window(now, now), zero),
        What::DropIn(0, 0, Content::Bad, zero),
        What::DropIn(0, 0, Content::Gone, zero),
        What::Retag(0, zero),
        What::Stranger(0, 1),
        What::Stranger(0, 100),
        What::Tombstone(0),
        What::Deleted(0, zero),
        What::Rotation(0, zero),
        What::Owned(0, zero),
    ];
    wire.chain(sessions).chain(imds).chain(others.iter().map(What::kind)).collect()
}
