//! Each condition keeps somebody out, and whoever these policies are not for gets nothing by them.

use serde_json::{Value, json};

use super::needed::Account;
use super::{BUCKET, CONFIG, KEY, made, statements};
use crate::emulators::Keys;
use crate::install::shell;

const ROLE: &str = "arn:aws:iam::123456789012:role/SensitiveS3Access";

/// AssumeRole as the daemon asks for it, with this in place of what it would say.
fn assume(other: &Value) -> Value {
    let mut ask = json!({
        "RoleArn": ROLE, "RoleSessionName": "credadmin-x", "ExternalId": "example", "Tags": [{"Key": "team", "Value": "billing"}],
    });
    ask.as_object_mut().expect("an object").extend(other.as_object().expect("an object").clone());
    json!(["sts", "assume_role", ask])
}

/// What keeps to all conditions but that one.
fn against(key: &str) -> Value {
    assume(&match key {
        "sts:RoleSessionName" => json!({"RoleSessionName": "admin"}),
        "sts:ExternalId" => json!({"ExternalId": "another"}),
        "aws:RequestTag/team" => json!({"Tags": [{"Key": "team", "Value": "other"}]}),
        "aws:TagKeys" => json!({"Tags": [{"Key": "team", "Value": "billing"}, {"Key": "admin", "Value": "yes"}]}),
        key => panic!("nothing is tried against {key}"),
    })
}

/// A session of the role that has access, as the daemon gets one, but without a session policy.
pub fn session(account: &Account, credadmin: &Keys) -> Value {
    let ask = format!(
        "aws sts assume-role --role-arn {ROLE} --role-session-name credadmin-x --external-id example --query \
         'Credentials.{{sessionId:AccessKeyId,sessionKey:SecretAccessKey,sessionToken:SessionToken}}' --output json"
    );
    serde_json::from_str(&shell(&account.ministack, credadmin, &ask)).expect("a session")
}

/// What came of each of these calls.
pub fn tried(account: &Account, calls: &[Value], keys: &Keys) -> Vec<String> {
    let said = account.run("try.py", Some(&json!(calls)), keys).expect("it runs");
    serde_json::from_value(said).expect("what was said")
}

/// Each condition: statement, operator and key.
fn conditions(trust: &[Value]) -> Vec<(usize, String, String)> {
    let mut all = Vec::new();
    for (n, statement) in trust.iter().enumerate() {
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            all.extend(keys.as_object().expect("keys").keys().map(|key| (n, operator.clone(), key.clone())));
        }
    }
    all
}

#[test]
fn each_condition_of_the_trust_keeps_something_out() {
    let account = Account::new();
    let documents = made(CONFIG, &BUCKET);
    let name = "SensitiveS3Access.trust.json";
    let all = conditions(statements(&documents, name));
    // ministack knows no source identity: see `strict`.
    let seen: Vec<_> = all.iter().filter(|(.., key)| key != "sts:SourceIdentity").collect();
    assert_eq!((all.len(), seen.len()), (5, 4), "{all:?}");
    let (keys, _) = account.apply(&documents).expect("applied");
    assert_eq!(tried(&account, &[assume(&json!({}))], &keys), ["ok"]);
    let wrong: Vec<Value> = seen.iter().map(|(.., key)| against(key)).collect();
    for said in tried(&account, &wrong, &keys) {
        assert!(said.contains("AccessDenied"), "{said}");
    }
    for (n, (statement, operator, key)) in seen.iter().enumerate() {
        let mut looser = documents.clone();
        let condition = looser[name]["Statement"][statement]["Condition"][operator].as_object_mut().expect("keys");
        condition.remove(key);
        let (keys, _) = account.apply(&looser).expect("applied");
        let said = tried(&account, &wrong, &keys);
        for (m, said) in said.iter().enumerate() {
            assert_eq!(said == "ok", m == n, "without {key}: {said}");
        }
    }
}

#[test]
fn nobody_gets_more_than_their_part() {
    let account = Account::new();
    let (credadmin, reader) = account.apply(&made(CONFIG, &BUCKET)).expect("applied");
    let others =
        "for name in SensitiveS3-Backup Sensitive; do aws secretsmanager create-secret --name $name --secret-string x; done";
    shell(&account.ministack, &account.ministack.root(), others);
    let secret = |call: &str, id: &str| json!(["secretsmanager", call, {"SecretId": id}]);
    let put = |id: &str| json!(["secretsmanager", "put_secret_value", {"SecretId": id, "SecretString": "{}"}]);
    let listed = json!(["s3", "list_objects_v2", {"Bucket": "sensitive-bucket"}]);
    let reading_too =
        json!(["sts", "assume_role", {"RoleArn": "arn:aws:iam::123456789012:role/EC2Normal", "RoleSessionName": "credadmin-x"}]);
    let widen =
        json!(["iam", "put_role_policy", {"RoleName": "SensitiveS3Access", "PolicyName": "more", "PolicyDocument": "{}"}]);
    let of_daemon = [
        secret("get_secret_value", "SensitiveS3"),
        secret("describe_secret", "SensitiveS3-Backup"),
        put("SensitiveS3-Backup"),
        put("Sensitive"),
        listed.clone(),
        reading_too,
        widen.clone(),
    ];
    let of_reader = [
        secret("describe_secret", "SensitiveS3"),
        secret("get_secret_value", "SensitiveS3-Backup"),
        put("SensitiveS3"),
        listed,
        assume(&json!({})),
        widen,
    ];
    for (keys, calls) in [(&credadmin, &of_daemon[..]), (&reader, &of_reader)] {
        for (said, call) in tried(&account, calls, keys).iter().zip(calls) {
            assert!(said.contains("AccessDenied"), "{call}: {said}");
        }
    }

    // A session that no session policy cuts: the role's own policy allows nothing that outlasts it.
    let said = account.run("use.py", Some(&session(&account, &credadmin)), &reader).expect("it runs");
    for call in ["s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutObjectAcl"] {
        assert!(said[call].as_str().is_some_and(|said| said.contains("AccessDenied")), "{call}: {said}");
    }
    assert_eq!(said["s3:GetObject"], "ok");
}

/// Secrets Manager uses the key on the daemon's behalf, which ministack does not play. That nobody can use it in another way is
/// seen; and without the condition, that each of the two calls is what is allowed.
#[test]
fn a_customer_key_is_of_no_use_but_through_secrets_manager() {
    let account = Account::new();
    let root = account.ministack.root();
    account.apply(&made(CONFIG, &BUCKET)).expect("applied");
    let key = shell(&account.ministack, &root, "aws kms create-key --query KeyMetadata.Arn --output text").trim().to_owned();
    let encrypt =
        format!("aws kms encrypt --key-id {key} --plaintext fileb:///etc/hostname --query CiphertextBlob --output text");
    let blob = shell(&account.ministack, &root, &encrypt).trim().to_owned();
    let generate = format!("aws kms generate-data-key --key-id {key} --key-spec AES_256");
    let decrypt = format!("aws kms decrypt --ciphertext-blob fileb://<(base64 -d <<< {blob})");
    let can = |keys: &Keys, call: &str| {
        let said = shell(&account.ministack, keys, &format!("{{ {call} 2>&1 && echo OK; }} || true"));
        assert!(said.ends_with("OK\n") || said.contains("AccessDenied"), "{call}: {said}");
        said.ends_with("OK\n")
    };
    let documents = made(CONFIG, &[&BUCKET[..], &["--kms-key", &key]].concat());
    let (credadmin, reader) = account.apply(&documents).expect("applied");
    for keys in [&credadmin, &reader] {
        assert!(!can(keys, &generate) && !can(keys, &decrypt));
    }
    let mut looser = documents;
    for name in ["CredAdmin.credadmin.json", "EC2Normal.credadmin-read.json"] {
        for statement in looser[name]["Statement"].as_array_mut().expect("statements") {
            statement.as_object_mut().expect("a statement").remove("Condition");
        }
    }
    let (credadmin, reader) = account.apply(&looser).expect("applied");
    assert_eq!((can(&credadmin, &generate), can(&credadmin, &decrypt)), (true, true));
    assert_eq!((can(&reader, &generate), can(&reader, &decrypt)), (false, true));
    let another = made(CONFIG, &[&BUCKET[..], &["--kms-key", KEY]].concat());
    assert_eq!(statements(&another, "CredAdmin.credadmin.json")[4]["Resource"], KEY);
}
