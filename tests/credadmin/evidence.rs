//! What docs/evidence.md and docs/threat-model.md name is there: each claim is on the page, and each test can be run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What cargo itself can do.
const OF_CARGO: [&str; 4] = ["bench", "build", "run", "test"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The tests of this program, and the scenarios of tests/host.
fn known() -> [Vec<String>; 2] {
    let listed = Command::new(std::env::current_exe().expect("this program")).arg("--list").output().expect("a list");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let own: Vec<String> = listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect();
    let scenarios = read("tests/host/scenarios/mod.rs");
    let lines = scenarios.lines().map(|line| line.trim().trim_end_matches([',', ';']));
    let host: Vec<String> = lines.filter(|line| is_name(line)).map(str::to_owned).collect();
    assert!(own.len() > 300 && host.len() > 30, "all of them: {} and {}", own.len(), host.len());
    [own, host]
}

/// `room::what_is_so`
fn is_name(word: &str) -> bool {
    word.contains("::")
        && word.split("::").all(|part| !part.is_empty())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
}

/// The tests that a text names between backticks, and that are not there.
fn unknown<'a>(text: &'a str, [own, host]: &[Vec<String>; 2]) -> Vec<&'a str> {
    let named = text.split('`').skip(1).step_by(2).filter(|word| is_name(word));
    let is_there = |name: &str| match name.split_once("::") {
        Some(("host", name)) => host.iter().any(|known| known == name),
        Some(("lib", name)) => is_of_the_library(name),
        _ => own.iter().any(|known| known == name),
    };
    named.filter(|name| !is_there(name)).collect()
}

/// A unit test: `room::tests::what_is_so` is in src/room.rs, or src/room/mod.rs.
fn is_of_the_library(name: &str) -> bool {
    let Some((room, test)) = name.split_once("::tests::") else { return false };
    let path = root().join("src").join(room.replace("::", "/"));
    let files: [PathBuf; 2] = [path.with_extension("rs"), path.join("mod.rs")];
    files.iter().any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {test}()"))))
}

/// What a command names that is not there: a program, an alias of cargo, a test.
fn missing(command: &str, [own, host]: &[Vec<String>; 2], aliases: &str) -> Vec<String> {
    let mut missing = Vec::new();
    for part in command.split(" && ") {
        let words: Vec<&str> = part.split(' ').skip_while(|word| word.contains('=')).collect();
        let is_there = match words.first() {
            Some(&"cargo") => {
                let what = words.get(1).copied().unwrap_or_default();
                OF_CARGO.contains(&what) || aliases.lines().any(|line| line.starts_with(&format!("{what} = ")))
            }
            Some(program) => root().join(program).is_file(),
            None => false,
        };
        if !is_there {
            missing.push(part.to_owned());
        }
        let tests = if words.contains(&"host") { host } else { own };
        let asked_for = words.iter().skip_while(|word| **word != "--").filter(|word| !word.starts_with('-'));
        let none = asked_for.filter(|word| words.contains(&"--test") && !tests.iter().any(|test| test.contains(**word)));
        missing.extend(none.map(|word| format!("no test is named {word}")));
    }
    missing
}

#[test]
fn the_page_has_each_claim_and_each_command_finds_its_tests() {
    let (claims, page) = (read("tests/evidence/claims.toml"), read("docs/evidence.md"));
    let claims: toml::Table = toml::from_str(&claims).expect("TOML");
    let claims = claims["claim"].as_array().expect("claims");
    let (known, aliases) = (known(), read(".cargo/config.toml"));
    let mut rows = Vec::new();
    for claim in claims {
        let text = |key: &str| claim[key].as_str().unwrap_or_else(|| panic!("{key} of {claim:?}"));
        assert_eq!(missing(text("command"), &known, &aliases), [""; 0], "{}", text("name"));
        rows.push(format!("| {} | `{}` | ", text("says"), text("command")));
    }
    let on_the_page: Vec<&str> = page.lines().filter(|line| line.contains(" | `")).collect();
    let differ = rows.iter().zip(&on_the_page).filter(|(row, line)| !line.starts_with(row.as_str())).count();
    assert_eq!((rows.len(), differ), (on_the_page.len(), 0), "docs/evidence.md is not of these claims: cargo evidence");
}

#[test]
fn the_threat_model_names_tests_that_exist() {
    let (page, known) = (read("docs/threat-model.md"), known());
    assert_eq!(unknown(&page, &known), [""; 0]);
    assert!(page.split('`').filter(|word| is_name(word)).count() > 50, "it names them");
}

#[test]
fn each_of_these_rules_can_be_broken() {
    let known = known();
    for name in ["nowhere::nothing", "host::sandbox::nothing", "lib::credential::tests::nothing", "lib::nowhere::tests::x"] {
        assert_eq!(unknown(&format!("| it | `{name}` |"), &known), [name]);
    }
    assert_eq!(unknown("`lib::credential::tests::debug_shows_no_secret_part`", &known), [""; 0]);
    for command in [
        "cargo test --test credadmin -- nowhere::nothing",
        "HOST_TESTS=required cargo test --test host -- secrets::",
        "cargo nothing",
        "tests/nothing",
    ] {
        assert_eq!(missing(command, &known, "demo = \"run\"\n").len(), 1, "{command}");
    }
    assert_eq!(missing("A=b cargo demo && tests/run", &known, "demo = \"run\"\n"), [""; 0]);
}
