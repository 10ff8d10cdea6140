//! parliament and its community's auditors, cfn-lint, and a control of each.

use serde_json::{Value, json};

use super::{BUCKET, CONFIG, KEY, judged, made, printed};

/// What is found, and why it has to be so.
const STANDS: [(&str, &str, &str); 2] = [
    // The daemon is there to have sessions made: of the roles of its config alone, which trust it alone.
    ("CREDENTIALS_EXPOSURE", "", r#"["sts:assumerole"]"#),
    // To end sessions is to change the role's policy (aws-facts §4): nothing else does, and it is never the daemon's to do.
    ("PERMISSIONS_MANAGEMENT_ACTIONS", "SecurityAdmin.credadmin-revoke.json", r#"["iam:putrolepolicy"]"#),
];

fn findings(documents: &Value) -> Vec<Value> {
    let (said, well) = judged(&["python", "-B", "lint.py"], "documents.json", &[&documents.to_string()]);
    assert!(well, "{said}");
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// All that can be asked for at once.
fn everything() -> Vec<&'static str> {
    let mail = ["--mail-from", "credadmin@example.com", "--mail-configuration-set", "tls"];
    let keys = ["--kms-key", KEY, "--bucket-kms-key", KEY, "--revoker-role", "SecurityAdmin"];
    [&BUCKET[..], &mail, &keys].concat()
}

#[test]
fn a_policy_linter_finds_nothing_that_has_no_reason() {
    for more in [&[][..], &["--bucket-policy"], &["--read-only"]] {
        let documents = made(CONFIG, &[&everything()[..], more].concat());
        let found = findings(&documents);
        for finding in &found {
            let about = finding["about"].to_string();
            let stands = STANDS.iter().any(|(issue, file, actions)| {
                finding["issue"] == *issue && (file.is_empty() || finding["file"] == *file) && about == *actions
            });
            assert!(stands || finding["severity"] == "INFO", "{finding}");
        }
        for (issue, ..) in STANDS {
            assert!(found.iter().any(|finding| finding["issue"] == issue), "{issue} is found no more: its reason can go");
        }
    }
}

#[test]
fn the_linter_sees_what_is_wrong() {
    let statement = |action: &str, resource: &str, condition: Value| {
        json!({"x.json": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}]}})
    };
    for (document, issue) in [
        (statement("secretsmanager:GetSecretValues", "*", json!({})), "UNKNOWN_ACTION"),
        (statement("s3:GetObject", "arn:aws:s3:::bucket", json!({})), "RESOURCE_MISMATCH"),
        (statement("iam:PutRolePolicy", "*", json!({})), "PERMISSIONS_MANAGEMENT_ACTIONS"),
        // Not in the request's context there, so a statement of both calls with it would never allow this one.
        (
            statement(
                "sts:SetSourceIdentity",
                "arn:aws:iam::123456789012:role/R",
                json!({"StringLike": {"sts:RoleSessionName": "c"}}),
            ),
            "UNKNOWN_CONDITION_FOR_ACTION",
        ),
    ] {
        let found = findings(&document);
        assert!(found.iter().any(|finding| finding["issue"] == issue), "{issue}: {found:?}");
    }
}

#[test]
fn cfn_lint_is_content() {
    let all = [&everything()[..], &["--format", "cloudformation"]].concat();
    let secret_by_arn =
        CONFIG.replace("'SensitiveS3'", "'arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-a1b2c3'");
    let none: &[&str] = &[];
    let asked = [(CONFIG, none), (CONFIG, &["--instance"]), (CONFIG, &["--bucket-policy", "--instance"]), (&secret_by_arn, none)];
    let templates = asked.map(|(config, more)| printed(config, &[&all[..], more].concat()));
    let lint = ["cfn-lint", "--include-checks", "I", "--regions", "eu-central-1", "--"];
    let (said, well) = judged(&lint, "t.json", &templates.each_ref().map(String::as_str));
    assert!(well, "{said}");
    let broken = templates[0].replace("\"MaxSessionDuration\": 3600", "\"MaxSessionDuration\": 600");
    let (said, well) = judged(&lint, "t.json", &[&broken]);
    assert!(!well && said.contains("600 is less than the minimum of 3600"), "{said}");
}
