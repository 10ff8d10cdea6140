//! `cargo simulate --years N --seed S [--jobs N] [--report FILE]`: lives N secret-years and judges them. Exit status 0 means that all
//! invariants held.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use credadmin::clock::Clock;
use simulate::generate::{story, years_each};
use simulate::report::{Ran, line, page};
use simulate::shrink::shrink;
use simulate::tally::{Tally, live};
use simulate::trouble::kinds;

const USAGE: &str = "usage: cargo simulate [--years N] [--seed S] [--jobs N] [--report FILE]";

/// In so many secret-years everything that can happen does.
const ALL_MET: f64 = 500.0;

struct Options {
    years: f64,
    seed: u64,
    jobs: usize,
    report: Option<String>,
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let clock = Clock::system();
    let began = clock.elapsed();
    let stories = (options.years / years_each()).ceil() as u64;
    let seeds: Mutex<VecDeque<u64>> = Mutex::new((options.seed..options.seed + stories).collect());
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some(seed) = { seeds.lock().unwrap_or_else(PoisonError::into_inner).pop_front() } {
                    let lived = live(&story(seed));
                    lived.failed.iter().for_each(|(seed, breach)| println!("seed {seed}: {breach}"));
                    tally.lock().unwrap_or_else(PoisonError::into_inner).add(lived);
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.failed.sort_by_key(|(seed, _)| *seed);
    let took = clock.elapsed().since(began);
    let Options { seed, jobs, years, .. } = options;
    let command = format!(
        "cargo simulate --years {years} --seed {seed}{}",
        options.report.as_ref().map(|file| format!(" --report {file}")).unwrap_or_default()
    );
    let ran = Ran { command, seed, jobs, took };
    println!("{}", line(&tally, &ran));
    if let Some(file) = &options.report
        && let Err(error) = std::fs::write(file, page(&tally, &ran))
    {
        eprintln!("{file}: {error}");
        return ExitCode::FAILURE;
    }
    let missing: Vec<String> = kinds().into_iter().filter(|kind| !tally.met.contains_key(kind)).collect();
    if years >= ALL_MET && !missing.is_empty() {
        println!("never met: {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    let Some((seed, breach)) = tally.failed.first() else {
        return ExitCode::SUCCESS;
    };
    println!("seed {seed} is made smaller…");
    let (small, breach) = shrink(&story(*seed), breach.clone(), None);
    println!("{small}{breach}");
    ExitCode::FAILURE
}

fn options(mut words: impl Iterator<Item = String>) -> Option<Options> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options { years: 500.0, seed: 1, jobs: cores, report: None };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--years" => options.years = value.parse().ok().filter(|years: &f64| *years > 0.0)?,
            "--seed" => options.seed = value.parse().ok()?,
            "--jobs" => options.jobs = value.parse().ok().filter(|jobs| *jobs > 0)?,
            "--report" => options.report = Some(value),
            _ => return None,
        }
    }
    Some(options)
}
