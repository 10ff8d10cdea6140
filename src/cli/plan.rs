//! `credadmin plan`: what the daemon would do, by the daemon's own plan.

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::check::tell;
use super::color::{self, Color};
use super::{ConfigArgument, refuse, written};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::grant::Secret;
use crate::instant::{self, after};
use crate::length;
use crate::schedule::plan::{Planned, sessions};
use crate::schedule::token::token;
use crate::sheet::{Sheet, Tone};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// From when on (RFC 3339); now, if not given.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
    /// For how long, such as 24h or 7d; 366d at most.
    #[arg(long = "for", value_name = "DURATION", default_value = "24h", value_parser = duration)]
    time: SignedDuration,
    /// A table to read, or one JSON object a line.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Whether the table is in colour.
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

/// How it is printed.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// One session, as `--format json` prints it: a stable interface.
#[derive(Serialize)]
struct Line<'a> {
    at: String,
    secret: &'a str,
    grants: Vec<&'a str>,
    ends: String,
    duration_seconds: i64,
    version_id: String,
}

pub fn plan(arguments: &Arguments) -> ExitCode {
    let from = arguments.at.unwrap_or_else(|| Clock::system().now());
    let settings = match config::load(&arguments.main.config, from) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    tell(settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| format!("{remark}\n")));
    let until = after(from, arguments.time);
    let sessions = all_sessions(&settings, from, until);
    written(match arguments.format {
        Format::Text => table(&sessions, from, arguments),
        Format::Json => lines(&sessions),
    })
}

fn all_sessions(settings: &Settings, from: Timestamp, until: Timestamp) -> Vec<(&Secret, Planned<'_>)> {
    let mut all: Vec<(&Secret, Planned)> = settings
        .secrets
        .iter()
        .flat_map(|watched| {
            sessions(from, until, &watched.secret.cadence, &watched.grants).into_iter().map(|session| (&*watched.secret, session))
        })
        .collect();
    all.sort_by(|(a, first), (b, second)| (first.at, &a.name).cmp(&(second.at, &b.name)));
    all
}

fn lines(sessions: &[(&Secret, Planned)]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (secret, session) in sessions {
        let line = Line {
            at: session.at.to_string(),
            secret: secret.name.as_str(),
            grants: session.grants.iter().map(|grant| grant.name.as_str()).collect(),
            ends: session.ends.to_string(),
            duration_seconds: secret.cadence.duration_seconds(session.at, session.ends),
            version_id: token(secret, session.ends, None),
        };
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
    }
    out.flush()
}

fn table(sessions: &[(&Secret, Planned)], from: Timestamp, arguments: &Arguments) -> io::Result<()> {
    /// Issued, ends, lasts, secret, grants, and issued by the local clock.
    const TONES: [Tone; 6] = [Tone::Alive, Tone::Usual, Tone::Faint, Tone::Head, Tone::Open, Tone::Faint];
    let time = arguments.time;
    let zone = TimeZone::system();
    let is_utc = sessions.iter().all(|(_, session)| zone.to_offset(session.at) == jiff::tz::Offset::UTC);
    let name = zone.iana_name().unwrap_or("local time").to_owned();
    let show = |t: Timestamp, zone: &TimeZone| t.to_zoned_datetime(zone.clone()).strftime("%a %F %H:%M:%S").to_string();
    let local = if is_utc { String::new() } else { format!("ISSUED ({name})") };
    let mut rows =
        vec![["ISSUED (UTC)".to_owned(), "ENDS (UTC)".into(), "LASTS".into(), "SECRET".into(), "GRANTS".into(), local]];
    rows.extend(sessions.iter().map(|(secret, session)| {
        let grants: Vec<&str> = session.grants.iter().map(|grant| grant.name.as_str()).collect();
        [
            show(session.at, &TimeZone::UTC),
            show(session.ends, &TimeZone::UTC),
            format!("{:#}", session.ends.duration_since(session.at)),
            secret.name.to_string(),
            grants.join(", "),
            if is_utc { String::new() } else { show(session.at, &zone) },
        ]
    }));
    let widths: Vec<usize> = (0..6).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut sheet: Sheet = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        // Blanks at the end of a line are none.
        let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or_default();
        let tone = |column: usize| if index == 0 { Tone::Head } else { TONES[column] };
        let gap = |column: usize| {
            if column == last { String::new() } else { " ".repeat(widths[column] - row[column].chars().count() + 2) }
        };
        let cells = row.iter().enumerate().take(last + 1);
        sheet.push(cells.flat_map(|(column, cell)| [(tone(column), cell.clone()), (Tone::Usual, gap(column))]).collect());
    }
    let sessions = if sessions.len() == 1 { "1 session".to_owned() } else { format!("{} sessions", sessions.len()) };
    let time = length::show(time);
    let sum = format!("{sessions} (as many versions written) in {time} from {from:.0}");
    sheet.extend([Vec::new(), vec![(Tone::Usual, sum)]]);
    color::write(&sheet, &mut color::stdout(arguments.color))
}

pub fn instant(text: &str) -> Result<Timestamp, String> {
    instant::parse(text).ok_or_else(|| "wanted: an instant with its offset, such as 2026-12-01T08:00:00Z".into())
}

/// Longer than a year, a plan is of no use to anybody, and takes its time.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let wanted = || "wanted: a length of time such as 24h or 7d, 366d at most".to_owned();
    length::parse(text).filter(|time| *time <= SignedDuration::from_hours(366 * 24)).ok_or_else(wanted)
}
