//! `credadmin requests`: what is asked for, and what became of it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::approve::broken;
use super::check::tell;
use super::desk::{self, Desk, Fate, REFUSED};
use super::{ConfigArgument, written};
use crate::plain::plain;
use crate::requests::accounts::Host;
use crate::requests::inbox::{Decided, Pending};
use crate::requests::{Id, Request, Who};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// Also those that are approved, denied or withdrawn.
    #[arg(long)]
    all: bool,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// One request, wherever it stands.
struct Line {
    id: Id,
    request: Request,
    applicant: Who,
    fate: Option<Fate>,
    /// Why it can't be approved as it is.
    trouble: Vec<String>,
}

#[derive(Serialize)]
struct Json<'a> {
    id: String,
    state: &'static str,
    secret: &'a str,
    from: String,
    until: String,
    requested_by: &'a str,
    applicant_uid: Option<u32>,
    signed_by: Option<&'a [String]>,
    reason: &'a str,
    ticket: Option<&'a str>,
    asked: String,
    trouble: &'a [String],
    decided_by: Option<&'a str>,
    decided_at: Option<String>,
    decided_why: Option<&'a str>,
}

pub fn requests(arguments: &Arguments) -> ExitCode {
    let desk = match Desk::open(&arguments.main.config) {
        Ok(desk) => desk,
        Err(code) => return code,
    };
    let (mut lines, wrong) = match lines(&desk) {
        Ok(lines) => lines,
        Err(why) => return desk::say(&(why, REFUSED)),
    };
    tell(wrong.iter().map(|why| format!("warning: not a {why}")));
    if !arguments.all {
        lines.retain(|line| line.fate.is_none());
    }
    let mut out = io::stdout().lock();
    written(lines.iter().try_for_each(|line| match arguments.format {
        Format::Json => writeln!(out, "{}", line.json()),
        Format::Text => writeln!(out, "{}\n", line.text(&desk).join("\n")),
    }))
}

fn lines(desk: &Desk) -> Result<(Vec<Line>, Vec<String>), String> {
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    for read in desk.inbox.list()? {
        match read {
            Ok(pending) => lines.push(waiting(desk, &pending)),
            Err(why) => wrong.push(format!("request: {why}")),
        }
    }
    let mut seen: BTreeSet<String> = lines.iter().map(|line| line.id.to_string()).collect();
    let decisions = desk.inbox.decisions(None)?;
    wrong.extend(decisions.iter().filter_map(|decided| decided.as_ref().err()).map(|why| format!("decision: {why}")));
    for Decided { decision, .. } in decisions.into_iter().flatten().filter(|decided| desk.counts(decided, None)) {
        let Ok(request) = Request::parse(&decision.request) else { continue };
        if seen.insert(decision.id.to_string()) {
            let applicant = Who::of(Some(decision.applicant_uid), None, &Host);
            lines.push(Line {
                id: decision.id.clone(),
                request,
                applicant,
                fate: desk.fate(&decision.id, None),
                trouble: vec![],
            });
        }
    }
    // Approved, with nothing else left of them.
    for (grant, evidence) in &desk.sealed.grants {
        let Some((id, evidence)) = Id::parse(grant.name.as_str()).zip(evidence.as_ref()) else { continue };
        let Ok(request) = Request::parse(&evidence.request) else { continue };
        if seen.insert(id.to_string()) {
            let name = grant.papers.requested_by.as_deref().unwrap_or_default().to_owned();
            let applicant = Who { name, uid: evidence.applicant_uid, signer: None };
            lines.push(Line { fate: desk.fate(&id, None), id, request, applicant, trouble: vec![] });
        }
    }
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    Ok((lines, wrong))
}

fn waiting(desk: &Desk, pending: &Pending) -> Line {
    let fate = desk.fate(&pending.id, Some(pending));
    let request = pending.request.clone();
    let (applicant, secret) = (desk.applicant(pending), desk.secret(&request.secret));
    let trouble = match (&applicant, &secret) {
        (Ok(applicant), Ok((_, rules))) if fate.is_none() => broken(desk, pending, rules, applicant),
        _ => [applicant.as_ref().err(), secret.as_ref().err()].into_iter().flatten().map(|(why, _)| why.clone()).collect(),
    };
    let applicant = applicant.unwrap_or_else(|_| Who::of(Some(pending.uid), None, &Host));
    Line { id: pending.id.clone(), request, applicant, fate, trouble }
}

impl Line {
    fn state(&self) -> &'static str {
        self.fate.as_ref().map_or("pending", |fate| fate.verdict.word())
    }

    fn text(&self, desk: &Desk) -> Vec<String> {
        let mut lines = desk::shown(&self.id, &self.request, &self.applicant, desk.now);
        match &self.fate {
            None => lines.push("  state   pending".into()),
            Some(fate) => {
                let at = fate.at.map(|at| format!(" at {at}")).unwrap_or_default();
                let why = fate.why.as_ref().map(|why| format!(", {why:?}")).unwrap_or_default();
                let gone = if fate.gone { "; its drop-in is not in force" } else { "" };
                lines.push(format!("  state   {} by {}{at}{why}{gone}", self.state(), fate.by));
            }
        }
        lines.extend(self.trouble.iter().map(|trouble| format!("  trouble {trouble}")));
        lines.iter().map(|line| plain(line)).collect()
    }

    fn json(&self) -> String {
        let Self { id, request, applicant, fate, trouble } = self;
        let json = Json {
            id: id.to_string(),
            state: self.state(),
            secret: request.secret.as_str(),
            from: request.window.opens.to_string(),
            until: request.window.closes.to_string(),
            requested_by: &applicant.name,
            applicant_uid: applicant.uid,
            signed_by: applicant.signer.as_ref().map(|signer| &signer.principals[..]),
            reason: &request.reason,
            ticket: request.ticket.as_deref(),
            asked: request.asked.to_string(),
            trouble,
            decided_by: fate.as_ref().map(|fate| fate.by.as_str()),
            decided_at: fate.as_ref().and_then(|fate| fate.at).map(|at| at.to_string()),
            decided_why: fate.as_ref().and_then(|fate| fate.why.as_deref()),
        };
        serde_json::to_string(&json).expect("strings always serialise")
    }
}
