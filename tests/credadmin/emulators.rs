//! The emulators, each in a process of its own for each test: on a free port of 127.0.0.1, with nothing in it but what
//! `tests/emulators/field.py` sets up. Beside them, the programs of the field.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::harness::{Credadmin, Line, PATIENCE, Process, Stream, run_to_end};

/// Where `tests/run` installs them.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/emulators/bin/python");
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulators");
/// Where the AWS CLI is, beside it.
pub const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/emulators/bin");

/// The region of everything.
pub const REGION: &str = "eu-central-1";

/// The environment that an SDK takes its keys from.
pub type Keys = BTreeMap<String, String>;

/// An emulator that runs.
pub struct Emulator {
    /// `http://127.0.0.1:PORT`
    pub endpoint: String,
    /// Keys of the role CredAdmin, which may do what aws-facts §8 says and nothing else.
    pub credadmin: Keys,
    /// Keys of the role EC2Normal, which may read the secret and nothing else.
    pub ec2_normal: Keys,
    _process: Process,
}

impl Emulator {
    /// Starts `moto` or `ministack` and sets the account up.
    pub fn start(name: &str) -> Self {
        let mut emulator = Self::empty(name);
        let field = run_to_end(emulator.program("field.py", &[], &emulator.root()));
        let field = parse(&stdout(&field));
        emulator.credadmin = keys(&field["credadmin"]);
        emulator.ec2_normal = keys(&field["ec2_normal"]);
        emulator
    }

    /// Starts one with nothing in its account.
    pub fn empty(name: &str) -> Self {
        assert!(Path::new(PYTHON).exists(), "no emulators: tests/run installs them");
        let process = Process::spawn("the emulator", &python("serve.py", &[name]));
        let first = process.wait_for_line("endpoint", PATIENCE);
        let endpoint = text(&parse(&first)["endpoint"]);
        Self { endpoint, credadmin: Keys::new(), ec2_normal: Keys::new(), _process: process }
    }

    /// The account's own keys, which both emulators take for granted.
    pub fn root(&self) -> Keys {
        [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    /// credadmin on this emulator with these keys, looking after the secret SensitiveS3, with one drop-in of grants.
    pub fn credadmin(&self, keys: &Keys, grants: &str) -> Credadmin {
        let main = "region = 'eu-central-1'\ncredentials = 'default-chain'\n\
                    [secrets.sensitive-s3]\nsecret_id = 'SensitiveS3'\n\
                    role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n";
        let credadmin = Credadmin::new(main).write("grants.d/10-first.toml", grants).env("AWS_ENDPOINT_URL", &self.endpoint);
        keys.iter().fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value))
    }

    /// Writes the secret as it is done today: a session of so many seconds, nothing that ends it with a window.
    pub fn todays_way(&self, keys: &Keys, seconds: u32) -> Output {
        run_to_end(self.program("today.py", &[&seconds.to_string()], keys))
    }

    /// Starts a program of the field that reads the secret and uses it, four times a second, under EC2Normal.
    pub fn reader(&self) -> Reader {
        Reader(Process::spawn("the reader", &self.program("reader.py", &["0.25"], &self.ec2_normal)))
    }

    /// A program of tests/emulators, against this emulator, with these keys.
    pub fn program(&self, name: &str, args: &[&str], keys: &Keys) -> Command {
        let mut command = python(name, args);
        command.env("AWS_ENDPOINT_URL", &self.endpoint).env("AWS_DEFAULT_REGION", REGION).envs(keys);
        command
    }
}

/// The reader that runs.
pub struct Reader(Process);

/// One try of the reader; `tests/emulators/reader.py` says what each is.
#[derive(Clone, Debug)]
pub struct Try {
    pub began: Timestamp,
    pub ended: Timestamp,
    pub version: String,
    pub says: Value,
    pub reads: String,
    pub kept: String,
    pub widens: String,
    pub alone: String,
}

impl Reader {
    /// Waits for a try like that; answers with all tries so far.
    pub fn wait_for(&self, what: &str, timeout: Duration, is_it: impl Fn(&Try) -> bool) -> Vec<Try> {
        self.0.wait_for(what, timeout, |lines| {
            let tries: Vec<Try> = lines.iter().filter_map(a_try).collect();
            tries.iter().any(&is_it).then_some(tries)
        })
    }

    /// Waits for a whole try more; answers with it.
    pub fn next(&self) -> Try {
        let now = Clock::system().now();
        let tries = self.wait_for("next try", PATIENCE, |it| it.began >= now);
        tries.into_iter().find(|it| it.began >= now).expect("it was waited for")
    }
}

fn a_try((stream, line): &Line) -> Option<Try> {
    let line = (*stream == Stream::Stdout).then(|| parse(line))?;
    let at = |name: &str| text(&line[name]).parse().unwrap_or_else(|error| panic!("{error}: {line}"));
    let outcome = |name: &str| text(&line[name]);
    Some(Try {
        began: at("began"),
        ended: at("ended"),
        version: outcome("version"),
        says: line["says"].clone(),
        reads: outcome("reads"),
        kept: outcome("kept"),
        widens: outcome("widens"),
        alone: outcome("alone"),
    })
}

/// The whole second at least `seconds` from now.
pub fn in_seconds(seconds: i64) -> Timestamp {
    let now = Clock::system().now() + SignedDuration::from_secs(seconds + 1);
    Timestamp::from_second(now.as_second()).expect("a timestamp's own second")
}

/// The TOML of one grant.
pub fn grant(name: &str, from: Timestamp, until: Timestamp) -> String {
    format!("[grants.{name}]\nsecret = 'sensitive-s3'\nfrom = '{from}'\nuntil = '{until}'\n")
}

fn python(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(PYTHON);
    // -B: no byte code beside the sources.
    command.args(["-u", "-B", program]).args(args).current_dir(SOURCES).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    // Not those of whoever runs the tests.
    command.envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")]);
    command
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn keys(value: &Value) -> Keys {
    let keys = value.as_object().unwrap_or_else(|| panic!("not keys: {value}"));
    keys.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
