//! `credadmin check`: the daemon's own loader, and a short summary.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{refuse, written};
use crate::clock::Clock;
use crate::config::{self, Fault, Settings, Watched};
use crate::schedule::coverage::Coverage;
use crate::schedule::plan::horizon;

pub fn check(path: &Path) -> ExitCode {
    let now = Clock::system().now();
    let settings = match config::load(path, now) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    for remark in &settings.remarks {
        eprintln!("{remark}\n");
    }
    let summary = written(summary(&settings, path, now));
    // The daemon would run without a bad drop-in; whoever wrote it wants to know that here.
    if settings.remarks.iter().any(Fault::is_error) { ExitCode::from(super::EX_CONFIG) } else { summary }
}

fn summary(settings: &Settings, path: &Path, now: Timestamp) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}: valid", path.display())?;
    for watched in &settings.secrets {
        let grants = match watched.grants.len() {
            1 => "1 grant".to_owned(),
            n => format!("{n} grants"),
        };
        writeln!(out, "  {} ({}): {grants}; {}", watched.secret.name, watched.secret.secret_id, standing(watched, now))?;
    }
    Ok(())
}

fn standing(watched: &Watched, now: Timestamp) -> String {
    let coverage = Coverage::between(watched.grants.iter(), now, horizon(now, &watched.secret.cadence));
    let open = coverage.grants_at(now);
    let local = |t: Timestamp| t.to_zoned_datetime(TimeZone::system()).strftime("%a %F %H:%M %Z").to_string();
    match (open.is_empty(), coverage.next_change(now)) {
        (false, _) => {
            let names: Vec<&str> = open.iter().map(|grant| grant.name.as_str()).collect();
            format!("open now for {}", names.join(", "))
        }
        (true, Some(opens)) => format!("closed, opens {}", local(opens)),
        (true, None) => "closed for good".into(),
    }
}
