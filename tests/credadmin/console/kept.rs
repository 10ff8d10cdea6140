//! Where the URL goes, and where it and what it is made of never do.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;

use nix::sys::stat::fstat;

use super::{closing_in, config, console, credadmin};
use crate::story::{Beside, CANARY, minutes};

/// With every log variable turned up.
#[test]
fn nothing_secret_comes_out_but_the_sign_in_token_in_the_url() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = ["RUST_LOG", "AWS_LOG_LEVEL", "SMITHY_LOG", "HYPER_LOG", "RUSTLS_LOG"]
        .iter()
        .fold(credadmin(&aws, &config("", &closing_in(minutes(30)).0)), |credadmin, name| credadmin.env(name, "trace"));
    let said = console(&credadmin, &[]);
    assert_eq!(said.url.matches(CANARY).count(), 1, "that of the sign-in token");
    assert!(said.field("SigninToken").starts_with(CANARY));
    assert_eq!(said.url.matches('&').count(), 3, "Action, Issuer, Destination and SigninToken");
    assert!(!said.url.contains("session") && !said.words.contains("federation"));
}

/// Standard output may have been led anywhere.
#[test]
fn the_url_goes_neither_to_the_journal_nor_to_a_file() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = credadmin(&aws, &config("", &closing_in(minutes(30)).0));
    let run = |stdout: OwnedFd, journal: &str| {
        let mut command = credadmin.command(&["console", "s3"]);
        let command = command.env("JOURNAL_STREAM", journal).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let output = command.spawn().and_then(|child| child.wait_with_output()).expect("it ends");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let refused = |to: &str| {
        let why = "the URL is a credential, and goes to a terminal or a pipe only";
        (Some(2), format!("error: standard output is {to}: {why}\n"))
    };
    let socket = || UnixStream::pair().expect("two ends");
    let (journal, _reader) = socket();
    let stat = fstat(journal.as_fd()).expect("a socket");
    let stream = format!("{}:{}", stat.st_dev, stat.st_ino);
    assert_eq!(run(journal.into(), &stream), refused("the journal"));
    // Under systemd-cat, sudo or runuser nothing is said of it.
    let connected = |place: &str| {
        let place = credadmin.path(place);
        std::fs::create_dir_all(place.parent().expect("a directory")).expect("a directory");
        let listener = UnixListener::bind(&place).expect("a socket");
        (UnixStream::connect(&place).expect("a connection"), listener)
    };
    for place in ["systemd/journal/stdout", "systemd/journal.sensitive/stdout"] {
        let (journal, _journald) = connected(place);
        assert_eq!(run(journal.into(), ""), refused("the journal"), "{place}");
    }
    let path = credadmin.path("url");
    assert_eq!(run(File::create(&path).expect("a file").into(), ""), refused("a file"));
    assert_eq!(std::fs::read(&path).expect("a file").len(), 0);
    assert_eq!(aws.world.calls().len(), 0, "nothing was issued for it");
    let (other, _reader) = socket();
    assert_eq!(run(other.into(), &stream).0, Some(0), "a socket that is not the journal's");
    let (other, _listener) = connected("systemd/journals/stdout");
    assert_eq!(run(other.into(), "").0, Some(0), "nor this");
}
