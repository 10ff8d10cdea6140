//! `cargo bench`: what credadmin costs, beside what the bare AWS SDK and programs under cron cost in the same run.
//!
//! It prints a table and judges nothing by time: it fails where something is broken, never where something is slow. Compared
//! things take turns, and each is a process of its own, so that the AWS double's own work is counted for nobody.
//!
//! `cargo bench -- refresh idle` measures these alone.
//!
//! `cargo soak` is another way into it: what is shown by having a lot of it, or for long. See `soak`.
//!
//! - `account`: the AWS double; `bare`: the AWS SDK and nothing else; `floor`: the daemon's crates and nothing else; `cron`: the
//!   Python program, the AWS CLI, and a shell script
//! - `config`: config files as large as is wished; `daemon`: the program that is measured; `container`: of the host tests,
//!   a machine with a systemd of its own
//! - `refresh`, `lateness`, `crowd`, `start`, `idle`, `planning`: the rows of the table
//! - `servant`, `proc`, `table`: other processes, what the kernel says of them, how it is printed

mod account;
mod bare;
mod config;
#[path = "../host/container.rs"]
mod container;
mod cron;
mod crowd;
mod daemon;
mod floor;
mod idle;
mod lateness;
mod planning;
mod proc;
mod refresh;
mod servant;
mod soak;
mod start;
mod table;

use std::error::Error;
use std::process::ExitCode;

use credadmin::clock::Clock;

type Told<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let mode = std::env::args().nth(1);
    let outcome = match mode.as_deref() {
        Some(account::MODE) => account::serve(),
        Some(bare::MODE) => bare::serve(),
        Some(floor::MODE) => floor::serve(),
        None if container::is_inside() => soak::machine::spend(),
        _ => measure_or_test(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_or_test() -> Told {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Of `cargo bench`, and not of `cargo test`.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return soak::test(&arguments);
    }
    let asked_for: Vec<String> = arguments.into_iter().filter(|argument| !argument.starts_with('-')).collect();
    println!("credadmin, measured on {:.0}\n{}\n", Clock::system().now(), proc::machine()?);
    match asked_for.split_first() {
        Some((first, modes)) if first == soak::MODE => soak::run(modes),
        _ => measure(&asked_for),
    }
}

fn measure(asked_for: &[String]) -> Told {
    let wanted = |name: &str| asked_for.is_empty() || asked_for.iter().any(|asked| asked == name);
    // It idles while the rest is measured.
    let idle = wanted("idle").then(idle::begin).transpose()?;
    if wanted("planning") {
        table::print("Plan", &planning::measure()?);
    }
    if wanted("crowd") {
        table::print("10,000 grants over 1,000 secrets", &crowd::measure()?);
    }
    if wanted("refresh") {
        table::print(refresh::TITLE, &refresh::measure()?);
    }
    if wanted("lateness") {
        table::print("Lateness of the first session, one window at a time", &lateness::measure()?);
    }
    if wanted("start") {
        table::print("Start", &start::measure()?);
    }
    if let Some(idle) = idle {
        idle.wait_a_minute();
        table::print("At rest", &idle.end()?);
    }
    Ok(())
}
