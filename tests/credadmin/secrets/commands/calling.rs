//! The commands that call AWS and tell what came of it.

use strict_aws::{ApiError, Operation};

use super::Ran;
use super::account::{Account, loud, said};
use crate::audit::night;
use crate::harness::{PATIENCE, run_slowly};
use crate::notice;
use crate::story::CANARY;

pub fn run() -> Vec<Ran> {
    let account = Account::new();
    let daemon = account.credadmin.run();
    daemon.wait_for_line("session published", PATIENCE);
    let well = said("run", daemon);
    let account = Account::new();
    account.falls_ill();
    let daemon = account.credadmin.run();
    daemon.wait_for_line("failing for", PATIENCE);
    let ill = said("run, ill", daemon);
    // It stops well all the same.
    assert!(ill.err.contains("SignatureDoesNotMatch") && ill.went_well(), "{}", ill.err.replace(CANARY, "[HERE]"));
    account.credadmin.rewrite("credadmin.toml", "nonsense = 1\n");
    vec![well, ill, account.run(&["run"])]
}

pub fn status() -> Vec<Ran> {
    ["text", "json"].into_iter().flat_map(|form| both(&["status", "--format", form])).collect()
}

pub fn doctor() -> Vec<Ran> {
    let account = Account::published();
    let args = ["doctor", "--live", "--bucket", "sensitive-bucket"];
    let (host, well) = (account.run(&args), account.run(&["doctor", "--help"]));
    account.falls_ill();
    vec![host, well, account.run(&args)]
}

pub fn audit() -> Vec<Ran> {
    let account = Account::published();
    account.credadmin.rewrite("journal.json", &night().text());
    let journal = account.credadmin.path("journal.json");
    let args = ["audit", "--journal", journal.to_str().expect("a path"), "--from", "2024-03-01T09:00:00Z"];
    let well = account.run(&[&args[..], &["--until", "2024-03-02T00:00:00Z"]].concat());
    let checked = account.run(&[&args[..], &["--check"]].concat());
    account.falls_ill();
    vec![well, checked, account.run(&[&args[..], &["--check"]].concat())]
}

pub fn revoke() -> Vec<Ran> {
    let account = Account::published();
    let as_admin = |account: &Account, args: &[&str]| {
        let mut command = account.credadmin.command(args);
        command.env("AWS_ACCESS_KEY_ID", &account.keys.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &account.keys.secret_access_key).env_remove("AWS_SESSION_TOKEN");
        Ran::new(&args.join(" "), run_slowly(command))
    };
    let dry = as_admin(&account, &["revoke", "secrets.sensitives3", "--dry-run"]);
    let well = as_admin(&account, &["revoke", "secrets.sensitives3", "--yes"]);
    // The stray token does not go with these keys, and AWS quotes it.
    let stray = account.run(&["revoke", "secrets.sensitives3", "--yes"]);
    account.falls_ill();
    vec![dry, well, stray, as_admin(&account, &["revoke", "secrets.sensitives3", "--yes"])]
}

pub fn notify() -> Vec<Ran> {
    let told = |is_ill: bool| {
        let aws = notice::account();
        let (config, _) = notice::config(&format!("{}console_url = 'on'\n", notice::MAIL));
        let mut host = notice::Host::new(&aws, &config);
        host.credadmin = loud(host.credadmin);
        if is_ill {
            let token = aws.world.instance_credentials("i-00000000000000001").and_then(|own| own.session_token).expect("a token");
            let quoting = ApiError::new(403, "AccessDenied", format!("in {token} there is no good"));
            for operation in [Operation::AssumeRole, Operation::GetSigninToken, Operation::SendEmail] {
                aws.world.fail(operation, strict_aws::Fault::Answer(quoting.clone()), usize::MAX);
            }
        }
        let notifier = host.start();
        host.opens("1");
        notifier.wait_for_line(if is_ill { "AccessDenied" } else { "mail sent" }, PATIENCE);
        said(if is_ill { "notify, ill" } else { "notify" }, notifier)
    };
    let account = Account::new();
    account.credadmin.rewrite("credadmin.toml", "nonsense = 1\n");
    vec![told(false), told(true), account.run(&["notify"])]
}

/// In an account that is well, with a session published, and in one that is ill.
fn both(args: &[&str]) -> Vec<Ran> {
    let account = Account::published();
    let well = account.run(args);
    account.falls_ill();
    vec![well, account.run(args)]
}
