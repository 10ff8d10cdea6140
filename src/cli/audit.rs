//! `credadmin audit`: who had access to what, by the journal, and beside what AWS says.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use super::check::tell;
use super::color::{self, Color};
use super::journal::JournalArguments;
use super::plan::instant;
use super::surroundings::Surroundings;
use super::{ConfigArgument, EX_CONFIG, EX_NOINPUT, EX_OSERR, refuse, written};
use crate::audit::{Doubt, Row, compare, csv, doubts, json, rows, sheet};
use crate::aws::sdk::Sdk;
use crate::aws::{Aws, Version};
use crate::clock::Clock;
use crate::config;
use crate::grant::Span;
use crate::history::{Lane, Ledger};
use crate::plain::plain;
use crate::sheet::{Sheet, Tone};

/// The record is not known to be complete.
const INCOMPLETE: u8 = 1;
/// clap's own.
const USAGE: u8 = 2;

#[derive(clap::Args)]
pub struct Arguments {
    /// From when on (RFC 3339). What began before and had not ended counts.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Timestamp,
    /// Until when (RFC 3339); now, if not given.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
    #[command(flatten)]
    journal: JournalArguments,
    /// Blocks to read, one row a session and grant, or one JSON object a line.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Whether text is in colour.
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
    /// Also ask AWS which versions each secret has, and tell where that differs.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    main: ConfigArgument,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

/// What is said beside the rows.
#[derive(Default)]
struct Findings {
    /// Why the record is not known to be complete.
    doubts: Vec<String>,
    /// What else there is to know.
    remarks: Vec<String>,
}

pub fn audit(arguments: &Arguments) -> ExitCode {
    let clock = Clock::system();
    let now = clock.now();
    let span = Span { opens: arguments.from, closes: arguments.until.unwrap_or(now).min(now) };
    if span.opens >= span.closes {
        tell(["error: --from has to be earlier than --until, and than now"]);
        return ExitCode::from(USAGE);
    }
    let told = match arguments.journal.read(None) {
        Ok(told) => told,
        Err(why) => {
            tell([format!("error: the journal can't be read: {why}")]);
            return ExitCode::from(EX_NOINPUT);
        }
    };
    let unit = arguments.journal.unit();
    let mut findings = Findings::default();
    let doubts = doubts(&told.ledger, &told.reach, &unit, &span, arguments.journal.is_copy());
    findings.doubts.extend(doubts.into_iter().chain(told.partial.map(Doubt::Partial)).map(|doubt| doubt.to_string()));
    let strangers = told.ledger.strangers();
    findings.remarks.extend(strangers.iter().map(|stranger| format!("not from {unit}, and not counted: {stranger}")));
    let undenied = told.ledger.undenied.iter().filter(|tombstone| span.contains(tombstone.at));
    findings.remarks.extend(undenied.map(ToString::to_string));
    if arguments.check
        && let Err(code) = check(&arguments.main.config, &told.ledger, &span, &clock, &mut findings)
    {
        return code;
    }
    let rows = rows(&told.ledger, &span);
    let printed = match arguments.format {
        Format::Text => text(&rows, &findings, &span, now, arguments.color),
        Format::Csv => csv(&rows, io::BufWriter::new(io::stdout().lock())),
        Format::Json => json(&rows, io::BufWriter::new(io::stdout().lock())),
    };
    if arguments.format != Format::Text {
        tell(findings.lines().iter().flatten().map(|(_, text)| text));
    }
    match written(printed) {
        ExitCode::SUCCESS if !findings.doubts.is_empty() => ExitCode::from(INCOMPLETE),
        code => code,
    }
}

impl Findings {
    fn lines(&self) -> Sheet {
        let mut sheet = Sheet::new();
        if !self.doubts.is_empty() {
            sheet.push(vec![(Tone::Alarm, "The record is not known to be complete:".into())]);
        }
        sheet.extend(self.doubts.iter().map(|doubt| vec![(Tone::Usual, format!("- {}", plain(doubt)))]));
        if !self.remarks.is_empty() {
            sheet.push(vec![(Tone::Head, "Besides:".into())]);
        }
        sheet.extend(self.remarks.iter().map(|remark| vec![(Tone::Usual, format!("- {}", plain(remark)))]));
        sheet
    }
}

fn text(rows: &[Row], findings: &Findings, span: &Span, now: Timestamp, color: Color) -> io::Result<()> {
    let mut out = color::stdout(color);
    color::write(&sheet(rows, span, now), &mut out)?;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut versions: Vec<_> = rows.iter().filter_map(|row| Some((&row.secret_id, row.version_id.as_ref()?))).collect();
    versions.sort();
    versions.dedup();
    let mut secrets: Vec<_> = rows.iter().map(|row| &row.secret_id).collect();
    secrets.dedup();
    let (sessions, secrets) = (count(versions.len(), "session"), count(secrets.len(), "secret"));
    writeln!(out, "{sessions} of {secrets}, from {:.0} to {:.0}", span.opens, span.closes)?;
    if findings.doubts.is_empty() {
        writeln!(out, "Nothing says that anything is missing.")?;
    }
    color::write(&findings.lines(), &mut out)
}

/// Beside what AWS says of each secret, of the journal's and of the config's.
fn check(path: &Path, ledger: &Ledger, span: &Span, clock: &Clock, findings: &mut Findings) -> Result<(), ExitCode> {
    let settings = config::load(path, clock.now()).map_err(|faults| refuse(&faults))?;
    if let Some(why) = Surroundings::of_this_process().refusal(settings.connection.credentials) {
        tell([format!("error: {why}")]);
        return Err(ExitCode::from(EX_CONFIG));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        tell([format!("error: credadmin can't start: {error}")]);
        ExitCode::from(EX_OSERR)
    })?;
    let of_config = settings.secrets.iter().map(|watched| (watched.secret.name.to_string(), watched.secret.secret_id.clone()));
    let mut secrets: Vec<(String, String)> = of_config.chain(ledger.lanes.keys().cloned()).collect();
    secrets.sort();
    secrets.dedup();
    runtime.block_on(async {
        let aws = Sdk::new(clock.clone(), &settings.connection).await;
        for key in secrets {
            let nothing = Lane::default();
            let lane = ledger.lanes.get(&key).unwrap_or(&nothing);
            let (name, secret_id) = key;
            let (versions, is_all) = match known(&aws, &secret_id, &name, findings).await {
                Some(known) => known,
                None => continue,
            };
            for remark in compare(lane, &versions, is_all, span, clock.now()) {
                let list = if remark.is_doubt() { &mut findings.doubts } else { &mut findings.remarks };
                list.push(format!("AWS on {name}: {remark}"));
            }
        }
    });
    Ok(())
}

/// The versions that AWS knows of a secret, and whether that is all of them.
async fn known(aws: &Sdk, secret_id: &str, name: &str, findings: &mut Findings) -> Option<(Vec<Version>, bool)> {
    let refused = match aws.versions(secret_id).await {
        Ok(versions) => return Some((versions, true)),
        Err(trouble) => trouble,
    };
    match aws.describe_secret(secret_id).await {
        Ok(seen) => {
            findings.remarks.push(format!("AWS on {name}: only the version in its place was compared: {refused}"));
            let current = seen.staged.current.map(|id| Version { id, created: None, stages: vec!["AWSCURRENT".into()] });
            Some((current.into_iter().collect(), false))
        }
        Err(_) => {
            findings.doubts.push(format!("AWS on {name}: nothing could be compared: {refused}; {}", refused.remedy()));
            None
        }
    }
}
