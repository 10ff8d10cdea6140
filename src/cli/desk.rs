//! What the commands around requests have in common: the config, the directory of requests, and what became of each.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nix::unistd::{Group, Uid};

use super::check::tell;
use super::{EX_CONFIG, refuse};
use crate::clock::Clock;
use crate::config::{Faults, Sealed, Settings, Sources};
use crate::grant::{Grant, Name, Papers, Secret, Span, Window};
use crate::journal::{Event, note};
use crate::length;
use crate::requests::accounts::Host;
use crate::requests::decision::Verdict;
use crate::requests::inbox::{Decided, Inbox, Pending};
use crate::requests::{Accounts, Id, Request, Rules, Signer, Who, signature};

/// What keeps a command from doing what it is asked: the words, and the exit status.
pub type Refusal = (String, u8);
/// The rules say no, or the request is none.
pub const REFUSED: u8 = 1;
/// clap's own, for a name that the config does not have.
pub const USAGE: u8 = 2;

/// Everything that decides over requests, as it is now.
pub struct Desk {
    pub sources: Sources,
    pub settings: Settings,
    pub inbox: Inbox,
    /// The grants of drop-ins.
    pub sealed: Sealed,
    pub now: Timestamp,
}

/// Where a request stands that is not pending.
pub struct Fate {
    pub verdict: Verdict,
    /// By whom, and why.
    pub by: String,
    pub at: Option<Timestamp>,
    pub why: Option<String>,
    /// Whether the drop-in of an approved one is in force.
    pub in_force: bool,
    /// Whether it is known not to be: not everybody can read grants.d.
    pub gone: bool,
}

impl Desk {
    /// Reads all of it.
    pub fn open(main: &Path) -> Result<Self, ExitCode> {
        let now = Clock::system().now();
        let read = || -> Result<(Sources, Settings), Faults> {
            let mut sources = Sources::read(main)?;
            let settings = sources.settings(now)?;
            Ok((sources, settings))
        };
        let (sources, settings) = read().map_err(|faults| refuse(&faults))?;
        let sealed = sources.sealed(&settings);
        let inbox = Inbox::open(&settings.requests.desk.directory).map_err(|why| say(&(why, EX_CONFIG)))?;
        Ok(Self { sources, settings, inbox, sealed, now })
    }

    /// A secret that can be asked for.
    pub fn secret(&self, name: &Name) -> Result<(Arc<Secret>, &Rules), Refusal> {
        let watched = self.settings.secrets.iter().find(|watched| watched.secret.name == *name);
        let rules = &self.settings.requests.rules;
        let known = || match rules.is_empty() {
            true => "no secret can be asked for".to_owned(),
            false => format!("these can be: {}", rules.keys().map(Name::as_str).collect::<Vec<_>>().join(", ")),
        };
        match (watched, rules.get(name)) {
            (Some(watched), Some(rules)) => Ok((Arc::clone(&watched.secret), rules)),
            (Some(_), None) => {
                Err((format!("{name} can't be asked for: the config has no [secrets.{name}.requests]; {}", known()), USAGE))
            }
            (None, _) => Err((format!("the config has no [secrets.{name}]; {}", known()), USAGE)),
        }
    }

    /// A pending request.
    pub fn pending(&self, id: &Id) -> Result<Pending, Refusal> {
        let read = self.inbox.read(id);
        // Whoever says that it was withdrawn has to be who asked, where that is known.
        if let Some(fate) = self.fate(id, read.as_ref().ok().and_then(Option::as_ref)) {
            return Err((format!("{id} {}", fate.words()), REFUSED));
        }
        let none = || (format!("there is no request {id}; credadmin requests lists those that are pending"), USAGE);
        read.map_err(|why| (why, REFUSED))?.ok_or_else(none)
    }

    /// What became of a request; `None` if nothing did.
    pub fn fate(&self, id: &Id, pending: Option<&Pending>) -> Option<Fate> {
        let decisions = self.inbox.decisions(Some(id)).unwrap_or_default();
        let mut decided = decisions.into_iter().flatten().filter(|decided| self.counts(decided, pending));
        if let Some((grant, _)) = self.sealed.grants.iter().find(|(grant, _)| grant.name == *id.name()) {
            let by = grant.papers.approved_by.as_deref().unwrap_or("somebody").to_owned();
            let at = decided.find(|it| it.decision.verdict == Verdict::Approved).map(|it| it.decision.at);
            return Some(Fate { verdict: Verdict::Approved, by, at, why: None, in_force: true, gone: false });
        }
        let Decided { decision, uid } = decided.next()?;
        let by = match decision.verdict {
            // A principal may have signed it.
            Verdict::Approved => decision.by,
            Verdict::Denied | Verdict::Withdrawn => Who::of(Some(uid), None, &Host).name,
        };
        let is_hidden = |error: std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
        let hidden = fs::read_dir(self.sources.drop_ins().directory()).err().is_some_and(is_hidden);
        let gone = decision.verdict == Verdict::Approved && !hidden;
        Some(Fate { verdict: decision.verdict, by, at: Some(decision.at), why: decision.why, in_force: false, gone })
    }

    /// Whether a decision is by somebody who may decide so: whose file it is, is the kernel's word.
    pub fn counts(&self, Decided { decision, uid }: &Decided, pending: Option<&Pending>) -> bool {
        let request = Request::parse(&decision.request);
        let is_of_it = |request: &Request| Id::of(&decision.request, request.window.opens) == decision.id;
        let Some(request) = request.ok().filter(is_of_it) else { return false };
        let rules = self.settings.requests.rules.get(&request.secret);
        let approves = rules.is_some_and(|rules| Who::of(Some(*uid), None, &Host).is_one_of(&rules.approvers, &Host));
        let group = self.settings.grants_group.and_then(|gid| Group::from_gid(gid).ok().flatten());
        let drops_in = group.is_some_and(|group| Host.is_member(*uid, &group.name));
        match decision.verdict {
            Verdict::Withdrawn => pending.map_or(decision.applicant_uid, |pending| pending.uid) == *uid,
            Verdict::Denied => *uid == 0 || approves,
            Verdict::Approved => *uid == 0 || approves || drops_in,
        }
    }

    /// The windows of a secret that were approved.
    pub fn approved(&self, secret: &Name) -> Vec<Span> {
        let grants = self.sealed.grants.iter().filter(|(grant, evidence)| grant.secret == *secret && evidence.is_some());
        let once = grants.filter_map(|(grant, _)| match grant.window {
            Window::Once(span) => Some(span),
            Window::Recurring(_) => None,
        });
        once.collect()
    }

    /// Whose signature it is, by the allowed signers.
    pub fn signer(&self, namespace: &str, text: &str, signed: &str) -> Result<Signer, String> {
        signature::verify(&self.allowed_signers()?, namespace, text, signed, self.now)
    }

    /// The text of that file, which decides over access as the config does.
    pub fn allowed_signers(&self) -> Result<String, String> {
        crate::config::trusted(&self.settings.requests.desk.allowed_signers).map_err(|fault| fault.one_line())
    }

    /// The applicant of a request: whose file it is, and who signed it.
    pub fn applicant(&self, pending: &Pending) -> Result<Who, Refusal> {
        let signer = pending.signature.as_ref().map(|signed| self.signer(signature::REQUEST, &pending.text, signed)).transpose();
        let signer =
            signer.map_err(|why| (format!("{}: the signature of the request does not hold: {why}", pending.id), REFUSED))?;
        Ok(Who::of(Some(pending.uid), signer, &Host))
    }
}

impl Fate {
    /// In words.
    pub fn words(&self) -> String {
        let at = self.at.map(|at| format!(" at {at}")).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!(", {why:?}")).unwrap_or_default();
        let gone = match self.gone {
            true => "; its drop-in is gone or not in force: if it was taken away, ask again",
            false => "",
        };
        format!("is {} already, by {}{at}{why}{gone}", self.verdict.word(), self.by)
    }
}

/// What the journal tells a request as.
pub fn grant(id: &Id, request: &Request, requested_by: &str, approved_by: Option<&str>) -> Grant {
    let papers = Papers {
        requested_by: Some(requested_by.into()),
        approved_by: approved_by.map(Into::into),
        reason: Some(request.reason.clone().into()),
        ticket: request.ticket.clone().map(Into::into),
    };
    Grant { name: id.name().clone(), secret: request.secret.clone(), window: Window::Once(request.window), papers }
}

/// Tells the journal. What was done is done, whatever becomes of that.
pub fn journal(event: &Event) {
    if let Err(error) = note(event) {
        let text = event.record().message;
        tell([format!("warning: the journal can't be reached ({error}): it holds, but is not written down there: {text}")]);
    }
}

/// What is asked for, for whoever is to say yes to it.
pub fn shown(id: &Id, request: &Request, applicant: &Who, now: Timestamp) -> Vec<String> {
    let local = |t: Timestamp| t.to_zoned_datetime(TimeZone::system()).strftime("%a %F %H:%M:%S %Z").to_string();
    let signed = applicant.signer.as_ref().map(|signer| format!(", signed with {}", signer.key)).unwrap_or_default();
    let uid = applicant.uid.map(|uid| format!(" (user {uid}{signed})")).unwrap_or_default();
    let ahead = match request.window.opens > now {
        true => "",
        false => ", that is, at once",
    };
    let mut lines = vec![
        format!("{id}"),
        format!("  secret  {}", request.secret),
        format!("  from    {} ({}){ahead}", request.window.opens, local(request.window.opens)),
        format!("  until   {} ({}), {}", request.window.closes, local(request.window.closes), length::show(request.length())),
        format!("  by      {}{uid}, asked at {}", applicant.name, request.asked),
        format!("  reason  {}", request.reason),
    ];
    lines.extend(request.ticket.iter().map(|ticket| format!("  ticket  {ticket}")));
    lines
}

/// The user of this process: not the effective one, and not what sudo says of it.
pub fn this_user() -> u32 {
    Uid::current().as_raw()
}

pub fn say((why, code): &Refusal) -> ExitCode {
    tell([format!("error: {why}")]);
    ExitCode::from(*code)
}

/// A request's id on the command line.
pub fn id(text: &str) -> Result<Id, String> {
    Id::parse(text)
        .ok_or_else(|| "wanted: the id of a request, such as req-20261201-… with 32 more digits (credadmin requests)".into())
}

/// A text and its signature, as `ssh-keygen -Y sign` leaves them side by side.
pub fn signed_file(path: &Path) -> Result<(String, String), Refusal> {
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|error| (format!("{} can't be read: {error}", path.display()), USAGE));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sig");
    Ok((read(path)?, read(Path::new(&beside))?))
}
