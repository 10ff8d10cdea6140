//! What AWS's records have to be like, whatever happened: by windows alone, without the product's own plan.
//!
//! The windows here are shorter than the lead, so that a stretch of coverage has one session, which ends with it.

use std::collections::BTreeMap;

use credadmin::schedule::token;
use jiff::{SignedDuration, Timestamp};

use crate::Told;
use crate::account::Version;

/// Of what is wrong, so much is told.
const EXAMPLES: usize = 5;

/// A secret that is open once, without another window of its own that touches it.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// The number of the secret.
    pub secret: usize,
    /// The first second inside.
    pub opens: Timestamp,
    /// The first second after it.
    pub closes: Timestamp,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// How many of the stretches have their session.
    pub published: usize,
    /// Those that have none.
    pub missing: Vec<Stretch>,
    /// How long after its opening, or after `began` if that is later, each was published; sorted.
    pub late: Vec<SignedDuration>,
}

/// Reads the versions of the secrets that these stretches are all the coverage of.
///
/// # Errors
/// If a session was published twice, outside of its window, or without one, or outlives it.
pub fn judge(versions: &[Version], stretches: &[Stretch], began: Timestamp) -> Told<Seen> {
    let mut of: BTreeMap<(usize, Timestamp), Vec<&Version>> = BTreeMap::new();
    for version in versions {
        let ends = token::ends(&version.id).ok_or_else(|| format!("{version:?} is not credadmin's"))?;
        of.entry((version.secret, ends)).or_default().push(version);
    }
    let (mut seen, mut wrong) = (Seen::default(), vec![]);
    for stretch in stretches {
        let ours = of.remove(&(stretch.secret, stretch.closes)).unwrap_or_default();
        let [version] = ours[..] else {
            match ours.len() {
                0 => seen.missing.push(*stretch),
                _ => wrong.push(format!("published {} times: {ours:?}", ours.len())),
            }
            continue;
        };
        if version.created < stretch.opens || version.created >= stretch.closes || version.dies > stretch.closes {
            wrong.push(format!("outside of {stretch:?}: {version:?}"));
        }
        seen.published += 1;
        seen.late.push(version.created.duration_since(stretch.opens.max(began)));
    }
    wrong.extend(of.into_values().map(|versions| format!("planned by nobody: {versions:?}")));
    seen.late.sort();
    match wrong.len() {
        0 => Ok(seen),
        count => Err(format!("{count} wrong, such as\n{}", wrong[..count.min(EXAMPLES)].join("\n")).into()),
    }
}

/// The smallest of the sorted values that so many percent do not exceed, in words.
pub fn percentile(sorted: &[SignedDuration], percent: usize) -> String {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).map_or("none".into(), |time| format!("{:.3} s", time.as_secs_f64()))
}
