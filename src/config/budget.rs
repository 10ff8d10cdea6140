//! The budget of versions: which secret, or which dropped-in grant, would have too many of them written (aws-facts §6).

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::document::Part;
use super::fault::Fault;
use super::merged::Merged;
use crate::grant::{Grant, Secret, Window};
use crate::instant::{after, before};
use crate::length;
use crate::schedule::quota::{self, BUDGET, DAY};

/// Too many versions in the 24 hours up to `at`.
pub struct Overrun {
    at: Timestamp,
    found: String,
    wanted: String,
}

impl Overrun {
    /// The mistake that `grants`, all of `secret`, would make with it; `None` if they keep to the budget.
    pub fn of(secret: &Secret, grants: &[Grant], now: Timestamp) -> Option<Self> {
        // Windows too short for any session write nothing, however many there are.
        let shortest = secret.cadence.shortest();
        let grants: Cow<[Grant]> = match grants.iter().all(|grant| length(grant) >= shortest) {
            true => grants.into(),
            false => grants.iter().filter(|grant| length(grant) >= shortest).cloned().collect(),
        };
        let at = quota::over_budget(secret, &grants, now)?;
        let from = before(at, DAY);
        let found = format!("secrets.{} would get more than {BUDGET} versions between {from:.0} and {at:.0}", secret.name);
        let wanted = format!(
            "wanted: fewer: Secrets Manager keeps 100 versions in 24 h and refuses more; a session is issued every {} here \
             (session_duration - refresh_lead), and at each opening",
            length::show(secret.cadence.step())
        );
        Some(Self { at, found, wanted })
    }

    /// Told of the secret.
    pub fn of_secret(self, secret: &Secret, merged: &Merged) -> Fault {
        Fault::error(self.found, self.wanted, merged.place(&["secrets", secret.name.as_str()], Part::Key))
    }
}

/// How long a window is open at a time.
pub fn length(grant: &Grant) -> SignedDuration {
    match &grant.window {
        Window::Once(span) => span.closes.duration_since(span.opens),
        Window::Recurring(recurrence) => recurrence.duration,
    }
}

/// Leaves out of `grants` those dropped-in ones, in `named`, with which a secret would get too many versions.
pub fn keep(secrets: &[Secret], grants: &mut Vec<Grant>, named: &BTreeSet<String>, over: &Merged, now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut left_out = BTreeSet::new();
    for secret in secrets {
        let mut ours: Vec<Grant> = grants.iter().filter(|grant| grant.secret == secret.name).cloned().collect();
        while let Some(overrun) = Overrun::of(secret, &ours, now) {
            // What opened before it on that day is left as it is.
            let last = ours
                .iter()
                .filter(|grant| named.contains(grant.name.as_str()))
                .filter_map(|grant| Some((last_opening(grant, overrun.at)?, &grant.name)))
                .max();
            let Some((_, name)) = last else {
                faults.push(overrun.of_secret(secret, over));
                break;
            };
            let name = name.clone();
            let place = over.place(&["grants", name.as_str()], Part::Key);
            faults.push(Fault::error(format!("with grants.{name}, {}", overrun.found), overrun.wanted, place));
            ours.retain(|grant| grant.name != name);
            left_out.insert(name);
        }
    }
    grants.retain(|grant| !left_out.contains(&grant.name));
    faults
}

/// When it opens last in the 24 hours up to `at`.
fn last_opening(grant: &Grant, at: Timestamp) -> Option<Timestamp> {
    let from = before(at, DAY);
    let (spans, _) = grant.window.spans(from, after(at, SignedDuration::from_secs(1)));
    spans.last().map(|span| span.opens).filter(|opens| *opens <= at)
}
