//! What cron would start anew for each refresh: today's Python program, the AWS CLI, and the peer, a shell script around curl.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Told;
use crate::account::{Account, target};
use crate::proc;
use crate::servant::Environment;
use crate::table::Row;

/// Where `tests/run` installs boto3 and the AWS CLI.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/emulators/bin");
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/emulators/bin/python");
/// boto3's assume_role, json.dumps, put_secret_value, and nothing else.
const TODAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulators/today.py");
const CLI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/cli.sh");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/refresh.sh");
const SECONDS: &str = "3600";

/// One of them, and what it took so far.
pub struct Job {
    what: &'static str,
    wanted: &'static [&'static str],
    command: Vec<String>,
    environment: Environment,
    cpu: Vec<Duration>,
    peak: f64,
}

/// All of them, today's way first. But for the last, keys are in the environment, which spares them calls.
pub fn jobs(account: &Account) -> [Job; 5] {
    let job = |what, wanted, command: &[&str], environment| {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        Job { what, wanted, command, environment, cpu: vec![], peak: 0.0 }
    };
    let (role, user) = (target(), || account.user());
    let script = |how| [SCRIPT, &role, "SensitiveS3", SECONDS, how];
    [
        job("cron: boto3 (today's way)", &[PYTHON], &[PYTHON, TODAY, SECONDS], user()),
        job("cron: AWS CLI, twice", &["aws"], &[CLI, &role, "SensitiveS3", SECONDS], user()),
        job("cron: shell script, curl and jq", &["curl", "jq"], &script("jq"), user()),
        job("cron: the same, without jq", &["curl"], &script("printf"), user()),
        job("cron: the same, with the instance's keys", &["curl"], &script("printf"), account.instance()),
    ]
}

impl Job {
    /// Runs it so often, and once more for its memory; not at all if something is missing.
    ///
    /// # Errors
    /// If it fails.
    pub fn run(&mut self, times: usize) -> Told {
        if self.missing().is_some() {
            return Ok(());
        }
        for _ in 0..times {
            let before = proc::children_cpu()?;
            self.once(&[])?;
            self.cpu.push(proc::children_cpu()? - before);
        }
        if is_there("time") {
            // Not getrusage: a child counts what its parent had when it was forked, and this process is larger than curl.
            let said = self.once(&["time", "--format", "%M"])?;
            self.peak = self.peak.max(said.trim().lines().last().unwrap_or_default().parse::<f64>()? / 1024.0);
        }
        Ok(())
    }

    /// CPU time of a run, user and system, with all its processes.
    pub fn cpu(&self) -> Option<Duration> {
        (!self.cpu.is_empty()).then(|| self.cpu.iter().sum::<Duration>() / self.cpu.len() as u32)
    }

    /// As a line of the table, beside what credadmin takes.
    pub fn row(&self, ours: Duration) -> Row {
        let Some(cpu) = self.cpu() else {
            return Row::new(self.what, format!("NOT MEASURED: no {}", self.missing().unwrap_or_default()));
        };
        let peak = if self.peak > 0.0 { format!("{:.1} MiB", self.peak) } else { "not measured: no GNU time".into() };
        let ratio = cpu.as_secs_f64() / ours.as_secs_f64();
        Row::new(self.what, format!("{:.1} ms, {ratio:.1} × credadmin; peak {peak}", cpu.as_secs_f64() * 1e3))
    }

    fn missing(&self) -> Option<&'static str> {
        self.wanted.iter().copied().find(|program| !is_there(program))
    }

    fn once(&self, by: &[&str]) -> Told<String> {
        let words: Vec<&str> = by.iter().copied().chain(self.command.iter().map(String::as_str)).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().env("PATH", path()).stdin(Stdio::null());
        let output = command.envs(self.environment.iter().map(|(name, value)| (name, value))).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(format!("{}: {}: {said}", self.what, output.status).into()) }
    }
}

fn path() -> String {
    format!("{INSTALLED}:{}", std::env::var("PATH").unwrap_or_default())
}

fn is_there(program: &str) -> bool {
    std::env::split_paths(&path()).any(|directory| directory.join(program).exists())
}
