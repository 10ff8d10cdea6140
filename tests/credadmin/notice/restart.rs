//! A notifier that stops, is killed, or hears of something again.

use nix::sys::signal::Signal;
use serde_json::json;
use strict_aws::{Fault, Operation};

use super::{Host, MAIL, account, config, receivers, until};
use crate::harness::PATIENCE;

#[test]
fn killed_while_ses_hangs_it_sends_each_message_once_after_the_next_start() {
    for claims in ["", "[notify]\nclaims = 's3://claims/credadmin'\n"] {
        let aws = account();
        let host = Host::new(&aws, &config(&format!("{MAIL}{claims}")).0);
        aws.world.fail(Operation::SendEmail, Fault::Silent, 2);
        let mut notifier = host.start();
        host.opens("1");
        until("both hang", || {
            let hanging = aws.world.calls().iter().filter(|call| call.error.as_deref() == Some("(silent)")).count();
            hanging == 2
        });
        notifier.signal(Signal::SIGKILL);
        notifier.wait();
        assert_eq!(aws.world.mails().len(), 0);
        // What happens while nobody listens is told later.
        host.says("2", super::CLOSED, "window closed", json!({}));
        let mut notifier = host.start();
        until("all", || notifier.lines_with("mail sent").len() == 4);
        assert!(notifier.stop().success());
        assert_eq!(receivers(&aws), ["jane@example.com", "jane@example.com", "john@example.com", "john@example.com"]);
        let mut again = host.start();
        host.says("3", super::CLOSED, "window closed", json!({ "GRANT": "other", "REQUESTED_BY": "last@example.com" }));
        again.wait_for_line("to last@example.com", PATIENCE);
        assert!(again.stop().success());
        assert_eq!(aws.world.mails().len(), 5, "nothing twice");
    }
}

/// A daemon that starts again tells which windows are open.
#[test]
fn a_window_of_which_the_daemon_tells_again_is_not_mailed_again() {
    let aws = account();
    let host = Host::new(&aws, &config(MAIL).0);
    let mut notifier = host.start();
    host.opens("1");
    until("both", || notifier.lines_with("mail sent").len() == 2);
    host.opens("2");
    assert!(notifier.stop().success());
    let mut notifier = host.start();
    host.opens("3");
    host.says("4", super::CLOSED, "window closed", json!({}));
    until("both", || notifier.lines_with("mail sent: ended").len() == 2);
    assert!(notifier.stop().success());
    assert_eq!(aws.world.mails().len(), 4);
}

#[test]
fn a_state_that_can_t_be_read_or_kept_is_told_at_the_start() {
    let aws = account();
    let host = Host::new(&aws, &config(MAIL).0);
    let state = host.path("state/state.json");
    std::fs::write(&state, "half").expect("a file");
    let run = |path: &str| {
        let output = host.credadmin.run_to_end(&["notify", "--state", path]);
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, said) = run(host.path("state").to_str().expect("a path"));
    assert!(code == Some(71) && said.contains("state: expected value at line 1"), "{said}");
    let (code, said) = run("/nowhere");
    assert!(code == Some(71) && said.contains("/nowhere can't be written: No such file"), "{said}");
}

#[test]
fn without_anybody_to_tell_it_does_not_start() {
    let aws = account();
    let host = Host::new(&aws, &config("").0);
    let output = host.credadmin.run_to_end(&["notify", "--state", "/nowhere"]);
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(said, "error: the config has neither [mail] nor notify.command: there is nobody to tell\n");
}
