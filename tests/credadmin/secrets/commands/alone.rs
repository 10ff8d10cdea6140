//! The commands that call nobody: what they could tell is in the environment, or in the config.

use super::Ran;
use super::account::Account;
use crate::history::night;

/// With the config as it is, and with one that is refused.
fn both(args: &[&str]) -> Vec<Ran> {
    let account = Account::new();
    let well = account.run(args);
    account.credadmin.rewrite("credadmin.toml", "region = 'eu-central-1'\nnonsense = 1\n");
    vec![well, account.run(args)]
}

pub fn check() -> Vec<Ran> {
    both(&["check"])
}

pub fn plan() -> Vec<Ran> {
    [both(&["plan"]), both(&["plan", "--format", "json"])].into_iter().flatten().collect()
}

pub fn timeline() -> Vec<Ran> {
    let account = Account::new();
    account.credadmin.rewrite("journal.json", &night().text());
    let journal = account.credadmin.path("journal.json");
    let args = ["timeline", "--journal", journal.to_str().expect("a path"), "--format", "html"];
    let (well, without_a_past) = (account.run(&args), account.run(&["timeline", "--journal", "/nowhere"]));
    account.credadmin.rewrite("credadmin.toml", "region = 'eu-central-1'\nnonsense = 1\n");
    vec![well, without_a_past, account.run(&args)]
}

pub fn policies() -> Vec<Ran> {
    both(&["policies"])
}

pub fn completions() -> Vec<Ran> {
    ["bash", "tcsh"].map(|shell| Ran::new(shell, crate::manual::alone(&["completions", shell]))).into()
}
