//! Checks between tables, and the last step: from a draft to settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::drop_ins::{DropIns, Found};
use super::fault::{Fault, Faults};
use super::shapes::{self, Draft};
use super::sources::{Merged, Part};
use super::{Settings, Watched};
use crate::grant::{Grant, Name, Secret, Window};
use crate::schedule::cadence::SHORTEST_SESSION;
use crate::schedule::quota;

/// Checks the draft, lays the drop-ins over it, and makes settings of it.
///
/// # Errors
/// Every mistake that is not a drop-in's.
pub fn settings(draft: Draft, merged: &Merged, drop_ins: &mut DropIns, now: Timestamp) -> Result<Settings, Faults> {
    let mut faults = one_secret_each(&draft, merged);
    for grant in &draft.grants {
        faults.extend(about_grant(grant, &draft.secrets, merged, now));
    }
    let plain = by_secret(&draft.secrets, draft.grants.clone());
    for (secret, grants) in &plain {
        let place = merged.place(&["secrets", secret.name.as_str()], Part::Key);
        faults.extend(over_budget(secret, grants, now).map(|(found, wanted)| Fault::error(found, wanted, place)));
    }
    let (errors, mut remarks): (Vec<_>, Vec<_>) = faults.into_iter().partition(Fault::is_error);
    if !errors.is_empty() {
        return Err(Faults(errors));
    }
    let (grants, faults) = with_drop_ins(&draft, merged, drop_ins, now);
    remarks.extend(faults);
    let mut secrets = Vec::new();
    for (secret, grants) in by_secret(&draft.secrets, grants) {
        if grants.is_empty() {
            let place = merged.place(&["secrets", secret.name.as_str()], Part::Key);
            let found = format!("secrets.{} has no grant", secret.name);
            remarks.push(Fault::warning(found, "it stays closed until a grant names it", place));
        }
        secrets.push(Watched { secret: Arc::new(secret), grants: grants.into() });
    }
    Ok(Settings { connection: draft.connection, secrets, remarks })
}

fn one_secret_each(draft: &Draft, merged: &Merged) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, secret) in draft.secrets.iter().enumerate() {
        let place = || merged.place(&["secrets", secret.name.as_str(), "secret_id"], Part::Value);
        if let Some(twin) = draft.secrets[..i].iter().find(|twin| same_secret(&twin.secret_id, &secret.secret_id)) {
            let found = format!("secrets.{} and secrets.{} have the same secret_id", twin.name, secret.name);
            faults.push(Fault::error(found, "wanted: one table for each secret: two would write over each other", place()));
        }
        let region = secret.secret_id.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2));
        if let (Some(theirs), Some(ours)) = (region, &draft.connection.region)
            && theirs != ours
        {
            let found = format!("secrets.{} is a secret in {theirs}", secret.name);
            faults.push(Fault::error(found, format!("wanted: a secret in {ours}, the region of this config"), place()));
        }
    }
    faults
}

/// An ARN ends in the name, a hyphen and six characters.
fn same_secret(a: &str, b: &str) -> bool {
    let name = |id: &str| id.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(5)).map(str::to_owned);
    let suffixed =
        |arn: Option<String>, id: &str| arn.is_some_and(|name| name.len() == id.len() + 7 && name.starts_with(&format!("{id}-")));
    a == b || suffixed(name(a), b) || suffixed(name(b), a)
}

fn about_grant(grant: &Grant, secrets: &[Secret], merged: &Merged, now: Timestamp) -> Vec<Fault> {
    let at = |key, part| merged.place(&["grants", grant.name.as_str(), key], part);
    let header = || merged.place(&["grants", grant.name.as_str()], Part::Key);
    let mut faults = Vec::new();
    let secret = secrets.iter().find(|secret| secret.name == grant.secret);
    if secret.is_none() {
        let known = secrets.iter().map(|secret| secret.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = format!("grants.{} names secret \"{}\", which does not exist", grant.name, grant.secret);
        let wanted = if known.is_empty() { "wanted: a [secrets.NAME] table".into() } else { format!("wanted: one of {known}") };
        faults.push(Fault::error(found, wanted, at("secret", Part::Value)));
    }
    let length = match &grant.window {
        Window::Once(span) => span.closes.duration_since(span.opens),
        Window::Recurring(recurrence) => recurrence.duration,
    };
    if grant.window.is_over(Timestamp::UNIX_EPOCH) {
        let wanted = "wanted: a cron line that fires, within not_before and not_after: this window never opens";
        faults.push(Fault::error(format!("grants.{} never fires", grant.name), wanted, at("cron", Part::Value)));
    } else if grant.window.is_over(now) {
        faults.push(Fault::warning(format!("grants.{} is over", grant.name), "it will not open again and can go", header()));
    }
    if length < SHORTEST_SESSION {
        let price = match secret.is_some_and(|secret| !secret.session_policy) {
            true => "STS makes no session under 15m, and without a session policy none can be cut: this window will not open",
            false => "STS makes no session under 15m: only the session policy ends this one in time",
        };
        let key = if matches!(grant.window, Window::Once(_)) { "until" } else { "duration" };
        faults.push(Fault::warning(format!("grants.{} is open for less than 15m", grant.name), price, at(key, Part::Value)));
    }
    faults
}

fn over_budget(secret: &Secret, grants: &[Grant], now: Timestamp) -> Option<(String, String)> {
    let when = quota::over_budget(secret, grants, now)?;
    let from = when.saturating_sub(quota::DAY).unwrap_or(when);
    let found = format!("secrets.{} would get more than {} versions between {from} and {when}", secret.name, quota::BUDGET);
    let step = super::values::show_duration(secret.cadence.step());
    let wanted = format!(
        "wanted: fewer: Secrets Manager keeps 100 versions in 24 h and refuses more; a session is issued every {step} here \
         (session_duration - refresh_lead), and at each opening"
    );
    Some((found, wanted))
}

/// The grants of the draft with the drop-ins over them, and what was wrong with those.
fn with_drop_ins(draft: &Draft, merged: &Merged, drop_ins: &mut DropIns, now: Timestamp) -> (Vec<Grant>, Vec<Fault>) {
    let Found { documents, mut closed, mut faults } = drop_ins.read(draft.grants_group);
    let files: Vec<Vec<String>> = documents.iter().map(|document| document.names("grants")).collect();
    let named: BTreeSet<String> = files.iter().flatten().cloned().collect();
    let over = merged.with(documents);
    let mut dropped: Vec<Grant> = Vec::new();
    for name in named.difference(&closed.clone()) {
        let mut wrong = Vec::new();
        let grant = shapes::grant_called(&over, name, &mut wrong);
        wrong.extend(grant.iter().flat_map(|grant| about_grant(grant, &draft.secrets, &over, now)));
        if wrong.iter().any(Fault::is_error) {
            // The whole file counts as absent, with every grant in it.
            closed.extend(files.iter().filter(|names| names.contains(name)).flatten().cloned());
        }
        dropped.extend(grant);
        faults.extend(wrong);
    }
    let mut grants: BTreeMap<Name, Grant> = draft.grants.iter().map(|grant| (grant.name.clone(), grant.clone())).collect();
    grants.extend(dropped.into_iter().map(|grant| (grant.name.clone(), grant)));
    grants.retain(|name, _| !closed.contains(name.as_str()));
    let mut grants: Vec<Grant> = grants.into_values().collect();
    if !named.is_empty() {
        faults.extend(within_budget(&draft.secrets, &mut grants, &named, &over, now));
    }
    (grants, faults)
}

/// Leaves out, last first, the dropped-in grants with which a secret would get too many versions.
fn within_budget(
    secrets: &[Secret],
    grants: &mut Vec<Grant>,
    named: &BTreeSet<String>,
    over: &Merged,
    now: Timestamp,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for secret in secrets {
        loop {
            let ours: Vec<Grant> = grants.iter().filter(|grant| grant.secret == secret.name).cloned().collect();
            let last = ours.iter().rev().find(|grant| named.contains(grant.name.as_str()));
            let (Some(last), Some((found, wanted))) = (last, over_budget(secret, &ours, now)) else {
                break;
            };
            let place = over.place(&["grants", last.name.as_str()], Part::Key);
            faults.push(Fault::error(format!("with grants.{}, {found}", last.name), wanted, place));
            grants.retain(|grant| grant.name != last.name);
        }
    }
    faults
}

fn by_secret(secrets: &[Secret], grants: Vec<Grant>) -> Vec<(Secret, Vec<Grant>)> {
    let mut rooms: BTreeMap<Name, Vec<Grant>> = BTreeMap::new();
    for grant in grants {
        rooms.entry(grant.secret.clone()).or_default().push(grant);
    }
    secrets.iter().map(|secret| (secret.clone(), rooms.remove(&secret.name).unwrap_or_default())).collect()
}
