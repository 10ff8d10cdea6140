//! Doing it, step by step; what can't be done keeps nothing of the rest from being done.

use std::fs;
use std::process::ExitCode;

use jiff::Timestamp;
use nix::unistd::{Uid, User};

use super::{Arguments, NOT_DONE, THIS_HOST};
use crate::aws::admin::Caller;
use crate::aws::sdk::Sdk;
use crate::cli::check::tell;
use crate::clock::Clock;
use crate::grant::Name;
use crate::journal::{self, Event};
use crate::revoke::{self, Aim, Beforehand, Deed, Probe, Report, Undone};

/// Does it, and tells each step.
pub async fn done(
    arguments: &Arguments,
    aim: &Aim<'_>,
    before: &Beforehand<'_>,
    caller: &Caller,
    (aws, clock): (&Sdk, &Clock),
) -> ExitCode {
    let mut report = Report::new(|line| tell([line]));
    let by = format!("{}, {}", who(), caller.arn);
    let grants = close(arguments, aim, &by, clock.now(), &mut report);
    let meant = &aim.meant().secret;
    let probe = match &arguments.probe {
        Some(bucket) => Some(revoke::probe(aws, clock, meant, bucket).await),
        None => None,
    };
    let mut deed = Deed::new((aws, clock), aim, before, arguments.reason.as_deref());
    let denied = deed.end(&mut report).await;
    let (secrets, denied_before) = (deed.closed(), deed.denied_before);
    let entry = |undone: &[Undone]| Event::Revocation {
        by: by.clone(),
        role_arn: aim.role_arn().to_owned(),
        denied_before,
        denied,
        secrets: secrets.clone(),
        grants: grants.clone(),
        reason: arguments.reason.clone(),
        undone: undone.iter().map(|undone| undone.what.clone()).collect(),
    };
    // Now, and not after the wait: whoever interrupts that has revoked all the same.
    note(&entry(&report.undone));
    let told = report.undone.len();
    if denied {
        report.done(format!("waiting until {}: sessions from before can still be written until then", deed.settles()));
        deed.look_again(&mut report).await;
        watch(probe, aim, (aws, clock), &mut report).await;
    }
    if report.undone.len() > told {
        // The entry of before does not say so.
        note(&entry(&report.undone));
    }
    if !arguments.keep_grants {
        tell([THIS_HOST]);
    }
    match report.undone.len() {
        0 => ExitCode::SUCCESS,
        n => {
            tell([format!("{n} of it NOT DONE: see above")]);
            ExitCode::from(NOT_DONE)
        }
    }
}

fn note(event: &Event) {
    if let Err(error) = journal::note(event) {
        tell([format!("warning: the journal did not take it: {error}")]);
    }
}

/// Closes what is to be closed; answers with what was.
fn close(arguments: &Arguments, aim: &Aim, by: &str, now: Timestamp, report: &mut Report) -> Vec<Name> {
    let reason = arguments.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let mut closed = Vec::new();
    for grant in &aim.closes {
        match revoke::close(&arguments.main.config, grant, now, &format!("{by}{reason}")) {
            Ok(place) => {
                let own = place.own.map(|own| format!("; take it out of {own} too: without this file it opens again"));
                report.done(format!("grant {} closed in {}{}", grant.name, place.path.display(), own.unwrap_or_default()));
                closed.push(grant.name.clone());
            }
            Err(why) => report.not_done(
                format!("grant {} is not closed: {why}", grant.name),
                "fresh sessions follow while its window is open".into(),
                format!("give [grants.{}] its end, until or not_after = \"{now:.0}\", or take it out of its file", grant.name),
            ),
        }
    }
    closed
}

/// Waits for the end of access, if that was asked for.
async fn watch(probe: Option<Result<Probe<'_>, String>>, aim: &Aim<'_>, (aws, clock): (&Sdk, &Clock), report: &mut Report<'_>) {
    let seen = match probe {
        None => {
            report.done(
                "not looked at: whether access has ended (--probe BUCKET does); IAM takes a few minutes to spread a policy",
            );
            return;
        }
        Some(Ok(probe)) => probe.watch(aws, clock).await,
        Some(Err(why)) => Err(why),
    };
    match seen {
        Ok(at) => report.done(format!("seen: the bucket was denied to the old session at {at:.0}")),
        Err(why) => report.not_done(
            format!("the end of access was not seen: {why}"),
            "the Deny is there, and IAM takes a few minutes to spread it; more than that is not known".into(),
            format!("aws iam get-role-policy --role-name {} --policy-name {}", aim.role(), revoke::POLICY),
        ),
    }
}

/// Who does it, as the host knows them: the user who logged in, also behind sudo.
fn who() -> String {
    const UNSET: u32 = u32::MAX;
    let login = fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
    let uid = login.filter(|uid| *uid != UNSET).map_or_else(Uid::current, Uid::from_raw);
    let name = User::from_uid(uid).ok().flatten().map(|user| user.name);
    name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
}
