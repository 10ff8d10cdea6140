//! credadmin as it really lives: a systemd service, with a real journald and the instance-metadata service at its true address.
//!
//! systemd-nspawn boots the machine's own root, over a throw-away overlay and without a network; a second or so. This program
//! is both sides: outside it boots that machine and reports, inside it is what systemd runs. Without root or systemd-nspawn it
//! is skipped, which is a failure where `HOST_TESTS=required`.
//!
//! `cargo test --test host -- start drop_ins` runs the scenarios with these words in their names.
//!
//! - `outside`, `container`: the machine from outside
//! - `inside`: runs the scenarios, one after the other
//! - `account`: the AWS double; `wire`: the way to it; `host`, `journal`: systemd and journald, as a scenario asks them
//! - `package`: the packages, and dpkg and rpm; where `packaging/build` has not made any, their scenarios are skipped likewise
//! - `scenarios`: what is shown

mod account;
mod container;
mod host;
mod inside;
mod journal;
mod outside;
mod package;
mod report;
mod scenarios;
mod wire;

use std::error::Error;
use std::process::ExitCode;

type Told<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let asked_for: Vec<String> = std::env::args().skip(1).collect();
    let outcome = if container::is_inside() { inside::run() } else { outside::run(&asked_for) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("host: {error}");
            ExitCode::FAILURE
        }
    }
}
