//! Today's way: a Python program under cron, a process anew each time.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Told;
use crate::account::Account;
use crate::proc;

/// Where `tests/run` installs boto3.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/emulators/bin/python");
/// boto3's assume_role, json.dumps, put_secret_value, and nothing else.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulators/today.py");

/// Whether it can be run here.
pub fn is_installed() -> bool {
    Path::new(PYTHON).exists()
}

/// Runs it once; answers with its CPU time, user and system.
///
/// # Errors
/// If it fails.
pub fn refresh(account: &Account) -> Told<Duration> {
    let before = proc::children_cpu()?;
    let mut command = Command::new(PYTHON);
    command.args([PROGRAM, "7200"]).env_clear().envs(account.user()).stdin(Stdio::null());
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{PROGRAM}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(proc::children_cpu()? - before)
}
