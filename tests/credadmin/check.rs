//! What `credadmin check` says: each mistake is a file in `bad/`, with the whole text that its author reads beside it.
//!
//! `UPDATE_EXPECTED=1 cargo test check` writes the texts anew, to be read before they are believed.

mod any_bytes;
mod boundaries;
pub mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use crate::harness::Credadmin;

/// A secret that any grant can name.
pub const SECRET: &str = r#"
[secrets.s]
secret_id = "SensitiveS3"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
"#;

fn bad() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/credadmin/bad")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory).into_iter().flatten().map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8")
}

/// A main file, or a directory that is laid out as `/etc/credadmin`, with variables in a file `environment`.
fn laid_out(case: &Path) -> Credadmin {
    if case.is_file() {
        return Credadmin::new(&read(case)).env("TZ", "UTC");
    }
    let mut credadmin = Credadmin::new(&read(&case.join("credadmin.toml"))).env("TZ", "UTC");
    for directory in ["conf.d", "grants.d"] {
        for file in entries(&case.join(directory)) {
            credadmin = credadmin.write(&format!("{directory}/{}", name(&file)), &read(&file));
        }
    }
    let variables = fs::read_to_string(case.join("environment")).unwrap_or_default();
    variables
        .lines()
        .filter_map(|line| line.split_once('='))
        .fold(credadmin, |credadmin, (name, value)| credadmin.env(name, value))
}

/// All that is said, without what differs from run to run: the directory, and the day on which a recurring window would first be
/// too much.
fn said(credadmin: &Credadmin, output: &Output) -> String {
    let directory = credadmin.path("").display().to_string();
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).expect("UTF-8").replace(directory.trim_end_matches('/'), "/etc/credadmin")
    };
    let stderr: Vec<String> = text(&output.stderr).lines().map(undated).collect();
    let status = output.status.code().expect("an exit status, not a signal");
    format!("{}\n---- stdout\n{}---- exit status {status}\n", stderr.join("\n"), text(&output.stdout))
}

fn undated(line: &str) -> String {
    match line.split_once(" versions between ") {
        Some((before, _)) => format!("{before} versions between <24 h apart>"),
        None => line.to_owned(),
    }
}

/// What `check` says, and how it ends.
pub fn check(credadmin: &Credadmin) -> String {
    said(credadmin, &credadmin.run_to_end(&["check"]))
}

#[test]
fn each_mistake_is_told_in_these_words() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    let is_expected = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "expected");
    let cases: Vec<PathBuf> = entries(&bad()).into_iter().filter(|path| !is_expected(path)).collect();
    assert!(cases.len() >= 50, "only {} cases", cases.len());
    for case in &cases {
        let credadmin = laid_out(case);
        let said = check(&credadmin);
        let file = case.with_extension("expected");
        if update {
            fs::write(&file, &said).expect("a file to write");
        }
        let told = read(&file);
        if told != said {
            wrong.push(format!("{}: wanted\n{told}\nfound\n{said}", name(case)));
        }
        let status = if name(case) == "warnings.toml" { "---- exit status 0\n" } else { "---- exit status 78\n" };
        assert!(said.ends_with(status), "{}:\n{said}", name(case));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let texts = entries(&bad()).into_iter().filter(is_expected);
    let orphans: Vec<PathBuf> = texts.filter(|text| !cases.iter().any(|case| case.with_extension("expected") == *text)).collect();
    assert!(orphans.is_empty(), "texts without their files: {orphans:?}");
}

/// What the summary says of each secret. Nothing here depends on today, but for windows that are open now.
#[test]
fn a_valid_config_is_summed_up() {
    let main = format!(
        r#"{SECRET}
[secrets.open]
secret_id = "Open"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
[secrets.over]
secret_id = "Over"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
[grants.later]
secret = "s"
from = "2099-12-01T08:00:00Z"
until = "2099-12-01T18:00:00Z"
[grants.sooner]
secret = "s"
from = 2099-11-30T08:00:00+05:45
until = 2099-11-30T18:00:00Z
[grants.always]
secret = "open"
from = "2001-12-01T08:00:00Z"
until = "9999-12-01T18:00:00Z"
[grants.past]
secret = "over"
from = "2001-12-01T08:00:00Z"
until = "2001-12-01T18:00:00Z"
"#
    );
    let said = check(&Credadmin::new(&main).env("TZ", "Asia/Kathmandu"));
    let (stderr, rest) = said.split_once("---- stdout\n").expect("two parts");
    assert!(stderr.starts_with("warning: grants.past is over\n"), "{said}");
    assert_eq!(
        rest,
        "/etc/credadmin/credadmin.toml: valid\n\
         \x20 open (Open): 1 grant; open for a week and more for always\n\
         \x20 over (Over): 1 grant; closed for good\n\
         \x20 s (SensitiveS3): 2 grants; closed, opens Mon 2099-11-30 08:00 +0545\n\
         ---- exit status 0\n"
    );
}

/// The bounds that a mistake in a file beside this one is just outside of.
#[test]
fn the_bounds_themselves_are_accepted() {
    let role = r#"role_arn = "arn:aws-us-gov:iam::123456789012:role/team/Sensitive_S3+=,.@-Access""#;
    let tags = (0..50).map(|i| format!("tag{i} = \"{}\"", "v".repeat(256))).collect::<Vec<_>>().join(", ");
    let main = format!(
        r#"
[secrets.{name}]
secret_id = "{id}"
{role}
session_duration = "12h"
refresh_lead = "11h 59m"
source_identity = "{identity}"
external_id = "ab"
tags = {{ {tags} }}
[secrets.least]
secret_id = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x/y-AbCdEf"
{role}
session_duration = "15m 1s"
refresh_lead = "15m"
session_policy = "on"
[grants.g]
secret = "least"
cron = "59 23 29 FEB *"
duration = "366d"
time_zone = "UTC"
not_before = "2099-01-01T00:00:00Z"
not_after = "2104-03-01T00:00:00Z"
"#,
        name = "n".repeat(64),
        id = "i".repeat(512),
        identity = "s".repeat(64),
    );
    let said = check(&Credadmin::new(&main));
    assert!(said.ends_with("---- exit status 0\n"), "{said}");
}

/// Whoever closes the other end of the pipe, as `credadmin check 2>&1 | head -1` does, learns the exit status all the same.
#[test]
fn nobody_has_to_read_the_remarks() {
    let credadmin = (0..200).fold(Credadmin::new(SECRET), |credadmin, i| {
        credadmin.write(&format!("grants.d/{i}.toml"), &format!("region = \"{}\"\n", "x".repeat(1000)))
    });
    let mut child = credadmin.command(&["check"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a program to run");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("its end").code(), Some(78));
}

/// As shipped, and with every example in it taken at its word.
#[test]
fn the_shipped_config_is_valid_with_and_without_its_examples() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let files = ["credadmin.toml", "grants.d/50-example.toml"].map(|name| (name, read(&shipped.join(name))));
    let all: Vec<PathBuf> = entries(&shipped).into_iter().chain(entries(&shipped.join("grants.d"))).collect();
    assert_eq!(all.len(), 3, "a file that is not tested: {all:?}");
    let laid_out = |text: fn(&str) -> String| {
        let credadmin = Credadmin::new(&text(&files[0].1)).write(files[1].0, &text(&files[1].1));
        credadmin.run_to_end(&["check"])
    };
    let as_shipped = laid_out(str::to_owned);
    assert_eq!((as_shipped.status.code(), as_shipped.stderr.len()), (Some(0), 0));
    let uncommented = laid_out(|text| {
        let lines = text
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    });
    let said = String::from_utf8(uncommented.stdout).expect("UTF-8");
    assert_eq!(uncommented.status.code(), Some(0), "{}", String::from_utf8_lossy(&uncommented.stderr));
    assert!(said.contains("  sensitive-s3 (SensitiveS3): 3 grants; "), "{said}");
    let keys: Vec<String> =
        files[0].1.lines().filter_map(|line| Some(line.strip_prefix('#')?.split_once(" = ")?.0.to_owned())).collect();
    for key in [
        "region",
        "credentials",
        "grants_group",
        "secret_id",
        "role_arn",
        "session_duration",
        "refresh_lead",
        "session_policy",
        "source_identity",
        "external_id",
        "tags",
        "bucket",
        "console_destination",
        "console_issuer",
        "directory",
        "allowed_signers",
        "approvers",
        "applicants",
        "longest_window",
        "latest_start",
        "most_at_once",
        "hours",
        "signatures",
        "secret",
        "from",
        "until",
        "cron",
        "duration",
        "time_zone",
        "not_before",
        "not_after",
        "requested_by",
        "approved_by",
        "reason",
        "ticket",
    ] {
        assert!(keys.contains(&key.to_owned()), "no example of {key}");
    }
}
