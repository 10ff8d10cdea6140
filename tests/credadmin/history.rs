//! The journals read back: what a ledger makes of what daemons have told, of several hosts, restarts and revocations.

use std::fs;
use std::process::Command;

use credadmin::grant::{Secret, Span};
use credadmin::history::{Entry, Source, Trouble};
use credadmin::journal::{Access, Event};

use crate::harness::Credadmin;
use crate::told::{Told, at, closed, in_place, opened, published, revocation, revoked, started, stopped, version, watched};

pub const CONFIG: &str = r#"
[secrets.s3]
secret_id = "SensitiveS3"
role_arn = "arn:aws:iam::123456789012:role/S3"
source_identity = "jane.doe"
[grants.night]
secret = "s3"
cron = "0 22 * * *"
duration = "3h"
requested_by = "jane.doe"
approved_by = "bob"
reason = "quarter end"
ticket = "OPS-1"
[grants.other]
secret = "s3"
cron = "0 22 * * *"
duration = "3h"
"#;

/// A night on a, with b in wait.
pub fn night() -> Told {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let mut told = Told::default();
    for host in ["a", "b"] {
        told.on(host, "2024-03-01T08:00:00Z", &started());
        told.on(host, "2024-03-01T22:00:00Z", &opened(secret, night));
    }
    for (number, (when, ends)) in (1..).zip([("22:00:01", "23:00:00"), ("22:40:00", "23:40:00"), ("23:20:00", "23:59:00")]) {
        let (when, ends) = (format!("2024-03-01T{when}Z"), format!("2024-03-01T{ends}Z"));
        told.on("a", &when, &published(secret, &[night], &ends, number));
        told.on("b", &when, &in_place(secret, &ends));
    }
    let died = Access::Lapsed { died: Some(at("2024-03-01T23:59:00Z")) };
    told.on("a", "2024-03-01T23:59:00Z", &closed(secret, night, died));
    told.on("b", "2024-03-01T23:59:01Z", &closed(secret, night, Access::Lapsed { died: None }));
    told
}

fn span(opens: &str, closes: &str) -> Span {
    Span { opens: at(opens), closes: at(closes) }
}

#[test]
fn what_two_hosts_tell_of_one_window_is_one_window() {
    let ledger = night().ledger();
    let [lane] = &ledger.lanes.values().collect::<Vec<_>>()[..] else { panic!("one secret") };
    let [window] = &lane.windows[..] else { panic!("one window: {:#?}", lane.windows) };
    assert_eq!((window.opened, window.closed), (Some(at("2024-03-01T22:00:00Z")), Some(at("2024-03-01T23:59:00Z"))));
    assert_eq!(window.access_ended, Some(at("2024-03-01T23:59:00Z")));
    assert_eq!(window.told_by.iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((window.requested_by.as_deref(), window.ticket.as_deref()), (Some("jane.doe"), Some("OPS-1")));
    assert_eq!(lane.sessions.len(), 3);
    for session in &lane.sessions {
        assert_eq!(session.published.as_ref().map(|(_, host)| host.as_str()), Some("a"));
        assert_eq!(session.found_by.iter().collect::<Vec<_>>(), ["b"]);
        assert_eq!(lane.windows_of(session).collect::<Vec<_>>(), [window]);
        assert_eq!(session.source_identity.as_deref(), Some("jane.doe"));
    }
    assert_eq!(ledger.watches.len(), 2);
}

#[test]
fn the_order_of_the_lines_is_of_no_account() {
    let lines = night().text();
    let mut entries: Vec<Entry> = lines.lines().map(|line| Entry::parse(line).unwrap().unwrap()).collect();
    entries.reverse();
    let unit = credadmin::history::Unit::new("credadmin");
    let ledger = credadmin::history::Ledger::of(entries, &unit);
    let told = night().ledger();
    // Entries of one instant have no order.
    assert_eq!(ledger.lanes.len(), 1);
    let key = told.lanes.keys().next().unwrap();
    assert_eq!(ledger.lanes[key].sessions, told.lanes[key].sessions);
    assert_eq!(ledger.lanes[key].windows, told.lanes[key].windows);
}

#[test]
fn a_restart_goes_on_with_a_window_and_a_long_silence_does_not() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let mut told = Told::default();
    told.on("a", "2024-03-01T22:00:00Z", &started());
    told.on("a", "2024-03-01T22:00:00Z", &opened(secret, night));
    told.on("a", "2024-03-01T22:00:01Z", &published(secret, &[night], "2024-03-01T23:00:00Z", 1));
    told.on("a", "2024-03-01T22:10:00Z", &started());
    told.on("a", "2024-03-01T22:10:01Z", &opened(secret, night));
    told.on("a", "2024-03-01T22:10:02Z", &in_place(secret, "2024-03-01T23:00:00Z"));
    // The next night: nobody knows when the first window ended.
    told.on("a", "2024-03-02T22:00:00Z", &started());
    told.on("a", "2024-03-02T22:00:01Z", &opened(secret, night));
    let ledger = told.ledger();
    let lane = &ledger.lanes[&("s3".to_owned(), "SensitiveS3".to_owned())];
    let [first, second] = &lane.windows[..] else { panic!("{:#?}", lane.windows) };
    assert_eq!(first.closed, None);
    assert_eq!(first.span(at("2024-03-03T00:00:00Z")), span("2024-03-01T22:00:00Z", "2024-03-01T23:00:00Z"));
    assert_eq!(second.span(at("2024-03-02T22:30:00Z")), span("2024-03-02T22:00:01Z", "2024-03-02T22:30:00Z"));
    let silent: Vec<_> = ledger.watches.iter().filter_map(|watch| watch.replaced).collect();
    assert_eq!(silent, [at("2024-03-01T22:10:00Z"), at("2024-03-02T22:00:00Z")]);
}

#[test]
fn another_approval_is_another_window() {
    let mut secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let secret = secrets[0].secret.clone();
    let mut grants = secrets.remove(0).grants.to_vec();
    let mut told = Told::default();
    told.on("a", "2024-03-01T22:00:00Z", &opened(&secret, &grants[0]));
    told.on("a", "2024-03-01T22:29:00Z", &published(&secret, &[&grants[0]], "2024-03-01T23:29:00Z", 1));
    grants[0].papers.approved_by = Some("eve".into());
    told.on("a", "2024-03-01T22:30:00Z", &closed(&secret, &grants[0], Access::Lapsed { died: None }));
    told.on("a", "2024-03-01T22:30:00Z", &opened(&secret, &grants[0]));
    told.on("a", "2024-03-01T22:30:01Z", &published(&secret, &[&grants[0]], "2024-03-01T23:30:00Z", 2));
    let ledger = told.ledger();
    let lane = ledger.lanes.values().next().unwrap();
    assert_eq!(lane.windows.len(), 2);
    // A minute before, it was the other's word.
    for (session, approved_by) in lane.sessions.iter().zip(["bob", "eve"]) {
        let of_session: Vec<_> = lane.windows_of(session).map(|window| window.approved_by.as_deref()).collect();
        assert_eq!(of_session, [Some(approved_by)]);
    }
}

#[test]
fn a_revocation_ends_the_sessions_of_its_role_and_no_other() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let other = Secret { role_arn: "arn:aws:iam::123456789012:role/Other".into(), ..(**secret).clone() };
    let before = "2024-03-01T22:30:00Z";
    for (deed, program, wanted, undenied) in [
        (revocation(secret, before, true), "/usr/bin/credadmin", "22:30:00", 0),
        // The tombstone alone ends nothing.
        (revocation(secret, before, false), "/usr/bin/credadmin", "23:00:00", 1),
        (revocation(secret, before, true), "/home/eve/credadmin", "23:00:00", 1),
        (revocation(&other, before, true), "/usr/bin/credadmin", "23:00:00", 1),
    ] {
        let mut told = Told::default();
        told.on("a", "2024-03-01T22:00:01Z", &published(secret, &[night], "2024-03-01T23:00:00Z", 1));
        told.on("a", "2024-03-01T22:29:40Z", &revoked(secret, before));
        told.run("a", program, "2024-03-01T22:30:20Z", &deed);
        told.on("a", "2024-03-01T22:31:00Z", &published(secret, &[night], "2024-03-01T23:20:00Z", 2));
        let ledger = told.ledger();
        let ends: Vec<_> = ledger.lanes.values().next().unwrap().sessions.iter().map(|session| session.ends()).collect();
        assert_eq!(ends, [at(&format!("2024-03-01T{wanted}Z")), at("2024-03-01T23:20:00Z")], "{deed:?} by {program}");
        assert_eq!(ledger.undenied.len(), undenied, "{deed:?} by {program}");
    }
}

/// Anybody can have credadmin say that it has revoked, on a config and an AWS of their own.
#[test]
fn a_revocation_is_believed_of_root_or_of_whoever_put_the_tombstone() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let (stamp, program, logger) = ("2024-03-01T22:30:00Z", "/usr/bin/credadmin", "/usr/bin/logger");
    for (uid, program, tombstone, believed) in [
        ("0", program, None, true),
        ("0", logger, None, true),
        ("1000", program, None, false),
        ("1000", program, Some(stamp), true),
        ("1000", logger, Some(stamp), false),
        // Of another revocation, whose stamp they do not know.
        ("1000", program, Some("2024-03-01T22:31:00Z"), false),
    ] {
        let mut told = Told::default();
        told.on("a", "2024-03-01T22:00:01Z", &published(secret, &[night], "2024-03-01T23:00:00Z", 1));
        tombstone.iter().for_each(|stamp| told.on("a", "2024-03-01T22:29:40Z", &revoked(secret, stamp)));
        let said = revocation(secret, stamp, true).record();
        let [role_arn, denied_before] = [said.fields.role_arn, said.fields.expiration].map(|field| field.expect("it has one"));
        let fields =
            [("ROLE_ARN", role_arn), ("EXPIRATION", denied_before), ("_UID", uid.to_owned()), ("_EXE", program.to_owned())];
        told.raw("a", "session-4.scope", "2024-03-01T22:30:20Z", said.message_id, &said.message, &fields);
        let ledger = told.ledger();
        let session = &ledger.lanes.values().next().expect("a secret").sessions[0];
        assert_eq!(session.revoked, believed.then(|| at(stamp)), "{uid} {program} {tombstone:?}");
        assert_eq!(ledger.strangers().len(), usize::from(!believed), "{uid} {program} {tombstone:?}");
        assert_eq!(ledger.undenied.len(), usize::from(!believed && tombstone.is_some()), "{uid} {program} {tombstone:?}");
    }
}

#[test]
fn a_window_whose_opening_is_not_told_is_known_by_its_sessions() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let mut told = Told::default();
    told.on("a", "2024-03-01T22:40:00Z", &published(secret, &[night], "2024-03-01T23:40:00Z", 1));
    told.on("a", "2024-03-01T23:40:00Z", &closed(secret, night, Access::LivesOn { until: at("2024-03-01T23:50:00Z") }));
    told.on("a", "2024-03-01T23:41:00Z", &stopped());
    let ledger = told.ledger();
    let [window] = &ledger.lanes.values().next().unwrap().windows[..] else { panic!("one window") };
    assert_eq!((window.opened, window.heard_from), (None, Some(at("2024-03-01T22:40:00Z"))));
    assert_eq!((window.closed, window.access_ended), (Some(at("2024-03-01T23:40:00Z")), Some(at("2024-03-01T23:50:00Z"))));
    assert_eq!(ledger.watches[0].ended(), Some(at("2024-03-01T23:41:00Z")));
}

#[test]
fn what_others_write_in_its_name_is_counted_apart() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let mut told = Told::default();
    for (minute, unit) in
        ["user@1000.service", "credadmin.service", "credadmin@eu.service", "user@1000.service"].iter().enumerate()
    {
        let ends = format!("2024-03-01T23:{minute:02}:00Z");
        told.by("a", unit, &format!("2024-03-01T22:{minute:02}:00Z"), &published(secret, &[night], &ends, 1));
    }
    let ledger = told.ledger();
    let lane = ledger.lanes.values().next().unwrap();
    let by: Vec<&str> = lane.sessions.iter().map(|session| session.published.as_ref().unwrap().1.as_str()).collect();
    assert_eq!(by, ["a", "a/credadmin@eu"]);
    let [stranger] = &ledger.strangers()[..] else { panic!("one") };
    assert_eq!(
        stranger.to_string(),
        "a of user@1000.service, user 991, program /usr/bin/credadmin, from 2024-03-01T22:00:00Z to 2024-03-01T22:03:00Z: 2 \
         entries in credadmin's name"
    );
}

/// journald's files, made by systemd-journal-remote of the export format, and read by journalctl.
#[test]
fn journal_files_are_read_as_journald_writes_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let lines = night().text();
    for host in ["a", "b"] {
        let mut export = String::new();
        for line in lines.lines().filter(|line| line.contains(&format!("\"_HOSTNAME\":\"{host}\""))) {
            let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).expect("JSON");
            export.extend(
                fields
                    .iter()
                    .filter(|(name, _)| *name != "__CURSOR")
                    .map(|(name, value)| format!("{name}={}\n", value.as_str().expect("text"))),
            );
            export += &format!("__MONOTONIC_TIMESTAMP=1\n_BOOT_ID={:032x}\n\n", 7);
        }
        let from = directory.path().join(format!("{host}.export"));
        fs::write(&from, export).expect("a file");
        let mut command = Command::new("/usr/lib/systemd/systemd-journal-remote");
        command.arg(format!("--output={}", directory.path().join(format!("{host}.journal")).display())).arg(from);
        let output = crate::harness::run_to_end(command);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let source = Source::at(directory.path());
    assert_eq!(source, Source::Directory(directory.path().into()));
    let mut entries = Vec::new();
    source.read(None, |entry| entries.push(entry)).expect("all of it");
    assert_eq!(entries.len(), lines.lines().count());
    let reach = source.reach().expect("its ends");
    assert_eq!(reach["a"], (at("2024-03-01T08:00:00Z"), at("2024-03-01T23:59:00Z")));
    assert_eq!(reach["b"].1, at("2024-03-01T23:59:01Z"));
    let mut later = Vec::new();
    source.read(Some(at("2024-03-01T23:30:00Z")), |entry| later.push(entry)).expect("the rest");
    assert_eq!(later.len(), 2);
    let told = credadmin::history::Ledger::of(entries, &credadmin::history::Unit::new("credadmin"));
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let lane = told.lanes.values().next().expect("a secret");
    assert_eq!(lane.sessions[0].version_id, version(&secrets[0].secret, "2024-03-01T23:00:00Z"));
    assert_eq!((lane.sessions.len(), lane.windows.len()), (3, 1));

    // A copy ends somewhere: that is told, unless the daemon had ended before.
    let path = directory.path().to_str().expect("text");
    let audit = |until| {
        let args = ["audit", "--journal", path, "--from", "2024-03-01T09:00:00Z", "--until", until];
        let output = Credadmin::new("").run_to_end(&args);
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    };
    let (code, said) = audit("2024-03-02T00:00:00Z");
    let ends = "- the journal of a ends at 2024-03-01T23:59:00Z: what happened there after is not known\n";
    assert!(code == Some(1) && said.contains(ends) && said.contains("3 sessions of 1 secret"), "{said}");
    assert_eq!(audit("2024-03-01T23:58:00Z").0, Some(0));
}

#[test]
fn what_can_not_be_read_is_told() {
    let nowhere = Source::at("/nonexistent/journal".as_ref());
    assert!(matches!(nowhere.read(None, drop), Err(Trouble::Unreadable { .. })));
    let empty = tempfile::tempdir().expect("a directory");
    let mut entries = 0;
    let read = Source::at(empty.path()).read(None, |_| entries += 1);
    assert!(entries == 0 && !matches!(read, Err(Trouble::NoEntry { .. })), "{read:?}");
    let file = empty.path().join("damaged.journal");
    fs::write(&file, "no journal").expect("a file");
    let read = Source::at(empty.path()).read(None, drop);
    assert!(matches!(read, Err(Trouble::Partial(_) | Trouble::Failed { .. })), "{read:?}");
    let lines = empty.path().join("lines.json");
    fs::write(&lines, format!("{}{{\"broken\n", night().text())).expect("a file");
    let read = Source::at(&lines).read(None, drop);
    assert!(matches!(read, Err(Trouble::NoEntry { line: 13, .. })), "{read:?}");
}

/// Anybody can write one, and journalctl shows its bytes as numbers.
#[test]
fn a_line_that_is_longer_than_any_of_credadmins_is_passed_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let lines = directory.path().join("lines.json");
    let text = night().text();
    let (first, rest) = text.split_once('\n').expect("lines");
    let long = first.replacen('{', &format!("{{\"REASON\":[{}1],", "1,".repeat(200_000)), 1);
    let count = |text: &str| {
        fs::write(&lines, text).expect("a file");
        let mut entries = 0;
        let reach = Source::at(&lines).read(None, |_| entries += 1).expect("all of it");
        (entries, reach["a"].1)
    };
    let all = count(&text);
    assert_eq!(all, (text.lines().count(), at("2024-03-01T23:59:00Z")));
    assert_eq!(count(&format!("{first}\n{long}\n{rest}")), all, "in between");
    assert_eq!(count(&format!("{text}{long}")), all, "at the end, which is no end of a line");
    assert_eq!(count(text.trim_end()), all, "a last line without its end is a line");
}

#[test]
fn a_failure_lasts_until_who_failed_succeeds_or_ends() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let secret = &secrets[0].secret;
    let mut told = Told::default();
    let id = "bd96beff48f27f8a2e97d9433e432138";
    let fields = [("SECRET", "s3".to_owned()), ("SECRET_ID", "SensitiveS3".into())];
    told.on("a", "2024-03-01T21:00:00Z", &started());
    told.raw("a", "credadmin.service", "2024-03-01T22:00:00Z", id, "failing: denied", &fields);
    told.raw("b", "credadmin.service", "2024-03-01T22:00:00Z", id, "failing: denied", &fields);
    let well = Event::WellAgain { secret: secret.clone(), after: jiff::SignedDuration::from_mins(9), failures: 3 };
    told.on("a", "2024-03-01T22:09:00Z", &well);
    told.on("b", "2024-03-01T22:20:00Z", &stopped());
    let ledger = told.ledger();
    let over: Vec<_> = ledger.lanes.values().next().unwrap().failures.iter().map(|failure| failure.over).collect();
    assert_eq!(over, [Some(at("2024-03-01T22:09:00Z")), Some(at("2024-03-01T22:20:00Z"))]);
}
