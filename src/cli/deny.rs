//! `credadmin deny` and `credadmin withdraw`: what was asked for will not be. It is kept, with who, when and why.

use std::process::ExitCode;

use super::check::tell;
use super::desk::{self, Desk, REFUSED, Refusal};
use super::{ConfigArgument, EX_IOERR, EX_TEMPFAIL};
use crate::instant::whole;
use crate::journal::Event;
use crate::requests::accounts::Host;
use crate::requests::decision::{Decision, Verdict};
use crate::requests::inbox::Pending;
use crate::requests::people::list;
use crate::requests::request::LONGEST_REASON;
use crate::requests::text::is_plain;
use crate::requests::{Id, Who};

#[derive(clap::Args)]
pub struct Denial {
    /// The id of the request.
    #[arg(value_parser = desk::id)]
    id: Id,
    #[command(flatten)]
    main: ConfigArgument,
    /// Why, on one line; the applicant reads it.
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: String,
}

#[derive(clap::Args)]
pub struct Withdrawal {
    /// The id of the request.
    #[arg(value_parser = desk::id)]
    id: Id,
    #[command(flatten)]
    main: ConfigArgument,
}

pub fn deny(arguments: &Denial) -> ExitCode {
    decided(&arguments.main, |desk| {
        let pending = desk.pending(&arguments.id)?;
        let (secret, rules) = desk.secret(&pending.request.secret)?;
        let by = Who::of(Some(desk::this_user()), None, &Host);
        // Root could as well remove the file.
        if by.uid != Some(0) && !by.is_one_of(&rules.approvers, &Host) {
            let approvers = list(&rules.approvers);
            let why = format!("{} may not deny requests for {}: its approvers are {approvers}", by.name, pending.request.secret);
            return Err((format!("{}: {why}", pending.id), REFUSED));
        }
        keep(desk, &pending, Verdict::Denied, &by, Some(arguments.reason.clone()))?;
        let grant = desk::grant(&pending.id, &pending.request, &asked_by(desk, &pending), None);
        desk::journal(&Event::Denied { secret, grant, by: by.name, why: arguments.reason.clone() });
        Ok(format!("denied: {}", pending.id))
    })
}

pub fn withdraw(arguments: &Withdrawal) -> ExitCode {
    decided(&arguments.main, |desk| {
        let pending = desk.pending(&arguments.id)?;
        let (secret, _) = desk.secret(&pending.request.secret)?;
        let by = Who::of(Some(desk::this_user()), None, &Host);
        if by.uid != Some(pending.uid) {
            let why =
                format!("it is a request of user {}, and yours is {}: an approver can deny it", pending.uid, desk::this_user());
            return Err((format!("{}: {why}", pending.id), REFUSED));
        }
        keep(desk, &pending, Verdict::Withdrawn, &by, None)?;
        let grant = desk::grant(&pending.id, &pending.request, &asked_by(desk, &pending), None);
        desk::journal(&Event::Withdrawn { secret, grant });
        Ok(format!("withdrawn: {}", pending.id))
    })
}

fn decided(main: &ConfigArgument, decide: impl FnOnce(&Desk) -> Result<String, Refusal>) -> ExitCode {
    let desk = match Desk::open(&main.config) {
        Ok(desk) => desk,
        Err(code) => return code,
    };
    let said = desk.inbox.lock().map_err(|why| (why, EX_TEMPFAIL)).and_then(|_lock| {
        // What was read before nobody else could decide may be over.
        let Ok(desk) = Desk::open(&main.config) else {
            return Err(("the config was refused meanwhile".into(), super::EX_CONFIG));
        };
        decide(&desk)
    });
    match said {
        Ok(said) => {
            tell([said]);
            ExitCode::SUCCESS
        }
        Err(refusal) => desk::say(&refusal),
    }
}

/// The decision first, and then the request goes: it is in one of the two at every moment.
fn keep(desk: &Desk, pending: &Pending, verdict: Verdict, by: &Who, why: Option<String>) -> Result<(), Refusal> {
    let at = whole(desk.now);
    let decision = Decision {
        id: pending.id.clone(),
        verdict,
        by: by.name.clone(),
        at,
        why,
        request: pending.text.clone(),
        applicant_uid: pending.uid,
    };
    desk.inbox.decide(&decision).map_err(|why| (format!("{why}; nothing is changed"), EX_IOERR))?;
    desk.inbox.clear(&pending.id);
    Ok(())
}

/// A signature that does not hold is no reason to keep a request.
fn asked_by(desk: &Desk, pending: &Pending) -> String {
    desk.applicant(pending).map_or_else(|_| Who::of(Some(pending.uid), None, &Host).name, |who| who.name)
}

fn line(text: &str) -> Result<String, String> {
    match is_plain(text, LONGEST_REASON) {
        true => Ok(text.to_owned()),
        false => Err(format!("wanted: one line of 1 to {LONGEST_REASON} characters, none of them unseen")),
    }
}
