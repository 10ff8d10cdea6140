//! The three forms say the same, and each is what its readers take.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use super::{BUCKET, CONFIG, KEY, judged, made, printed};
use crate::harness::run_to_end;

/// The config, and a second secret with a role of its own on a path.
fn two_roles() -> String {
    format!(
        "{CONFIG}session_duration = '2h'\n[secrets.reports]\nsecret_id = 'team/Reports'\n\
         role_arn = 'arn:aws:iam::123456789012:role/data/Reports'\n"
    )
}

fn options(more: &[&'static str]) -> Vec<&'static str> {
    let bucket = ["--bucket", "sensitive-s3=sensitive-bucket", "--kms-key", KEY, "--reader-role", "reports=Reporting"];
    [&bucket[..], &["--reader-role", "EC2Normal", "--revoker-role", "SecurityAdmin"], more].concat()
}

/// Documents by their files' names, out of a template.
fn of_template(template: &Value) -> BTreeMap<String, Value> {
    let mut documents = BTreeMap::new();
    let name = |value: &Value| value.as_str().expect("a name").to_owned();
    for resource in template["Resources"].as_object().expect("resources").values() {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().expect("a type") {
            "AWS::IAM::Role" => {
                let role = name(&properties["RoleName"]);
                documents.insert(format!("{role}.trust.json"), properties["AssumeRolePolicyDocument"].clone());
                for policy in properties["Policies"].as_array().into_iter().flatten() {
                    documents.insert(format!("{role}.{}.json", name(&policy["PolicyName"])), policy["PolicyDocument"].clone());
                }
            }
            "AWS::IAM::Policy" => {
                let file = format!("{}.{}.json", name(&properties["Roles"][0]), name(&properties["PolicyName"]));
                documents.insert(file, properties["PolicyDocument"].clone());
            }
            "AWS::S3::BucketPolicy" => {
                let file = format!("{}.bucket-policy.json", name(&properties["Bucket"]));
                documents.insert(file, properties["PolicyDocument"].clone());
            }
            _ => {}
        }
    }
    documents
}

/// The resources of a kind in what python-hcl2 reads.
fn resources<'a>(file: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let all = file["resource"].as_array().into_iter().flatten();
    all.filter_map(move |resource| resource.get(kind)?.as_object()).flatten()
}

fn of_terraform(file: &Value) -> BTreeMap<String, Value> {
    let mut documents = BTreeMap::new();
    let name = |value: &Value| value.as_str().expect("a name").to_owned();
    for (_, role) in resources(file, "aws_iam_role") {
        documents.insert(format!("{}.trust.json", name(&role["name"])), role["assume_role_policy"].clone());
    }
    for (_, policy) in resources(file, "aws_iam_role_policy") {
        // A reference to one that is made here, whose label is its name; or the name of one that is there.
        let role = name(&policy["role"]).replace("${aws_iam_role.", "").replace(".name}", "");
        documents.insert(format!("{role}.{}.json", name(&policy["name"])), policy["policy"].clone());
    }
    for (_, policy) in resources(file, "aws_s3_bucket_policy") {
        documents.insert(format!("{}.bucket-policy.json", name(&policy["bucket"])), policy["policy"].clone());
    }
    documents
}

fn terraform(text: &str) -> Value {
    let (said, well) = judged(&["python", "-B", "hcl.py"], "credadmin.tf", &[text]);
    assert!(well, "{said}");
    serde_json::from_str(&said).expect("JSON")
}

#[test]
fn the_template_and_terraform_hold_the_very_documents() {
    let config = two_roles();
    for more in [&[][..], &["--bucket-policy"]] {
        let documents: BTreeMap<String, Value> = serde_json::from_value(made(&config, &options(more))).expect("documents");
        assert_eq!(documents.len(), 8, "two roles that have access, the daemon's, three of people: {:?}", documents.keys());
        let template = made(&config, &options(&[more, &["--format", "cloudformation", "--instance"]].concat()));
        assert_eq!(of_template(&template), documents);
        let file = terraform(&printed(&config, &options(&[more, &["--format", "terraform", "--instance"]].concat())));
        assert_eq!(of_terraform(&file), documents);
    }
    let cut = printed(&config, &options(&["--format", "terraform"])).replace("jsonencode({", "jsonencode({{");
    assert!(!judged(&["python", "-B", "hcl.py"], "credadmin.tf", &[&cut]).1, "python-hcl2 takes anything");
}

#[test]
fn both_templates_make_the_same_roles_secrets_and_instance() {
    let config = two_roles();
    let template = made(&config, &options(&["--format", "cloudformation", "--instance"]));
    let of = |kind: &str| -> Vec<&Value> {
        let all = template["Resources"].as_object().expect("resources").values();
        all.filter(|resource| resource["Type"] == kind).map(|resource| &resource["Properties"]).collect()
    };
    let file = terraform(&printed(&config, &options(&["--format", "terraform", "--instance"])));
    // Each form has an order of its own.
    let sorted = |values: &mut dyn Iterator<Item = Value>| -> Vec<Value> {
        let mut values: Vec<Value> = values.collect();
        values.sort_by_key(Value::to_string);
        values
    };
    let roles = [("CredAdmin", "/", 3600), ("Reports", "/data/", 3600), ("SensitiveS3Access", "/", 7200)].map(|role| json!(role));
    let made = of("AWS::IAM::Role");
    assert_eq!(sorted(&mut made.iter().map(|role| json!([role["RoleName"], role["Path"], role["MaxSessionDuration"]]))), roles);
    let made = resources(&file, "aws_iam_role");
    assert_eq!(sorted(&mut made.map(|(_, role)| json!([role["name"], role["path"], role["max_session_duration"]]))), roles);

    let secrets = ["SensitiveS3", "team/Reports"].map(|name| json!([name, KEY]));
    let made = of("AWS::SecretsManager::Secret");
    assert_eq!(sorted(&mut made.iter().map(|secret| json!([secret["Name"], secret["KmsKeyId"]]))), secrets);
    let made = resources(&file, "aws_secretsmanager_secret");
    assert_eq!(sorted(&mut made.map(|(_, secret)| json!([secret["name"], secret["kms_key_id"]]))), secrets);

    let [instance] = of("AWS::EC2::Instance")[..] else { panic!("one instance") };
    let metadata = &instance["MetadataOptions"];
    assert_eq!((&metadata["HttpTokens"], &metadata["HttpPutResponseHopLimit"]), (&json!("required"), &json!(1)));
    let (_, instance) = resources(&file, "aws_instance").next().expect("an instance");
    let metadata = &instance["metadata_options"][0];
    assert_eq!((&metadata["http_tokens"], &metadata["http_put_response_hop_limit"]), (&json!("required"), &json!(1)));
    assert_eq!(instance["iam_instance_profile"], "${aws_iam_instance_profile.CredAdmin_profile.name}");
}

/// A secret that the config has the ARN of is there.
#[test]
fn only_what_is_not_there_is_made() {
    let config = CONFIG.replace("'SensitiveS3'", "'arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-a1b2c3'");
    let template = printed(&config, &["--format", "cloudformation"]);
    assert!(!template.contains("AWS::SecretsManager::Secret") && !template.contains("AWS::EC2::Instance"), "{template}");
    assert!(template.contains("secret:SensitiveS3-a1b2c3\"") && !template.contains("??????"), "{template}");
}

/// A parameter that holds an image's id is looked up at each update of the stack, and another id is another instance.
#[test]
fn a_newer_image_takes_no_instance_down() {
    let template = made(CONFIG, &["--format", "cloudformation", "--instance"]);
    let parameters = template["Parameters"].as_object().expect("parameters").values();
    let looked_up = parameters.filter(|parameter| parameter["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::SSM::")));
    assert_eq!(looked_up.count(), 0);
    let instance = &template["Resources"]["Instance"]["Properties"];
    assert!(instance["ImageId"].is_null(), "{instance:#}");
    assert_eq!(instance["LaunchTemplate"], json!({"LaunchTemplateId": {"Ref": "Image"}, "Version": "1"}));
    let image = &template["Resources"]["Image"]["Properties"]["LaunchTemplateData"];
    assert_eq!(image, &json!({"ImageId": {"Fn::Sub": "resolve:ssm:${ImageParameter}"}}));
    let terraform = printed(CONFIG, &["--format", "terraform", "--instance"]);
    assert!(terraform.contains("ignore_changes = [ami]"), "{terraform}");
}

#[test]
fn the_instance_has_memory_for_dnf() {
    let [template, terraform] =
        ["cloudformation", "terraform"].map(|format| printed(CONFIG, &["--format", format, "--instance"]));
    for text in [template.as_str(), &terraform, include_str!("../../../docs/install.md")] {
        assert!(text.contains("t3.micro") && !text.contains("t3.nano"), "{text}");
    }
}

/// The script of the instance, run with a download, dnf and apt of the test's own.
#[test]
fn the_instance_installs_the_package_that_was_meant_and_no_other() {
    let template = made(CONFIG, &[&BUCKET[..], &["--format", "cloudformation", "--instance"]].concat());
    let instance =
        template["Resources"]["Instance"]["Properties"]["UserData"]["Fn::Base64"]["Fn::Sub"].as_str().expect("a script");
    let [of_it, of_another] = ["a package", "another"].map(|text| {
        let mut sha256sum = Command::new("bash");
        sha256sum.args(["-c", &format!("echo '{text}' | sha256sum | cut -d' ' -f1")]);
        String::from_utf8(run_to_end(sha256sum).stdout).expect("text").trim().to_owned()
    });
    for (has_dnf, right) in [(true, true), (true, false), (false, true)] {
        let directory = tempfile::tempdir().expect("a directory");
        let place = |name: &str, script: &str| {
            let path = directory.path().join(name);
            fs::write(&path, format!("#!/bin/bash\n{script}\n")).expect("a program");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        };
        place("curl", "echo 'a package' > package; echo \"curl ${*: -1}\" >> $LOG");
        place("apt-get", "echo \"apt-get $*\" >> $LOG");
        if has_dnf {
            place("dnf", "echo \"dnf $*\" >> $LOG");
        }
        let sum = if right { &of_it } else { &of_another };
        let script = instance.replace("${PackageUrl}", "https://example.com/package").replace("${PackageSha256}", sum);
        let log = directory.path().join("log");
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).env_clear().env("LOG", &log);
        bash.env("PATH", format!("{}:/usr/bin:/bin", directory.path().display())).env("TMPDIR", directory.path());
        let output = run_to_end(bash);
        let done = fs::read_to_string(&log).expect("something was done");
        assert_eq!(output.status.success(), right, "{output:?}");
        assert!(done.starts_with("curl https://example.com/package\n"), "{done}");
        let installed = done.contains("dnf install -y ./credadmin.rpm") || done.contains("apt-get install -y ./credadmin.deb");
        assert_eq!(installed, right, "{done}");
        assert_eq!(done.contains("dnf"), has_dnf && right, "{done}");
    }
}
