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

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The planned session is what readers get: nothing to do.
    InPlace,
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

/// Judges at `now` what is to be done so that `secret` holds the session that ends at `ends`.
pub fn judge(secret: &Secret, ends: Timestamp, now: Timestamp, staged: &Staged, written: Option<&Written>) -> Verdict {
    let planned = token::token(secret, ends, None);
    let is_listed = |version_id: &String| staged.others.contains(version_id);
    let is_written = |version_id: &String| written.is_some_and(|it| it.version_id == *version_id);
    let publish = |version_id: String| match is_written(&version_id) || is_listed(&version_id) {
        true => Verdict::Superseded { planned: version_id },
        false => Verdict::Publish { version_id },
    };
    let Some(current) = staged.current.as_deref() else {
        return publish(planned);
    };
    let over = |version: &str| token::token(secret, ends, Some(version));
    if current == planned || staged.others.iter().any(|other| current == over(other)) {
        return Verdict::InPlace;
    }
    let displaced = is_listed(&planned) || (is_written(&planned) && written.is_some_and(|it| it.shows));
    match token::ends(current) {
        // A stranger's, or a tombstone.
        None => publish(over(current)),
        // Ours was published, another plan's came after it and runs out: readers need ours once more. Once only: the token
        // hashes the version that it takes the place of.
        Some(lapses) if runs_out(secret, lapses, ends, now) && (displaced || is_written(&over(current))) => {
            publish(over(current))
        }
        Some(_) => publish(planned),
    }
}

/// Whether a session that lapses then is to be replaced by one that ends later: less than the lead is left of it.
fn runs_out(secret: &Secret, lapses: Timestamp, ends: Timestamp, now: Timestamp) -> bool {
    lapses < ends && lapses.duration_since(now) <= secret.cadence.lead()
}
