//! `credadmin policies`, the real binary: what it makes of a config is judged by linters, by ministack, which enforces IAM, and
//! by the strict double.

mod conditions;
mod forms;
mod linted;
pub mod needed;
mod refused;
pub mod revoked;
mod said;
mod strict;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::emulators::PROGRAMS;
use crate::harness::{Credadmin, run_slowly};

/// One secret whose sessions have all that a config can give them.
pub const CONFIG: &str = "region = 'eu-central-1'\ncredentials = 'default-chain'\n\
    [secrets.sensitive-s3]\nsecret_id = 'SensitiveS3'\nrole_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n\
    external_id = 'example'\nsource_identity = 'credadmin'\ntags = { team = 'billing' }\n";
pub const BUCKET: [&str; 2] = ["--bucket", "sensitive-bucket"];
const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// What it prints for this config with these options, which has to be some.
fn printed(config: &str, options: &[&str]) -> String {
    let output = Credadmin::new(config).run_to_end(&[&["policies"], options].concat());
    assert!(output.status.success(), "{options:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The same, read as JSON.
pub fn made(config: &str, options: &[&str]) -> Value {
    serde_json::from_str(&printed(config, options)).expect("JSON")
}

/// The statements of a document, by the name of its file.
fn statements<'a>(documents: &'a Value, name: &str) -> &'a Vec<Value> {
    documents[name]["Statement"].as_array().unwrap_or_else(|| panic!("no {name} in {documents:#}"))
}

/// One text or a list of them.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// What a program of the Python environment, or one that is run by its python, says of these texts, each in a file of that name;
/// and whether it was content.
fn judged(program: &[&str], name: &str, texts: &[&str]) -> (String, bool) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(Path::new(PROGRAMS).join(program[0]));
    command.args(&program[1..]).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulators")).env_clear();
    for (n, text) in texts.iter().enumerate() {
        let file = directory.path().join(format!("{n}-{name}"));
        fs::write(&file, text).expect("a file");
        command.arg(file);
    }
    let output = run_slowly(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => (text(&output.stdout), true),
        false => (text(&output.stdout) + &text(&output.stderr), false),
    }
}
