//! `credadmin consumer serve`: who is answered, with what, and where it listens.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;
use strict_aws::{ApiError, Fault, Operation};

use super::{Scene, in_seconds, said};
use crate::harness::{PATIENCE, Process, run_to_end};
use crate::story::CANARY;

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub fn token_file(scene: &Scene, token: &str) -> PathBuf {
    let path = scene.aside.path().join("token");
    std::fs::write(&path, token).expect("a file");
    path
}

fn command(scene: &Scene, listen: &str) -> Command {
    let token = token_file(scene, TOKEN);
    scene.command("serve", &["--token-file", &token.to_string_lossy(), "--listen", listen])
}

/// Starts one on a free port; answers with its URL too.
pub fn start(scene: &Scene) -> (Process, String) {
    start_with(scene, &[])
}

/// With these variables set, too.
pub fn start_with(scene: &Scene, variables: &[(&str, &str)]) -> (Process, String) {
    let mut command = command(scene, "127.0.0.1:0");
    command.envs(variables.iter().copied());
    let process = Process::spawn("credadmin consumer serve", &command);
    let line = process.wait_for_line("AWS_CONTAINER_CREDENTIALS_FULL_URI=", PATIENCE);
    let url = line.split_once('=').expect("a variable").1.to_owned();
    (process, url)
}

/// The status and the body of an answer.
fn ask(url: &str, method: &str, path: &str, authorization: Option<&str>) -> (u16, Value) {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("a URL");
    let header = authorization.map(|token| format!("Authorization: {token}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect(host).expect("it listens");
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n").expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the end");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.to_lowercase().contains("\r\ncache-control: no-store"), "{head}");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).expect("JSON"))
}

pub fn get(url: &str) -> (u16, Value) {
    ask(url, "GET", "/credentials", Some(TOKEN))
}

fn error(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, serde_json::json!({"Code": code, "Message": message, "code": code, "message": message}))
}

#[test]
fn who_knows_the_token_gets_the_session_as_container_credentials() {
    let scene = Scene::new();
    let ends = in_seconds(3600);
    let session = scene.publish("one", ends);
    let (mut process, url) = start(&scene);
    let part = |name: &str| session[name].as_str().expect("a text");
    let credentials = serde_json::json!({
        "AccessKeyId": part("sessionId"), "SecretAccessKey": part("sessionKey"), "Token": part("sessionToken"),
        "Expiration": ends.to_string(),
    });
    for _ in 0..5 {
        assert_eq!(get(&url), (200, credentials.clone()));
    }
    assert_eq!(scene.reads(), 1, "it is good for a minute");

    let why = "the Authorization header is not the token of this endpoint: see AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    for wrong in [None, Some(""), Some(&TOKEN[1..]), Some("0123456789abcdef0123456789abcdeF"), Some("Bearer 0123456789abcdef")] {
        assert_eq!(ask(&url, "GET", "/credentials", wrong), error(401, "Unauthorized", why));
    }
    assert_eq!(ask(&url, "GET", "/", Some(TOKEN)), error(404, "NotFound", "only /credentials is here"));
    assert_eq!(ask(&url, "POST", "/credentials", Some(TOKEN)), error(405, "MethodNotAllowed", "only GET is answered"));
    assert!(process.stop().success());
    let open = format!("SensitiveS3: open, session {} until {ends}", part("sessionId"));
    assert_eq!(process.lines_with("SensitiveS3: open"), [open], "told once");
    assert_eq!(process.lines_with(CANARY), [""; 0]);
}

#[test]
fn while_there_is_no_session_it_says_why() {
    let scene = Scene::new();
    let (process, url) = start(&scene);
    let closed = "closed: the secret has no value yet; no window has opened so far";
    for _ in 0..20 {
        assert_eq!(get(&url), error(403, "AccessClosed", closed));
    }
    assert!(scene.reads() < 10, "it is good for seconds");
    assert_eq!(process.lines_with(closed).len(), 1, "told once");

    let opened = in_seconds(3600);
    scene.publish("one", opened);
    // It is seen after seconds.
    let mut answer = get(&url);
    while answer.0 == 403 {
        std::thread::sleep(std::time::Duration::from_millis(200));
        answer = get(&url);
    }
    assert_eq!((answer.0, answer.1["Expiration"].as_str()), (200, Some(opened.to_string().as_str())));
}

#[test]
fn what_may_pass_is_another_status_than_what_does_not() {
    let fault = |status, code: &str| Fault::Answer(ApiError::new(status, code, "no"));
    for (fault, status) in [(fault(500, "InternalServiceError"), 503), (fault(400, "AccessDeniedException"), 403)] {
        let scene = Scene::open();
        let (process, url) = start(&scene);
        scene.aws.world.fail(Operation::GetSecretValue, fault, 9);
        let (told, error) = get(&url);
        let message = error["Message"].as_str().expect("a message").to_owned();
        assert!(told == status && message.starts_with("secretsmanager:GetSecretValue failed with "), "{told}: {message}");
        for _ in 0..20 {
            assert_eq!(get(&url).0, status);
        }
        assert!(scene.reads() < 9, "AWS is not asked again at once");
        assert_eq!(process.lines_with("failed with").len(), 1);
    }
}

#[test]
fn that_a_session_goes_on_though_the_secret_cannot_be_read_is_told() {
    let scene = Scene::new();
    // In its last minute the secret is looked at again after seconds.
    let ends = in_seconds(50);
    scene.publish("one", ends);
    let (process, url) = start(&scene);
    assert_eq!(get(&url).0, 200);
    scene.aws.world.fail(Operation::GetSecretValue, Fault::Answer(ApiError::new(500, "InternalServiceError", "no")), 99);
    while process.lines_with("can't be read").is_empty() {
        assert_eq!(get(&url).0, 200);
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let goes_on = format!("the session of before goes on until {ends}, and a revocation is not seen meanwhile");
    process.wait_for_line(&goes_on, PATIENCE);
}

#[test]
fn a_token_that_guards_nothing_or_that_no_sdk_sends_is_refused() {
    let scene = Scene::open();
    let refused = |token: &str, why: &str| {
        let path = token_file(&scene, token);
        let path = path.to_string_lossy();
        let said = said(run_to_end(scene.command("serve", &["--token-file", &path])));
        assert_eq!((said.code, said.words), (78, format!("error: {path} holds no token: {why}\n")));
    };
    refused(&format!("{TOKEN}\n"), "it ends with a newline, which SDKs refuse or send along; write it with printf %s");
    refused("0123456789 abcdef", "it has characters that are no visible ASCII");
    refused("0123456789abcde", "it is shorter than 16 characters");
    let said = said(run_to_end(scene.command("serve", &["--token-file", "/nowhere"])));
    assert_eq!(said.words, "error: the token can't be read: /nowhere: No such file or directory (os error 2)\n");
}

#[test]
fn it_listens_on_loopback_alone() {
    let scene = Scene::open();
    let said = said(run_to_end(command(&scene, "0.0.0.0:9911")));
    let why = "error: 0.0.0.0:9911 is not on loopback: what is answered there is a credential\n";
    assert_eq!((said.code, said.words.as_str()), (2, why));
}

/// As the packages' unit has it.
#[test]
fn systemd_passes_it_a_socket() {
    let scene = Scene::open();
    let unit = include_str!("../../../systemd/credadmin-consumer@.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/credadmin ")).expect("a command line");
    let directory = token_file(&scene, TOKEN).parent().expect("a directory").to_string_lossy().into_owned();
    let arguments = line.split(' ').map(|word| word.replace("%I", "SensitiveS3").replace("%d", &directory));
    let port = free_port();
    let mut activate = Command::new("systemd-socket-activate");
    activate.arg("--listen").arg(format!("127.0.0.1:{port}"));
    for (name, value) in &scene.aws.environment {
        activate.arg("--setenv").arg(format!("{name}={value}"));
    }
    activate.arg(env!("CARGO_BIN_EXE_credadmin")).args(arguments);
    let mut process = Process::spawn("systemd-socket-activate", &activate);
    process.wait_for_line("Listening on", PATIENCE);
    let url = format!("http://127.0.0.1:{port}/credentials");
    assert_eq!(get(&url).0, 200, "who came first is answered too");
    assert_eq!(process.lines_with("FULL_URI"), [format!("SensitiveS3: AWS_CONTAINER_CREDENTIALS_FULL_URI={url}")]);
    process.signal(Signal::SIGTERM);
    assert!(process.wait().success());
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
