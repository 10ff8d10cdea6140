//! What the journal has of a revocation, and when: in a mount namespace of its own, with a socket in the place of journald's.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;

use credadmin::schedule::token::denied_before;
use nix::sys::signal::Signal;
use nix::unistd::Uid;
use strict_aws::{ApiError, Fault, Operation};

use super::{MAIN, REVOKER, Scene, open};
use crate::harness::{PATIENCE, Process, not_tested};
use crate::requests::journal::{beside_a_journal, entry};

/// A revocation of s3 that has begun, and the socket of its journal.
struct Begun {
    scene: Scene,
    process: Process,
    journal: UnixDatagram,
}

impl Begun {
    /// `None` where there can be no such namespace.
    fn new() -> Option<Self> {
        if !Uid::effective().is_root() {
            not_tested("not root, so that nothing can be in the place of journald");
            return None;
        }
        let scene = Scene::new(MAIN, &open("quarter-end", "s3").0, &[REVOKER]);
        let directory = scene.credadmin.path("journal");
        fs::create_dir(&directory).expect("a directory");
        let journal = UnixDatagram::bind(directory.join("socket")).expect("a socket");
        journal.set_read_timeout(Some(PATIENCE * 2)).expect("it does not wait for ever");
        let command = scene.command(&["s3", "--yes", "--reason", "leaked"]);
        let process = Process::spawn("credadmin revoke", &beside_a_journal(&command, &directory.to_string_lossy()));
        Some(Self { scene, process, journal })
    }

    /// The fields of the next entry, once it is taken in.
    fn entry(&self) -> BTreeMap<String, String> {
        let mut buffer = vec![0; 64 << 10];
        let mut next = || {
            let length = self.journal.recv(&mut buffer).expect("it is written");
            buffer[..length].to_vec()
        };
        // Those that are empty ask whether all before is taken in, as one does after the entry.
        let said = loop {
            let datagram = next();
            if !datagram.is_empty() {
                break datagram;
            }
        };
        assert_eq!(next(), [0; 0]);
        entry(&[said]).into_iter().collect()
    }
}

#[test]
fn whoever_interrupts_the_wait_has_revoked_and_the_journal_says_so() {
    let Some(mut revocation) = Begun::new() else { return };
    let entry = revocation.entry();
    let tombstone = revocation.scene.versions("SensitiveS3").pop().expect("a version");
    let stamp = denied_before(&tombstone).expect("a tombstone").to_string();
    for (field, value) in [
        ("MESSAGE_ID", "621d8aefbc95b8be48f458ed83a95870"),
        ("PRIORITY", "4"),
        ("GRANT", "quarter-end"),
        ("SECRET", "s3, second"),
        ("REASON", "leaked"),
        ("EXPIRATION", stamp.as_str()),
    ] {
        assert_eq!(entry[field], value, "{field}");
    }
    let message = &entry["MESSAGE"];
    assert!(message.starts_with("access revoked by ") && !message.contains("not done"), "{message}");
    revocation.process.wait_for_line("waiting until ", PATIENCE);
    revocation.process.signal(Signal::SIGKILL);
    assert_eq!(revocation.process.wait().signal(), Some(9), "it waited");
    assert_eq!(revocation.process.lines_with("not looked at"), [""; 0]);
}

#[test]
fn what_turns_out_not_to_be_done_after_that_is_another_entry() {
    let Some(mut revocation) = Begun::new() else { return };
    let first = revocation.entry();
    let refused = ApiError::new(400, "AccessDeniedException", "no");
    revocation.scene.world().fail(Operation::DescribeSecret, Fault::Answer(refused), usize::MAX);
    let second = revocation.entry();
    for same in ["MESSAGE_ID", "EXPIRATION", "GRANT", "SECRET", "ROLE_ARN", "REASON"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_eq!((first["PRIORITY"].as_str(), second["PRIORITY"].as_str()), ("4", "3"));
    let message = &second["MESSAGE"];
    assert!(
        message.contains("; not done: no second look at s3: ") && message.contains(" | no second look at second: "),
        "{message}"
    );
    assert_eq!(revocation.process.wait().code(), Some(1));
}
