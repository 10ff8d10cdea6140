//! The same mail and the same claims on emulators that others made: moto and ministack.

use std::collections::BTreeMap;

use super::{Host, MAIL, config, until};
use crate::emulators::Emulator;
use crate::harness::PATIENCE;
use crate::install::shell;

/// moto answers with empty objects where nothing is set, which the SDK does not take for AWS's.
const ACCOUNT: &str = "aws sesv2 create-configuration-set --configuration-set-name credadmin --delivery-options TlsPolicy=REQUIRE \
    --tracking-options CustomRedirectDomain=track.example.com --sending-options SendingEnabled=true\n\
    aws s3 mb s3://claims\n";
const VERIFY: &str = "aws sesv2 create-email-identity --email-identity credadmin@example.com\n";

fn host(emulator: &Emulator) -> Host {
    let mut environment: BTreeMap<String, String> = emulator.root();
    environment.insert("AWS_ENDPOINT_URL".into(), emulator.endpoint.clone());
    let (config, _) = config(&format!("{MAIL}[notify]\nclaims = 's3://claims/credadmin'\n"));
    let environment = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Host::with(environment, &format!("credentials = 'default-chain'\n{config}"))
}

#[test]
fn two_notifiers_send_each_message_once_and_an_unverified_sender_is_refused() {
    for name in ["moto", "ministack"] {
        let emulator = Emulator::empty(name);
        shell(&emulator, &emulator.root(), ACCOUNT);
        let refused = host(&emulator);
        let mut notifier = refused.start();
        refused.opens("1");
        let line = notifier.wait_for_line("ses:SendEmail failed with MessageRejected", PATIENCE);
        assert!(line.contains("; verify credadmin@example.com or example.com in this region"), "{name}: {line}");
        assert!(notifier.stop().success());

        shell(&emulator, &emulator.root(), VERIFY);
        let hosts = [host(&emulator), host(&emulator)];
        let mut notifiers = hosts.each_ref().map(Host::start);
        hosts.iter().for_each(|host| {
            host.says("1", super::CLOSED, "window closed", serde_json::json!({ "EXPIRATION": "2026-11-25T12:00:00Z" }))
        });
        let sent = |of: &crate::harness::Process| of.lines_with("mail sent: ended of s3 (q4) to ");
        until("both messages", || notifiers.iter().map(|notifier| sent(notifier).len()).sum::<usize>() >= 2);
        // The slower one has to find them claimed before it is judged.
        for (host, notifier) in hosts.iter().zip(&notifiers) {
            host.says("2", super::ENDING, "window ends", serde_json::json!({ "EXPIRATION": "2020-01-01T00:00:00Z" }));
            notifier.wait_for_line("its window is over", PATIENCE);
        }
        for notifier in &mut notifiers {
            assert!(notifier.stop().success());
        }
        let mut all: Vec<String> = notifiers.iter().flat_map(sent).collect();
        all.iter_mut().for_each(|line| {
            *line = line.split(", SES").next().unwrap_or_default().split(" to ").last().unwrap_or_default().into()
        });
        all.sort();
        assert_eq!(all, ["jane@example.com", "john@example.com"], "{name}");
    }
}
