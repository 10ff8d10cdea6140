//! `--open`: what a browser on the host gets, and what it leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{closing_in, config, credadmin, send};
use crate::harness::{Credadmin, PATIENCE, Process};
use crate::story::{Beside, CANARY, minutes};

/// The directory of a user's session, in memory.
fn session() -> TempDir {
    tempfile::tempdir_in("/dev/shm").expect("a directory in memory")
}

/// With this script in the place of xdg-open.
fn with_browser(credadmin: Credadmin, script: &str, session: &Path) -> Credadmin {
    let credadmin = credadmin.write("bin/xdg-open", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(credadmin.path("bin/xdg-open"), fs::Permissions::from_mode(0o700)).expect("a program");
    let path = format!("{}:{}", credadmin.path("bin").display(), std::env::var("PATH").expect("a path"));
    credadmin.env("PATH", &path).env("XDG_RUNTIME_DIR", &session.to_string_lossy())
}

fn unescaped(text: &str) -> String {
    [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text.into(), |text, (from, to)| text.replace(from, to))
}

/// What is between two texts, each time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).filter_map(|rest| rest.split(to).next()).collect()
}

#[test]
fn a_browser_signs_in_with_a_page_that_is_gone_afterwards() {
    let aws = Beside::new(&["SensitiveS3"]);
    let session = session();
    let keys = "console_issuer = 'https://intranet.example.com/?a=b&c=d'";
    let credadmin = credadmin(&aws, &config(keys, &closing_in(minutes(30)).0));
    // It keeps what it is given, and how it was kept from others.
    let seen = credadmin.path("seen").display().to_string();
    let script = format!("echo \"$#\" > {seen}.arguments; stat -c '%a %s' \"$1\" > {seen}.mode; cat \"$1\" > {seen}");
    let credadmin = with_browser(credadmin, &script, session.path());
    let output = credadmin.run_to_end(&["console", "s3", "--open"]);
    let words = String::from_utf8(output.stderr).expect("text");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{words}");
    assert!(!words.contains(CANARY), "a secret in the words");
    let read = |more: &str| fs::read_to_string(format!("{seen}{more}")).expect("it was opened");
    let page = read("");
    assert_eq!((read(".arguments").trim(), read(".mode").trim()), ("1", format!("600 {}", page.len()).as_str()));
    assert_eq!(fs::read_dir(session.path()).expect("a directory").count(), 0, "nothing is left");

    assert!(page.contains("<form method=\"post\"") && page.contains("document.forms[0].submit()"), "it goes by itself");
    let names = between(&page, "name=\"", "\"");
    let values = between(&page, "value=\"", "\"").into_iter().map(unescaped);
    let fields: Vec<(&str, String)> = names.into_iter().zip(values).collect();
    let url = unescaped(between(&page, "action=\"", "\"")[0]);
    let answer = send("POST", &url, &encoded(&fields));
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    let [browser] = &aws.world.console_sessions()[..] else { panic!("one browser") };
    assert_eq!(browser.issuer, "https://intranet.example.com/?a=b&c=d");
    assert_eq!(page.matches(CANARY).count(), 1, "that of the sign-in token");
}

/// What a browser does that stays open for as long as this file is there.
fn stays_open(credadmin: &Credadmin) -> String {
    credadmin.rewrite("open", "");
    format!("while [ -e {} ]; do sleep 0.1; done", credadmin.path("open").display())
}

#[test]
fn the_page_is_gone_though_the_browser_stays_open() {
    let aws = Beside::new(&["SensitiveS3"]);
    let session = session();
    let credadmin = credadmin(&aws, &config("", &closing_in(minutes(30)).0));
    let closed = credadmin.path("closed");
    let script = format!("{}; : > {}", stays_open(&credadmin), closed.display());
    let credadmin = with_browser(credadmin, &script, session.path());
    let output = credadmin.run_to_end(&["console", "s3", "--open"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_dir(session.path()).expect("a directory").count(), 0, "nothing is left");
    assert!(!closed.exists(), "the browser was not waited for");
    // Nor was it killed.
    credadmin.remove("open");
    let deadline = Instant::now() + PATIENCE;
    while !closed.exists() {
        assert!(Instant::now() < deadline, "the browser does not go on");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn who_does_not_wait_leaves_nothing_either() {
    let aws = Beside::new(&["SensitiveS3"]);
    let session = session();
    let credadmin = credadmin(&aws, &config("", &closing_in(minutes(30)).0));
    let script = format!("kill -INT $PPID; {}", stays_open(&credadmin));
    let credadmin = with_browser(credadmin, &script, session.path());
    let mut console = Process::spawn("console", &credadmin.command(&["console", "s3", "--open"]));
    assert!(console.wait().success());
    assert_eq!(console.lines_with("The URL is a credential").len(), 1, "it came that far");
    assert_eq!(fs::read_dir(session.path()).expect("a directory").count(), 0, "nothing is left");
}

fn encoded(fields: &[(&str, String)]) -> String {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

#[test]
fn without_a_browser_or_a_place_for_the_page_nothing_is_left() {
    let aws = Beside::new(&["SensitiveS3"]);
    let window = closing_in(minutes(30)).0;
    let new = || credadmin(&aws, &config("", &window));
    let said = |credadmin: &Credadmin| {
        let output = credadmin.run_to_end(&["console", "s3", "--open"]);
        assert_eq!(output.stdout.len(), 0);
        let words = String::from_utf8(output.stderr).expect("text");
        (output.status.code(), words.lines().last().expect("words").to_owned())
    };
    let nowhere = "error: --open needs a session with XDG_RUNTIME_DIR: leave it out, and take the URL elsewhere";
    assert_eq!(said(&new()), (Some(2), nowhere.into()));
    assert_eq!(
        said(&new().env("XDG_RUNTIME_DIR", "/proc")),
        (Some(2), "error: --open writes to memory only, and /proc is on a disk".into())
    );
    assert_eq!(aws.world.calls().len(), 0, "nothing was issued for it");

    let session = session();
    let fails = with_browser(new(), "exit 3", session.path());
    assert_eq!(said(&fails), (Some(1), "error: xdg-open failed with exit status: 3: no browser was opened".into()));
    let none = new().env("XDG_RUNTIME_DIR", &session.path().to_string_lossy()).env("PATH", "/nowhere");
    let (code, words) = said(&none);
    assert!(code == Some(1) && words.starts_with("error: xdg-open can't be run: "), "{words}");
    assert_eq!(fs::read_dir(session.path()).expect("a directory").count(), 0, "nothing is left");
}
