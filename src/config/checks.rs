//! Checks between tables, and the last step: from a draft to settings.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use figment::value::Value;
use jiff::{SignedDuration, Timestamp};

use super::budget::{self, Overrun};
use super::document::Part;
use super::drop_ins::{DropIns, Found};
use super::fault::Fault;
use super::merged::Merged;
use super::shapes::{self, Draft, Shared};
use super::{Settings, Watched};
use crate::cadence::{SAFE_SESSION, SHORTEST_SESSION};
use crate::grant::{Grant, Name, Secret, Window};
use crate::length;

/// Adds every mistake between the tables of the draft.
pub fn mistakes(draft: &Draft, merged: &Merged, now: Timestamp, faults: &mut Vec<Fault>) {
    one_secret_each(draft, merged, faults);
    for grant in &draft.grants {
        faults.extend(wrong_with(grant, merged));
    }
    // Where a grant is missing, so may be the one that joins two others.
    if faults.is_empty() && merged.complete {
        for (secret, grants) in by_secret(&draft.secrets, &draft.grants) {
            let grants: Vec<Grant> = grants.into_iter().cloned().collect();
            faults.extend(Overrun::of(secret, &grants, now).map(|overrun| overrun.of_secret(secret, merged)));
        }
    }
}

/// Lays the drop-ins over a draft without mistakes, and makes settings of it.
pub fn settings(draft: Draft, merged: &Merged, drop_ins: &mut DropIns, now: Timestamp) -> Settings {
    let Found { documents, mut closed, faults: mut remarks } = drop_ins.read(draft.grants_group);
    if draft.group_unknown {
        drop_ins.distrust();
    }
    let files: Vec<Vec<String>> = documents.iter().map(|document| document.names("grants")).collect();
    let over = merged.with(documents);
    let (dropped, faults) = dropped_in(&over, &files, &mut closed);
    remarks.extend(faults);

    let mut grants: BTreeMap<Name, Grant> = draft.grants.into_iter().map(|grant| (grant.name.clone(), grant)).collect();
    let named: BTreeSet<String> = dropped.iter().map(|grant| grant.name.to_string()).collect();
    grants.extend(dropped.into_iter().map(|grant| (grant.name.clone(), grant)));
    grants.retain(|name, _| !closed.contains(name.as_str()));
    let mut grants: Vec<Grant> = grants.into_values().collect();
    if !named.is_empty() || !closed.is_empty() {
        remarks.extend(budget::keep(&draft.secrets, &mut grants, &named, &over, now));
    }
    let secrets = by_secret(&draft.secrets, grants);
    for (secret, grants) in &secrets {
        remarks.extend(about_secret(secret, grants, merged));
        for grant in grants {
            let source = if named.contains(grant.name.as_str()) { &over } else { merged };
            remarks.extend(about_grant(grant, secret, source, now));
        }
    }
    let mut pages = draft.pages;
    let watch = |(secret, grants): (&Secret, Vec<Grant>)| {
        let page = pages.remove(&secret.name).unwrap_or_default();
        Watched { secret: Arc::new(secret.clone()), grants: grants.into(), page }
    };
    let secrets = secrets.into_iter().map(watch).collect();
    Settings {
        connection: draft.connection,
        secrets,
        telling: draft.telling,
        remarks,
        requests: draft.requests,
        grants_group: draft.grants_group,
    }
}

/// The grants that drop-ins name, but for those that have a mistake. `files` are the names in each drop-in; `closed` takes
/// all the names of a drop-in with a mistake.
fn dropped_in(over: &Merged, files: &[Vec<String>], closed: &mut BTreeSet<String>) -> (Vec<Grant>, Vec<Fault>) {
    let named: BTreeSet<&String> = files.iter().flatten().filter(|name| !closed.contains(*name)).collect();
    let (mut dropped, mut faults) = (Vec::new(), Vec::new());
    let mut wrong = BTreeSet::new();
    let mut shared = Shared::default();
    for name in named {
        let before = faults.len();
        let grant = shapes::grant_called(over, name, &mut shared, &mut faults);
        faults.extend(grant.iter().flat_map(|grant| wrong_with(grant, over)));
        match grant {
            Some(grant) if faults.len() == before => dropped.push(grant),
            _ => drop(wrong.insert(name)),
        }
    }
    if !wrong.is_empty() {
        for names in files {
            let Some(mistaken) = names.iter().find(|name| wrong.contains(name)) else { continue };
            for name in names.iter().filter(|name| !wrong.contains(name)) {
                let place = over.place(&["grants", name.as_str()], Part::Key);
                // The mistake may be told of another file, which names the same grant.
                if !faults.iter().any(|fault| fault.place.path() == place.path()) {
                    let wanted = format!("wanted: no mistake in grants.{mistaken}, which the same drop-in names");
                    faults.push(Fault::error(format!("grants.{name} is closed"), wanted, place));
                }
            }
            closed.extend(names.iter().cloned());
        }
        dropped.retain(|grant| !closed.contains(grant.name.as_str()));
    }
    (dropped, faults)
}

fn one_secret_each(draft: &Draft, merged: &Merged, faults: &mut Vec<Fault>) {
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
}

/// An ARN ends in the name and, unless it is a partial one, a hyphen and six characters. A name alone is one of our own
/// account and region, whichever these are.
fn same_secret(a: &str, b: &str) -> bool {
    fn split(id: &str) -> (Option<&str>, &str) {
        let name = id.strip_prefix("arn:").and_then(|arn| arn.splitn(6, ':').nth(5));
        name.map_or((None, id), |name| (Some(&id[..id.len() - name.len()]), name))
    }
    let suffixed = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|end| end.len() == 7 && end.starts_with('-'));
    let ((a_at, a), (b_at, b)) = (split(a), split(b));
    let apart = a_at.is_some() && b_at.is_some() && a_at != b_at;
    !apart && (a == b || (a_at.is_some() && suffixed(a, b)) || (b_at.is_some() && suffixed(b, a)))
}

/// What keeps a grant from being taken, beside its own keys.
fn wrong_with(grant: &Grant, merged: &Merged) -> Vec<Fault> {
    let at = |key| merged.place(&["grants", grant.name.as_str(), key], Part::Value);
    let mut faults = Vec::new();
    let secrets = merged.root.get("secrets").and_then(Value::as_dict);
    if merged.complete && secrets.is_none_or(|secrets| !secrets.contains_key(grant.secret.as_str())) {
        let known = secrets.into_iter().flat_map(|secrets| secrets.keys()).map(String::as_str).collect::<Vec<_>>().join(", ");
        let found = format!("grants.{} names secret \"{}\", which does not exist", grant.name, grant.secret);
        let wanted = if known.is_empty() { "wanted: a [secrets.NAME] table".into() } else { format!("wanted: one of {known}") };
        faults.push(Fault::error(found, wanted, at("secret")));
    }
    if matches!(grant.window, Window::Recurring(_)) && grant.window.is_over(Timestamp::UNIX_EPOCH) {
        let wanted = "wanted: a cron line that fires, within not_before and not_after: this window never opens";
        faults.push(Fault::error(format!("grants.{} never fires", grant.name), wanted, at("cron")));
    }
    faults
}

/// What is worth a word about a grant that is taken.
fn about_grant(grant: &Grant, secret: &Secret, merged: &Merged, now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    if grant.window.is_over(now) {
        let header = merged.place(&["grants", grant.name.as_str()], Part::Key);
        faults.push(Fault::warning(format!("grants.{} is over", grant.name), "it will not open again and can go", header));
    }
    if let Some(price) = price_of_shortness(budget::length(grant), secret) {
        let key = if matches!(grant.window, Window::Once(_)) { "until" } else { "duration" };
        let place = merged.place(&["grants", grant.name.as_str(), key], Part::Value);
        let found = match budget::length(grant) {
            length if length < SHORTEST_SESSION => format!("grants.{} is open for less than 15m", grant.name),
            length => format!("grants.{} is open for {} only", grant.name, length::show(length)),
        };
        faults.push(Fault::warning(found, price, place));
    }
    faults
}

/// What it costs that a window is that short, if anything.
fn price_of_shortness(length: SignedDuration, secret: &Secret) -> Option<String> {
    let shortest = secret.cadence.shortest();
    // A session is asked for once the window is open. Without a session policy there is no second try in the last 15 minutes.
    let slack = SignedDuration::from_secs(if secret.session_policy { 5 } else { 60 });
    let for_less = match secret.session_policy {
        true => format!("no session is issued for less than {}", length::show(shortest)),
        false => "STS makes no session under 15m, and without a session policy none can be cut".into(),
    };
    match length {
        _ if length < shortest => Some(format!("{for_less}: this window will not open")),
        _ if length == shortest => Some(format!("{for_less}, and less is left once it is open: this window will not open")),
        _ if length <= shortest + slack => {
            Some(format!("{for_less}, and less may be left once it is open: this window may not open"))
        }
        _ if length < SHORTEST_SESSION => {
            Some("STS makes no session under 15m: only the session policy ends this one in time".into())
        }
        _ => None,
    }
}

/// What is worth a word about a secret.
fn about_secret(secret: &Secret, grants: &[Grant], merged: &Merged) -> Vec<Fault> {
    let mut faults = Vec::new();
    if secret.cadence.session() > SAFE_SESSION {
        // aws-facts §1
        let found = format!("secrets.{}.session_duration is over 1h", secret.name);
        let price = "STS may cap a role that is assumed by a role at 1h: credadmin then makes sessions of 1h";
        let place = merged.place(&["secrets", secret.name.as_str(), "session_duration"], Part::Value);
        faults.push(Fault::warning(found, price, place));
    }
    if grants.is_empty() {
        let place = merged.place(&["secrets", secret.name.as_str()], Part::Key);
        let found = format!("secrets.{} has no grant", secret.name);
        faults.push(Fault::warning(found, "it stays closed until a grant names it", place));
    }
    faults
}

/// Each secret with its own of these grants, or references to them.
fn by_secret<G: Borrow<Grant>>(secrets: &[Secret], grants: impl IntoIterator<Item = G>) -> Vec<(&Secret, Vec<G>)> {
    let mut rooms: BTreeMap<Name, Vec<G>> = BTreeMap::new();
    for grant in grants {
        rooms.entry(grant.borrow().secret.clone()).or_default().push(grant);
    }
    secrets.iter().map(|secret| (secret, rooms.remove(&secret.name).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::super::environment::Environment;
    use super::*;

    #[test]
    fn drop_ins_are_read_again_while_nobody_can_tell_whose_they_may_be() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let main = directory.path().join("credadmin.toml");
        let (document, _) = Document::parse(main.clone(), "".into());
        let merged = Merged::new(&main, vec![document], Environment::default(), true);
        for group_unknown in [true, false] {
            let mut drop_ins = DropIns::new(directory.path().to_path_buf());
            let draft = Draft { group_unknown, ..shapes::read(&merged, &mut Vec::new()) };
            settings(draft, &merged, &mut drop_ins, Timestamp::UNIX_EPOCH);
            assert_eq!(drop_ins.have_changed(), group_unknown);
        }
    }
}
