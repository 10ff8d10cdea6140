//! Against ministack, which enforces IAM: the policy of `credadmin policies` is enough, and a live session ends.

use crate::emulators::grant;
use crate::emulators::in_seconds;
use crate::harness::{Credadmin, PATIENCE, run_slowly};
use crate::policies::{BUCKET, CONFIG, made, needed::Account, revoked::revoker};

#[test]
fn with_the_policy_that_credadmin_makes_a_live_session_is_ended() {
    let account = Account::new();
    let documents = made(CONFIG, &[&BUCKET[..], &["--revoker-role", "SecurityAdmin"]].concat());
    let revoker = revoker(&account, &documents);
    let (credadmin, reader) = account.apply(&documents).expect("applied");
    let window = grant("quarter-end", in_seconds(-60), in_seconds(3000));
    let issuer = Credadmin::new(CONFIG).write("grants.d/10-first.toml", &window);
    let issuer = issuer.env("AWS_ENDPOINT_URL", &account.ministack.endpoint);
    let mut run = issuer.command(&["run"]);
    run.envs(&credadmin);
    let daemon = crate::harness::Process::spawn("credadmin", &run);
    daemon.wait_for_line("session published", PATIENCE);
    drop(daemon);
    let used = || account.run("use.py", None, &reader).expect("it runs");
    assert_eq!(used()["s3:GetObject"], "ok");
    let session = {
        let ask = "aws secretsmanager get-secret-value --secret-id SensitiveS3 --query SecretString --output text";
        serde_json::from_str(&crate::install::shell(&account.ministack, &reader, ask)).expect("a session")
    };
    let kept = || account.run("use.py", Some(&session), &reader).expect("it runs")["s3:GetObject"].clone();
    assert_eq!(kept(), "ok");

    let mut command = issuer.command(&["revoke", "quarter-end", "--yes"]);
    command.envs(&revoker);
    let said = super::said(run_slowly(command));
    assert_eq!(said.code, 0, "{}", said.words);
    assert!(said.words.contains("not looked at: whether access has ended (--probe BUCKET does)"), "{}", said.words);
    assert!(kept().as_str().is_some_and(|said| said.contains("AccessDenied")), "{}", kept());
    let ask = "aws secretsmanager get-secret-value --secret-id SensitiveS3 --query SecretString --output text";
    let value = crate::install::shell(&account.ministack, &reader, ask);
    assert!(value.starts_with(r#"{"reason":"revoked","since":""#), "{value}");
}
