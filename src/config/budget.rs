//! The budget of versions: which secret, or which dropped-in grant, would have too many of them written (aws-facts §6).

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::document::Part;
use super::fault::Fault;
use super::merged::Merged;
use crate::cadence::Cadence;
use crate::grant::{Grant, Name, Secret, Span, Window};
use crate::instant::{after, before};
use crate::length;
use crate::schedule::plan::sessions;
use crate::schedule::quota::{self, BUDGET, DAY};

/// Too many versions in 24 hours.
pub struct Overrun {
    day: Span,
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
        let day = quota::over_budget(secret, &grants, now)?;
        let (from, at) = (before(day.closes, DAY), day.closes);
        let found = format!("secrets.{} would get more than {BUDGET} versions between {from:.0} and {at:.0}", secret.name);
        let wanted = format!(
            "wanted: fewer: Secrets Manager keeps 100 versions in 24 h and refuses more; a session is issued every {} here \
             (session_duration - refresh_lead), and at each opening",
            length::show(secret.cadence.step())
        );
        Some(Self { day, found, wanted })
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

/// How many dropped-in grants a secret may have, where its days have to be looked at one by one: a year of 500 cron lines takes a
/// second. They count as [`LINE`] each.
const MOST: usize = 2000;
const LINE: usize = 4;
/// How many days are looked at anew without what opened last on them.
const DAYS: usize = 7;

/// Leaves out of `grants` those dropped-in ones, in `named`, with which a secret would get too many versions.
///
/// What opens last on such a day goes, and what opened before it stays. Whoever may drop files in may not keep the daemon from its
/// work: after seven such days, from the eighth on, all of them go.
pub fn keep(secrets: &[Secret], grants: &mut Vec<Grant>, named: &BTreeSet<String>, over: &Merged, now: Timestamp) -> Vec<Fault> {
    let is_dropped = |grant: &Grant| named.contains(grant.name.as_str());
    let at = |grant: &Name| over.place(&["grants", grant.as_str()], Part::Key);
    let mut faults = Vec::new();
    let mut left_out = BTreeSet::new();
    for secret in secrets {
        let shortest = secret.cadence.shortest();
        let ours = grants.iter().filter(|grant| grant.secret == secret.name && length(grant) >= shortest);
        let mut ours: Vec<Grant> = ours.cloned().collect();
        if quota::spare(secret, &ours) > 0 {
            continue;
        }
        let to_come: Vec<&Grant> = ours.iter().filter(|grant| is_dropped(grant) && !grant.window.is_over(now)).collect();
        let count = to_come.len();
        let mut work = 0;
        let is_surplus = |grant: &&Grant| {
            work += if matches!(grant.window, Window::Once(_)) { 1 } else { LINE };
            work > MOST
        };
        let surplus: BTreeSet<Name> = to_come.into_iter().filter(is_surplus).map(|grant| grant.name.clone()).collect();
        if let Some(first) = surplus.first() {
            let found = format!("secrets.{} has {count} dropped-in grants", secret.name);
            let wanted = format!(
                "wanted: {MOST} at most where they open this often, or {} with cron; by name, grants.{first} and all after it are closed",
                MOST / LINE
            );
            faults.push(Fault::error(found, wanted, at(first)));
            ours.retain(|grant| !surplus.contains(&grant.name));
            left_out.extend(surplus);
        }
        for round in 0.. {
            let Some(overrun) = Overrun::of(secret, &ours, now) else { break };
            let too_much = match round {
                ..DAYS => take_last(&mut ours, overrun.day.opens, &secret.cadence, is_dropped),
                round => {
                    let from = if round == DAYS { overrun.day.opens } else { now };
                    ours.extract_if(.., |grant| is_dropped(grant) && !grant.window.is_over(from)).collect()
                }
            };
            if too_much.is_empty() {
                faults.push(overrun.of_secret(secret, over));
                break;
            }
            for grant in too_much {
                let found = format!("with grants.{}, {}", grant.name, overrun.found);
                faults.push(Fault::error(found, overrun.wanted.clone(), at(&grant.name)));
                left_out.insert(grant.name);
            }
        }
    }
    grants.retain(|grant| !left_out.contains(&grant.name));
    faults
}

/// Takes out those dropped-in ones that open last in the 24 hours from `day` on: as many as do not fit in, and one at least.
fn take_last(grants: &mut Vec<Grant>, day: Timestamp, cadence: &Cadence, is_dropped: impl Fn(&Grant) -> bool) -> Vec<Grant> {
    let ends = after(day, DAY);
    let last = |grant: &Grant| grant.window.spans(day, ends).0.last().map(|span| span.opens);
    let opens = |grant: &Grant| if is_dropped(grant) { last(grant) } else { None };
    grants.sort_by_cached_key(|grant| opens(grant).map(|opens| (opens, grant.name.clone())));
    // The others have no key, and come first.
    let others = grants.partition_point(|grant| opens(grant).is_none());
    let counts: Vec<usize> = (others + 1..grants.len()).collect();
    let fits = |count: &usize| sessions(day, ends, cadence, &grants[..*count]).len() <= BUDGET;
    let fit = others + counts.partition_point(fits);
    grants.split_off(fit)
}
