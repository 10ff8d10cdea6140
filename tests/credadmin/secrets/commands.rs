//! Every sub-command, in success and in failure, with every log variable turned up: no secret is in what it says, but where it is
//! what was asked for. A new sub-command has to be added to the table, or the test fails.

mod account;
mod alone;
mod calling;
mod handing;
mod people;

use std::process::Output;

use crate::manual;
use crate::story::CANARY;

/// One run of a command, and all that came out of it.
struct Ran {
    /// In words.
    what: String,
    code: Option<i32>,
    out: String,
    err: String,
    /// Whether standard output, or what stands for it, is a secret: that is what the command is for.
    hands_over: bool,
}

/// How a command is run, in success and in failure. Nothing comes back where that takes root, and this is not.
type Runs = fn() -> Vec<Ran>;

/// By name, as clap has them.
const COMMANDS: [(&str, Runs); 20] = [
    ("approve", people::approve),
    ("audit", calling::audit),
    ("check", alone::check),
    ("completions", alone::completions),
    ("console", handing::console),
    ("consumer exec", handing::exec),
    ("consumer process", handing::process),
    ("consumer serve", handing::serve),
    ("deny", people::deny),
    ("doctor", calling::doctor),
    ("notify", calling::notify),
    ("plan", alone::plan),
    ("policies", alone::policies),
    ("request", people::request),
    ("requests", people::requests),
    ("revoke", calling::revoke),
    ("run", calling::run),
    ("status", calling::status),
    ("timeline", alone::timeline),
    ("withdraw", people::withdraw),
];

impl Ran {
    fn new(what: &str, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Self {
            what: what.to_owned(),
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
            hands_over: false,
        }
    }

    fn went_well(&self) -> bool {
        self.code == Some(0)
    }

    /// What is wrong with it. Nothing of the secret itself is repeated into the log of the tests.
    fn wrong(&self) -> Vec<String> {
        let hidden = |what: &str, text: &str| format!("{}: {what}: {}", self.what, text.replace(CANARY, "[HERE]"));
        let mut wrong = Vec::new();
        if self.err.contains(CANARY) {
            wrong.push(hidden("a secret in what it says", &self.err));
        }
        match (self.out.contains(CANARY), self.hands_over && self.went_well()) {
            (true, false) => wrong.push(hidden("a secret in what it prints", &self.out)),
            (false, true) => wrong.push(hidden("not what was asked for", &self.out)),
            _ => {}
        }
        if !self.went_well() && self.out.is_empty() && self.err.is_empty() {
            wrong.push(hidden("it fails in silence", ""));
        }
        wrong
    }
}

#[test]
fn no_command_says_a_secret_in_success_or_in_failure() {
    let known: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, manual::commands(), "each is in the table, and nothing else");
    let mut wrong = Vec::new();
    for (name, runs) in COMMANDS {
        let ran = runs();
        wrong.extend(ran.iter().flat_map(Ran::wrong));
        let well = ran.iter().filter(|ran| ran.went_well()).count();
        let is_played = people::are_known() || !ran.is_empty();
        if is_played && (well == 0 || well == ran.len()) {
            let said: String = ran.iter().map(|ran| format!("\n{:?} {}", ran.code, ran.err.replace(CANARY, "[HERE]"))).collect();
            wrong.push(format!("{name}: it went well {well} times of {}:{said}", ran.len()));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
