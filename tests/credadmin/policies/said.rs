//! What it says: of several roles, keys and partitions, and beside what it prints.

use serde_json::json;

use super::{BUCKET, CONFIG, KEY, made, statements};
use crate::harness::Credadmin;

const SECRET: &str = "[secrets.NAME]\nsecret_id = 'NAME'\nrole_arn = 'arn:aws:iam::123456789012:role/ROLE'\n";

fn secret(name: &str, role: &str, more: &str) -> String {
    SECRET.replace("NAME", name).replace("ROLE", role) + more
}

fn config(secrets: &[String]) -> String {
    format!("region = 'eu-central-1'\n{}", secrets.concat())
}

#[test]
fn each_role_gets_the_buckets_and_each_reader_the_secrets_that_are_theirs() {
    let config = config(&[secret("a", "data/A", ""), secret("b", "B", ""), secret("c", "B", "")]);
    let options = ["--bucket", "a=bucket-a", "--bucket", "b=bucket-b", "--reader-role", "a=ReadsA", "--reader-role", "ReadsAll"];
    let documents = made(&config, &options);
    let resource = |name: &str, n: usize| statements(&documents, name)[n]["Resource"].clone();
    let arn = |name: &str| format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-??????");
    assert_eq!(resource("A.credadmin.json", 0), "arn:aws:s3:::bucket-a");
    assert_eq!(resource("A.credadmin.json", 1), "arn:aws:s3:::bucket-a/*");
    assert_eq!(resource("B.credadmin.json", 0), "arn:aws:s3:::bucket-b");
    assert_eq!(resource("ReadsA.credadmin-read.json", 0), arn("a"));
    assert_eq!(resource("ReadsAll.credadmin-read.json", 0), json!([arn("a"), arn("b"), arn("c")]));
    let roles = json!(["arn:aws:iam::123456789012:role/B", "arn:aws:iam::123456789012:role/data/A"]);
    assert_eq!(resource("CredAdmin.credadmin.json", 0), roles);
    assert_eq!(resource("CredAdmin.credadmin.json", 1), json!([arn("a"), arn("b"), arn("c")]));
    assert!(documents.get("EC2Normal.credadmin-read.json").is_none(), "the default is for when no reader is named");
}

#[test]
fn a_role_of_several_secrets_trusts_what_each_of_them_sets() {
    let more = |n: &str| format!("external_id = 'ex-{n}'\nsource_identity = 'id-{n}'\ntags = {{ team = '{n}' }}\n");
    let config = config(&[secret("a", "A", &more("1")), secret("b", "A", &more("2"))]);
    let documents = made(&config, &BUCKET);
    let trust = statements(&documents, "A.trust.json");
    assert_eq!(trust[0]["Condition"]["StringEquals"]["sts:ExternalId"], json!(["ex-1", "ex-2"]));
    assert_eq!(trust[1]["Condition"]["StringEquals"]["sts:SourceIdentity"], json!(["id-1", "id-2"]));
    let tags: Vec<_> = trust[2..].iter().map(|statement| (&statement["Sid"], &statement["Condition"]["StringEquals"])).collect();
    let team = |n: &str| json!({"aws:RequestTag/team": n});
    assert_eq!(tags, [(&json!("Tags"), &team("1")), (&json!("Tags2"), &team("2"))]);
    assert!(trust.iter().all(|statement| statement["Principal"]["AWS"] == "arn:aws:iam::123456789012:role/CredAdmin"));
}

#[test]
fn partitions_and_names_are_those_of_the_config_and_of_the_options() {
    let config = CONFIG.replace("arn:aws:", "arn:aws-cn:").replace("eu-central-1", "cn-north-1");
    let key = KEY.replace("arn:aws:", "arn:aws-cn:").replace("eu-central-1", "cn-north-1");
    let documents = made(&config, &[&BUCKET[..], &["--daemon-role", "Issuer", "--kms-key", &key]].concat());
    let trust = &statements(&documents, "Issuer.trust.json")[0];
    assert_eq!(trust["Principal"]["Service"], "ec2.amazonaws.com.cn");
    let principal = &statements(&documents, "SensitiveS3Access.trust.json")[0]["Principal"]["AWS"];
    assert_eq!(principal, "arn:aws-cn:iam::123456789012:role/Issuer");
    assert_eq!(statements(&documents, "SensitiveS3Access.credadmin.json")[0]["Resource"], "arn:aws-cn:s3:::sensitive-bucket");
    assert!(!documents.to_string().contains("arn:aws:"), "{documents:#}");
}

#[test]
fn keys_are_allowed_for_their_own_secrets_and_buckets() {
    let other = KEY.replace("1234abcd", "5678abcd");
    let config = config(&[secret("a", "A", ""), secret("b", "B", "")]);
    let keys = [format!("a={KEY}"), format!("b={other}"), format!("a={KEY}")];
    let options = ["--kms-key", &keys[0], "--kms-key", &keys[1], "--bucket", "a=bucket-a", "--bucket-kms-key", &keys[2]];
    let documents = made(&config, &options);
    let [.., first, second] = &statements(&documents, "CredAdmin.credadmin.json")[..] else { panic!("two keys") };
    for (statement, key, secret) in [(first, KEY, "a"), (second, &other, "b")] {
        assert_eq!(statement["Resource"], key);
        let context = &statement["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"];
        assert_eq!(context, &format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{secret}-??????"));
    }
    let of_bucket = &statements(&documents, "A.credadmin.json")[2];
    assert_eq!(of_bucket["Condition"]["StringEquals"]["kms:ViaService"], "s3.eu-central-1.amazonaws.com");
    assert_eq!(of_bucket["Action"], json!(["kms:Decrypt", "kms:GenerateDataKey"]));
    assert!(documents.get("B.credadmin.json").is_none());
}

#[test]
fn mail_is_from_one_address_to_anybody() {
    let documents = made(CONFIG, &["--mail-from", "credadmin@example.com", "--mail-configuration-set", "tls"]);
    let mail = statements(&documents, "CredAdmin.credadmin.json").last().expect("a statement");
    let arn = |what: &str| format!("arn:aws:ses:eu-central-1:123456789012:{what}");
    assert_eq!(mail["Action"], "ses:SendEmail");
    assert_eq!(mail["Resource"], json!([arn("identity/*"), arn("configuration-set/tls")]));
    assert_eq!(mail["Condition"], json!({"StringEquals": {"ses:FromAddress": "credadmin@example.com"}}));
}

#[test]
fn what_the_options_leave_open_of_mail_is_what_the_config_says() {
    let config = format!("{CONFIG}[mail]\nfrom = 'old@example.com'\nconfiguration_set = 'tls'\nregion = 'eu-west-1'\n");
    let from = ["--mail-from", "new@example.com"];
    for (options, set) in [(from.to_vec(), "tls"), ([&from[..], &["--mail-configuration-set", "other"]].concat(), "other")] {
        let documents = made(&config, &options);
        let [.., tls, mail] = &statements(&documents, "CredAdmin.credadmin.json")[..] else { panic!("two statements of mail") };
        let arn = |what: &str| format!("arn:aws:ses:eu-west-1:123456789012:{what}");
        let set = arn(&format!("configuration-set/{set}"));
        assert_eq!((&tls["Action"], &tls["Resource"]), (&json!("ses:GetConfigurationSet"), &json!(set)));
        assert_eq!(mail["Resource"], json!([arn("identity/*"), set]));
        assert_eq!(mail["Condition"], json!({"StringEquals": {"ses:FromAddress": "new@example.com"}}));
    }
}

#[test]
fn mail_and_claims_are_allowed_as_the_config_has_them() {
    let telling = "[mail]\nfrom = 'credadmin@example.com'\nconfiguration_set = 'tls'\nregion = 'eu-west-1'\n\
                   [notify]\nclaims = 's3://claims/credadmin'\n";
    let documents = made(&format!("{CONFIG}{telling}"), &[]);
    let all = statements(&documents, "CredAdmin.credadmin.json");
    let of = |sid: &str| all.iter().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("no {sid} in {all:#?}"));
    let arn = |what: &str| format!("arn:aws:ses:eu-west-1:123456789012:{what}");
    assert_eq!(
        (&of("MailTls")["Action"], &of("MailTls")["Resource"]),
        (&json!("ses:GetConfigurationSet"), &json!(arn("configuration-set/tls")))
    );
    assert_eq!(of("Mail")["Resource"], json!([arn("identity/*"), arn("configuration-set/tls")]));
    assert_eq!(of("Mail")["Condition"], json!({"StringEquals": {"ses:FromAddress": "credadmin@example.com"}}));
    assert_eq!(
        (&of("Claims")["Action"], &of("Claims")["Resource"]),
        (&json!("s3:PutObject"), &json!("arn:aws:s3:::claims/credadmin/*"))
    );
}

#[test]
fn what_the_policies_do_not_say_is_said_beside_them() {
    let said = |config: &str, options: &[&str]| {
        let output = Credadmin::new(config).run_to_end(&[&["policies"], options].concat());
        String::from_utf8(output.stderr).expect("text")
    };
    assert_eq!(said(CONFIG, &BUCKET), "");
    let longer = format!("{CONFIG}session_duration = '2h'\n");
    assert_eq!(
        said(&longer, &BUCKET),
        "note: sessions of the role SensitiveS3Access are longer than an hour: make it with --max-session-duration 7200\n"
    );
    assert_eq!(
        said(CONFIG, &[]),
        "note: no --bucket: what the roles may do is left to you; let it be nothing that outlasts a window\n"
    );
    assert_eq!(
        said(CONFIG, &[&BUCKET[..], &["--bucket-policy"]].concat()),
        "note: the policy of the bucket sensitive-bucket is replaced, with all that it says now\n"
    );
}
