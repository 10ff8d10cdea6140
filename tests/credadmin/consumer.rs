//! `credadmin consumer`, the real binary, against the strict double: as EC2Normal, which may read one secret and nothing else.

mod cache;
mod clients;
mod exec;
mod field;
mod memory;
mod planned;
mod process;
mod serve;
mod source;
mod told;
mod value;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use strict_aws::{AssumeRole, Call, Caller, Credentials, Operation, Role, role_arn};
use tempfile::TempDir;

use crate::harness::run_to_end;
use crate::story::{Beside, CANARY};

/// aws-facts §8: what the readers have.
const EC2_NORMAL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue",
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-??????"}]}"#;

/// The instance of an application, and whoever publishes.
struct Scene {
    aws: Beside,
    instance: String,
    publisher: Credentials,
    /// What `XDG_RUNTIME_DIR` is: in memory, this user's alone.
    session: TempDir,
    /// A place for other files.
    aside: TempDir,
}

impl Scene {
    /// The secret SensitiveS3 has no value yet.
    fn new() -> Self {
        let aws = Beside::new(&["SensitiveS3"]);
        let instance = "i-00000000000000001".to_owned();
        let publisher = aws.world.instance_credentials(&instance).expect("those of CredAdmin");
        aws.world.add_role(Role::new("EC2Normal").policy("read", EC2_NORMAL));
        aws.world.set_instance_role(&instance, Some("EC2Normal"));
        let session = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
        fs::set_permissions(session.path(), fs::Permissions::from_mode(0o700)).expect("its owner's alone");
        let aside = tempfile::tempdir().expect("a directory");
        Self { aws, instance, publisher, session, aside }
    }

    /// With a session that ends in an hour, as the secret says.
    fn open() -> Self {
        let scene = Self::new();
        scene.publish("one", in_seconds(3600));
        scene
    }

    /// A session `credadmin-NAME`, as the daemon would write it. It is good for 15 minutes, whatever is said of its end.
    fn session(&self, name: &str, ends: Timestamp) -> Value {
        let request = AssumeRole {
            role_arn: role_arn("SensitiveS3Access"),
            role_session_name: format!("credadmin-{name}"),
            duration_seconds: Some(900),
            ..AssumeRole::default()
        };
        let assumed = self.aws.world.assume_role(&Caller::holding(&self.publisher), &request).expect("a session");
        let keys = assumed.credentials.expect("its credentials");
        json!({
            "sessionId": keys.access_key_id, "sessionKey": keys.secret_access_key, "sessionToken": keys.session_token,
            "expiration": ends.to_string(), "role_arn": request.role_arn, "grants": ["g"], "issued_at": ends.to_string(),
        })
    }

    /// Puts such a session into the secret.
    fn publish(&self, name: &str, ends: Timestamp) -> Value {
        let value = self.session(name, ends);
        self.put(&value.to_string());
        value
    }

    fn put(&self, value: &str) {
        self.aws.world.stranger_puts("SensitiveS3", value).expect("it is written");
    }

    /// `credadmin consumer COMMAND --secret-id SensitiveS3 …`, without a place for a cache.
    fn command(&self, command: &str, more: &[&str]) -> Command {
        let mut credadmin = Command::new(env!("CARGO_BIN_EXE_credadmin"));
        credadmin.args(["consumer", command, "--secret-id", "SensitiveS3"]).args(more).env_clear();
        credadmin.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        credadmin.envs([("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")]);
        credadmin.envs(self.aws.environment.iter().map(|(name, value)| (*name, value)));
        credadmin
    }

    /// With one.
    fn with_cache(&self, command: &str, more: &[&str]) -> Command {
        let mut command = self.command(command, more);
        command.env("XDG_RUNTIME_DIR", self.session.path());
        command
    }

    fn process(&self) -> Said {
        said(run_to_end(self.command("process", &[])))
    }

    /// How often the secret was read, or tried to be.
    fn reads(&self) -> usize {
        self.calls(Operation::GetSecretValue).len()
    }

    fn calls(&self, operation: Operation) -> Vec<Call> {
        self.aws.world.calls().into_iter().filter(|call| call.operation == operation).collect()
    }
}

/// What came of a command. No words ever hold a secret.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    code: i32,
    out: String,
    words: String,
}

fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let said = Said { code: output.status.code().expect("a status"), out: text(output.stdout), words: text(output.stderr) };
    assert!(!said.words.contains(CANARY), "a secret in the words");
    said
}

/// The whole second so many seconds from now.
fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_second((Clock::system().now() + SignedDuration::from_secs(seconds)).as_second()).expect("an instant")
}
