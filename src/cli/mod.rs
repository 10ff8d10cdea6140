//! The command line: one file a sub-command.

mod approval;
mod approve;
mod audit;
mod browser;
mod check;
mod color;
mod completions;
mod console;
mod consumer;
mod deny;
mod desk;
mod doctor;
mod files;
mod journal;
mod judged;
mod notify;
mod plan;
mod policies;
mod request;
mod requests;
mod revoke;
mod run;
mod status;
mod surroundings;
mod timeline;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Faults;

/// The exit status for a config that is refused, sysexits' EX_CONFIG: systemd does not restart on it.
const EX_CONFIG: u8 = 78;
/// sysexits' EX_OSERR: the system refuses what every process needs.
const EX_OSERR: u8 = 71;
/// sysexits' EX_TEMPFAIL: closed for now.
const EX_TEMPFAIL: u8 = 75;
/// sysexits' EX_IOERR: the output can't be written.
const EX_IOERR: u8 = 74;

/// sysexits' EX_NOINPUT: the journal can't be read.
const EX_NOINPUT: u8 = 66;

/// Keeps a temporary AWS credential in a Secrets Manager secret exactly while a grant window is open.
#[derive(Parser)]
#[command(name = "credadmin", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon.
    #[command(after_help = "Example: RUST_LOG=debug credadmin run")]
    Run(ConfigArgument),
    /// Tell people what happens, by mail and to a program, from the journal: a service of its own. Or print what it would tell.
    #[command(after_help = "Example: credadmin notify --preview opens")]
    Notify(notify::Arguments),
    /// Check the config with the daemon's own loader: every mistake, or a summary. Exits with 78 if it would be refused.
    #[command(after_help = "Example: credadmin check && systemctl reload credadmin")]
    Check(ConfigArgument),
    /// Print which sessions would be issued, without AWS and without a daemon.
    #[command(after_help = "Example: credadmin plan --at 2026-12-01T00:00:00Z --for 7d")]
    Plan(plan::Arguments),
    /// Show past and future of each secret on one axis: windows, sessions, gaps, troubles; from the journal and the plan.
    #[command(after_help = "Example: credadmin timeline --past 2d --for 5d --format html > timeline.html")]
    Timeline(timeline::Arguments),
    /// Print who had access to what, asked for and approved by whom, from the journal. Exits with 1 if the record has holes.
    #[command(after_help = "Example: credadmin audit --from 2026-12-01T00:00:00Z --format csv > access.csv")]
    Audit(audit::Arguments),
    /// Ask AWS what is published. Exits with 1 if that is not what the plan wants now.
    #[command(after_help = "Example: credadmin status --format json | jq 'select(.as_planned | not)'")]
    Status(status::Arguments),
    /// End access before its time: close grants, put a tombstone in the secret, deny the sessions that are alive. Exits with 1 if
    /// anything could not be done.
    #[command(after_help = "Example: credadmin revoke sensitive-s3 --profile admin --dry-run")]
    Revoke(revoke::Arguments),
    /// Look for what is wrong around credadmin: config, host, service, journal, identity, secrets, roles. Exits with 1 if anything is.
    #[command(after_help = "Example: credadmin doctor --format json | jq 'select(.verdict == \"wrong\")'")]
    Doctor(doctor::Arguments),
    /// Print a URL that signs a browser in to the AWS console while a window is open. Exits with 75 outside of one.
    #[command(after_help = "Example: credadmin console sensitive-s3")]
    Console(console::Arguments),
    /// What applications use, on their hosts: the session as AWS SDKs take it. It needs no config.
    Consumer(consumer::Arguments),
    /// Print what the account has to allow, made from the config: roles, trust, readers, buckets. AWS is not called.
    #[command(after_help = "Example: credadmin policies --bucket sensitive-bucket --format cloudformation")]
    Policies(Box<policies::Arguments>),
    /// Ask for a grant, which somebody else has to approve. Prints the id of the request.
    #[command(after_help = "Example: credadmin request sensitive-s3 --for 4h --reason quarter-end --ticket OPS-1234")]
    Request(Box<request::Arguments>),
    /// Print what is asked for, and what became of it.
    #[command(after_help = "Example: credadmin requests --all --format json | jq 'select(.state == \"denied\")'")]
    Requests(requests::Arguments),
    /// Approve what another person asked for: it becomes a drop-in in grants.d, with its evidence.
    #[command(after_help = "Example: credadmin approve req-20261201-0123456789abcdef0123456789abcdef")]
    Approve(approve::Arguments),
    /// Say no to a request. It is kept, with who, when and why.
    #[command(after_help = "Example: credadmin deny req-20261201-0123456789abcdef0123456789abcdef --reason audit")]
    Deny(deny::Denial),
    /// Take back a request of your own that nobody has approved yet.
    #[command(after_help = "Example: credadmin withdraw req-20261201-0123456789abcdef0123456789abcdef")]
    Withdraw(deny::Withdrawal),
    /// Print what a shell needs to complete this command line.
    #[command(hide = true, after_help = "Example: credadmin completions bash > /etc/bash_completion.d/credadmin")]
    Completions(completions::Arguments),
}

#[derive(clap::Args)]
struct ConfigArgument {
    /// The main config file; conf.d and grants.d are looked for beside it.
    #[arg(long, value_name = "PATH", default_value = "/etc/credadmin/credadmin.toml")]
    config: PathBuf,
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments.config),
        Command::Notify(arguments) => notify::notify(&arguments),
        Command::Check(arguments) => check::check(&arguments.config),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Timeline(arguments) => timeline::timeline(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Status(arguments) => status::status(&arguments),
        Command::Revoke(arguments) => revoke::revoke(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Console(arguments) => console::console(&arguments),
        Command::Consumer(arguments) => consumer::consumer(&arguments),
        Command::Policies(arguments) => policies::policies(&arguments),
        Command::Request(arguments) => request::request(&arguments),
        Command::Requests(arguments) => requests::requests(&arguments),
        Command::Approve(arguments) => approve::approve(&arguments),
        Command::Deny(arguments) => deny::deny(&arguments),
        Command::Withdraw(arguments) => deny::withdraw(&arguments),
        Command::Completions(arguments) => completions::completions(&arguments),
    }
}

fn refuse(faults: &Faults) -> ExitCode {
    let mistakes = if faults.0.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", faults.0.len()) };
    // The status says it too, where nobody reads standard error to its end.
    let _ = writeln!(std::io::stderr(), "{faults}\n\n{mistakes}: the config is refused");
    ExitCode::from(EX_CONFIG)
}

/// A reader who has seen enough, as in `credadmin plan | head`, is no failure.
fn written(result: std::io::Result<()>) -> ExitCode {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            check::tell([format!("error: the output can't be written: {error}")]);
            ExitCode::from(EX_IOERR)
        }
        _ => ExitCode::SUCCESS,
    }
}
