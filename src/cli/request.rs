//! `credadmin request`: asks for a grant. Somebody else has to approve it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};

use super::check::tell;
use super::desk::{self, Desk, REFUSED, Refusal, USAGE};
use super::{ConfigArgument, EX_IOERR, written};
use crate::grant::{Name, Span};
use crate::instant::{self, after, whole};
use crate::journal::Event;
use crate::length;
use crate::requests::accounts::Host;
use crate::requests::people::list;
use crate::requests::{Id, Request, Who, signature};

#[derive(clap::Args)]
pub struct Arguments {
    /// The NAME of a [secrets.NAME] table.
    #[arg(value_parser = name)]
    secret: Name,
    #[command(flatten)]
    main: ConfigArgument,
    /// When it is to open: an instant with its offset (RFC 3339). Now, if it is not given.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// When it is to close.
    #[arg(long, value_name = "INSTANT", value_parser = instant, required_unless_present = "length", conflicts_with = "length")]
    until: Option<Timestamp>,
    /// For how long it is to be open, such as 90m or 8h.
    #[arg(id = "length", long = "for", value_name = "DURATION", value_parser = positive)]
    length: Option<SignedDuration>,
    /// Why, on one line.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Where it is written down.
    #[arg(long, value_name = "TEXT")]
    ticket: Option<String>,
    /// Sign it with this SSH key: a private key, or a public one whose other half an agent has.
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
}

pub fn request(arguments: &Arguments) -> ExitCode {
    let desk = match Desk::open(&arguments.main.config) {
        Ok(desk) => desk,
        Err(code) => return code,
    };
    asked(arguments, &desk).unwrap_or_else(|refusal| desk::say(&refusal))
}

fn asked(arguments: &Arguments, desk: &Desk) -> Result<ExitCode, Refusal> {
    let (secret, rules) = desk.secret(&arguments.secret)?;
    let opens = arguments.from.unwrap_or(whole(desk.now));
    let lasts = arguments.length.unwrap_or_default();
    let closes = arguments.until.unwrap_or_else(|| after(opens, lasts));
    let request = Request {
        secret: arguments.secret.clone(),
        window: Span { opens, closes },
        reason: arguments.reason.clone(),
        ticket: arguments.ticket.clone(),
        asked: desk.now,
    };
    if let Some(fault) = request.fault() {
        return Err((fault, USAGE));
    }
    // Those that wait may be approved too.
    let mut others = desk.approved(&request.secret);
    let pending = desk.inbox.list().map_err(|why| (why, REFUSED))?;
    let waiting = pending.iter().flatten().filter(|other| other.request.secret == request.secret);
    others.extend(waiting.filter(|other| desk.fate(&other.id, Some(other)).is_none()).map(|other| other.request.window));
    let broken = rules.broken(&request.secret, request.window, &others, desk.now);
    if !broken.is_empty() {
        return Err((broken.join("; "), REFUSED));
    }
    if rules.signatures_required && arguments.sign.is_none() {
        return Err((format!("requests for {} have to be signed: add --sign KEY", request.secret), REFUSED));
    }
    let text = request.text();
    let signed = arguments.sign.as_ref().map(|key| signature::sign(key, signature::REQUEST, &text)).transpose();
    let signed = signed.map_err(|why| (why, REFUSED))?;
    let signer = signed.as_ref().map(|signed| desk.signer(signature::REQUEST, &text, signed)).transpose();
    let signer = signer.map_err(|why| (format!("the signature would not hold: {why}"), REFUSED))?;
    let applicant = Who::of(Some(desk::this_user()), signer, &Host);
    if let Some(applicants) = rules.applicants.as_ref().filter(|applicants| !applicant.may_ask(applicants, &Host)) {
        let why = format!("{} may not ask for {}: its applicants are {}", applicant.name, request.secret, list(applicants));
        return Err((why, REFUSED));
    }
    let id = Id::of(&text, request.window.opens);
    desk.inbox.ask(&id, &text, signed.as_deref()).map_err(|why| (format!("{why}; nothing is asked for"), EX_IOERR))?;
    desk::journal(&Event::Requested { secret, grant: desk::grant(&id, &request, &applicant.name, None) });
    tell([format!(
        "asked: {} from {opens} until {closes}, {}. It opens nothing before one of these approves it: {}",
        request.secret,
        length::show(request.length()),
        list(&rules.approvers)
    )]);
    let mut out = io::stdout().lock();
    Ok(written(writeln!(out, "{id}").and_then(|()| out.flush())))
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).ok_or_else(|| "wanted: a name of 1 to 64 characters a to z, 0 to 9 and -".into())
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let wanted = "wanted: an instant with its offset, in whole seconds, such as 2026-12-01T08:00:00Z";
    instant::parse(text).filter(|t| t.subsec_nanosecond() == 0).ok_or_else(|| wanted.into())
}

fn positive(text: &str) -> Result<SignedDuration, String> {
    let wanted = "wanted: a length of time in whole seconds, such as 90m or 8h";
    length::parse(text).filter(|length| length.subsec_nanos() == 0 && length.is_positive()).ok_or_else(|| wanted.into())
}
