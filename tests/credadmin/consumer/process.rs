//! `credadmin consumer process`: what it prints, and as whom it asks.

use std::fs::File;
use std::process::Stdio;

use serde_json::Value;
use strict_aws::Operation;

use super::{Said, Scene, in_seconds, said};
use crate::harness::run_to_end;

#[test]
fn the_session_is_printed_as_sdks_take_it_and_nothing_else() {
    let scene = Scene::new();
    let ends = in_seconds(3600);
    let session = scene.publish("one", ends);
    let Said { code, out, words } = scene.process();
    assert_eq!((code, words.as_str(), out.lines().count()), (0, "", 1));
    let printed: Value = serde_json::from_str(&out).expect("JSON");
    let part = |name: &str| session[name].as_str().expect("a text").to_owned();
    assert_eq!(
        printed,
        serde_json::json!({
            "Version": 1, "AccessKeyId": part("sessionId"), "SecretAccessKey": part("sessionKey"),
            "SessionToken": part("sessionToken"), "Expiration": ends.to_string(),
        })
    );
}

#[test]
fn it_reads_as_the_instances_role_whatever_else_the_environment_holds() {
    let scene = Scene::open();
    let profile = tempfile::NamedTempFile::new().expect("a file");
    // A profile that names this very program: whoever asked it for credentials would ask for ever.
    let ourselves =
        format!("[default]\ncredential_process = {} consumer process --secret-id SensitiveS3\n", env!("CARGO_BIN_EXE_credadmin"));
    std::fs::write(profile.path(), ourselves).expect("a profile");
    let stray = [("AWS_ACCESS_KEY_ID", "AKIASTRAY"), ("AWS_SECRET_ACCESS_KEY", "stray"), ("AWS_PROFILE", "default")];
    let run = |more: &[&str]| {
        let mut command = scene.command("process", more);
        command.envs(stray).env("AWS_CONFIG_FILE", profile.path()).env("AWS_REGION", "eu-central-1");
        said(run_to_end(command))
    };
    assert_eq!(run(&[]).code, 0);
    let [read] = scene.calls(Operation::GetSecretValue).try_into().expect("one read");
    assert_eq!(read.parameter("versionStage"), Some("AWSCURRENT"));
    let reader = format!("arn:aws:sts::123456789012:assumed-role/EC2Normal/{}", scene.instance);
    assert_eq!(read.caller_arn, Some(reader), "the instance's role");
    // Told to look elsewhere, it does.
    let said = run(&["--credentials", "default-chain"]);
    assert!(said.code == 1 && said.words.contains("failed with UnrecognizedClientException"), "{said:?}");
}

#[test]
fn what_is_printed_goes_neither_to_the_journal_nor_to_a_file_and_a_loud_environment_is_refused() {
    let scene = Scene::open();
    let place = scene.session.path().join("out");
    let mut command = scene.command("process", &[]);
    command.stdout(File::create(&place).expect("a file")).stderr(Stdio::piped());
    let output = command.spawn().and_then(|child| child.wait_with_output()).expect("it ends");
    let words = "error: standard output is a file: what is printed is a credential, and goes to a terminal or a pipe only\n";
    assert_eq!(said(output), Said { code: 2, out: String::new(), words: words.into() });
    assert_eq!(std::fs::read(&place).expect("a file").len(), 0);

    let mut command = scene.command("process", &[]);
    let refused = said(run_to_end({
        command.env("LOG_SENSITIVE_BODIES", "true");
        command
    }));
    assert!(refused.code == 78 && refused.words.starts_with("error: LOG_SENSITIVE_BODIES is set: "), "{refused:?}");
    assert_eq!(scene.reads(), 0, "nothing was read for either");
}
