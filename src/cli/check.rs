//! `credadmin check`: the daemon's own loader, and a short summary.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{judged, refuse, written};
use crate::clock::Clock;
use crate::config::{Fault, Settings, Sources, Watched};
use crate::instant::after;
use crate::notice::Broken;
use crate::plain::plain;
use crate::requests::accounts::Host;
use crate::schedule::coverage::Coverage;

/// How far ahead it is looked for the end of a window: longer than any session, which is all that a plan needs.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

pub fn check(path: &Path) -> ExitCode {
    let now = Clock::system().now();
    let read = Sources::read(path).and_then(|mut sources| Ok((sources.settings(now)?, sources)));
    let (settings, sources) = match read {
        Ok(read) => read,
        Err(faults) => return refuse(&faults),
    };
    tell(settings.remarks.iter().map(|remark| format!("{remark}\n")));
    tell(settings.requests.unknown(&Host).iter().map(|remark| format!("{remark}\n")));
    let broken_templates = super::notify::templates(&settings);
    tell_broken(&broken_templates);
    if broken_templates.iter().any(|broken| !broken.is_missing) {
        return ExitCode::from(super::EX_CONFIG);
    }
    let evidence = judged::evidence(&sources.sealed(&settings), &settings, now);
    tell(evidence.iter().map(|remark| format!("{remark}\n")));
    let summary = written(summary(&settings, path, now));
    let unproven = evidence.iter().filter(|fault| fault.is_error()).count();
    if unproven > 0 {
        let mistakes = if unproven == 1 { "1 mistake".to_owned() } else { format!("{unproven} mistakes") };
        tell([format!(
            "{mistakes} in the evidence of drop-ins: the daemon does not look at it, and their windows open all the same; remove what is not meant"
        )]);
    }
    // The daemon runs without a bad drop-in; whoever wrote it wants to know that here.
    match settings.remarks.iter().filter(|remark| remark.is_error()).count() {
        0 if unproven == 0 => return summary,
        0 => {}
        1 => tell(["1 mistake: the drop-in counts as absent, and every grant that it names is closed"]),
        n => tell([format!("{n} mistakes: these drop-ins count as absent, and every grant that they name is closed")]),
    }
    ExitCode::from(super::EX_CONFIG)
}

/// Says which templates of mail can't be used: those built in take their place, and the daemon does without.
pub fn tell_broken(templates: &[Broken]) {
    tell(templates.iter().map(|broken| format!("{}: {broken}", if broken.is_missing { "warning" } else { "error" })));
    if !templates.is_empty() {
        tell(["the built-in templates take their place; access is not affected"]);
    }
}

/// Says it on stderr; nothing that others wrote acts on the terminal. That nobody reads it any more, as in
/// `credadmin check 2>&1 | head`, can be told to nobody.
pub fn tell(paragraphs: impl IntoIterator<Item = impl Display>) {
    let mut out = io::stderr().lock();
    for paragraph in paragraphs {
        for line in paragraph.to_string().split('\n') {
            let _ = writeln!(out, "{}", plain(line));
        }
    }
}

fn summary(settings: &Settings, path: &Path, now: Timestamp) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let but = if settings.remarks.iter().any(Fault::is_error) { ", but for drop-ins" } else { "" };
    writeln!(out, "{}: valid{but}", path.display())?;
    if settings.secrets.is_empty() {
        writeln!(out, "  no [secrets.NAME] table: there is nothing to do")?;
    }
    for watched in &settings.secrets {
        let grants = match watched.grants.len() {
            1 => "1 grant".to_owned(),
            n => format!("{n} grants"),
        };
        writeln!(out, "  {} ({}): {grants}; {}", watched.secret.name, watched.secret.secret_id, standing(watched, now))?;
    }
    Ok(())
}

/// How a secret stands now, in words.
pub fn standing(watched: &Watched, now: Timestamp) -> String {
    let week = after(now, AHEAD);
    let coverage = Coverage::between(watched.grants.iter(), now, week);
    let local = |t: Timestamp| t.to_zoned_datetime(TimeZone::system()).strftime("%a %F %H:%M %Z").to_string();
    let open = coverage.grants_at(now).iter().map(|grant| grant.name.as_str()).collect::<Vec<_>>().join(", ");
    match (coverage.end_at(now), coverage.next_change(now)) {
        (Some(end), _) if end < week => format!("open until {} for {open}", local(end)),
        (Some(_), _) => format!("open for a week and more for {open}"),
        (None, Some(opens)) => format!("closed, opens {}", local(opens)),
        (None, None) if watched.grants.is_empty() => "closed".into(),
        (None, None) => "closed for good".into(),
    }
}
