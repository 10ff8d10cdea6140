//! docs/install.md, as a stranger follows it: its commands are run against ministack, where IAM is enforced, by the real AWS CLI.
//!
//! Its `sh` blocks are for the account and are run one after the other. Of those for hosts, `bash`, the ones are run that
//! need neither EC2 nor systemd; installing the packages is tested in tests/host.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::emulators::{Emulator, Keys, PROGRAMS, grant, in_seconds};
use crate::harness::{Credadmin, PATIENCE, run_slowly, run_to_end};

/// What there is before: the bucket, and the readers' role. Its trust is for this test, which is no EC2 instance.
const BEFORE: &str = r#"
TRUST='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
  "Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}'
aws s3 mb s3://sensitive-bucket
aws s3 cp /etc/hostname s3://sensitive-bucket/report.csv
aws iam create-role --role-name EC2Normal --assume-role-policy-document "$TRUST"
"#;
/// What EC2 does for an instance: it assumes the role of its profile.
const BECOME: &str = r#"
TRUST='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
  "Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}'
aws iam update-assume-role-policy --role-name "$ROLE" --policy-document "$TRUST"
aws sts assume-role --role-arn "arn:aws:iam::123456789012:role/$ROLE" --role-session-name i-0123456789abcdef0 \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text
"#;

#[test]
fn a_stranger_gets_from_an_account_to_the_first_window() {
    let ministack = Emulator::empty("ministack");
    let root = ministack.root();
    shell(&ministack, &root, BEFORE);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/install.md")).expect("the page");
    let account = blocks(&page, "sh");
    assert_eq!(account.len(), 4, "names, the instance's role, the role with access, the secret");
    shell(&ministack, &root, &account.concat());

    let [config] = blocks(&page, "toml").try_into().expect("one config");
    let credadmin =
        Credadmin::new(&config).env("AWS_ENDPOINT_URL", &ministack.endpoint).env("CREDADMIN_CREDENTIALS", "default-chain");
    let keys = become_role(&ministack, "CredAdmin");
    let credadmin = keys.iter().fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value));
    let on_hosts = blocks(&page, "bash");
    let with = |word: &str| on_hosts.iter().find(|block| block.contains(word)).unwrap_or_else(|| panic!("no block with {word}"));
    let drop_in = with("grants.d").replace("sudo ", "").replace("/etc/credadmin", &credadmin.path("").display().to_string());
    let credadmin = credadmin.write("grants.d/.keep", "");
    shell(&ministack, &root, &format!("umask 077\n{drop_in}"));

    for line in with("doctor").lines() {
        let command = line.strip_prefix("sudo credadmin ").expect("a command of credadmin's");
        let output = credadmin.run_to_end(&[command]);
        assert!(output.status.success(), "{line}: {output:#?}");
    }
    let daemon = credadmin.run();
    daemon.wait_for_line("session published in sensitive-s3 (SensitiveS3) for first-window", PATIENCE);
    assert!(credadmin.run_to_end(&["status"]).status.success());

    let reader = become_role(&ministack, "EC2Normal");
    let seen = shell(&ministack, &reader, &format!("BUCKET=sensitive-bucket\n{}", with("get-secret-value")));
    assert!(seen.contains("report.csv"), "{seen}");
    // And not by itself.
    let alone = run_to_end(bash(&ministack, &reader, "aws s3 ls s3://sensitive-bucket"));
    assert!(!alone.status.success() && String::from_utf8_lossy(&alone.stderr).contains("AccessDenied"), "{alone:?}");
}

/// Its steps 2 to 4 in one, as it says before them.
#[test]
fn the_short_way_makes_the_account_too() {
    let ministack = Emulator::empty("ministack");
    shell(&ministack, &ministack.root(), BEFORE);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/install.md")).expect("the page");
    let [config] = blocks(&page, "toml").try_into().expect("one config");
    let window = grant("first", in_seconds(-60), in_seconds(600));
    let credadmin = Credadmin::new(&config).write("grants.d/10-first.toml", &window);
    let credadmin = credadmin.env("AWS_ENDPOINT_URL", &ministack.endpoint).env("CREDADMIN_CREDENTIALS", "default-chain");
    let program = Path::new(env!("CARGO_BIN_EXE_credadmin")).parent().expect("a directory").display();
    let names = blocks(&page, "sh").remove(0);
    let block = blocks(&page, "bash").into_iter().find(|block| block.contains("credadmin policies")).expect("the short way");
    let script = format!("PATH={program}:$PATH\ncd {}\n{names}\n{block}", credadmin.path("").display());
    shell(&ministack, &ministack.root(), &script);

    let keys = become_role(&ministack, "CredAdmin");
    let credadmin = keys.iter().fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value));
    assert!(credadmin.run_to_end(&["doctor"]).status.success());
    let daemon = credadmin.run();
    daemon.wait_for_line("session published in sensitive-s3 (SensitiveS3) for first", PATIENCE);
    let reader = become_role(&ministack, "EC2Normal");
    let read = blocks(&page, "bash").into_iter().find(|block| block.contains("get-secret-value")).expect("the readers' way");
    let seen = shell(&ministack, &reader, &format!("BUCKET=sensitive-bucket\n{read}"));
    assert!(seen.contains("report.csv"), "{seen}");
}

/// What is fenced as that language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let parts = page.split("```").skip(1).step_by(2);
    parts.filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n')).map(str::to_owned).collect()
}

fn become_role(ministack: &Emulator, role: &str) -> Keys {
    let said = shell(ministack, &ministack.root(), &format!("ROLE={role}\n{BECOME}"));
    let parts = said.lines().last().expect("a line").split('\t').map(str::to_owned);
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(str::to_owned).into_iter().zip(parts).collect()
}

/// Runs it, which has to succeed, and answers with what it prints.
pub fn shell(ministack: &Emulator, keys: &Keys, script: &str) -> String {
    let output = run_slowly(bash(ministack, keys, script));
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn bash(ministack: &Emulator, keys: &Keys, script: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).env_clear().envs(keys);
    let path = std::env::var("PATH").expect("a PATH");
    command.env("PATH", format!("{}:{path}", Path::new(PROGRAMS).display()));
    command.env("AWS_ENDPOINT_URL", &ministack.endpoint).env("AWS_DEFAULT_REGION", crate::emulators::REGION);
    command.envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"), ("AWS_PAGER", "")]);
    command
}
