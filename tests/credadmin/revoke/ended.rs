//! The whole of it, on real time: what is said beforehand, what is done, and that access is seen to end.

use strict_aws::Operation;

use super::{MAIN, READER, REVOKER, Scene, open};
use crate::harness::PATIENCE;

#[test]
fn a_secret_is_revoked_and_its_end_is_seen_while_the_daemon_runs_beside_it() {
    let (grant, _) = open("quarter-end", "s3");
    let (other, _) = open("month-end", "second");
    let scene = Scene::new(&format!("{MAIN}{other}"), &grant, &[REVOKER, READER]);
    let mut daemon = scene.credadmin.run();
    daemon.wait_for_line("session published in s3", PATIENCE);
    daemon.wait_for_line("session published in second", PATIENCE);
    let old = scene.versions("SensitiveS3").pop().expect("a version");
    assert!(scene.sees_the_bucket(&old));

    let said = scene.revoke(&["s3", "--yes", "--reason", "it's leaked", "--probe", "sensitive-bucket"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.words);
    assert!(!scene.sees_the_bucket(&old), "it has ended");
    let words = &said.words;
    let session_ends = credadmin::schedule::token::ends(&old).expect("a session");
    for line in [
        "role arn:aws:iam::123456789012:role/SensitiveS3Access, as arn:aws:iam::123456789012:user/admin\n".to_owned(),
        format!("grant quarter-end will be closed: {}\n", scene.credadmin.path("grants.d/10-first.toml").display()),
        format!("secret s3 (SensitiveS3) gets a tombstone: its session lives until {session_ends}\n"),
        "secret second (Second) gets a tombstone: it shares the role: its session lives until ".into(),
        "s3 is closed then, and nothing opens it within a week\n".into(),
        "second stays open for month-end: a fresh session follows by itself, within five minutes after that\n".into(),
        format!("grant quarter-end closed in {}\n", scene.credadmin.path("grants.d/10-first.toml").display()),
        "Deny AWSRevokeOlderSessions on arn:aws:iam::123456789012:role/SensitiveS3Access: sessions issued before ".into(),
        "waiting until ".into(),
        "seen: the bucket was denied to the old session at ".into(),
    ] {
        assert!(words.contains(&line), "no {line:?} in\n{words}");
    }
    let elsewhere = "grants are closed in the files of this host alone: on each other host that publishes the same, as the other of a \
                     pair, run credadmin revoke too, or put the same grants.d there; and where credadmin.toml or conf.d was edited, \
                     systemctl reload credadmin: a daemon goes by what it read last\n";
    assert_eq!(words.matches(elsewhere).count(), 2, "before and after:\n{words}");
    let tombstone = scene.versions("SensitiveS3").pop().expect("a version");
    let before = credadmin::schedule::token::denied_before(&tombstone).expect("a tombstone");
    let content = scene.world().versions("SensitiveS3").pop().expect("a version").content;
    let value: serde_json::Value = serde_json::from_str(&content).expect("JSON");
    assert_eq!((&value["state"], &value["reason"]), (&"closed".into(), &"it's leaked".into()));
    let put = scene.calls(Operation::PutRolePolicy).pop().expect("a Deny");
    assert!(put.parameter("policyDocument").expect("a document").contains(&format!("\"{before}\"")), "{put:?}");
    let file = scene.file("grants.d/10-first.toml");
    assert!(file.contains("\" # agreed\n") && file.contains(", arn:aws:iam::123456789012:user/admin: it's leaked\n"), "{file}");
    daemon.wait_for_line("window closed: grant quarter-end of secret s3", PATIENCE);

    // Another daemon finds it: the one closes, the other goes on.
    assert!(daemon.stop().success());
    let daemon = scene.credadmin.run();
    // Where a refresh fell due meanwhile, the first one has published it.
    let either = ["session published in second", "session in place in second"];
    let is_in_second = |line: &str| either.iter().any(|text| line.contains(text));
    daemon.wait_for("session in second", PATIENCE, |lines| lines.iter().any(|(_, line)| is_in_second(line)).then_some(()));
    daemon.wait_for_line("revoked: tombstone ", PATIENCE);
    assert_eq!(scene.versions("SensitiveS3").pop(), Some(tombstone), "nothing follows where no window is open");
    let fresh = scene.world().sessions().pop().expect("a session");
    assert!(fresh.issued_at >= before, "{fresh:?}");
}
