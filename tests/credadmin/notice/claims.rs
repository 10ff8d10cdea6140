//! Several hosts, one message.

use std::time::Duration;

use serde_json::json;
use strict_aws::{ApiError, Fault, Operation};

use super::{Host, MAIL, account, config, receivers, until};
use crate::harness::PATIENCE;

const CLAIMS: &str = "[notify]\nclaims = 's3://claims/credadmin'\n";

#[test]
fn two_notifiers_on_one_event_send_each_message_once() {
    let aws = account();
    let (config, closes) = config(&format!("{MAIL}{CLAIMS}"));
    let hosts = [Host::new(&aws, &config), Host::new(&aws, &config)];
    let mut notifiers = hosts.each_ref().map(Host::start);
    // Each host's daemon says it at a time of its own, and as it knows it.
    hosts[0].says("1", super::OPENED, "window opened", json!({ "EXPIRATION": closes.to_string() }));
    std::thread::sleep(Duration::from_millis(1100));
    hosts[1].says("7", super::OPENED, "window opened", json!({ "_HOSTNAME": "host-b" }));
    hosts[0].says("2", super::CLOSED, "window closed", json!({}));
    hosts[1].says("8", super::CLOSED, "window closed", json!({ "_HOSTNAME": "host-b" }));
    let claims = || aws.world.calls().into_iter().filter(|call| call.operation == Operation::PutObject).collect::<Vec<_>>();
    until("all claims", || claims().len() == 8 && aws.world.mails().len() == 4);
    for notifier in &mut notifiers {
        assert!(notifier.stop().success());
        assert_eq!(notifier.lines_with("not claimed"), [""; 0]);
    }
    assert_eq!(receivers(&aws), ["jane@example.com", "jane@example.com", "john@example.com", "john@example.com"]);
    assert_eq!(claims().iter().filter(|call| call.error.as_deref() == Some("PreconditionFailed")).count(), 4);
}

#[test]
fn where_nothing_can_be_claimed_it_is_sent_all_the_same_and_told() {
    let aws = account();
    let (config, _) = config(&format!("{MAIL}{CLAIMS}"));
    let host = Host::new(&aws, &config);
    let denied = ApiError::new(403, "AccessDenied", "no");
    aws.world.fail(Operation::PutObject, Fault::Answer(denied), usize::MAX);
    let notifier = host.start();
    host.opens("1");
    let said = "not claimed: opens of s3 (q4): no claim in s3://claims/credadmin: s3:PutObject failed with AccessDenied: no; allow \
                s3:PutObject on these keys to the instance role: credadmin policies; it is sent all the same, and another host may \
                send it too";
    notifier.wait_for_line(said, PATIENCE);
    until("both", || aws.world.mails().len() == 2);
}

#[test]
fn a_claim_whose_answer_is_lost_is_ones_own() {
    let aws = account();
    let (config, _) = config(&format!("{MAIL}{CLAIMS}"));
    let host = Host::new(&aws, &config);
    aws.world.fail(Operation::PutObject, Fault::LostAnswer, 1);
    let _notifier = host.start();
    host.opens("1");
    until("both", || aws.world.mails().len() == 2);
    assert_eq!(receivers(&aws), ["jane@example.com", "john@example.com"]);
}
