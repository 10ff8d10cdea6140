//! The field's clients, as they are, each in one process that goes on: which session do they use, and what do they say when there
//! is none?

use std::path::Path;
use std::process::Command;

use super::Scene;
use crate::emulators::PROGRAMS;
use crate::harness::{PATIENCE, Process};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
/// Where `tests/run` installs them.
const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/javascript/node_modules");

/// How a client gets at the session: the variables for it.
pub struct Way {
    pub name: &'static str,
    pub is_process: bool,
    pub variables: Vec<(String, String)>,
}

pub fn boto3(scene: &Scene, way: &Way) -> Process {
    let mut command = Command::new(format!("{PROGRAMS}/python"));
    command.args(["-u", "-B", "client.py"]).current_dir(format!("{SOURCES}/emulators"));
    Process::spawn("boto3", with(&mut command, scene, way))
}

pub fn javascript(scene: &Scene, way: &Way) -> Process {
    assert!(Path::new(MODULES).exists(), "no AWS SDK for JavaScript: tests/run installs it");
    let mut command = Command::new("node");
    command.arg("client.cjs").current_dir(format!("{SOURCES}/javascript")).env("NODE_PATH", MODULES);
    if way.is_process {
        // Told that there is none, this SDK would go on to the instance's own role.
        command.env("AWS_EC2_METADATA_DISABLED", "true");
    }
    // It warns on standard error of a Node.js that it will not support for long.
    command.env("NODE_NO_WARNINGS", "1");
    Process::spawn("the AWS SDK for JavaScript", with(&mut command, scene, way))
}

/// The AWS SDK for Rust: [`the_rust_client`], in a process of its own.
pub fn rust(scene: &Scene, way: &Way) -> Process {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "consumer::field::the_rust_client", "--ignored", "--nocapture"]);
    Process::spawn("the AWS SDK for Rust", with(&mut command, scene, way))
}

/// One call of the AWS CLI.
pub fn cli(scene: &Scene, way: &Way) -> Process {
    let mut command = Command::new(format!("{PROGRAMS}/aws"));
    command.args(["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]);
    Process::spawn("the AWS CLI", with(&mut command, scene, way))
}

fn with<'a>(command: &'a mut Command, scene: &Scene, way: &Way) -> &'a mut Command {
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(scene.aws.environment.iter().map(|(name, value)| (*name, value)));
    command.envs([("AWS_REGION", "eu-central-1"), ("AWS_DEFAULT_REGION", "eu-central-1"), ("AWS_MAX_ATTEMPTS", "1")]);
    command.envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")]);
    command.env("XDG_RUNTIME_DIR", scene.session.path());
    command.envs(way.variables.iter().map(|(name, value)| (name, value)))
}

/// Waits until it uses the session of that name.
pub fn uses(client: &Process, session: &str) {
    client.wait_for_line(&format!(":assumed-role/SensitiveS3Access/credadmin-{session}"), PATIENCE * 2);
}

#[test]
#[ignore = "it is the client of another test, and runs until it is killed"]
fn the_rust_client() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
        let sts = aws_sdk_sts::Client::new(&config);
        loop {
            match sts.get_caller_identity().send().await {
                Ok(answer) => println!("ok {}", answer.arn.unwrap_or_default()),
                Err(error) => println!("error {:?}", aws_smithy_types::error::display::DisplayErrorContext(&error).to_string()),
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    });
}
