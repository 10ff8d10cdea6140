//! Mail: to whom, how, and what is told where it does not go.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use strict_aws::{ApiError, Fault, Operation};

use super::{CLOSED, ENDING, FAILING, Host, MAIL, account, config, mail_to, now, receivers, until};
use crate::harness::PATIENCE;

#[test]
fn a_window_that_opens_is_mailed_to_its_people_each_alone() {
    let aws = account();
    let more = "always = ['security@example.com']\nsecrets = { s3 = ['owner@example.com'] }\nreply_to = 'desk@example.com'\n";
    let (config, closes) = config(&format!("{MAIL}{more}"));
    let host = Host::new(&aws, &config);
    let mut notifier = host.start();
    let fields = json!({ "REQUESTED_BY": "jane.doe", "APPROVED_BY": "john.roe", "REASON": "<b>figures</b>\n& more" });
    host.says("1", super::OPENED, "window opened: grant q4 of secret s3", fields);
    for address in ["jane", "john", "owner", "security"] {
        notifier.wait_for_line(&format!("mail sent: opens of s3 (q4) to {address}@example.com, SES message 00"), PATIENCE);
    }
    let mail = mail_to(&aws, "jane@example.com");
    let until = closes.strftime("%a %F %H:%M UTC").to_string();
    assert_eq!(mail.subject, format!("[credadmin] access to s3 is open until {until}"));
    assert_eq!((mail.from.as_str(), mail.configuration_set.as_deref()), ("credadmin@example.com", Some("credadmin")));
    assert_eq!(mail.reply_to, ["desk@example.com"]);
    let (text, html) = (mail.text.expect("plain text"), mail.html.expect("HTML"));
    for said in [
        &format!("access to s3 is open until {until}.\n"),
        "An application that reads the secret has its credentials by itself. For the AWS console run: credadmin console s3",
        "\nrequested by: jane.doe\napproved by: john.roe\nreason: <b>figures</b> & more\n",
    ] {
        assert!(text.contains(said), "{said:?} in {text}");
    }
    assert!(html.contains("&lt;b&gt;figures&lt;") && !html.contains("<b>"), "{html}");
    assert!(html.contains(">jane.doe</td>") && !html.contains("Sign in") && !text.contains("https://"), "{html}");
    assert!(notifier.stop().success());
    assert_eq!(receivers(&aws).len(), 4);
}

#[test]
fn what_ends_fails_and_is_asked_of_nobody_is_told_too() {
    let aws = account();
    let (config, closes) = config(MAIL);
    let host = Host::new(&aws, &config);
    let notifier = host.start();
    host.says("1", ENDING, "window ends in 10 min", json!({ "EXPIRATION": closes.to_string() }));
    notifier.wait_for_line("mail sent: ending of s3 (q4) to john@example.com", PATIENCE);
    host.says("2", CLOSED, "window closed: grant q4 of secret s3: access has lapsed", json!({}));
    notifier.wait_for_line("mail sent: ended of s3 (q4) to john@example.com", PATIENCE);
    let said = "failing for s3 (SensitiveS3): sts:AssumeRole failed with AccessDenied; no access for q4";
    host.says("3", FAILING, said, json!({ "ERROR_CODE": "AccessDenied" }));
    notifier.wait_for_line("mail sent: failing of s3 (q4) to john@example.com", PATIENCE);
    let mails = aws.world.mails();
    let failing = mails.iter().find(|mail| mail.subject == "[credadmin] s3 is failing").expect("it is told");
    let text = failing.text.as_deref().unwrap_or_default();
    assert!(text.contains(&format!("The journal says: {said}.")) && text.contains("credadmin doctor"), "{text}");
    // The same trouble again, within the hour, is not.
    host.says("4", FAILING, said, json!({ "ERROR_CODE": "AccessDenied" }));
    host.says("5", FAILING, said, json!({ "ERROR_CODE": "Throttling" }));
    until("another trouble", || aws.world.mails().len() >= mails.len() + 2);
    assert_eq!(aws.world.mails().len(), 8);
    host.says("6", CLOSED, "window closed", json!({ "GRANT": "gone" }));
    host.says("7", super::OPENED, "window opened", json!({ "GRANT": "nobodys", "REQUESTED_BY": "max", "APPROVED_BY": "max" }));
    let said =
        "not told: opens of s3 (nobodys): nobody knows the address of \"max\": name it in mail.people; access is not affected";
    notifier.wait_for_line(said, PATIENCE);
    assert_eq!(aws.world.mails().len(), 8);
}

#[test]
fn only_what_the_daemon_says_and_only_while_it_is_of_use() {
    let aws = account();
    let host = Host::new(&aws, &config(MAIL).0);
    let mut notifier = host.start();
    for (cursor, unit) in [("1", json!("session-4.scope")), ("2", json!("credadmin-notify.service")), ("3", json!(null))] {
        host.says(cursor, super::OPENED, "window opened, says anybody", json!({ "_SYSTEMD_UNIT": unit }));
    }
    let long_ago = Timestamp::from_second(now().as_second() - 61 * 60).expect("an instant");
    host.says("4", super::OPENED, "window opened", json!({ "__REALTIME_TIMESTAMP": long_ago.as_microsecond().to_string() }));
    let why = format!("not told: opens of s3 (q4): it happened at {long_ago}, more than an hour ago");
    notifier.wait_for_line(&why, PATIENCE);
    let over = (now() - SignedDuration::from_secs(1)).to_string();
    host.says("5", ENDING, "window ends", json!({ "EXPIRATION": over }));
    notifier.wait_for_line("not told: ending of s3 (q4): its window is over", PATIENCE);
    host.says("6", CLOSED, "window closed", json!({}));
    notifier.wait_for_line("mail sent: ended of s3 (q4) to john@example.com", PATIENCE);
    assert!(notifier.stop().success());
    assert!(aws.world.mails().iter().all(|mail| mail.subject == "[credadmin] a window of s3 has ended"));
}

#[test]
fn who_is_not_verified_is_told_of_with_what_to_do_and_keeps_no_other_from_it() {
    let aws = account();
    let (config, _) = config(&MAIL.replace("credadmin@example.com", "credadmin@elsewhere.example"));
    aws.world.put_role_policy("CredAdmin", "telling", &super::TELLING.replace("identity/example.com", "identity/*"));
    let host = Host::new(&aws, &config);
    let notifier = host.start();
    host.opens("1");
    let why = "mail failed: opens of s3 (q4) to jane@example.com: ses:SendEmail failed with MessageRejected: Email address is not \
               verified. The following identities failed the check in region EU-CENTRAL-1: credadmin@elsewhere.example; verify \
               credadmin@elsewhere.example or elsewhere.example in this region: aws sesv2 create-email-identity; access is not \
               affected; next try in ";
    notifier.wait_for_line(why, PATIENCE);
    assert_eq!(aws.world.mails().len(), 0);
}

#[test]
fn in_the_sandbox_mail_goes_to_the_verified_alone_and_once_a_second() {
    let aws = super::Beside::new(&["SensitiveS3"]);
    aws.world.put_role_policy("CredAdmin", "telling", super::TELLING);
    aws.world.verify_identity("example.com");
    aws.world.put_configuration_set("credadmin", true);
    let (config, _) = config(&format!("{MAIL}always = ['chief@corp.example', 'security@example.com']\n"));
    let host = Host::new(&aws, &config);
    let notifier = host.start();
    host.opens("1");
    let remedy = "SES is in its sandbox, where chief@corp.example has to be verified too";
    assert!(notifier.wait_for_line(remedy, PATIENCE).contains("mail failed: opens of s3 (q4) to chief@corp.example"));
    for address in ["jane", "john", "security"] {
        notifier.wait_for_line(&format!("mail sent: opens of s3 (q4) to {address}@example.com"), PATIENCE);
    }
    notifier.wait_for_line("TooManyRequestsException", PATIENCE);
    assert_eq!(receivers(&aws), ["jane@example.com", "john@example.com", "security@example.com"]);
}

#[test]
fn what_is_refused_for_good_is_given_up_at_once() {
    let aws = account();
    let host = Host::new(&aws, &config(MAIL).0);
    let bad = ApiError::new(400, "BadRequestException", "Illegal address");
    aws.world.fail(Operation::SendEmail, Fault::Answer(bad), 1);
    let notifier = host.start();
    host.opens("1");
    let line = notifier.wait_for_line("BadRequestException", PATIENCE);
    assert!(line.ends_with("correct what it names in [mail] or in the template; access is not affected; given up"), "{line}");
    notifier.wait_for_line("mail sent", PATIENCE);
}

#[test]
fn nothing_is_mailed_without_tls() {
    let aws = account();
    aws.world.put_configuration_set("credadmin", false);
    let host = Host::new(&aws, &config(MAIL).0);
    let mut notifier = host.start();
    host.opens("1");
    let said = "no mail is sent: the configuration set credadmin lets mail go without TLS; aws sesv2 \
                put-configuration-set-delivery-options --configuration-set-name credadmin --tls-policy REQUIRE; access is not affected";
    notifier.wait_for_line(said, PATIENCE);
    until("both messages wait", || {
        let asked = aws.world.calls().into_iter().filter(|call| call.operation == Operation::GetConfigurationSet).count();
        asked >= 3
    });
    assert_eq!((notifier.lines_with("no mail is sent").len(), notifier.lines_with("mail failed").len()), (1, 0));
    assert!(notifier.stop().success());
    assert_eq!(aws.world.calls().iter().filter(|call| call.operation == Operation::SendEmail).count(), 0);
    // What waited is not lost.
    aws.world.put_configuration_set("credadmin", true);
    let _notifier = host.start();
    until("both", || aws.world.mails().len() == 2);
}
