//! `credadmin consumer exec`: a command that has access for as long as there is any.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::watched::{self, Life};
use super::{Secret, Stopped, TRIES, shut_in, to_the_end};
use crate::aws::sdk::Sdk;
use crate::cli::EX_OSERR;
use crate::cli::check::tell;
use crate::clock::Clock;
use crate::consumer::endpoint::{Door, PATH, serve};
use crate::consumer::token::Token;
use crate::consumer::{Session, Source, form};
use crate::length;

/// As shells have it, for a command that is not there.
const NOT_FOUND: u8 = 127;
/// As shells have it, for a command that can't be run.
const NOT_RUN: u8 = 126;
/// As shells have it, a command that a signal ended exits with this and the signal's number.
const BY_SIGNAL: i32 = 128;

/// Where an SDK looks for credentials before it asks the container endpoint; none of it is passed on.
const BEFORE_THE_ENDPOINT: [&str; 16] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    // The older names of the SDKs for Go and Java, and botocore's oldest file.
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_FILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// Run a command that has access, and end it when access ends. Exits as the command does, or with 75 while access is closed.
///
/// The command's AWS SDK gets its session from credadmin, by the container credentials endpoint on loopback, and so gets the next one
/// too: AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN are set, other credentials are taken out of the
/// environment, and neither ~/.aws/credentials nor ~/.boto is looked at. When access ends, which is seen within a minute if it is
/// before its time, the command gets SIGTERM and, if it is still there after the grace, SIGKILL. Signals are passed on to it.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    secret: Secret,
    /// Put the session itself into the environment (AWS_ACCESS_KEY_ID and so on), for commands without an AWS SDK. No
    /// environment can be refreshed: access ends for the command when that session does.
    #[arg(long = "static")]
    is_static: bool,
    /// Let the command go on when access ends: AWS refuses its calls then.
    #[arg(long)]
    keep: bool,
    /// How long the command has to end by itself once it was told to.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = grace, conflicts_with = "keep")]
    grace: SignedDuration,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub fn exec(arguments: &Arguments) -> Result<ExitCode, Stopped> {
    let secret = &arguments.secret;
    let connection = secret.connection()?;
    let runtime = shut_in()?;
    to_the_end(runtime, async {
        let clock = Clock::system();
        let sdk = Sdk::new(clock.clone(), &connection).await;
        let source = Arc::new(Source::new(sdk, clock.clone(), &secret.secret_id, TRIES, None, |news| tell([news])));
        let session = source.session().await.map_err(|refusal| secret.refused(&refusal))?;
        let mut command = command(arguments);
        let life = Life { first_ends: session.ends, ends_with_the_first: arguments.is_static };
        match arguments.is_static {
            true => with_session(&mut command, session),
            false => with_endpoint(&mut command, &source, &clock).await?,
        }
        let over = async {
            match arguments.keep {
                true => std::future::pending().await,
                false => format!("{}: {}", secret.secret_id, watched::over(&source, &clock, life).await),
            }
        };
        let status = watched::run(command, over, arguments.grace, &clock).await;
        status.map(exit_code).map_err(|error| {
            let name = arguments.command[0].to_string_lossy();
            let code = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
            (format!("{name} can't be run: {error}"), code)
        })
    })
}

fn command(arguments: &Arguments) -> Command {
    let mut command = Command::new(&arguments.command[0]);
    command.args(&arguments.command[1..]);
    for name in BEFORE_THE_ENDPOINT {
        command.env_remove(name);
    }
    if let Some(region) = &arguments.secret.region {
        command.envs([("AWS_REGION", region), ("AWS_DEFAULT_REGION", region)]);
    }
    command
}

fn with_session(command: &mut Command, session: Session) {
    command.envs(form::environment(&session).iter().map(|(name, value)| (*name, value.as_str())));
}

async fn with_endpoint(command: &mut Command, source: &Arc<Source<Sdk>>, clock: &Clock) -> Result<(), Stopped> {
    let failed = |error: &dyn std::error::Error| (format!("credadmin can't serve the command: {error}"), EX_OSERR);
    let token = Token::random().map_err(|error| failed(&error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failed(&error))?;
    let address = listener.local_addr().map_err(|error| failed(&error))?;
    command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{address}{PATH}"));
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", token.as_str());
    // Their keys would come first; without the latter botocore looks into ~/.boto and /etc/boto.cfg.
    command.envs([("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"), ("BOTO_CONFIG", "/dev/null")]);
    let (door, clock) = (Arc::new(Door::new(Arc::clone(source), token, |_| {})), clock.clone());
    tokio::spawn(async move { serve(listener, door, &clock).await });
    Ok(())
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(BY_SIGNAL + status.signal()?));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

fn grace(text: &str) -> Result<SignedDuration, String> {
    let longest = SignedDuration::from_hours(1);
    length::parse(text)
        .filter(|time| *time <= longest)
        .ok_or_else(|| "a duration such as 10s or 2m is wanted, 1h at most".to_owned())
}
