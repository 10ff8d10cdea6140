//! When something was wrong with a secret, whatever hosts did.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Span, union};
use crate::run::Records;
use crate::story::Story;
use crate::timeline::Action;

/// By secret: unions.
pub fn secrets(story: &Story, records: &Records) -> BTreeMap<usize, Vec<Span>> {
    let mut ill: BTreeMap<usize, Vec<Span>> = story.secrets.iter().map(|secret| (secret.number, Vec::new())).collect();
    let mut since: BTreeMap<(usize, bool), Timestamp> = BTreeMap::new();
    let mut writes: BTreeMap<usize, Vec<Timestamp>> = BTreeMap::new();
    for (at, _, action) in &records.done {
        match action {
            Action::Stranger(secret) | Action::Tombstone(secret) => {
                writes.entry(*secret).or_default().push(*at);
                ill.entry(*secret).or_default().push((*at, *at));
            }
            Action::Delete(secret, on) | Action::Own(secret, on) => {
                let key = (*secret, matches!(action, Action::Own(..)));
                match (on, since.remove(&key)) {
                    (true, _) => drop(since.insert(key, *at)),
                    (false, Some(since)) => ill.entry(*secret).or_default().push((since, *at)),
                    (false, None) => {}
                }
            }
            _ => {}
        }
    }
    for ((secret, _), since) in since {
        ill.entry(secret).or_default().push((since, story.end()));
    }
    // A stranger who goes on and on uses up the day's versions.
    let day = SignedDuration::from_hours(24);
    for (secret, writes) in writes {
        let many = writes.windows(8).map(|some| (some[0], some[7])).filter(|(first, last)| *first + day > *last);
        let spans: Vec<Span> = many.map(|(first, last)| (first, last + day)).collect();
        ill.entry(secret).or_default().extend(spans);
    }
    ill.into_iter().map(|(secret, spans)| (secret, union(spans))).collect()
}
