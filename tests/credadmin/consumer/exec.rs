//! `credadmin consumer exec`: what the command finds, how it ends, and what is said of that.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Said, Scene, in_seconds, said};
use crate::harness::{PATIENCE, Process, run_to_end};

/// `credadmin consumer exec MORE -- sh -c SCRIPT`
fn shell(scene: &Scene, more: &[&str], script: &str) -> Command {
    scene.command("exec", &[more, &["--", "sh", "-c", script]].concat())
}

fn run(scene: &Scene, more: &[&str], script: &str) -> Said {
    said(run_to_end(shell(scene, more, script)))
}

fn start(scene: &Scene, more: &[&str], script: &str) -> Process {
    let process = Process::spawn("credadmin consumer exec", &shell(scene, more, script));
    process.wait_for_line("ready", PATIENCE);
    process
}

#[test]
fn the_command_has_an_endpoint_of_its_own_and_no_other_credentials() {
    let scene = Scene::open();
    let script = "env | grep -e ^AWS_ -e ^BOTO_ | grep -v -e ENDPOINT= -e SIGNIN= -e URL= | sort";
    let mut command = shell(&scene, &["--region", "eu-central-1"], script);
    let stray = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_CREDENTIAL_FILE",
        "BOTO_CONFIG",
        "AWS_PROFILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ];
    command.envs(stray.map(|name| (name, "stray")));
    let Said { code, out, words } = said(run_to_end(command));
    assert_eq!((code, words.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    let [token, uri, default_region, region, file, boto] = lines.try_into().expect("six variables");
    let token = token.strip_prefix("AWS_CONTAINER_AUTHORIZATION_TOKEN=").expect("a token");
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    let port = uri
        .strip_prefix("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:")
        .and_then(|rest| rest.strip_suffix("/credentials"));
    assert!(port.is_some_and(|port| port.parse::<u16>().is_ok()), "{uri}");
    assert_eq!([default_region, region], ["AWS_DEFAULT_REGION=eu-central-1", "AWS_REGION=eu-central-1"]);
    assert_eq!([file, boto], ["AWS_SHARED_CREDENTIALS_FILE=/dev/null", "BOTO_CONFIG=/dev/null"]);
}

#[test]
fn a_command_without_an_sdk_gets_the_session_itself() {
    let scene = Scene::new();
    let ends = in_seconds(3600);
    let session = scene.publish("one", ends);
    let script = "echo $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN $AWS_CREDENTIAL_EXPIRATION $AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let Said { code, out, words } = run(&scene, &["--static"], script);
    let part = |name: &str| session[name].as_str().expect("a text");
    assert_eq!((code, words.as_str()), (0, ""));
    assert_eq!(out, format!("{} {} {} {ends}\n", part("sessionId"), part("sessionKey"), part("sessionToken")));
}

#[test]
fn it_exits_as_the_command_does() {
    let scene = Scene::open();
    assert_eq!(run(&scene, &[], "exit 7").code, 7);
    assert_eq!(run(&scene, &[], "kill -KILL $$").code, 128 + 9);
    let not_run = |name: &str| said(run_to_end(scene.command("exec", &["--", name])));
    let said = not_run("no-such-program");
    assert_eq!(
        (said.code, said.words.as_str()),
        (127, "error: no-such-program can't be run: No such file or directory (os error 2)\n")
    );
    let file = scene.aside.path().join("file").to_string_lossy().into_owned();
    std::fs::write(&file, "").expect("a file");
    let said = not_run(&file);
    assert_eq!((said.code, said.words), (126, format!("error: {file} can't be run: Permission denied (os error 13)\n")));
}

#[test]
fn while_access_is_closed_nothing_is_run() {
    let scene = Scene::new();
    let said = run(&scene, &[], "echo run");
    let words = "error: SensitiveS3: closed: the secret has no value yet; no window has opened so far\n";
    assert_eq!(said, Said { code: 75, out: String::new(), words: words.into() });
}

#[test]
fn the_command_is_told_to_end_when_access_ends_and_not_when_a_session_does() {
    let scene = Scene::new();
    let first = in_seconds(4);
    scene.publish("one", first);
    let script = "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.1; done";
    let mut goes_on = start(&scene, &[], script);
    let mut has_one = start(&scene, &["--static"], script);
    let second = in_seconds(8);
    scene.publish("two", second);
    assert_eq!(has_one.wait().code(), Some(3));
    let words = format!("SensitiveS3: the session of the command has ended at {first}; the command is told to end (SIGTERM)");
    assert_eq!(has_one.lines_with("SensitiveS3"), [words]);
    assert_eq!(goes_on.lines_with("told"), [""; 0], "its access goes on");
    assert_eq!(goes_on.wait().code(), Some(3), "the command's own");
    let closed = format!("closed since {second}: the session in the secret has ended, and none has taken its place");
    assert_eq!(goes_on.lines_with("SensitiveS3"), [format!("SensitiveS3: {closed}; the command is told to end (SIGTERM)")]);
}

#[test]
fn a_command_that_does_not_end_is_killed_unless_it_is_to_be_kept() {
    let scene = Scene::new();
    scene.publish("short", in_seconds(3));
    let deaf = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    let mut killed = start(&scene, &["--grace", "1s"], deaf);
    let mut kept = start(&scene, &["--keep"], "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.1; done");
    assert_eq!(killed.wait().code(), Some(128 + 9));
    assert_eq!(killed.lines_with("SIGKILL"), ["the command has not ended within 1s: it is killed (SIGKILL)"]);
    // Long after the end of access.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((kept.lines_with("told"), kept.lines_with("closed")), (vec![], vec![]));
    kept.signal(Signal::SIGTERM);
    assert_eq!(kept.wait().code(), Some(3), "whoever ends it ends the command");
}

#[test]
fn signals_are_passed_on() {
    let scene = Scene::open();
    let traps = "trap 'echo HUP' HUP; trap 'echo USR1' USR1; trap 'echo INT' INT; trap 'echo TERM; exit 5' TERM";
    let mut process = start(&scene, &[], &format!("{traps}; echo ready; while :; do sleep 0.1; done"));
    for (signal, name) in [(Signal::SIGHUP, "HUP"), (Signal::SIGUSR1, "USR1"), (Signal::SIGINT, "INT"), (Signal::SIGTERM, "TERM")]
    {
        process.signal(signal);
        process.wait_for_line(name, PATIENCE);
    }
    let status = process.wait();
    assert_eq!((status.code(), status.signal()), (Some(5), None));
}

#[test]
fn the_command_is_ended_though_nobody_reads_what_is_said_of_it() {
    let scene = Scene::new();
    scene.publish("short", in_seconds(3));
    // It ends by itself, should nobody end it.
    let deaf = "trap '' TERM; for i in $(seq 300); do sleep 0.1; done";
    let mut command = shell(&scene, &["--grace", "1s"], deaf);
    let (reader, stderr) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).status().expect("it runs");
    assert_eq!((status.code(), status.signal()), (Some(128 + 9), None));
}

/// The kernel tells the leader of a terminal's session alone that the terminal is gone: as of `ssh -t HOST credadmin consumer exec …`.
#[test]
fn a_terminal_that_hangs_up_reaches_the_command() {
    let scene = Scene::open();
    let [job, told] = ["job", "told"].map(|name| scene.aside.path().join(name));
    // It ends by itself, should nobody tell it.
    let script =
        format!("trap 'echo told > {}; exit' HUP\necho ready\nfor i in $(seq 300); do sleep 0.1; done\n", told.display());
    std::fs::write(&job, script).expect("a script");
    let inner = scene.command("exec", &["--", "sh", job.to_str().expect("a path")]);
    let words = std::iter::once(inner.get_program()).chain(inner.get_args()).map(|word| format!(" '{}'", word.display()));
    // A terminal, whose session the command leads: it is gone when this is killed.
    let mut terminal = Command::new("script");
    terminal.args(["-q", "-c", &format!("exec{}", words.collect::<String>()), "/dev/null"]);
    terminal.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut terminal = Process::spawn("a terminal", &terminal);
    terminal.wait_for_line("ready", PATIENCE);
    terminal.signal(Signal::SIGKILL);
    terminal.wait();
    let is_told = || std::fs::read_to_string(&told).is_ok_and(|text| text == "told\n");
    for _ in 0..PATIENCE.as_millis() / 20 {
        if is_told() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the command was not told within {PATIENCE:?}");
}
