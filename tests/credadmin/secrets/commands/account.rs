//! An account in which all that a command holds is a canary, and the host that calls it.

use std::process::Command;

use strict_aws::{ApiError, Credentials, Fault, Operation};

use super::Ran;
use crate::harness::{Credadmin, PATIENCE, Process, run_slowly};
use crate::secrets::{LOUD, bad_signature, config};
use crate::story::{Beside, CANARY};

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
/// All that a command may call.
const OPERATIONS: [Operation; 17] = [
    Operation::AssumeRole,
    Operation::GetCallerIdentity,
    Operation::DescribeSecret,
    Operation::PutSecretValue,
    Operation::GetSecretValue,
    Operation::ListSecretVersionIds,
    Operation::UpdateSecretVersionStage,
    Operation::GetObjectAcl,
    Operation::HeadBucket,
    Operation::PutRolePolicy,
    Operation::GetRolePolicy,
    Operation::PutObject,
    Operation::SendEmail,
    Operation::GetConfigurationSet,
    Operation::GetEmailIdentity,
    Operation::GetAccount,
    Operation::GetSigninToken,
];

/// What an administrator may have left in the environment. None of it is to be told, used or not.
fn strays() -> [(&'static str, String); 4] {
    let secret = format!("{CANARY}/0123456789+abcdef");
    [
        ("AWS_SECRET_ACCESS_KEY", secret.clone()),
        ("AWS_SESSION_TOKEN", secret.clone()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", secret.clone()),
        ("HTTPS_PROXY", format!("http://somebody:{secret}@127.0.0.1:9")),
    ]
}

/// credadmin in that environment, as loud as it gets.
pub fn loud(credadmin: Credadmin) -> Credadmin {
    let credadmin = LOUD.iter().fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value));
    strays().iter().fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value))
}

/// The account, and a host with one secret, `s3`, whose window is open.
pub struct Account {
    pub aws: Beside,
    pub credadmin: Credadmin,
    /// Of an administrator.
    pub keys: Credentials,
}

impl Account {
    pub fn new() -> Self {
        let aws = Beside::new(&["SensitiveS3"]);
        aws.world.put_role_policy("CredAdmin", "everything", EVERYTHING);
        let keys = aws.world.add_user("admin", &[EVERYTHING]);
        let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
        let credadmin = variables.fold(Credadmin::new(&config(&["SensitiveS3"])), |it, (name, value)| it.env(name, value));
        Self { credadmin: loud(credadmin), aws, keys }
    }

    /// With a session in the secret.
    pub fn published() -> Self {
        let account = Self::new();
        account.credadmin.run().wait_for_line("session published", PATIENCE);
        account
    }

    /// From now on every call is answered with AWS's words on a bad signature, our own session token in them.
    pub fn falls_ill(&self) {
        let own = self.aws.world.instance_credentials("i-00000000000000001").expect("a role");
        let error = bad_signature(&own.session_token.expect("a token"));
        assert!(error.message.contains(CANARY), "there is something to give away");
        self.answers(&error);
    }

    /// From now on every call is answered so.
    pub fn answers(&self, error: &ApiError) {
        OPERATIONS.iter().for_each(|operation| self.aws.world.fail(*operation, Fault::Answer(error.clone()), usize::MAX));
    }

    /// `credadmin ARGS… --config MAIN`, to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::new(&args.join(" "), run_slowly(self.credadmin.command(args)))
    }

    /// The command `credadmin consumer ARGS…`, which takes no config.
    pub fn consumer(&self, args: &[&str]) -> Command {
        let with_config = self.credadmin.command(&[]);
        let mut command = Command::new(with_config.get_program());
        command.args(["consumer", args[0], "--secret-id", "SensitiveS3", "--region", "eu-central-1"]).args(&args[1..]);
        command.env_clear().envs(with_config.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }
}

/// What a process has said, once it has ended.
pub fn said(what: &str, mut process: Process) -> Ran {
    process.signal(nix::sys::signal::Signal::SIGTERM);
    let code = process.wait().code();
    let err = process.lines().into_iter().map(|(_, line)| line + "\n").collect();
    Ran { what: what.to_owned(), code, out: String::new(), err, hands_over: false }
}
