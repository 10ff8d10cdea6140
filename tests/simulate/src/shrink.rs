//! From a story that fails to a small one that fails the same way: whatever can be left out is.

use jiff::SignedDuration;

use crate::cripple::Cripple;
use crate::disturbance::Disturbance;
use crate::oracle::{Breach, judge};
use crate::run::run;
use crate::story::Story;

/// The story goes on for so long after what went wrong.
const AFTER: SignedDuration = SignedDuration::from_mins(1);

/// The first breach of a story, if there is one.
pub fn fails(story: &Story, cripple: Option<Cripple>) -> Option<Breach> {
    let verdict = judge(story, &run(story, cripple));
    verdict.breaches.into_iter().min_by_key(|breach| breach.at)
}

/// The smallest story found that breaks the same invariant, and how. `breach` is what is wrong with `story`.
pub fn shrink(story: &Story, breach: Breach, cripple: Option<Cripple>) -> (Story, Breach) {
    let mut best = (story.clone(), breach);
    // What comes after it has no part in it, and what happens to other secrets rarely has.
    let short = |best: &(Story, Breach)| {
        let mut story = best.0.clone();
        story.length = (best.1.at.duration_since(story.start) + AFTER).min(story.length);
        story.disturbances.retain(|it| it.at < story.length);
        story
    };
    try_it(&mut best, short, cripple);
    let alone = |best: &(Story, Breach)| without_secrets(&best.0, |number| number == best.1.secret);
    if !try_it(&mut best, alone, cripple) {
        halve(
            &mut best,
            cripple,
            |story| story.secrets.iter().map(|secret| secret.number).collect(),
            |story, out: &[usize]| without_secrets(story, |number| !out.contains(&number)),
        );
    }
    halve(
        &mut best,
        cripple,
        |story| (0..story.disturbances.len()).collect(),
        |story, out: &[usize]| {
            let mut story = story.clone();
            let mut number = 0..;
            story.disturbances.retain(|_| !out.contains(&number.next().expect("no end")));
            story
        },
    );
    halve(
        &mut best,
        cripple,
        |story| story.grants.iter().map(|grant| grant.number).collect(),
        |story, out: &[usize]| {
            let mut story = story.clone();
            story.grants.retain(|grant| !out.contains(&grant.number));
            story
        },
    );
    try_it(&mut best, short, cripple);
    while best.0.hosts.len() > 1 && try_it(&mut best, |best| without_last_host(&best.0), cripple) {}
    (best.0, best.1)
}

/// Takes the smaller story if it fails the same way.
fn try_it(best: &mut (Story, Breach), smaller: impl Fn(&(Story, Breach)) -> Story, cripple: Option<Cripple>) -> bool {
    let story = smaller(best);
    let breaches = judge(&story, &run(&story, cripple)).breaches;
    let same = breaches.into_iter().filter(|breach| breach.invariant == best.1.invariant).min_by_key(|breach| breach.at);
    let found = same.is_some();
    if let Some(breach) = same {
        *best = (story, breach);
    }
    found
}

/// Delta debugging: leaves out halves, then quarters, and so on, as long as it fails.
fn halve(
    best: &mut (Story, Breach),
    cripple: Option<Cripple>,
    parts: impl Fn(&Story) -> Vec<usize>,
    without: impl Fn(&Story, &[usize]) -> Story,
) {
    let mut size = parts(&best.0).len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        loop {
            let all = parts(&best.0);
            let Some(out) = all.get(from..(from + size).min(all.len())).filter(|out| !out.is_empty()) else { break };
            if !try_it(best, |best| without(&best.0, out), cripple) {
                from += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
}

fn without_secrets(story: &Story, stays: impl Fn(usize) -> bool) -> Story {
    let mut story = story.clone();
    story.secrets.retain(|secret| stays(secret.number));
    story.grants.retain(|grant| stays(grant.secret));
    let stay = |it: &Disturbance| it.what.secret(&story).is_none_or(&stays);
    story.disturbances = story.disturbances.iter().filter(|it| stay(it)).cloned().collect();
    story
}

fn without_last_host(story: &Story) -> Story {
    let mut story = story.clone();
    story.hosts.pop();
    let hosts = story.hosts.len();
    story.disturbances.retain(|it| it.what.host().is_none_or(|host| host < hosts));
    story
}
