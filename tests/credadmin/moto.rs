//! The daemon against moto, which keeps the protocol of Secrets Manager: versions, tokens, labels.
//!
//! moto lets anyone into the bucket and no session ever expires there, so who is denied, and when, is judged by ministack
//! (`ministack.rs`) and by our own double.

use std::time::Duration;

use jiff::SignedDuration;

use crate::emulators::{Emulator, grant, in_seconds};
use crate::harness::{PATIENCE, Process};

/// Drop-ins are looked at every minute.
const NOTICED: Duration = Duration::from_secs(90);

fn published(daemons: &[&Process]) -> usize {
    daemons.iter().map(|daemon| daemon.lines_with("session published").len()).sum()
}

#[test]
fn a_window_opens_is_published_once_and_closes() {
    let moto = Emulator::start("moto");
    let reader = moto.reader();
    let before = reader.next();
    assert_eq!(before.reads, "no credential");
    let opens = in_seconds(3);
    let ends = opens + SignedDuration::from_secs(45);
    let credadmin = moto.credadmin(&moto.credadmin, &grant("quarter-end", opens, ends));
    let mut daemon = credadmin.run();
    daemon.wait_for_line("started: 1 secret, 1 grant", PATIENCE);
    daemon.wait_for_line(&format!("session published in sensitive-s3 (SensitiveS3) for quarter-end: ends {ends}"), PATIENCE);
    let open = reader.next();
    assert_eq!(open.reads, "ok");
    assert_eq!(open.says["expiration"], ends.to_string());
    assert!(open.version.starts_with(&ends.strftime("credadmin-%Y%m%dT%H%M%SZ-").to_string()), "{}", open.version);

    daemon.wait_for_line("window closed: grant quarter-end of secret sensitive-s3: access has lapsed", NOTICED);
    assert!(daemon.stop().success());
    let tries = reader.wait_for("try after the end", PATIENCE, |it| it.began >= ends);
    let written_early = tries.iter().find(|it| it.ended < opens && it.version != before.version);
    assert!(written_early.is_none(), "{written_early:#?}");
    assert_eq!(reader.next().version, open.version, "nothing is written when a window ends");
    assert_eq!(published(&[&daemon]), 1);
}

#[test]
fn a_drop_in_extends_a_grant_without_a_signal_and_a_restart_writes_nothing() {
    let moto = Emulator::start("moto");
    let reader = moto.reader();
    let (ends, later) = (in_seconds(300), in_seconds(400));
    let credadmin = moto.credadmin(&moto.credadmin, &grant("quarter-end", in_seconds(-60), ends));
    let mut daemon = credadmin.run();
    daemon.wait_for_line(&format!("ends {ends}"), PATIENCE);
    let first = reader.next();

    credadmin.rewrite("grants.d/20-extended.toml", &format!("[grants.quarter-end]\nuntil = '{later}'\n"));
    daemon.wait_for_line(&format!("ends {later}"), NOTICED);
    let second = reader.next();
    assert_ne!(second.version, first.version);
    assert_eq!((second.says["expiration"].as_str(), second.reads.as_str()), (Some(later.to_string().as_str()), "ok"));
    assert!(daemon.stop().success());
    assert_eq!(published(&[&daemon]), 2);

    let mut again = credadmin.run();
    let in_place = again.wait_for_line("session in place in sensitive-s3", PATIENCE);
    assert!(in_place.contains(&second.version), "{in_place}");
    assert!(again.stop().success());
    assert_eq!((published(&[&again]), reader.next().version), (0, second.version));
}

#[test]
fn two_daemons_publish_each_session_once() {
    let moto = Emulator::start("moto");
    let grants = grant("quarter-end", in_seconds(-60), in_seconds(600));
    let credadmin = moto.credadmin(&moto.credadmin, &grants);
    let [mut one, mut two] = [credadmin.run(), credadmin.run()];
    for daemon in [&one, &two] {
        daemon.wait_for("session", PATIENCE, |lines| {
            lines.iter().find(|(_, line)| line.contains("session published") || line.contains("session in place")).cloned()
        });
    }
    assert!(one.stop().success() && two.stop().success());
    assert_eq!(published(&[&one, &two]), 1, "{:#?}\n{:#?}", one.lines(), two.lines());
    for trouble in ["failing", "took the place"] {
        assert_eq!([one.lines_with(trouble), two.lines_with(trouble)].concat(), [""; 0]);
    }
}
