//! The sign-in URL: only where it is asked for, and only to whoever asked for access.

use jiff::Timestamp;
use strict_aws::{ApiError, Fault, Operation};

use super::{Host, MAIL, account, config, mail_to, now, until};
use crate::harness::PATIENCE;
use crate::story::CANARY;

#[test]
fn the_url_goes_to_the_requester_alone_with_its_warning_and_never_to_the_journal() {
    let aws = account();
    let (config, _) = config(&format!("{MAIL}console_url = 'on'\nalways = ['security@example.com']\n"));
    let host = Host::new(&aws, &config);
    let mut notifier = host.start();
    host.opens("1");
    until("all three", || notifier.lines_with("mail sent").len() == 3);
    assert!(notifier.stop().success());
    let mail = mail_to(&aws, "jane@example.com");
    let text = mail.text.expect("plain text");
    let url = text.lines().find(|line| line.contains("/federation?Action=login")).expect("a URL");
    assert!(url.contains("SigninToken=Canary"), "{url}");
    assert!(
        text.contains("This URL is a credential: whoever opens it is you. It opens for 15m from when this was sent."),
        "{text}"
    );
    let html = mail.html.expect("HTML");
    assert!(html.contains("&amp;SigninToken=Canary") && html.contains(">Sign in to the AWS console</a>"), "{html}");
    for other in ["john@example.com", "security@example.com"] {
        let mail = mail_to(&aws, other);
        assert!(!format!("{mail:?}").contains("federation"), "{other}");
    }
    let sessions = aws.world.sessions();
    assert_eq!(sessions.len(), 1, "a session of its own");
    for (_, line) in notifier.lines() {
        assert!(!line.contains(CANARY) && !line.contains("SigninToken"), "{line}");
    }
    let state = std::fs::read_to_string(host.path("state/state.json")).expect("a state");
    assert!(!state.contains(CANARY) && !state.contains("SigninToken"), "{state}");
}

#[test]
fn where_there_can_be_no_url_the_mail_goes_without() {
    let aws = account();
    let (config, _) = config(&format!("{MAIL}console_url = 'on'\n"));
    let host = Host::new(&aws, &config);
    let denied = ApiError::new(403, "AccessDenied", "no");
    aws.world.fail(Operation::AssumeRole, Fault::Answer(denied), 1);
    let notifier = host.start();
    host.opens("1");
    let line = notifier.wait_for_line("goes without a sign-in URL", PATIENCE);
    assert!(
        line.contains("mail of opens of s3 (q4) goes without a sign-in URL: sts:AssumeRole failed with AccessDenied: no; "),
        "{line}"
    );
    notifier.wait_for_line("mail sent: opens of s3 (q4) to jane@example.com", PATIENCE);
    assert!(!mail_to(&aws, "jane@example.com").text.expect("text").contains("https://"));
}

/// Whatever is done to the config between two tries of a mail, or while its URL is made.
#[test]
fn a_grant_that_is_closed_before_the_mail_goes_gets_no_url_and_no_session_is_issued_for_one() {
    let (open, closes) = config(&format!("{MAIL}console_url = 'on'\n"));
    // Only the requester has a mail.
    let open = open.replace("approved_by = 'john.roe'\n", "");
    let over = Timestamp::from_second(now().as_second() - 60).expect("an instant");
    let cut = open.replace(&format!("until = '{closes}'"), &format!("until = '{over}'"));
    let gone = open.replace("[grants.q4]", "[grants.another]");
    let no_longer = "the window of q4 is no longer open";
    for (while_it_is, closed, why) in [
        (Operation::SendEmail, &cut, no_longer),
        (Operation::SendEmail, &gone, no_longer),
        (Operation::SendEmail, &"[".to_owned(), "the config is refused: "),
        (Operation::AssumeRole, &cut, no_longer),
    ] {
        let aws = account();
        let host = Host::new(&aws, &open);
        host.credadmin.rewrite("closed", closed);
        let (from, to) = (host.credadmin.path("closed"), host.credadmin.path("credadmin.toml"));
        aws.world.when_next(while_it_is, move || std::fs::rename(from, to).expect("another config"));
        if while_it_is == Operation::SendEmail {
            let throttled = ApiError::new(429, "TooManyRequestsException", "Maximum sending rate exceeded");
            aws.world.fail(Operation::SendEmail, Fault::Answer(throttled), 1);
        }
        let notifier = host.start();
        host.opens("1");
        let line = notifier.wait_for_line("goes without a sign-in URL", PATIENCE);
        assert!(line.contains(&format!("mail of opens of s3 (q4) goes without a sign-in URL: {why}")), "{line}");
        notifier.wait_for_line("mail sent: opens of s3 (q4) to jane@example.com", PATIENCE);
        assert!(!mail_to(&aws, "jane@example.com").text.expect("text").contains("https://"));
        assert_eq!(aws.world.sessions().len(), 1, "that of before");
    }
}
