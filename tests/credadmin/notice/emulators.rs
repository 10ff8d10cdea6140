//! The same mail and the same claims on emulators that others made.
//!
//! ministack has all of it. moto has S3's conditional writes; its GetConfigurationSet answers `SendingEnabled` with an object
//! where AWS has a boolean, which the SDK takes for no answer of AWS's: so there, as it has to be, no mail goes.

use std::collections::BTreeMap;

use serde_json::json;

use super::{CLOSED, ENDING, Host, MAIL, config, until};
use crate::emulators::Emulator;
use crate::harness::{PATIENCE, Process};
use crate::install::shell;

const ACCOUNT: &str = "aws sesv2 create-configuration-set --configuration-set-name credadmin --delivery-options TlsPolicy=REQUIRE\n\
    aws s3 mb s3://claims\n";
const VERIFY: &str = "aws sesv2 create-email-identity --email-identity credadmin@example.com\n";
const CLAIMS: &str = "[notify]\nclaims = 's3://claims/credadmin'\n";

fn host(emulator: &Emulator, telling: &str) -> Host {
    let mut environment: BTreeMap<String, String> = emulator.root();
    environment.insert("AWS_ENDPOINT_URL".into(), emulator.endpoint.clone());
    let environment = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Host::with(environment, &format!("credentials = 'default-chain'\n{}", config(telling).0))
}

/// Both hear that a window closed; answers with the lines that contain `done`, once there are `messages` of them and both
/// notifiers have gone on to another entry.
fn told(hosts: &[Host; 2], done: &str, messages: usize) -> Vec<String> {
    let mut notifiers = hosts.each_ref().map(Host::start);
    for host in hosts {
        host.says("1", CLOSED, "window closed", json!({ "EXPIRATION": "2026-11-25T12:00:00Z" }));
    }
    let all = |notifiers: &[Process; 2]| notifiers.iter().flat_map(|notifier| notifier.lines_with(done)).collect::<Vec<_>>();
    until("all messages", || all(&notifiers).len() >= messages);
    for (host, notifier) in hosts.iter().zip(&notifiers) {
        host.says("2", ENDING, "window ends", json!({ "EXPIRATION": "2020-01-01T00:00:00Z" }));
        notifier.wait_for_line("its window is over", PATIENCE);
        // Whoever is slower has to find everything claimed before it is judged.
        until("the last is told", || {
            let state = std::fs::read_to_string(host.path("state/state.json")).expect("a state");
            let state: serde_json::Value = serde_json::from_str(&state).expect("JSON");
            state["told"].as_object().is_some_and(|told| told.len() == messages)
        });
    }
    for notifier in &mut notifiers {
        assert!(notifier.stop().success());
    }
    all(&notifiers)
}

#[test]
fn ministack_refuses_an_unverified_sender_and_two_notifiers_send_each_message_once() {
    let ministack = Emulator::empty("ministack");
    shell(&ministack, &ministack.root(), ACCOUNT);
    let telling = format!("{MAIL}{CLAIMS}");
    let refused = host(&ministack, &telling);
    let mut notifier = refused.start();
    refused.opens("1");
    let line = notifier.wait_for_line("ses:SendEmail failed with MessageRejected", PATIENCE);
    assert!(line.contains("; verify credadmin@example.com or example.com in this region"), "{line}");
    assert!(notifier.stop().success());

    shell(&ministack, &ministack.root(), VERIFY);
    let mut lines = told(&[host(&ministack, &telling), host(&ministack, &telling)], "mail sent: ended of s3 (q4) to ", 2);
    for line in &mut lines {
        *line = line.split(", SES").next().and_then(|line| line.split(" to ").last()).unwrap_or_default().to_owned();
    }
    lines.sort();
    assert_eq!(lines, ["jane@example.com", "john@example.com"]);
}

#[test]
fn on_moto_two_notifiers_run_the_program_once_and_mail_whose_tls_is_not_known_stays() {
    let moto = Emulator::empty("moto");
    shell(&moto, &moto.root(), ACCOUNT);
    let hook = format!("{CLAIMS}command = ['/bin/echo', 'told']\n");
    assert_eq!(told(&[host(&moto, &hook), host(&moto, &hook)], "notify.command ran: ended of s3 (q4): told", 1).len(), 1);

    let mailing = host(&moto, MAIL);
    let notifier = mailing.start();
    let line = notifier.wait_for_line("no mail is sent", PATIENCE);
    assert!(line.contains("requires TLS is not known: ses:GetConfigurationSet failed with UnreadableAnswer"), "{line}");
}
