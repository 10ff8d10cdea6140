//! The field's clients across a refresh and across the end of a window, unmodified, by each way.
//!
//! Sessions are said to last for seconds here, so that clients have to come back for the next within the test. They are published
//! again and again until every client has been seen to use them: nothing is judged by how long that took.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::field::{Way, boto3, cli, javascript, rust, uses};
use super::serve::{TOKEN, start, token_file};
use super::{Scene, in_seconds};
use crate::emulators::PROGRAMS;
use crate::harness::{PATIENCE, Process};

/// How a client is started.
type Start = fn(&Scene, &Way) -> Process;
/// How long a session is said to last, in seconds, and how often it is published.
const LASTS: i64 = 20;
const AGAIN: Duration = Duration::from_secs(4);
const TICK: Duration = Duration::from_millis(100);

fn by_process(scene: &Scene) -> Way {
    let path = scene.aside.path().join("config");
    let credadmin = env!("CARGO_BIN_EXE_credadmin");
    let profile =
        format!("[default]\ncredential_process = {credadmin} consumer process --secret-id SensitiveS3 --region eu-central-1\n");
    std::fs::write(&path, profile).expect("a profile");
    Way {
        name: "credential_process",
        is_process: true,
        variables: vec![("AWS_CONFIG_FILE".into(), path.to_string_lossy().into())],
    }
}

fn by_endpoint(scene: &Scene, url: &str) -> Way {
    let token = token_file(scene, TOKEN).to_string_lossy().into_owned();
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.to_owned()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)];
    Way {
        name: "container endpoint",
        is_process: false,
        variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

/// Stops the publisher, on a panic too.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Publishes a session of that name again and again while something is done; answers with its last end.
fn publishing(scene: &Scene, name: &str, act: impl FnOnce()) -> Timestamp {
    let mut session = scene.session(name, in_seconds(LASTS));
    let mut publish = || {
        let ends = in_seconds(LASTS);
        session["expiration"] = ends.to_string().into();
        scene.put(&session.to_string());
        ends
    };
    let mut ends = publish();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut ticks = (1_u32..).map(|tick| tick % (AGAIN.as_millis() / TICK.as_millis()) as u32);
            while !done.load(Ordering::Relaxed) {
                thread::sleep(TICK);
                if ticks.next() == Some(0) {
                    ends = publish();
                }
            }
        });
        let _done = Done(&done);
        act();
    });
    ends
}

fn all_use(clients: &[(String, Process)], session: &str) {
    clients.iter().for_each(|(_, client)| uses(client, session));
}

fn cli_uses(scene: &Scene, ways: &[Way], session: &str) {
    for way in ways {
        let mut call = cli(scene, way);
        assert!(call.wait().success(), "{}: {:?}", way.name, call.lines());
        uses(&call, session);
    }
}

#[test]
fn every_client_goes_on_across_a_refresh_and_is_told_the_end() {
    let scene = Scene::new();
    let (_serving, url) = start(&scene);
    let ways = [by_process(&scene), by_endpoint(&scene, &url)];
    let kinds: [(&str, Start); 3] = [("boto3", boto3), ("javascript", javascript), ("rust", rust)];
    let mut clients: Vec<(String, Process)> = Vec::new();
    publishing(&scene, "one", || {
        for way in &ways {
            clients.extend(kinds.iter().map(|(name, start)| (format!("{name} by {}", way.name), start(&scene, way))));
        }
        all_use(&clients, "one");
        cli_uses(&scene, &ways, "one");
    });
    let ends = publishing(&scene, "two", || {
        all_use(&clients, "two");
        cli_uses(&scene, &ways, "two");
    });

    let closed = format!("closed since {ends}: the session in the secret has ended, and none has taken its place");
    for (name, client) in &clients {
        // Not every SDK shows what it was told.
        let told = match name.as_str() {
            "rust by container endpoint" => "403",
            name if name.starts_with("javascript") => "Could not load credentials from any providers",
            _ => &closed,
        };
        client.wait_for_line(told, PATIENCE * 2);
        // Between the words of the one in Rust, which is run as a test, is told that it runs long.
        let own = client.lines().into_iter().map(|(_, line)| line).filter(|line| !line.starts_with("test "));
        let bad = own.skip_while(|line| !line.starts_with("error ")).find(|line| !line.contains(told));
        assert_eq!(bad, None, "{name}: no other error before, and nothing but that one after");
    }
    for way in &ways {
        let mut call = cli(&scene, way);
        assert!(!call.wait().success(), "{}", way.name);
        call.wait_for_line(&closed, PATIENCE);
    }
    // And back, in the same processes, when the next window opens.
    publishing(&scene, "three", || all_use(&clients, "three"));
}

/// The same through `exec`, whose endpoint is found by the client alone.
#[test]
fn a_command_of_exec_goes_on_across_a_refresh() {
    let scene = Scene::new();
    let python = format!("{PROGRAMS}/python");
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulators/client.py");
    let mut command = scene.command("exec", &["--region", "eu-central-1", "--", &python, "-u", "-B", client]);
    command.env("AWS_CONFIG_FILE", "/dev/null");
    let mut client = None;
    publishing(&scene, "one", || uses(client.insert(Process::spawn("boto3 by exec", &command)), "one"));
    let mut client = client.expect("it runs");
    publishing(&scene, "two", || uses(&client, "two"));
    assert_eq!(client.wait().code(), Some(128 + 15), "the command ended as it was told to: {:?}", client.lines());
    assert_eq!((client.lines_with("told to end (SIGTERM)").len(), client.lines_with("error ")), (1, vec![]));
}
