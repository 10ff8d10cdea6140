//! `credadmin revoke`: ends access before its time, with an administrator's own credentials.

mod beforehand;
mod deed;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::check::tell;
use super::doctor::bucket;
use super::surroundings::Surroundings;
use super::{ConfigArgument, EX_CONFIG, EX_OSERR, refuse, written};
use crate::aws::admin::Admin;
use crate::aws::sdk::Sdk;
use crate::aws::{Connection, Credentials};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::revoke;

/// clap's own, for a name that the config does not have, or a question that nobody answers.
const USAGE: u8 = 2;
/// Something could not be done.
const NOT_DONE: u8 = 1;

#[derive(clap::Args)]
pub struct Arguments {
    /// The NAME of a [secrets.NAME] table, with all its open grants, or of a [grants.NAME] table.
    #[arg(value_name = "SECRET|GRANT")]
    name: String,
    #[command(flatten)]
    main: ConfigArgument,
    /// Print what would be done, and the policy, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Close no grant: end the sessions that are alive, and let fresh ones follow.
    #[arg(long)]
    keep_grants: bool,
    /// Why: for the readers of the secret, the grant's file and the journal.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// Wait until this bucket, which the session sees, is denied to it. Needs secretsmanager:GetSecretValue on the secret.
    #[arg(long, value_name = "BUCKET", value_parser = bucket)]
    probe: Option<String>,
    /// The profile of the AWS config files that the credentials come from; else the SDK's default chain.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Let the credentials be those of an instance's role.
    #[arg(long)]
    instance_role: bool,
}

/// What is said with it, before and after: no command here reaches another host, or knows by what a daemon goes.
const THIS_HOST: &str = "grants are closed in the files of this host alone: on each other host that publishes the same, as the other of \
                         a pair, run credadmin revoke too, or put the same grants.d there; and where credadmin.toml or conf.d was \
                         edited, systemctl reload credadmin: a daemon goes by what it read last";

/// Why nothing is done: the words, and the exit status.
type Refusal = (String, u8);

pub fn revoke(arguments: &Arguments) -> ExitCode {
    let clock = Clock::system();
    let settings = match config::load(&arguments.main.config, clock.now()) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    tell(settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| format!("{remark}\n")));
    let outcome = started(&settings, arguments, &clock);
    outcome.unwrap_or_else(|(why, code)| {
        tell([format!("error: {why}; nothing is done")]);
        ExitCode::from(code)
    })
}

fn started(settings: &Settings, arguments: &Arguments, clock: &Clock) -> Result<ExitCode, Refusal> {
    if let Some(why) = Surroundings::of_this_process().refusal(Credentials::DefaultChain) {
        return Err((why, EX_CONFIG));
    }
    let aim = revoke::aim(settings, &arguments.name, arguments.keep_grants, clock.now()).map_err(|why| (why, USAGE))?;
    let failed = |error: &dyn std::error::Error| (format!("credadmin can't start: {error}"), EX_OSERR);
    // As the daemon: a session may be read for --probe.
    nix::sys::prctl::set_dumpable(false).map_err(|error| failed(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let connection = Connection {
        region: settings.connection.region.clone(),
        credentials: Credentials::DefaultChain,
        profile: arguments.profile.clone(),
    };
    runtime.block_on(async {
        let aws = Sdk::new(clock.clone(), &connection).await;
        let asked_at = clock.now();
        let caller = aws.identify().await.map_err(|trouble| (format!("{trouble}; {CREDENTIALS}"), NOT_DONE))?;
        if is_an_instances(&caller.arn) && !arguments.instance_role {
            let why = "an instance's role, and revoking is an administrator's: --profile NAME, or keys in the environment";
            return Err((format!("AWS is called as {}: {why} (--instance-role takes it all the same)", caller.arn), USAGE));
        }
        // IAM takes a role's name: in another account it would be another role.
        let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
        if account(&caller.arn) != account(aim.role_arn()) {
            let why = "take credentials of the role's account";
            return Err((format!("AWS is called as {}, and the role is {}: {why}", caller.arn, aim.role_arn()), USAGE));
        }
        let before = revoke::look(&aws, clock, &aim, &caller, asked_at).await;
        beforehand::say(arguments, &aim, &before, &caller, clock.now());
        if arguments.dry_run {
            let policy = writeln!(io::stdout().lock(), "{}", revoke::document(before.stamp(clock.now())));
            let well = before.seen.iter().all(|(_, seen)| seen.is_ok());
            return Ok(if well { written(policy) } else { ExitCode::from(NOT_DONE) });
        }
        confirmed(arguments.yes)?;
        Ok(deed::done(arguments, &aim, &before, &caller, (&aws, clock)).await)
    })
}

const CREDENTIALS: &str = "revoke takes an administrator's own credentials: --profile NAME, or keys in the environment";

/// EC2 names the sessions of its instances' roles by the instance.
fn is_an_instances(arn: &str) -> bool {
    let session = arn.rsplit('/').next().unwrap_or_default();
    let id = session.strip_prefix("i-").unwrap_or_default();
    arn.contains(":assumed-role/") && id.len() >= 8 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn confirmed(yes: bool) -> Result<(), Refusal> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(("there is no terminal to ask on: --yes does it, --dry-run does not".into(), USAGE));
    }
    let _ = write!(io::stderr().lock(), "Do it? [y/N] ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) => Ok(()),
        _ => Err(("not confirmed".into(), USAGE)),
    }
}

fn reason(text: &str) -> Result<String, String> {
    match (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("wanted: 1 to 200 characters, in one line".into()),
    }
}
