//! `credadmin audit`, the real binary, on journals of its own making; and beside what AWS says.

mod against_aws;

use std::process::Output;

use credadmin::journal::{Access, Event};
use serde_json::Value;

use crate::harness::Credadmin;
use crate::history::CONFIG;
use crate::told::{Told, closed, in_place, opened, published, revocation, started, stopped, version, watched};

/// The night, with lines that reach beyond the day.
pub fn night() -> Told {
    let mut told = crate::history::night();
    ["a", "b"].iter().for_each(|host| told.on(host, "2024-03-02T00:00:01Z", &stopped()));
    told
}

/// Runs it on these lines.
fn audit(told: &Told, args: &[&str]) -> Output {
    let credadmin = Credadmin::new("").write("journal.json", &told.text());
    let journal = credadmin.path("journal.json");
    credadmin.run_to_end(&[&["audit", "--journal", journal.to_str().expect("text")], args].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn rows(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

const DAY: [&str; 4] = ["--from", "2024-03-01T09:00:00Z", "--until", "2024-03-02T00:00:00Z"];

#[test]
fn a_night_as_text() {
    let output = audit(&night(), &DAY);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let id = |ends: &str| version(&secrets[0].secret, ends);
    assert_eq!(
        text(&output.stdout),
        WANTED
            .replace("V1", &id("2024-03-01T23:00:00Z"))
            .replace("V2", &id("2024-03-01T23:40:00Z"))
            .replace("V3", &id("2024-03-01T23:59:00Z"))
            .replace("VERSION ", &format!("VERSION {}", " ".repeat(52)))
    );
}

const WANTED: &str = "\
s3 (SensitiveS3)
  night  2024-03-01 22:00:00 to 2024-03-01 23:59:00
    requested by jane.doe, approved by bob, ticket OPS-1, reason quarter end
    ISSUED (UTC)         ENDS (UTC)           ACCESS KEY ID         ROLE SESSION NAME  VERSION  BY
    2024-03-01 22:00:01  2024-03-01 23:00:00  ASIA0000000000000001  credadmin-1        V1  a, found by b
    2024-03-01 22:40:00  2024-03-01 23:40:00  ASIA0000000000000002  credadmin-2        V2  a, found by b
    2024-03-01 23:20:00  2024-03-01 23:59:00  ASIA0000000000000003  credadmin-3        V3  a, found by b

3 sessions of 1 secret, from 2024-03-01T09:00:00Z to 2024-03-02T00:00:00Z
Nothing says that anything is missing.
";

/// Word for word: the keys and their order.
#[test]
fn json_and_csv_are_one_row_a_session_and_grant() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let output = audit(&night(), &[&DAY[..], &["--format", "json"]].concat());
    let first = format!(
        r#"{{"secret":"s3","secret_id":"SensitiveS3","grant":"night","requested_by":"jane.doe","approved_by":"bob","reason":"quarter end","ticket":"OPS-1","opened":"2024-03-01T22:00:00Z","closed":"2024-03-01T23:59:00Z","role_arn":"arn:aws:iam::123456789012:role/S3","access_key_id":"ASIA0000000000000001","role_session_name":"credadmin-1","source_identity":"jane.doe","issued":"2024-03-01T22:00:01Z","ends":"2024-03-01T23:00:00Z","ended_by":"expiration","version_id":"{}","published_by":"a","found_by":["b"]}}"#,
        version(&secrets[0].secret, "2024-03-01T23:00:00Z")
    );
    assert_eq!(text(&output.stdout).lines().next(), Some(first.as_str()));
    assert_eq!(rows(&output).len(), 3);

    let output = audit(&night(), &[&DAY[..], &["--format", "csv"]].concat());
    let lines: Vec<&str> = text(&output.stdout).split("\r\n").collect();
    assert!(lines.len() == 5 && lines[4].is_empty() && lines[0].starts_with("secret,secret_id,grant,requested_by,"), "{lines:?}");
    assert!(lines[1].starts_with("s3,SensitiveS3,night,jane.doe,bob,quarter end,OPS-1,2024-03-01T22:00:00Z,"), "{}", lines[1]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn a_session_for_two_grants_has_a_row_for_the_people_behind_each() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, grants) = (&secrets[0].secret, &secrets[0].grants);
    let mut told = Told::default();
    told.on("a", "2024-03-01T08:00:00Z", &started());
    grants.iter().for_each(|grant| told.on("a", "2024-03-01T22:00:00Z", &opened(secret, grant)));
    told.on("a", "2024-03-01T22:00:01Z", &published(secret, &[&grants[0], &grants[1]], "2024-03-01T23:00:00Z", 1));
    let output = audit(&told, &[&DAY[..], &["--format", "json"]].concat());
    let found: Vec<_> = rows(&output).iter().map(|row| (row["grant"].clone(), row["requested_by"].clone())).collect();
    assert_eq!(found, [("night".into(), "jane.doe".into()), ("other".into(), Value::Null)]);
}

#[test]
fn what_began_before_counts_while_it_lasts() {
    for (from, until, sessions) in [
        ("2024-03-01T22:50:00Z", "2024-03-01T22:55:00Z", 2),
        ("2024-03-01T23:00:00Z", "2024-03-01T23:10:00Z", 1),
        ("2024-03-01T23:59:00Z", "2024-03-02T00:00:00Z", 0),
        ("2024-03-01T12:00:00Z", "2024-03-01T22:00:01Z", 0),
    ] {
        let output = audit(&night(), &["--from", from, "--until", until, "--format", "json"]);
        assert_eq!((rows(&output).len(), output.status.code()), (sessions, Some(0)), "{from}");
    }
}

#[test]
fn a_window_without_a_session_is_told_too() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, night) = (&secrets[0].secret, &secrets[0].grants[0]);
    let mut told = Told::default();
    told.on("a", "2024-03-01T08:00:00Z", &started());
    told.on("a", "2024-03-01T22:00:00Z", &opened(secret, night));
    told.on("a", "2024-03-01T23:00:00Z", &closed(secret, night, Access::Lapsed { died: None }));
    let output = audit(&told, &DAY);
    assert!(text(&output.stdout).contains("  night  2024-03-01 22:00:00 to 2024-03-01 23:00:00\n"));
    assert!(text(&output.stdout).contains("    no session was issued for it\n"), "{}", text(&output.stdout));
    let output = audit(&told, &[&DAY[..], &["--format", "json"]].concat());
    assert_eq!((rows(&output)[0]["ticket"].clone(), rows(&output)[0]["version_id"].clone()), ("OPS-1".into(), Value::Null));
}

/// Each hole is told, in words and by the exit status, and only where it lies in the time asked for.
#[test]
fn holes_in_the_record_are_told() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let (secret, grant) = (&secrets[0].secret, &secrets[0].grants[0]);
    let mut silent = night();
    silent.on("a", "2024-03-01T23:59:30Z", &started());
    let mut lost = night();
    lost.on("a", "2024-03-01T22:30:00Z", &Event::EventsLost { count: 7 });
    let mut unpublished = night();
    unpublished.on("b", "2024-03-01T22:05:00Z", &in_place(secret, "2024-03-01T22:45:00Z"));
    let mut strange = night();
    strange.by("a", "user@1000.service", "2024-03-01T22:05:00Z", &published(secret, &[grant], "2024-03-01T22:45:00Z", 9));
    for (told, from, wanted) in [
        (
            &silent,
            DAY[1],
            "the daemon on a ended without a word after 2024-03-01T23:59:00Z, and the next one started at 2024-03-01T23:59:30Z",
        ),
        (&lost, DAY[1], "a, before 2024-03-01T22:30:00Z: 7 events were lost"),
        (&unpublished, DAY[1], "of s3 was found in its place by b, and no journal tells of its publishing"),
        (&night(), "2024-03-01T07:00:00Z", "the journal of a begins at 2024-03-01T08:00:00Z: what happened there before"),
        (&Told::default(), DAY[1], "no entry of credadmin.service: is it the right journal, and the right unit (--unit)?"),
    ] {
        for format in ["text", "csv"] {
            let output = audit(told, &["--from", from, "--until", DAY[3], "--format", format]);
            let said = if format == "text" { text(&output.stdout) } else { text(&output.stderr) };
            assert!(said.contains("The record is not known to be complete:\n- ") && said.contains(wanted), "{wanted}: {said}");
            assert_eq!(output.status.code(), Some(1), "{wanted}");
        }
    }
    let output = audit(&strange, &DAY);
    let said = text(&output.stdout);
    assert!(said.contains("not from credadmin.service, and not counted: a of user@1000.service, user 991,"), "{said}");
    assert!(!said.contains("ASIA0000000000000009") && output.status.code() == Some(0));
    let output = audit(&silent, &["--from", DAY[1], "--until", "2024-03-01T23:00:00Z"]);
    assert_eq!(output.status.code(), Some(0), "it is about what came later");
    let output = audit(&strange, &[&DAY[..], &["--unit", "user@1000"]].concat());
    assert!(text(&output.stdout).contains("ASIA0000000000000009"), "whose word counts can be said");
}

#[test]
fn a_journal_that_does_not_reach_the_time_asked_for_is_a_hole() {
    let told = crate::history::night();
    let begins = "- the journal of a begins at 2024-03-01T08:00:00Z: what happened there before is not known";
    let ends = "- the journal of a ends at 2024-03-01T23:59:00Z: what happened there after is not known\n";
    for (from, until, wanted) in [
        ("2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z", vec![begins]),
        ("2024-02-01T00:00:00Z", "2024-03-01T12:00:00Z", vec![begins]),
        ("2024-02-01T00:00:00Z", "2024-04-01T00:00:00Z", vec![begins, ends]),
        ("2024-03-01T12:00:00Z", "2024-04-01T00:00:00Z", vec![ends]),
        ("2024-03-31T00:00:00Z", "2024-04-01T00:00:00Z", vec![ends]),
        ("2024-03-01T08:00:00Z", "2024-03-01T23:59:00Z", vec![]),
    ] {
        let output = audit(&told, &["--from", from, "--until", until]);
        let said = text(&output.stdout);
        assert_eq!([begins, ends].into_iter().filter(|hole| said.contains(hole)).collect::<Vec<_>>(), wanted, "{from} {said}");
        assert_eq!(output.status.code(), Some(i32::from(!wanted.is_empty())), "{from} {said}");
    }
    assert_eq!(audit(&night(), &["--from", DAY[3], "--until", "2024-04-01T00:00:00Z"]).status.code(), Some(0), "they had ended");
}

/// journald takes such an entry from anybody.
#[test]
fn an_entry_without_a_sentence_keeps_nobody_from_reading_the_rest() {
    let bare = r#"{"MESSAGE_ID":"82e2e6b95f90c4ea1881916231a3db98","SYSLOG_IDENTIFIER":"credadmin","_UID":"1000","_HOSTNAME":"a",
        "__REALTIME_TIMESTAMP":"1709330000000000"}"#;
    let lines = format!("{}\n{}", bare.replace('\n', ""), night().text());
    let credadmin = Credadmin::new("").write("journal.json", &lines);
    let journal = credadmin.path("journal.json");
    let output = credadmin.run_to_end(&[&["audit", "--journal", journal.to_str().expect("text")], &DAY[..]].concat());
    let said = text(&output.stdout);
    assert!(output.status.code() == Some(0) && said.contains("3 sessions of 1 secret, from "), "{said}");
    assert!(said.contains("and not counted: a of no unit, user 1000, program ?, at 2024-03-01T21:53:20Z: 1 entry"), "{said}");
}

#[test]
fn a_revocation_that_nobody_has_to_believe_is_counted_apart_and_ends_nothing() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let lie = revocation(&secrets[0].secret, "2024-03-01T22:30:00Z", true);
    let mut told = night();
    told.run("a", "/usr/bin/credadmin", "2024-03-01T22:30:20Z", &lie);
    let output = audit(&told, &DAY);
    let said = text(&output.stdout);
    assert!(!said.contains("revoked") && said.contains("2024-03-01 22:00:01  2024-03-01 23:00:00  "), "{said}");
    let stranger = "not counted: a of session-4.scope, user 991, program /usr/bin/credadmin, at 2024-03-01T22:30:20Z: 1 entry";
    assert!(said.contains(stranger), "{said}");
}

#[test]
fn an_orderly_restart_is_no_hole() {
    let mut told = night();
    told.on("a", "2024-03-01T23:59:30Z", &stopped());
    told.on("a", "2024-03-01T23:59:40Z", &started());
    assert_eq!(audit(&told, &DAY).status.code(), Some(0));
}

#[test]
fn a_journal_that_can_not_be_read_is_no_empty_one() {
    let credadmin = Credadmin::new("");
    let output = credadmin.run_to_end(&[&["audit", "--journal", "/nonexistent"], &DAY[..]].concat());
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(66), ""));
    let why = "error: the journal can't be read: /nonexistent: No such file or directory (os error 2)\n";
    assert_eq!(text(&output.stderr), why);
    let credadmin = credadmin.env("PATH", "/nonexistent");
    let output = credadmin.run_to_end(&[&["audit"], &DAY[..]].concat());
    assert_eq!(output.status.code(), Some(66));
    assert!(
        text(&output.stderr).contains("journalctl can't be started")
            && text(&output.stderr).contains("groups systemd-journal and adm")
    );
    let output = audit(&night(), &["--from", "2024-03-02T00:00:00Z", "--until", "2024-03-01T00:00:00Z"]);
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(2), "error: --from has to be earlier than --until, and than now\n")
    );
}

/// Reasons are people's words: on a terminal they are seen, and do nothing.
#[test]
fn nothing_that_people_write_acts_on_a_terminal() {
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let mut grant = secrets[0].grants[0].clone();
    grant.papers.reason = Some("\u{1b}]0;owned\u{7}\u{202e}x\r\nfake line".into());
    let mut told = Told::default();
    told.on("a", "2024-03-01T08:00:00Z", &started());
    told.on("a", "2024-03-01T22:00:00Z", &opened(&secrets[0].secret, &grant));
    for color in ["never", "always"] {
        let output = audit(&told, &[&DAY[..], &["--color", color]].concat());
        let said = text(&output.stdout);
        assert!(said.contains("reason \u{fffd}]0;owned\u{fffd}\u{fffd}x\u{fffd}\u{fffd}fake line\n"), "{said:?}");
        assert_eq!(said.contains("\u{1b}[1m"), color == "always");
    }
}
