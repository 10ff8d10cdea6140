//! What `credadmin doctor` makes of it: no access depends on it, so nothing of it is wrong, at most a warning.

use serde_json::Value;

use super::{Host, MAIL, account, config};

fn found(host: &Host) -> Vec<(String, String, String)> {
    let output = host.credadmin.run_to_end(&["doctor", "--format", "json"]);
    let said = String::from_utf8(output.stdout).expect("text");
    let findings = said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings = findings.map(|finding| (text(&finding, "check"), text(&finding, "verdict"), text(&finding, "says")));
    findings.filter(|(check, _, _)| check.starts_with("mail-")).collect()
}

#[test]
fn doctor_says_whether_mail_would_go() {
    let aws = account();
    let host = Host::new(&aws, &config(MAIL).0);
    let of = |check: &str, verdict: &str, says: &str| (check.to_owned(), verdict.to_owned(), says.to_owned());
    let may_not = |what: &str| format!("the instance role may not ask (ses:{what}): the notifier does without");
    let unknown = [
        of("mail-tls", "well", "the configuration set credadmin requires TLS"),
        of("mail-sender", "unknown", &may_not("GetEmailIdentity")),
        of("mail-account", "unknown", &may_not("GetAccount")),
    ];
    assert_eq!(found(&host), unknown);
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:*","Resource":"*"}]}"#;
    aws.world.put_role_policy("CredAdmin", "telling", all);
    let well = [
        of("mail-tls", "well", "the configuration set credadmin requires TLS"),
        of("mail-sender", "well", "example.com is verified"),
        of("mail-account", "well", "SES sends: 0 of 50000 messages in the last 24 hours"),
    ];
    assert_eq!(found(&host), well);

    let aws = super::Beside::new(&["SensitiveS3"]);
    aws.world.put_role_policy("CredAdmin", "telling", all);
    aws.world.put_configuration_set("credadmin", false);
    let amiss = [
        of("mail-tls", "warning", "the configuration set credadmin lets mail go without TLS: nothing is mailed"),
        of("mail-sender", "warning", "neither credadmin@example.com nor example.com is verified: SES takes no mail from it"),
        of(
            "mail-account",
            "warning",
            "SES is in its sandbox: mail goes to verified addresses alone, 200 in 24 hours, 1 a second",
        ),
    ];
    assert_eq!(found(&Host::new(&aws, &config(MAIL).0)), amiss);
    assert_eq!(found(&Host::new(&aws, &config("").0)), []);
}
