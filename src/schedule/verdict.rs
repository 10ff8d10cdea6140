//! What to do about a secret, from what the plan wants in it and what DescribeSecret says is in it.

use jiff::Timestamp;

use super::token;
use crate::grant::Secret;

/// The version ids of a secret that carry a staging label, as DescribeSecret tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staged {
    /// The version with AWSCURRENT: what readers get. `None` before the first version.
    pub current: Option<String>,
    /// All other versions listed.
    pub others: Vec<String>,
}

/// A version id known to have been written, whatever DescribeSecret says: that may be a minute behind (aws-facts §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The version id.
    pub version_id: String,
    /// Whether that was so long ago that DescribeSecret shows by now what came of it.
    pub shows: bool,
}

/// The session that the plan wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// When it ends.
    pub ends: Timestamp,
    /// Whether coverage ends with it: what lives longer has no place any more.
    pub is_last: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The planned session is what readers get: nothing to do.
    InPlace,
    /// The planned session was written within the last minute, and DescribeSecret does not show it yet: nobody knows what came
    /// of it.
    Unseen {
        /// Its version id.
        planned: String,
    },
    /// The planned session has been published once, and something else is in its place: another credadmin on another config,
    /// or an operator who moved the label. Each session is published once, so that two daemons come to rest.
    Superseded {
        /// The version id of the planned session.
        planned: String,
    },
    /// Publish the planned session.
    Publish {
        /// Under this version id.
        version_id: String,
    },
}

/// Judges at `now` what is to be done so that `secret` holds the session that is wanted.
pub fn judge(secret: &Secret, wanted: Wanted, now: Timestamp, staged: &Staged, written: Option<&Written>) -> Verdict {
    let Wanted { ends, is_last } = wanted;
    let planned = token::token(secret, ends, None);
    let session = token::session(&planned);
    let is_planned = |version_id: &str| token::session(version_id) == session;
    if staged.current.as_deref().is_some_and(is_planned) {
        return Verdict::InPlace;
    }
    let over = |current: &str| token::token(secret, ends, Some(current));
    let listed = staged.others.iter().find(|version_id| is_planned(version_id));
    let written = written.filter(|written| is_planned(&written.version_id));
    let Some(published) = listed.or(written.map(|written| &written.version_id)) else {
        // Whoever revoked access looks for the session that took the place of the tombstone. A stranger's version is left out:
        // of two daemons, only one may have seen it.
        let tombstone = staged.current.as_deref().filter(|current| token::denied_before(current).is_some());
        return Verdict::Publish { version_id: tombstone.map_or(planned, over) };
    };
    if listed.is_none() && written.is_some_and(|written| !written.shows) {
        return Verdict::Unseen { planned: published.clone() };
    }
    // A stranger came after it, or another plan whose session runs out, or outlives the coverage as that of an extension that was
    // taken back: readers need it once more. Once only: the token hashes the version that it takes the place of.
    let current = staged.current.as_deref().unwrap_or_default();
    // Two who never agree on the end come to rest: whose session was written over by one with less coverage waits until no such
    // session is made any more.
    let ours = || staged.others.iter().chain(written.map(|written| &written.version_id)).filter(|it| is_planned(it));
    let is_answer = || ours().any(|ours| token::is_put_over(current, ours));
    let is_final = |lapses: Timestamp| lapses.duration_since(now) < secret.cadence.shortest();
    let needed = match token::ends(current) {
        Some(dies) if dies > ends => is_last,
        Some(lapses) => runs_out(secret, lapses, ends, now) && (is_final(lapses) || !is_answer()),
        None => true,
    };
    let again = needed.then(|| over(current));
    let is_published = |version_id: &String| {
        staged.others.contains(version_id) || written.is_some_and(|written| written.version_id == *version_id)
    };
    match again.filter(|version_id| !is_published(version_id)) {
        Some(version_id) => Verdict::Publish { version_id },
        None => Verdict::Superseded { planned: published.clone() },
    }
}

/// Whether a session that lapses then is to be replaced by one that ends later: less than the lead is left of it.
fn runs_out(secret: &Secret, lapses: Timestamp, ends: Timestamp, now: Timestamp) -> bool {
    lapses < ends && lapses.duration_since(now) <= secret.cadence.lead()
}
