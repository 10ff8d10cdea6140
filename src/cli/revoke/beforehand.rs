//! What will be, said before anything is.

use jiff::Timestamp;

use super::{Arguments, THIS_HOST};
use crate::aws::admin::Caller;
use crate::cli::check::tell;
use crate::config::Watched;
use crate::grant::Name;
use crate::plain::plain;
use crate::revoke::{self, Aim, Beforehand};
use crate::schedule::token;
use crate::session::apart;

/// All of it.
pub fn say(arguments: &Arguments, aim: &Aim, before: &Beforehand, caller: &Caller, now: Timestamp) {
    let mut lines = vec![format!("role {}, as {}", aim.role_arn(), caller.arn)];
    if before.ahead.as_secs() != 0 {
        lines.push(format!("AWS's clock is {} this host's, and counts", apart(before.ahead)));
    }
    for grant in &aim.closes {
        let place = revoke::place(&arguments.main.config, grant);
        let own = place.own.map(|own| format!(", over what {own} says")).unwrap_or_default();
        let new = if place.is_new { " (new)" } else { "" };
        lines.push(format!("grant {} will be closed: {}{new}{own}", grant.name, place.path.display()));
    }
    if let Some(grant) = aim.grant.filter(|grant| grant.window.is_over(now)) {
        lines.push(format!("grant {} is over already", grant.name));
    }
    for (watched, seen) in &before.seen {
        let name = &watched.secret.name;
        let shares = if *name == aim.meant().secret.name { "" } else { "it shares the role: " };
        let holds = match seen {
            Err(trouble) => format!("{trouble}"),
            Ok(seen) => match seen.staged.current.as_deref().map(|version| (version, token::ends(version))) {
                Some((_, Some(ends))) if ends > now => format!("its session lives until {ends}"),
                Some((_, Some(ends))) => format!("its last session died at {ends}"),
                Some((version, None)) => match token::denied_before(version) {
                    Some(at) => format!("revoked before, sessions issued before {at} are denied"),
                    None => format!("version {} is not credadmin's", plain(version)),
                },
                None => "it has no value".into(),
            },
        };
        lines.push(format!("secret {name} ({}) gets a tombstone: {shares}{holds}", watched.secret.secret_id));
    }
    let at = before.stamp(now);
    lines.push(format!("every session of the role issued before {at} or so will be denied, for ever"));
    lines.push(
        "whether others made sessions of it (credadmin console, other programs) AWS does not tell: they are denied too".into(),
    );
    if let Ok(Some(there)) = &before.there
        && *there == at
    {
        lines.push(format!("a Deny is there already that reaches until {there}: it stays, and no session issued before is good"));
    }
    if let Err(trouble) = &before.there {
        lines.push(format!("whether such a Deny is there already can't be read: {trouble}"));
    }
    lines.extend(aim.secrets.iter().map(|watched| follows(aim, watched, now)));
    if !arguments.keep_grants {
        lines.push(THIS_HOST.into());
    }
    tell(lines);
}

/// What comes after it.
fn follows(aim: &Aim, watched: &Watched, now: Timestamp) -> String {
    let name = &watched.secret.name;
    let covers: Vec<&str> = aim.covers(watched, now).into_iter().map(Name::as_str).collect();
    match (covers.is_empty(), aim.opens(watched, now)) {
        (false, _) => {
            format!(
                "{name} stays open for {}: a fresh session follows by itself, within five minutes after that",
                covers.join(", ")
            )
        }
        (true, Some((opens, grant))) => format!("{name} is closed then, until grant {grant} opens at {opens}"),
        (true, None) => format!("{name} is closed then, and nothing opens it within a week"),
    }
}
