//! What can't be answered is refused in a sentence, and nothing is written by halves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use super::{BUCKET, CONFIG, KEY};
use crate::harness::Credadmin;

const OTHER: &str = "[secrets.b]\nsecret_id = 'b'\nrole_arn = 'arn:aws:iam::123456789012:role/B'\n";

fn run(config: &str, options: &[&str]) -> Output {
    Credadmin::new(config).run_to_end(&[&["policies"], options].concat())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_config_that_leaves_something_open_is_refused_with_what_to_do() {
    let accounts = format!("{CONFIG}{}", OTHER.replace("123456789012", "210987654321"));
    let secret_elsewhere =
        CONFIG.replace("'SensitiveS3'", "'arn:aws:secretsmanager:eu-central-1:210987654321:secret:SensitiveS3-a1b2c3'");
    let many: String =
        (0..150).map(|n| OTHER.replace("secrets.b", &format!("secrets.b{n}")).replace("'b'", &format!("'b{n}'"))).collect();
    let one_external_id = format!("{CONFIG}{}", OTHER.replace("role/B", "role/SensitiveS3Access"));
    let tags: Vec<String> = (0..12).map(|n| format!("t{n} = '{}'", "x".repeat(200))).collect();
    let tags = CONFIG.replace("team = 'billing'", &tags.join(", "));
    for (config, words) in [
        ("", "error: the config has no [secrets.NAME] table yet: there is nothing to allow\n"),
        (
            &accounts,
            "error: the roles and secrets of this config are in several accounts: 123456789012 (aws), 210987654321 (aws). Policies \
             are made for one: put the secrets of each account into a config of its own, and run this for each with --config\n",
        ),
        (&secret_elsewhere, "error: the roles and secrets of this config are in several accounts: 123456789012 (aws), 21"),
        (
            &CONFIG.replace("region = 'eu-central-1'", ""),
            "error: the config names no region, and the secrets are in one: add region = \"…\" to it\n",
        ),
        (
            &CONFIG.replace("arn:aws:", "arn:aws-iso:"),
            "error: the roles are in the partition aws-iso: only aws, aws-cn and aws-us-gov are known\n",
        ),
        (
            &one_external_id,
            "error: some secrets of the role arn:aws:iam::123456789012:role/SensitiveS3Access have an external_id and secrets.b has \
             none, so its trust can't ask for one: give all of them one, or this secret a role of its own\n",
        ),
        (
            &format!("region = 'eu-central-1'\n{many}"),
            "error: the policy of the role CredAdmin comes to 10657 characters, and AWS takes 10240: put some of its secrets into a \
             config of their own, with roles and an instance of their own\n",
        ),
        (&tags, "error: the trust of the role SensitiveS3Access comes to 3"),
        (
            &CONFIG.replace("billing", "отчёты"),
            "error: the trust of the role SensitiveS3Access would hold 'о', and AWS takes no such character in a policy: change the \
             tags\n",
        ),
    ] {
        let output = run(config, &[]);
        assert!(said(&output).starts_with(words), "{words}\n{}", said(&output));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{words}");
    }
}

#[test]
fn options_that_do_not_fit_the_config_are_refused() {
    let two = format!("{CONFIG}{OTHER}");
    let elsewhere = KEY.replace("eu-central-1", "us-east-1");
    let alias = "arn:aws:kms:eu-central-1:123456789012:alias/mine";
    let other = format!("sensitive-s3={}", KEY.replace("1234abcd", "5678abcd"));
    for (options, words) in [
        (
            &BUCKET[..],
            "error: --bucket sensitive-bucket: the config has 2 roles: say whose it is, with the name of a secret in the \
             config, as in --bucket SECRET=sensitive-bucket\n",
        ),
        (&["--bucket", "c=bucket-c"], "error: --bucket c=bucket-c: the config has no [secrets.c]; it has b, sensitive-s3\n"),
        (
            &["--reader-role", "c=Reader"],
            "error: --reader-role c=Reader: the config has no [secrets.c]; it has b, sensitive-s3\n",
        ),
        (
            &["--kms-key", &elsewhere],
            "error: --kms-key arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab: a secret in \
             eu-central-1 takes a key of that region\n",
        ),
        (&["--kms-key", KEY, "--kms-key", &other], "error: --kms-key: a secret has one key, and sensitive-s3 is given 2\n"),
        (
            &["--reader-role", "credadmin"],
            "error: the role credadmin has two parts to play: who publishes, who has access, who reads and who ends \
             access are different roles\n",
        ),
        (&["--revoker-role", "B"], "error: the role B has two parts to play"),
        (&["--daemon-role", "SensitiveS3Access"], "error: the role SensitiveS3Access has two parts to play"),
        (
            &["--instance"],
            "error: --instance: policies alone make no instance: add --format cloudformation or --format terraform\n",
        ),
        (
            &["--kms-key", alias],
            "error: invalid value 'arn:aws:kms:eu-central-1:123456789012:alias/mine' for '--kms-key <[SECRET=]ARN>': \
             wanted: the ARN of a key",
        ),
        (&["--bucket", "Bucket"], "error: invalid value 'Bucket' for '--bucket <[SECRET=]NAME>': wanted: the name of a bucket"),
        (&["--daemon-role", "a/b"], "error: invalid value 'a/b' for '--daemon-role <ROLE>': wanted: the name of a role"),
        (
            &["--mail-from", "*@example.com"],
            "error: invalid value '*@example.com' for '--mail-from <ADDRESS>': wanted: an address",
        ),
        (&["--mail-from", "${aws:username}@example.com"], "error: invalid value"),
        (&["--mail-configuration-set", "tls"], "error: the following required arguments were not provided:\n  --mail-from"),
        (&["--force"], "error: the following required arguments were not provided:\n  --out"),
        (&["--read-only"], "error: the following required arguments were not provided:\n  --bucket"),
    ] {
        let output = run(&two, options);
        assert!(said(&output).starts_with(words), "{words}\n{}", said(&output));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{options:?}");
    }
}

#[test]
fn a_config_with_mistakes_is_refused_as_everywhere() {
    let output = run(&CONFIG.replace("role_arn", "role"), &BUCKET);
    assert!(said(&output).contains("unknown key role") && said(&output).contains("the config is refused"), "{}", said(&output));
    assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0));
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into())
        .collect();
    names.sort();
    names
}

#[test]
fn files_are_written_all_or_none_and_never_over_others() {
    let credadmin = Credadmin::new(CONFIG);
    let directory = credadmin.path("out");
    let out = directory.to_str().expect("text");
    let write = |options: &[&str]| credadmin.run_to_end(&[&["policies", "--out", out], &BUCKET[..], options].concat());
    let output = write(&[]);
    let five = [
        "CredAdmin.credadmin.json",
        "CredAdmin.trust.json",
        "EC2Normal.credadmin-read.json",
        "SensitiveS3Access.credadmin.json",
        "SensitiveS3Access.trust.json",
    ];
    assert_eq!(names(&directory), five);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert_eq!(said(&output).matches("wrote ").count(), 5, "{}", said(&output));
    let whole = super::made(CONFIG, &BUCKET);
    for name in five {
        let file: serde_json::Value = serde_json::from_slice(&fs::read(directory.join(name)).expect("a file")).expect("JSON");
        assert_eq!(file, whole[name], "{name}");
    }

    // One of them is there, and is somebody's.
    five.iter().skip(1).for_each(|name| fs::remove_file(directory.join(name)).expect("removed"));
    fs::write(directory.join(five[0]), "mine").expect("written");
    let output = write(&[]);
    assert!(
        said(&output).contains("CredAdmin.credadmin.json (--force writes over them); nothing is written"),
        "{}",
        said(&output)
    );
    assert_eq!((output.status.code(), names(&directory)), (Some(74), vec![five[0].to_owned()]));
    assert_eq!(fs::read_to_string(directory.join(five[0])).expect("a file"), "mine");
    assert!(write(&["--force"]).status.success());
    assert_eq!(names(&directory), five);
    assert_ne!(fs::read_to_string(directory.join(five[0])).expect("a file"), "mine");

    // What can't be replaced, last of all: the others stay as they were.
    five.iter().for_each(|name| fs::remove_file(directory.join(name)).expect("removed"));
    fs::create_dir(directory.join(five[4])).expect("a directory");
    let output = write(&["--force"]);
    assert!(said(&output).contains("SensitiveS3Access.trust.json is a directory; nothing is written"), "{}", said(&output));
    assert_eq!((output.status.code(), names(&directory)), (Some(74), vec![five[4].to_owned()]));

    // No room for the drafts either.
    fs::remove_dir(directory.join(five[4])).expect("removed");
    fs::create_dir(directory.join(".EC2Normal.credadmin-read.json.new")).expect("a directory");
    let output = write(&[]);
    assert!(said(&output).contains("can't be written: Is a directory"), "{}", said(&output));
    assert_eq!((output.status.code(), names(&directory)), (Some(74), vec![".EC2Normal.credadmin-read.json.new".to_owned()]));
}

#[test]
fn templates_are_one_file_and_a_place_that_is_no_directory_is_told() {
    for (format, name) in [("cloudformation", "credadmin.template.json"), ("terraform", "credadmin.tf")] {
        let credadmin = Credadmin::new(CONFIG);
        let directory = credadmin.path("deep/er");
        let options = ["policies", "--format", format, "--out", directory.to_str().expect("text")];
        assert!(credadmin.run_to_end(&options).status.success());
        assert_eq!(names(&directory), [name]);
        let printed = super::printed(CONFIG, &["--format", format]);
        assert_eq!(fs::read_to_string(directory.join(name)).expect("a file"), printed);
        assert_eq!(fs::metadata(directory.join(name)).expect("a file").permissions().mode() & 0o133, 0, "nobody else writes it");
        let below_a_file = directory.join(name).join("x");
        let output = credadmin.run_to_end(&["policies", "--out", below_a_file.to_str().expect("text")]);
        assert!(
            said(&output).contains("can't be written: Not a directory") && output.status.code() == Some(74),
            "{}",
            said(&output)
        );
    }
}
