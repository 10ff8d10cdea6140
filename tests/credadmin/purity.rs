//! The rules of the rooms, judged on the source: what clippy can't say, or says only of what it knows by name.

use crate::secrets::source::product;

/// What `schedule/` must know nothing of.
const IMPURE: &[&str] = &[
    "tokio",
    "aws_",
    "crate::aws",
    "crate::clock",
    "crate::journal",
    "crate::config",
    "std::fs",
    "std::net",
    "std::time",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "tracing",
    "println!",
    "eprintln!",
    "print!",
    "dbg!",
    "async ",
    ".await",
    "Timestamp::now",
    "fastrand",
];

/// What `policies/` must know nothing of: it makes text of settings.
const DOES_IO: &[&str] = &[
    "tokio",
    "crate::aws",
    "crate::clock",
    "crate::journal",
    "std::fs",
    "std::net",
    "std::time",
    "std::env",
    "std::io",
    "std::process",
    "tracing",
    "async ",
    ".await",
    "fastrand",
];

/// How time is read.
const READS_TIME: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Utc::now",
    "Local::now",
    "clock_gettime",
    "time::sleep",
    "time::timeout",
    "time::interval",
];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc", "shared", "base"];

/// One broken rule, in words.
type Breach = String;

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn breaches(name: &str, text: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut judge = |applies: bool, words: &[&str], rule: &str| {
        for line in code(text).filter(|_| applies) {
            breaches
                .extend(words.iter().filter(|word| line.contains(**word)).map(|word| format!("{name} {rule} ({word}): {line}")));
        }
    };
    judge(name.starts_with("schedule/") || ["cadence.rs", "grant.rs", "instant.rs"].contains(&name), IMPURE, "is not pure");
    judge(name.starts_with("policies/"), DOES_IO, "is not pure");
    let touches_the_host = ["accounts", "inbox", "publish", "signature", "untrusted"].map(|file| format!("requests/{file}.rs"));
    judge(name.starts_with("requests/") && !touches_the_host.iter().any(|file| file == name), DOES_IO, "is not pure");
    judge(name != "clock.rs", READS_TIME, "reads time");
    judge(
        !name.starts_with("aws/"),
        &["aws_config", "aws_sdk", "aws_smithy", "aws_types", "aws_credential", "aws_runtime", "aws_sigv4"],
        "imports AWS",
    );
    judge(!name.starts_with("cli/"), &["println!", "eprintln!", "print!", "dbg!"], "speaks past the journal");
    let stem = name.trim_end_matches(".rs");
    let parts = stem.split('/').chain(
        code(text).filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")).map(|rest| rest.trim_end_matches(';')),
    );
    breaches.extend(parts.filter(|part| EMPTY_NAMES.contains(part)).map(|part| format!("{name}: the name {part} says nothing")));
    breaches
}

/// The modules at the top that `lib.rs` does not list, and the other way round.
fn unlisted(sources: &[(String, String)]) -> Vec<Breach> {
    let lib = &sources.iter().find(|(name, _)| name == "lib.rs").expect("lib.rs").1;
    let listed = |module: &str| code(lib).any(|line| line.trim_start_matches("pub ") == format!("mod {module};"));
    let top = |name: &str| name.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
    let mut modules: Vec<String> =
        sources.iter().map(|(name, _)| top(name)).filter(|name| name != "lib" && name != "main").collect();
    modules.dedup();
    modules.into_iter().filter(|module| !listed(module)).map(|module| format!("lib.rs does not list {module}")).collect()
}

#[test]
fn the_product_keeps_the_rules() {
    let sources = product();
    let breaches: Vec<Breach> = sources.iter().flat_map(|(name, text)| breaches(name, text)).collect();
    assert_eq!(breaches, [""; 0]);
    assert_eq!(unlisted(&sources), [""; 0]);
    assert!(sources.iter().filter(|(name, _)| name.starts_with("schedule/")).count() >= 8, "the room is where it was");
}

#[test]
fn each_rule_can_be_broken() {
    for (name, line) in [
        ("schedule/plan.rs", "use tokio::time::Instant;"),
        ("schedule/plan.rs", "use aws_sdk_sts as sts;"),
        ("schedule/plan.rs", "let now = crate::clock::Clock::system();"),
        ("schedule/plan.rs", "std::fs::read(path)"),
        ("schedule/plan.rs", "use std::net::TcpStream;"),
        ("schedule/plan.rs", "std::time::Duration::from_secs(1)"),
        ("schedule/plan.rs", "tracing::info!(\"x\");"),
        ("schedule/plan.rs", "println!(\"x\");"),
        ("schedule/plan.rs", "pub async fn plan() {}"),
        ("policies/json.rs", "std::fs::write(path, text)"),
        ("policies/account.rs", "use crate::aws::Aws;"),
        ("requests/judge.rs", "std::process::Command::new(\"ssh-keygen\")"),
        ("requests/request.rs", "std::fs::read(path)"),
        ("daemon.rs", "let now = std::time::SystemTime::now();"),
        ("session.rs", "let now = jiff::Timestamp::now();"),
        ("watch/look.rs", "tokio::time::sleep(wait).await;"),
        ("vault.rs", "use aws_sdk_secretsmanager as sm;"),
        ("visit.rs", "eprintln!(\"{x}\");"),
        ("lib.rs", "pub mod utils;"),
        ("aws/helpers.rs", "fn x() {}"),
        ("manager.rs", "fn x() {}"),
    ] {
        assert!(!breaches(name, line).is_empty(), "{name}: {line}");
    }
    assert_eq!(breaches("schedule/plan.rs", "// tokio may be named in a comment"), [""; 0]);
    assert_eq!(breaches("aws/sdk.rs", "use aws_sdk_sts as sts;"), [""; 0]);
    let sources = |names: &[&str]| {
        names.iter().map(|name| ((*name).to_owned(), "pub mod grant;\nmod visit;\n".to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(unlisted(&sources(&["grant.rs", "lib.rs", "main.rs", "visit.rs"])), [""; 0]);
    assert_eq!(unlisted(&sources(&["grant.rs", "journal/mod.rs", "lib.rs", "visit.rs"])), ["lib.rs does not list journal"]);
}
