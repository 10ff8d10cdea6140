//! The outside: boots the machine, prints what is reported from inside, and leaves nothing behind.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::Told;
use crate::container::{Container, missing};
use crate::package;
use crate::report::{self, Outcome};
use crate::scenarios::{self, OF_PACKAGES};

/// Set to `required` where a skip is a failure, and to `elsewhere` by whoever runs them in another process.
const REQUIREMENT: &str = "HOST_TESTS";
/// A guard against waiting for ever; nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(1800);
const POLL: Duration = Duration::from_millis(100);
/// What goes in: which scenarios.
pub const WANTED: &str = "wanted";
/// What comes out: what came of them.
pub const REPORT: &str = "report";

/// Runs the scenarios whose names contain one of these words, or all; but for those with a word in their names that follows `--skip`.
///
/// # Errors
/// If one fails, or if they can't be run where they have to be.
pub fn run(asked_for: &[String]) -> Told {
    // Whoever lists tests, or asks for some of another name, does not want to boot a machine.
    let mut wanted = wanted(asked_for);
    if asked_for.iter().any(|argument| argument == "--list") {
        wanted.iter().for_each(|name| println!("{name}: test"));
        return Ok(());
    }
    if wanted.is_empty() {
        println!("host: no scenario of that name");
        return Ok(());
    }
    if is_set_to("elsewhere") {
        println!("host: not run by this process, but by another ({REQUIREMENT}=elsewhere)");
        return Ok(());
    }
    if let Some(missing) = missing() {
        println!("host: SKIPPED, nothing of systemd, journald and the sandbox was tested: {missing}");
        return if is_required() { Err(format!("skipped, and {REQUIREMENT}=required").into()) } else { Ok(()) };
    }
    if package::made().is_none() && wanted.iter().any(is_of_packages) {
        println!("host: SKIPPED, nothing of the packages was tested: packaging/build has not made any");
        if is_required() {
            return Err(format!("skipped, and {REQUIREMENT}=required").into());
        }
        wanted.retain(|name| !is_of_packages(name));
        if wanted.is_empty() {
            return Ok(());
        }
    }
    println!("host: {} scenarios in a systemd of their own", wanted.len());
    let directory = tempfile::Builder::new().prefix("credadmin-host-").tempdir()?;
    boot(directory.path(), &wanted)
}

fn wanted(asked_for: &[String]) -> Vec<&'static str> {
    let (mut words, mut skipped) = (Vec::new(), Vec::new());
    let mut arguments = asked_for.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        match argument {
            "--skip" => skipped.extend(arguments.next()),
            word if !word.starts_with('-') => words.push(word),
            _ => {}
        }
    }
    let is_in = |name: &str, of: &[&str]| of.iter().any(|word| name.contains(word));
    scenarios::names().filter(|name| (words.is_empty() || is_in(name, &words)) && !is_in(name, &skipped)).collect()
}

fn is_of_packages(name: &&str) -> bool {
    OF_PACKAGES.iter().any(|of| name.starts_with(of))
}

fn is_required() -> bool {
    is_set_to("required")
}

fn is_set_to(wanted: &str) -> bool {
    std::env::var_os(REQUIREMENT).is_some_and(|value| value == wanted)
}

fn boot(directory: &Path, wanted: &[&str]) -> Told {
    let stop = [SIGHUP, SIGINT, SIGTERM].map(|signal| {
        let flag = std::sync::Arc::default();
        signal_hook::flag::register(signal, std::sync::Arc::clone(&flag)).map(|_| flag)
    });
    let stop = stop.into_iter().collect::<Result<Vec<_>, _>>()?;
    let out = directory.join("out");
    fs::create_dir(&out)?;
    fs::write(out.join(WANTED), wanted.join("\n"))?;
    let mut given = vec![("credadmin", Path::new(env!("CARGO_BIN_EXE_credadmin")).to_owned())];
    // They may be made while others are tested.
    if wanted.iter().any(is_of_packages) {
        given.extend(package::made().into_iter().flatten());
    }
    let mut container = Container::boot(directory, &out, &given)?;
    let (clock, mut printed, mut failed) = (Clock::system(), 0, 0);
    let began = clock.elapsed();
    let (complete, ended) = loop {
        let ended = container.has_ended()?;
        let (outcomes, complete) = report::read(&fs::read_to_string(out.join(REPORT)).unwrap_or_default())?;
        failed += outcomes.iter().skip(printed).filter(|outcome| !print(outcome)).count();
        printed = outcomes.len();
        let waited = clock.elapsed().since(began).unsigned_abs();
        let interrupted = stop
            .iter()
            .any(|flag: &std::sync::Arc<std::sync::atomic::AtomicBool>| flag.load(std::sync::atomic::Ordering::Relaxed));
        if ended || interrupted || waited > PATIENCE {
            break (complete, ended);
        }
        thread::sleep(POLL);
    };
    if !complete {
        let how = if ended { "ended by itself" } else { "was ended" };
        let next = wanted.get(printed).copied().unwrap_or_default();
        return Err(format!("the machine {how} before {next} did; its console:\n{}", container.console()).into());
    }
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {printed} scenarios failed").into()),
    }
}

/// Answers with whether it went well.
fn print(outcome: &Outcome) -> bool {
    let Outcome { scenario, seconds, figures, failure } = outcome;
    let verdict = if failure.is_none() { "ok" } else { "FAILED" };
    println!("host: {scenario} ... {verdict} ({seconds:.1} s)");
    figures.iter().for_each(|figure| println!("    {}", figure.replace('\n', "\n    ")));
    if let Some((error, journal)) = failure {
        println!(
            "    {}\n    the end of its journal:\n      {}",
            error.replace('\n', "\n    "),
            journal.replace('\n', "\n      ")
        );
    }
    failure.is_none()
}
