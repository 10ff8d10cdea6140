//! `cargo evidence`: runs what shows each claim of claims.toml, and writes docs/evidence.md. With words, only the claims with one
//! of them in their names; the other rows stay as they are.

mod claim;
mod page;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use claim::{Claim, Claims};

/// Where all commands are run.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

type Told<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("evidence: {failed} failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("evidence: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers with how many failed.
fn run() -> Told<usize> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let claims: Claims = toml::from_str(&fs::read_to_string(Path::new(ROOT).join("tests/evidence/claims.toml"))?)?;
    let is_wanted = |claim: &&Claim| words.is_empty() || words.iter().any(|word| claim.name.contains(word));
    let path = Path::new(ROOT).join("docs/evidence.md");
    let keep = |shown: Option<(&str, &str)>| {
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, page::page(&claims.claim, &before, shown))
    };
    keep(None)?;
    let mut failed = 0;
    for claim in claims.claim.iter().filter(is_wanted) {
        println!("== {}: {}", claim.name, claim.command);
        let shown = claim.run(&commit()?)?;
        println!("   {}", shown.result);
        failed += usize::from(!shown.passed);
        // Written at once: what took hours is not lost with what comes after it.
        keep(Some((claim.name.as_str(), shown.result.as_str())))?;
    }
    Ok(failed)
}

/// What is run: the commit, and whether it is that alone.
fn commit() -> Told<String> {
    let git = |args: &[&str]| Command::new("git").args(args).current_dir(ROOT).output();
    let commit = String::from_utf8(git(&["rev-parse", "--short", "HEAD"])?.stdout)?;
    // The page itself is no change of what is shown.
    let changes = git(&["status", "--porcelain", "--", ".", ":!docs/evidence.md"])?.stdout;
    Ok(format!("{}{}", commit.trim(), if changes.is_empty() { "" } else { " with changes" }))
}
