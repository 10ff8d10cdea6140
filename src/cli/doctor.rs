//! `credadmin doctor`: what is wrong around credadmin, and what to do about it.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::plan::Format;
use super::surroundings::Surroundings;
use super::{ConfigArgument, EX_OSERR, written};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::doctor::Verdict::{Warning, Well, Wrong};
use crate::doctor::{self, Finding, Live, Verdict};
use crate::plain::plain;

/// Something keeps access from being as planned.
const SOMETHING_IS_WRONG: u8 = 1;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// Try a write that AWS has to refuse, ask for a longer session than the config does, and see what the sign-in service takes.
    #[arg(long)]
    live: bool,
    /// Have a session look at this bucket until its policy ends it, ten seconds later.
    #[arg(long, value_name = "NAME", requires = "live", value_parser = bucket)]
    bucket: Option<String>,
    /// Lines to read, or one JSON object a line.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub fn doctor(arguments: &Arguments) -> ExitCode {
    let clock = Clock::system();
    let (mut findings, settings) = of_the_config(&arguments.main.config, &clock);
    findings.extend(doctor::host());
    if let Some(settings) = settings {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                super::check::tell([format!("error: credadmin can't start: {error}")]);
                return ExitCode::from(EX_OSERR);
            }
        };
        let live = Live { refused: arguments.live, bucket: arguments.bucket.clone() };
        findings.extend(runtime.block_on(doctor::aws(&settings, &clock, &live)));
    }
    let printed = written(match arguments.format {
        Format::Text => text(&findings),
        Format::Json => json(&findings),
    });
    match doctor::is_wrong(&findings) {
        true if printed == ExitCode::SUCCESS => ExitCode::from(SOMETHING_IS_WRONG),
        _ => printed,
    }
}

/// The config and the environment; and the settings, if AWS may be called with them.
fn of_the_config(path: &Path, clock: &Clock) -> (Vec<Finding>, Option<Settings>) {
    const REMEDY: &str = "credadmin check shows the place";
    let settings = match config::load(path, clock.now()) {
        Ok(settings) => settings,
        Err(faults) => {
            return (faults.0.iter().map(|fault| Finding::of(Wrong, "config", fault.one_line(), REMEDY)).collect(), None);
        }
    };
    let grants: usize = settings.secrets.iter().map(|watched| watched.grants.len()).sum();
    let says = format!("{} is valid: secrets: {}, grants: {grants}", path.display(), settings.secrets.len());
    let mut findings = vec![Finding::well("config", says)];
    findings.extend(settings.remarks.iter().map(|remark| {
        let verdict = if remark.is_error() { Wrong } else { Warning };
        Finding::of(verdict, "config", remark.one_line(), REMEDY)
    }));
    let surroundings = Surroundings::of_this_process();
    let credentials = settings.connection.credentials;
    if let Some(why) = surroundings.refusal(credentials) {
        findings.push(Finding::of(Wrong, "environment", why, "unset it, here and for the service: systemctl edit credadmin"));
        return (findings, None);
    }
    findings.extend(
        surroundings.ignored(credentials).map(|why| {
            Finding::of(Warning, "environment", why, "unset them, here and for the service: systemctl edit credadmin")
        }),
    );
    (findings, Some(settings))
}

fn text(findings: &[Finding]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for Finding { check, about, verdict, says, remedy } in findings {
        let about = about.as_ref().map_or(String::new(), |about| format!(" {about}"));
        writeln!(out, "{:<8}{check}{about}: {}", word(*verdict), plain(says))?;
        if let Some(remedy) = remedy {
            writeln!(out, "{:<8}to do: {remedy}", "")?;
        }
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let counts = [Wrong, Warning, Verdict::Unknown, Well].map(|verdict| format!("{} {}", count(verdict), word(verdict)));
    writeln!(out, "\n{}", counts.join(", "))?;
    out.flush()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Well => "well",
        Verdict::Unknown => "unknown",
        Warning => "warning",
        Wrong => "WRONG",
    }
}

fn json(findings: &[Finding]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for finding in findings {
        serde_json::to_writer(&mut out, finding)?;
        writeln!(out)?;
    }
    out.flush()
}

/// S3's own rule for the names of buckets: 3 to 63 characters, and these.
pub fn bucket(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    match (3..=63).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok(name.to_owned()),
        false => Err("wanted: the name of a bucket: 3 to 63 lower-case letters, digits and -.".into()),
    }
}
