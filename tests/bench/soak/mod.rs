//! `cargo soak load planned kills day`: a crowd, a multitude, a thousand deaths, and a long time. Each mode alone, or several, or
//! all of them. What is broken fails; how long something took is told, and judged by nobody. docs/soak.md has the figures.
//!
//! - `load`: 1,000 secrets of 10 grants each that open in the same second; `planned`: 10,000 secrets
//! - `kills`: killed a thousand times; `day`: a day of work in 24 minutes, with `machine` and `service`, where it is spent,
//!   `work`, its config, and `flat` and `curve`, what is made of the samples; needs root, and systemd-nspawn
//! - `judge`: what AWS's records have to be like
//!
//! `cargo test` runs the short forms of `load` and `kills`.

mod curve;
mod day;
mod flat;
mod judge;
mod kills;
mod load;
pub mod machine;
mod planned;
mod service;
mod work;

use crate::{Told, table};

/// The mode of this program.
pub const MODE: &str = "soak";
/// What of it `cargo test` runs.
const TESTS: [&str; 2] = ["soak::load", "soak::kills"];

/// Runs these modes, or all.
pub fn run(modes: &[String]) -> Told {
    if let Some(unknown) = modes.iter().find(|mode| !["load", "planned", "kills", "day"].contains(&mode.as_str())) {
        return Err(format!("no mode {unknown}; there are load, planned, kills, day").into());
    }
    let wanted = |name: &str| modes.is_empty() || modes.iter().any(|mode| mode == name);
    if wanted("load") {
        table::print("1,000 secrets of 10 grants each open in one second", &load::measure(1000)?);
    }
    if wanted("planned") {
        table::print("10,000 secrets", &planned::measure()?);
    }
    if wanted("kills") {
        table::print("Killed 1,000 times", &kills::measure(1000)?);
    }
    if wanted("day") {
        println!("{}", machine::measure()?);
    }
    Ok(())
}

/// Runs the short forms, if they are asked for, as a test harness does.
pub fn test(arguments: &[String]) -> Told {
    let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &&str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let wanted: Vec<&str> = TESTS.into_iter().filter(wanted).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        wanted.iter().for_each(|name| println!("{name}: test"));
        return Ok(());
    }
    for name in wanted {
        let rows = if name == TESTS[0] { load::measure(100) } else { kills::measure(30) };
        table::print(name, &rows?);
    }
    Ok(())
}
