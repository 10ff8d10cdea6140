//! `credadmin revoke`: the real binary against the strict double and against ministack, which both enforce the Deny; and the
//! daemon beside it, on virtual time.

mod closed;
mod ended;
mod enforced;
mod failures;
mod followed;
mod interrupted;
mod race;
mod seen;

use std::process::Command;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Call, Caller, Credentials, Operation, World};

use crate::harness::Credadmin;
use crate::story::{Beside, CANARY};

/// What `credadmin policies --revoker-role` gives: no more is needed.
const REVOKER: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["iam:GetRolePolicy","iam:PutRolePolicy"],"Resource":"arn:aws:iam::123456789012:role/SensitiveS3Access"},
 {"Effect":"Allow","Action":["secretsmanager:DescribeSecret","secretsmanager:ListSecretVersionIds","secretsmanager:PutSecretValue"],
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:*-??????"}]}"#;
/// And to look whether access has ended.
const READER: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"*"}}"#;

/// Two secrets that share a role, and one grant in the main file.
const MAIN: &str = "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'SensitiveS3'\n\
    role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n[secrets.second]\nsecret_id = 'Second'\n\
    role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n";

/// An account, a config on it with these grants in a drop-in, and an administrator's keys.
struct Scene {
    aws: Beside,
    credadmin: Credadmin,
    keys: Credentials,
}

impl Scene {
    fn new(main: &str, drop_in: &str, policies: &[&str]) -> Self {
        let aws = Beside::new(&["SensitiveS3", "Second"]);
        aws.world.add_bucket("sensitive-bucket", BUCKET);
        let keys = aws.world.add_user("admin", policies);
        let credadmin = Credadmin::new(main).write("grants.d/10-first.toml", drop_in).env("TZ", "UTC");
        let credadmin = aws.environment.iter().fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value));
        Self { aws, credadmin, keys }
    }

    /// `credadmin revoke …` with the administrator's keys.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.credadmin.command(&[&["revoke"], arguments].concat());
        command.env("AWS_ACCESS_KEY_ID", &self.keys.access_key_id).env("AWS_SECRET_ACCESS_KEY", &self.keys.secret_access_key);
        command
    }

    /// Runs it. No words ever hold a secret.
    fn revoke(&self, arguments: &[&str]) -> Said {
        said(crate::harness::run_slowly(self.command(arguments)))
    }

    fn world(&self) -> &World {
        &self.aws.world
    }

    fn calls(&self, operation: Operation) -> Vec<Call> {
        self.world().calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.credadmin.path(name)).expect(name)
    }

    /// The versions of a secret, as they were written.
    fn versions(&self, secret: &str) -> Vec<String> {
        self.world().versions(secret).into_iter().map(|version| version.version_id).collect()
    }

    /// Whether the bucket is there for the session of that version of SensitiveS3.
    fn sees_the_bucket(&self, version: &str) -> bool {
        let versions = self.world().versions("SensitiveS3");
        let content = &versions.iter().find(|it| it.version_id == version).expect("a version").content;
        let value: serde_json::Value = serde_json::from_str(content).expect("JSON");
        let caller = Caller::new(value["sessionId"].as_str().expect("a session"), value["sessionToken"].as_str());
        self.world().head_bucket(&caller, "sensitive-bucket").is_ok()
    }
}

const BUCKET: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",
    "Principal":{"AWS":"arn:aws:iam::123456789012:role/SensitiveS3Access"},
    "Resource":["arn:aws:s3:::sensitive-bucket","arn:aws:s3:::sensitive-bucket/*"]}]}"#;

/// What came of it.
struct Said {
    code: i32,
    out: String,
    words: String,
}

fn said(output: std::process::Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let said = Said { code: output.status.code().expect("a status"), out: text(output.stdout), words: text(output.stderr) };
    assert!(!said.words.contains(CANARY) && !said.out.contains(CANARY), "a secret in the words");
    said
}

/// A grant that is open from an hour ago until in an hour, and when that ends.
fn open(name: &str, secret: &str) -> (String, Timestamp) {
    let at = |minutes: i64| {
        Timestamp::from_second((Clock::system().now() + SignedDuration::from_mins(minutes)).as_second()).expect("an instant")
    };
    (format!("[grants.{name}]\nsecret = '{secret}'\nfrom = '{}'\nuntil = '{}' # agreed\n", at(-60), at(60)), at(60))
}
