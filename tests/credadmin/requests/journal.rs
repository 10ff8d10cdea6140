//! What the journal is told, and what is said where there is none. In a mount namespace of its own, with a socket in the place of
//! journald's.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use super::{ALICE, BOB, House, MALLORY, RULES, are_several_users};
use crate::harness::run_to_end;

/// The same command where /run/systemd/journal is this directory, or an empty one.
pub fn beside_a_journal(command: &Command, journal: &str) -> Command {
    let script = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && { [ -z \"$0\" ] || mount --bind \"$0\" \
                  /run/systemd/journal; } && exec \"$@\"";
    let mut beside = Command::new("unshare");
    beside.args(["--mount", "sh", "-c", script, journal]).arg(command.get_program()).args(command.get_args()).env_clear();
    beside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    beside
}

/// Runs a command to its end, and takes in what it sends meanwhile, as journald does: one datagram after the other.
fn run_and_hear(command: Command, socket: &UnixDatagram) -> (Output, Vec<Vec<u8>>) {
    thread::scope(|threads| {
        let running = threads.spawn(|| run_to_end(command));
        let mut buffer = vec![0; 64 << 10];
        let mut heard = Vec::new();
        loop {
            let has_ended = running.is_finished();
            match socket.recv(&mut buffer) {
                Ok(length) => heard.push(buffer[..length].to_vec()),
                Err(_) if has_ended => break,
                Err(_) => {}
            }
        }
        (running.join().expect("its end"), heard)
    })
}

/// The fields of the last entry that was sent.
pub fn entry(heard: &[Vec<u8>]) -> Vec<(String, String)> {
    // An empty one is how it is tried whether anybody is there, and whether all before is taken in.
    let last = heard.iter().rfind(|datagram| !datagram.is_empty()).expect("an entry");
    // NAME=VALUE, or NAME, the length in eight bytes, and the value.
    let mut fields = Vec::new();
    let mut rest = &last[..];
    while let Some(end) = rest.iter().position(|byte| [b'=', b'\n'].contains(byte)) {
        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
        let value = if rest[end] == b'=' {
            let length = rest[end + 1..].iter().position(|byte| *byte == b'\n').expect("an end");
            let value = &rest[end + 1..][..length];
            rest = &rest[end + 2 + length..];
            value
        } else {
            let length = u64::from_le_bytes(rest[end + 1..end + 9].try_into().expect("eight bytes"));
            let length = usize::try_from(length).expect("a length");
            let value = &rest[end + 9..][..length];
            rest = &rest[end + 10 + length..];
            value
        };
        fields.push((name, String::from_utf8_lossy(value).into_owned()));
    }
    fields
}

#[test]
fn each_decision_is_an_entry_with_its_fields() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let journal = house.credadmin.path("journal");
    fs::create_dir(&journal).expect("a directory");
    let socket = UnixDatagram::bind(journal.join("socket")).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_millis(10))).expect("it does not wait for ever");
    house.give("journal", 0o755, super::STAFF);
    house.give("journal/socket", 0o666, super::STAFF);
    let told = |user: &str, args: &[&str]| {
        let (output, heard) = run_and_hear(beside_a_journal(&house.command(user, args), &journal.to_string_lossy()), &socket);
        assert!(heard.last().is_some_and(Vec::is_empty), "it waits until all before that one is taken in");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !err.contains("warning"), "{err}");
        (String::from_utf8_lossy(&output.stdout).trim_end().to_owned(), entry(&heard))
    };
    let ask = ["request", "s", "--for", "1h", "--reason", "figures", "--ticket", "OPS-1"];
    let (one, requested) = told(ALICE, &ask);
    let (_, approved) = told(BOB, &["approve", &one, "--yes"]);
    // As if it had been killed before all was done: whoever may approve completes it and tells it, and nobody else.
    fs::remove_file(house.credadmin.path(&format!("requests/decided/{one}.2.toml"))).expect("root may");
    let said = house.approve(MALLORY, &one);
    assert!(said.code == 1 && said.err.starts_with(&format!("error: {one} is approved already, by bin")), "{said:?}");
    let (_, completed) = told(BOB, &["approve", &one, "--yes"]);
    let (two, _) = told(ALICE, &ask);
    let (_, denied) = told(BOB, &["deny", &two, "--reason", "not now"]);
    let (three, _) = told(ALICE, &ask);
    let (_, withdrawn) = told(ALICE, &["withdraw", &three]);
    for (entry, id, begins, ends, by) in [
        (
            &requested,
            &one,
            "requested: grant ID of secret s from ",
            "ticket OPS-1; nothing is open for it before somebody approves it",
            None,
        ),
        (
            &approved,
            &one,
            "approved by bin: grant ID of secret s from ",
            ", requested by daemon, because figures, ticket OPS-1",
            Some("bin"),
        ),
        (
            &completed,
            &one,
            "approved by bin: grant ID of secret s from ",
            ", requested by daemon, because figures, ticket OPS-1",
            Some("bin"),
        ),
        (
            &denied,
            &two,
            "denied by bin, \"not now\": grant ID of secret s from ",
            ", requested by daemon, because figures, ticket OPS-1",
            None,
        ),
        (
            &withdrawn,
            &three,
            "withdrawn: grant ID of secret s from ",
            ", requested by daemon, because figures, ticket OPS-1",
            None,
        ),
    ] {
        let field = |name: &str| entry.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        let message = field("MESSAGE").unwrap_or_default().replace(id.as_str(), "ID");
        assert!(message.starts_with(begins) && message.ends_with(ends), "{message}");
        assert_eq!((field("GRANT"), field("SECRET"), field("SECRET_ID")), (Some(id.as_str()), Some("s"), Some("SensitiveS3")));
        assert_eq!((field("REQUESTED_BY"), field("APPROVED_BY")), (Some("daemon"), by));
        assert_eq!((field("REASON"), field("TICKET")), (Some("figures"), Some("OPS-1")));
        assert_eq!((field("SYSLOG_IDENTIFIER"), field("PRIORITY")), (Some("credadmin"), Some("6")));
        assert_eq!(field("MESSAGE_ID").map(str::len), Some(32));
    }
}

#[test]
fn without_a_journal_it_holds_and_is_said_aloud() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let output = run_to_end(beside_a_journal(&house.command(ALICE, &["request", "s", "--for", "1h", "--reason", "x"]), ""));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let id = out.trim_end();
    assert!(output.status.success() && house.pending(id).exists(), "{err}");
    let says = "warning: the journal can't be reached (No such file or directory (os error 2)): it holds, but is not written down \
                there: requested: grant ";
    assert!(err.starts_with(&format!("{says}{id} of secret s from ")), "{err}");
}
