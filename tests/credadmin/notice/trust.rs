//! What people do is told of whoever could do it: anybody can have credadmin say it, on a config of their own.

use std::fs;

use nix::unistd::User;
use serde_json::{Value, json};

use super::{Host, MAIL, REQUESTED, REVOCATION, account, config, receivers};
use crate::harness::PATIENCE;

const DENIED: &str = "a47aab9b208f549e8b53e52f2c719f8e";
const WITHDRAWN: &str = "0df55a61643bde6e3d41ab09ce90a98f";
/// A user that no host has.
const NOBODY: u32 = 987_654;

/// The user of this name, such as every Debian has.
fn uid(name: &str) -> u32 {
    User::from_name(name).expect("an answer").expect("a user").uid.as_raw()
}

/// A host on which daemon may ask and bin approves, and one signer is known.
fn host(aws: &crate::story::Beside) -> Host {
    let people = "people = { daemon = 'alice@example.com', bin = 'bob@example.com', ";
    let host = Host::new(aws, "");
    let signers = host.credadmin.path("allowed_signers");
    let more = format!(
        "{}[requests]\nallowed_signers = '{}'\n[secrets.s3.requests]\napprovers = ['bin']\n",
        MAIL.replace("people = { ", people),
        signers.display()
    );
    host.credadmin.rewrite("allowed_signers", "carol@example.com ssh-ed25519 AAAA\n");
    host.credadmin.rewrite("credadmin.toml", &config(&more).0);
    host
}

#[test]
fn what_people_do_is_told_of_whoever_may_do_it_and_of_nobody_else() {
    let aws = account();
    let host = host(&aws);
    let mut notifier = host.start();
    let program = fs::canonicalize(env!("CARGO_BIN_EXE_credadmin")).expect("the program");
    let says = |cursor: &str, id: &str, uid: u32, fields: Value| {
        let mut entry = json!({ "_SYSTEMD_UNIT": "session-4.scope", "_UID": uid.to_string(), "_EXE": program, "GRANT": "req" });
        entry.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        host.says(cursor, id, "said by anybody", entry);
    };
    let (daemon, bin) = (uid("daemon"), uid("bin"));
    for (number, id, event, uid, fields) in [
        (1, REQUESTED, "requested", NOBODY, json!({ "REQUESTED_BY": "victim@elsewhere.com", "REASON": "click here" })),
        (2, WITHDRAWN, "withdrawn", bin, json!({ "REQUESTED_BY": "daemon" })),
        (3, DENIED, "denied", NOBODY, json!({ "REQUESTED_BY": "victim@elsewhere.com" })),
        (4, REVOCATION, "revoked", bin, json!({ "GRANT": "q4" })),
        (5, REQUESTED, "requested", daemon, json!({ "REQUESTED_BY": "daemon", "SECRET": "of-another-config" })),
    ] {
        says(&number.to_string(), id, uid, fields);
        let why = format!("not told: {event}: user {uid} says so, and may not by this host's config; access is not affected");
        notifier.wait_for_line(&why, PATIENCE);
    }
    assert_eq!(receivers(&aws), [""; 0]);

    says("6", REQUESTED, daemon, json!({ "REQUESTED_BY": "daemon" }));
    says("7", DENIED, bin, json!({ "REQUESTED_BY": "daemon" }));
    says("8", REQUESTED, NOBODY, json!({ "REQUESTED_BY": "carol@example.com" }));
    says("9", REVOCATION, 0, json!({ "GRANT": "q4" }));
    for (event, grant, name) in [
        ("requested", "req", "alice"),
        ("requested", "req", "bob"),
        ("denied", "req", "alice"),
        ("requested", "req", "carol"),
        ("revoked", "q4", "jane"),
        ("revoked", "q4", "john"),
    ] {
        notifier.wait_for_line(&format!("mail sent: {event} of s3 ({grant}) to {name}@example.com"), PATIENCE);
    }
    assert!(notifier.stop().success());
    let to = ["alice", "alice", "bob", "bob", "carol", "jane", "john"].map(|name| format!("{name}@example.com"));
    assert_eq!(receivers(&aws), to, "bob approves both requests");
}
