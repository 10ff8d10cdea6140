//! `credadmin consumer`: what applications use, on their hosts.

mod exec;
mod process;
mod serve;
mod watched;

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use tokio::runtime::{Builder, Runtime};

use super::surroundings::Surroundings;
use super::{EX_CONFIG, EX_OSERR, EX_TEMPFAIL};
use crate::aws::{Connection, Credentials};
use crate::consumer::Refusal;

/// The secret can't be read, or holds no session.
const NO_SESSION: u8 = 1;
/// clap's own, for an argument that is none.
const USAGE: u8 = 2;
/// A session may be published right now, and AWS may be slow: that often it is tried to be read.
const TRIES: u32 = 3;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the session as AWS SDKs want it of a credential_process. Exits with 75 while access is closed.
    #[command(after_help = "Example: credadmin consumer process --secret-id SensitiveS3 | jq -r .Expiration")]
    Process(process::Arguments),
    /// Run a command that has access, and end it when access ends. Exits as the command does, or with 75 while access is closed.
    #[command(after_help = "Example: credadmin consumer exec --secret-id SensitiveS3 -- aws s3 ls s3://sensitive-bucket")]
    Exec(exec::Arguments),
    /// Answer AWS SDKs on loopback, as the container credentials endpoint.
    #[command(
        after_help = "Example: credadmin consumer serve --secret-id SensitiveS3 --token-file /etc/credadmin/consumer.token"
    )]
    Serve(serve::Arguments),
}

/// Which secret is read, where, and as whom.
#[derive(clap::Args)]
struct Secret {
    /// The secret: its name or ARN.
    #[arg(long, value_name = "ID")]
    secret_id: String,
    /// The region of the secret; that of its ARN or, without one, that which the instance-metadata service tells.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// As whom the secret is read: this instance's role and nobody else, or what the AWS SDK finds, as in a container.
    #[arg(long, value_enum, default_value = "instance-role")]
    credentials: Whose,
}

#[derive(Clone, Copy, ValueEnum)]
enum Whose {
    InstanceRole,
    DefaultChain,
}

/// Why it goes no further: the words, and the exit status.
type Stopped = (String, u8);

pub fn consumer(arguments: &Arguments) -> ExitCode {
    let outcome = match &arguments.command {
        Command::Process(arguments) => process::process(arguments),
        Command::Exec(arguments) => exec::exec(arguments),
        Command::Serve(arguments) => serve::serve(arguments),
    };
    outcome.unwrap_or_else(|(why, code)| {
        super::check::tell([format!("error: {why}")]);
        ExitCode::from(code)
    })
}

impl Secret {
    /// How AWS is called, unless the environment forbids it.
    fn connection(&self) -> Result<Connection, Stopped> {
        let credentials = match self.credentials {
            Whose::InstanceRole => Credentials::InstanceRole,
            Whose::DefaultChain => Credentials::DefaultChain,
        };
        match Surroundings::of_this_process().refusal(credentials) {
            Some(why) => Err((why, EX_CONFIG)),
            None => Ok(Connection { region: self.region().map(str::to_owned), credentials, profile: None }),
        }
    }

    fn region(&self) -> Option<&str> {
        let of_arn = self.secret_id.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2));
        self.region.as_deref().or(of_arn).filter(|region| !region.is_empty())
    }

    fn refused(&self, refusal: &Refusal) -> Stopped {
        let code = match refusal {
            Refusal::Closed(_) => EX_TEMPFAIL,
            Refusal::Unreadable(_) | Refusal::Trouble(_) => NO_SESSION,
        };
        (format!("{}: {refusal}", self.secret_id), code)
    }
}

/// As the daemon: neither a debugger of the same user nor a core dump reads its memory.
fn shut_in() -> Result<Runtime, Stopped> {
    let failed = |error: &dyn std::error::Error| (format!("credadmin can't start: {error}"), EX_OSERR);
    nix::sys::prctl::set_dumpable(false).map_err(|error| failed(&error))?;
    Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))
}

/// Does it, and does not wait for what it leaves undone: a name that is being looked up can't be cancelled, and may take long.
fn to_the_end<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_the_one_that_is_named_else_that_of_the_arn() {
        let region = |secret_id: &str, region: Option<&str>| {
            let secret =
                Secret { secret_id: secret_id.into(), region: region.map(str::to_owned), credentials: Whose::InstanceRole };
            secret.region().map(str::to_owned)
        };
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-AbCdEf";
        assert_eq!(region(arn, None).as_deref(), Some("eu-central-1"));
        assert_eq!(region(arn, Some("eu-west-1")).as_deref(), Some("eu-west-1"));
        assert_eq!(region("SensitiveS3", Some("eu-west-1")).as_deref(), Some("eu-west-1"));
        assert_eq!((region("SensitiveS3", None), region("arn:aws", None)), (None, None));
    }
}
