//! What ends access at once, by a role that may do it, and is not the daemon's.

use serde_json::{Value, json};

use super::conditions::{session, tried};
use super::needed::{Account, NEVER};
use super::{BUCKET, CONFIG, made};
use crate::emulators::{Keys, in_seconds};
use crate::install::shell;

const FILE: &str = "SecurityAdmin.credadmin-revoke.json";

/// The keys of whoever may end access, in an account of these documents.
pub fn revoker(account: &Account, documents: &Value) -> Keys {
    account.apply(documents).expect("applied");
    let query =
        "Credentials.{AWS_ACCESS_KEY_ID:AccessKeyId,AWS_SECRET_ACCESS_KEY:SecretAccessKey,AWS_SESSION_TOKEN:SessionToken}";
    let ask = format!(
        "aws sts assume-role --role-arn arn:aws:iam::123456789012:role/SecurityAdmin --role-session-name admin --query '{query}' \
         --output json"
    );
    serde_json::from_str(&shell(&account.ministack, &account.ministack.root(), &ask)).expect("keys")
}

/// The calls that end access (aws-facts §4): each with what has to allow it.
fn calls() -> [(&'static str, Value); 5] {
    let statement = json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": in_seconds(30).to_string()}},
    });
    let deny = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let put = json!({"RoleName": "SensitiveS3Access", "PolicyName": "AWSRevokeOlderSessions", "PolicyDocument": deny});
    [
        ("iam:PutRolePolicy", json!(["iam", "put_role_policy", put])),
        (
            "iam:GetRolePolicy",
            json!(["iam", "get_role_policy", {"RoleName": "SensitiveS3Access", "PolicyName": "AWSRevokeOlderSessions"}]),
        ),
        (
            "secretsmanager:ListSecretVersionIds",
            json!(["secretsmanager", "list_secret_version_ids", {"SecretId": "SensitiveS3"}]),
        ),
        ("secretsmanager:DescribeSecret", json!(["secretsmanager", "describe_secret", {"SecretId": "SensitiveS3"}])),
        (
            "secretsmanager:PutSecretValue",
            json!(["secretsmanager", "put_secret_value", {"SecretId": "SensitiveS3", "SecretString": "{}"}]),
        ),
    ]
}

#[test]
fn whoever_may_revoke_ends_a_live_session_and_closes_the_secret() {
    let account = Account::new();
    let documents = made(CONFIG, &[&BUCKET[..], &["--revoker-role", "SecurityAdmin"]].concat());
    let revoker = revoker(&account, &documents);
    let (credadmin, reader) = account.apply(&documents).expect("applied");
    let session = session(&account, &credadmin);
    let reads = || account.run("use.py", Some(&session), &reader).expect("it runs")["s3:GetObject"].clone();
    assert_eq!(reads(), "ok");
    assert_eq!(tried(&account, &calls().map(|(_, call)| call), &revoker), ["ok"; 5]);
    assert!(reads().as_str().is_some_and(|said| said.contains("AccessDenied")), "{}", reads());
}

#[test]
fn each_call_of_it_is_needed_and_allowed_to_nobody_else() {
    let account = Account::new();
    let documents = made(CONFIG, &[&BUCKET[..], &["--revoker-role", "SecurityAdmin"]].concat());
    for (n, (action, _)) in calls().iter().enumerate() {
        let mut less = documents.clone();
        less[FILE] = serde_json::from_str(&less[FILE].to_string().replace(action, NEVER)).expect("JSON");
        let said = tried(&account, &calls().map(|(_, call)| call), &revoker(&account, &less));
        assert!(said[n].contains("AccessDenied") && said[n].contains(action), "{said:?}");
        // Where none could be put, there is none to get.
        assert_eq!(said.iter().filter(|said| said.contains("AccessDenied")).count(), 1, "{said:?}");
    }
    let without = made(CONFIG, &BUCKET);
    assert!(without.get(FILE).is_none() && !without.to_string().contains("iam:Put"), "off unless it is asked for");
}
