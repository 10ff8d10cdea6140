//! `credadmin approve`: a request becomes a drop-in in grants.d, with its evidence. Never by the applicant.

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::process::ExitCode;

use super::approval::{Approval, dropped_in};
use super::check::tell;
use super::desk::{self, Desk, REFUSED, Refusal};
use super::{ConfigArgument, EX_CONFIG, EX_IOERR, EX_TEMPFAIL};
use crate::instant::whole;
use crate::journal::Event;
use crate::requests::accounts::Host;
use crate::requests::decision::{Decision, Verdict};
use crate::requests::drop_in::Approved;
use crate::requests::inbox::{Decided, Pending};
use crate::requests::people::{list, one_person};
use crate::requests::statement::Statement;
use crate::requests::{Evidence, Id, Rules, Who};

#[derive(clap::Args)]
pub struct Arguments {
    /// The id of the request.
    #[arg(value_parser = desk::id)]
    id: Id,
    #[command(flatten)]
    main: ConfigArgument,
    /// Do not ask whether what is shown is what is meant.
    #[arg(long)]
    yes: bool,
    /// Sign the approval with this SSH key: a private key, or a public one whose other half an agent has.
    #[arg(long, value_name = "KEY", requires = "principal")]
    pub sign: Option<PathBuf>,
    /// The name that the allowed signers have for that key.
    #[arg(id = "principal", long = "as", value_name = "PRINCIPAL", requires = "sign")]
    pub principal: Option<String>,
    /// An approval that was signed elsewhere, with its signature beside it in FILE.sig.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sign", "principal"])]
    pub approval: Option<PathBuf>,
}

pub fn approve(arguments: &Arguments) -> ExitCode {
    let desk = match Desk::open(&arguments.main.config) {
        Ok(desk) => desk,
        Err(code) => return code,
    };
    match approved(arguments, &desk) {
        Ok(code) => code,
        Err(refusal) => desk::say(&refusal),
    }
}

fn approved(arguments: &Arguments, desk: &Desk) -> Result<ExitCode, Refusal> {
    if let Some(said) = completed(desk, &arguments.id)? {
        tell([said]);
        return Ok(ExitCode::SUCCESS);
    }
    let pending = desk.pending(&arguments.id)?;
    let (_, rules) = desk.secret(&pending.request.secret)?;
    let applicant = desk.applicant(&pending)?;
    // What can be known is said before anybody reads, and judged again when it counts.
    may_be_approved(desk, &pending, rules, &applicant)?;
    if arguments.sign.is_none() && arguments.approval.is_none() {
        by_whom(&pending, rules, &applicant, &Who::of(Some(desk::this_user()), None, &Host))?;
    }
    tell(desk::shown(&pending.id, &pending.request, &applicant, desk.now));
    if !arguments.yes {
        confirmed()?;
    }
    let approval = Approval::of(arguments, desk, &pending)?;
    by_whom(&pending, rules, &applicant, &approval.approver)?;

    let _lock = desk.inbox.lock().map_err(|why| (why, EX_TEMPFAIL))?;
    // As it is now that nobody else decides. What is approved is still what was read and shown.
    let Ok(now) = Desk::open(&arguments.main.config) else { return Ok(ExitCode::from(EX_CONFIG)) };
    let still = now.pending(&pending.id)?;
    let (secret, rules) = now.secret(&pending.request.secret)?;
    let applicant = now.applicant(&still)?;
    if still.uid != pending.uid || still.signature != pending.signature {
        return Err((format!("{}: the request was put there anew while you read it; nothing is changed", still.id), REFUSED));
    }
    may_be_approved(&now, &still, rules, &applicant)?;
    by_whom(&still, rules, &applicant, &approval.approver)?;
    let approved = Approved {
        id: still.id.clone(),
        request: still.request.clone(),
        requested_by: applicant.name.clone(),
        approved_by: approval.approver.name.clone(),
        evidence: Evidence {
            request: still.text.clone(),
            request_signature: still.signature.clone(),
            approval: approval.text,
            approval_signature: approval.signature,
            applicant_uid: applicant.uid,
            approver_uid: approval.approver.uid,
        },
    };
    let file = dropped_in(&arguments.main.config, &now, &approved)?;
    desk::journal(&Event::Approved {
        secret,
        grant: desk::grant(&still.id, &still.request, &applicant.name, Some(&approved.approved_by)),
    });
    let decision = Decision {
        id: still.id.clone(),
        verdict: Verdict::Approved,
        by: approved.approved_by.clone(),
        at: whole(now.now),
        why: None,
        request: still.text,
        applicant_uid: still.uid,
    };
    let kept = now.inbox.decide(&decision);
    now.inbox.clear(&still.id);
    tell([format!("approved: {}; the daemon takes it within a second", file.display())]);
    if let Err(why) = kept {
        tell([format!("warning: {why}: it is approved all the same, and the drop-in has all of it")]);
    }
    Ok(ExitCode::SUCCESS)
}

/// Does what is left to do where an approval was interrupted: its drop-in is there, the rest is not. It is told, perhaps again:
/// nobody knows whether it was.
fn completed(desk: &Desk, id: &Id) -> Result<Option<String>, Refusal> {
    let Some(fate) = desk.fate(id, None).filter(|fate| fate.in_force && fate.at.is_none()) else { return Ok(None) };
    let _lock = desk.inbox.lock().map_err(|why| (why, EX_TEMPFAIL))?;
    // Whoever approves it at this moment needs no help.
    if desk.fate(id, None).is_some_and(|fate| fate.at.is_some()) {
        return Ok(None);
    }
    let found = desk.sealed.grants.iter().find(|(grant, _)| grant.name == *id.name());
    let Some((grant, Some(evidence))) = found else { return Ok(None) };
    let decision = Decision {
        id: id.clone(),
        verdict: Verdict::Approved,
        by: fate.by.clone(),
        at: Statement::parse(&evidence.approval).map_or(desk.now, |statement| statement.at),
        why: None,
        request: evidence.request.clone(),
        applicant_uid: evidence.applicant_uid.unwrap_or_default(),
    };
    // Of others the record would not count, and they would tell it as often as they like.
    let decided = Decided { decision, uid: desk::this_user() };
    if !desk.counts(&decided, None) {
        return Ok(None);
    }
    let (secret, _) = desk.secret(&grant.secret)?;
    desk::journal(&Event::Approved { secret, grant: grant.clone() });
    desk.inbox.decide(&decided.decision).map_err(|why| (why, EX_IOERR))?;
    desk.inbox.clear(id);
    Ok(Some(format!("{id} {}; what was left to do is done", fate.words())))
}

/// Whether the request keeps to the limits, and its applicant may ask.
fn may_be_approved(desk: &Desk, pending: &Pending, rules: &Rules, applicant: &Who) -> Result<(), Refusal> {
    let broken = broken(desk, pending, rules, applicant);
    match broken.is_empty() {
        true => Ok(()),
        false => Err((format!("{}: {}", pending.id, broken.join("; ")), REFUSED)),
    }
}

/// All that keeps the request from being approved, whoever approves it.
pub fn broken(desk: &Desk, pending: &Pending, rules: &Rules, applicant: &Who) -> Vec<String> {
    let request = &pending.request;
    let mut broken = rules.broken(&request.secret, request.window, &desk.approved(&request.secret), desk.now);
    if let Some(applicants) = rules.applicants.as_ref().filter(|applicants| !applicant.may_ask(applicants, &Host)) {
        broken.push(format!("{} may not ask for {}: its applicants are {}", applicant.name, request.secret, list(applicants)));
    }
    if rules.signatures_required && applicant.signer.is_none() {
        broken.push(format!("requests for {} have to be signed, and this one is not", request.secret));
    }
    broken
}

/// Whether this approver may, and is not the applicant.
fn by_whom(pending: &Pending, rules: &Rules, applicant: &Who, approver: &Who) -> Result<(), Refusal> {
    let refused = |why: String| Err((format!("{}: {why}", pending.id), REFUSED));
    if let Some(why) = one_person(applicant, approver) {
        return refused(why);
    }
    if rules.signatures_required && approver.signer.is_none() {
        return refused(format!("approvals for {} have to be signed: add --sign KEY --as PRINCIPAL", pending.request.secret));
    }
    if approver.is_one_of(&rules.approvers, &Host) {
        return Ok(());
    }
    let root = match approver.uid == Some(0) && approver.signer.is_none() {
        true => " (with sudo everybody is root, so that nobody could tell who it was: do it as yourself, or sign)",
        false => "",
    };
    let who = &approver.name;
    refused(format!(
        "{who} may not approve requests for {}{root}: its approvers are {}",
        pending.request.secret,
        list(&rules.approvers)
    ))
}

fn confirmed() -> Result<(), Refusal> {
    tell(["Approve exactly this? It opens access. Type yes:"]);
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(("not confirmed; nothing is changed".into(), REFUSED)),
    }
}
