//! What a `credential_process` reads is kept for the next, for a minute, in memory, and as this user's alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use strict_aws::{ApiError, Fault, Operation};

use super::{Said, Scene, in_seconds, said};
use crate::harness::run_to_end;

fn process(scene: &Scene) -> Said {
    said(run_to_end(scene.with_cache("process", &[])))
}

fn key(said: &Said) -> String {
    assert_eq!((said.code, said.words.as_str()), (0, ""));
    let printed: Value = serde_json::from_str(&said.out).expect("JSON");
    printed["AccessKeyId"].as_str().expect("a text").to_owned()
}

/// The only file in the session's directory.
fn file(scene: &Scene) -> PathBuf {
    let files: Vec<PathBuf> =
        fs::read_dir(scene.session.path()).expect("a directory").map(|file| file.expect("a file").path()).collect();
    let [file] = files.try_into().expect("one file");
    file
}

/// As if it had been read so long ago.
fn age(scene: &Scene, seconds: i64) {
    let path = file(scene);
    let mut kept: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
    let read_at: Timestamp = kept["read_at"].as_str().expect("a text").parse().expect("an instant");
    kept["read_at"] = (read_at - SignedDuration::from_secs(seconds)).to_string().into();
    fs::write(&path, kept.to_string()).expect("written");
}

#[test]
fn who_asks_often_causes_one_read_a_minute_and_then_sees_what_is_new() {
    let scene = Scene::open();
    let first = key(&process(&scene));
    assert_eq!(fs::metadata(file(&scene)).expect("a file").permissions().mode() & 0o777, 0o600);
    for _ in 0..4 {
        assert_eq!(key(&process(&scene)), first);
    }
    assert_eq!(scene.reads(), 1);
    let second = scene.publish("two", in_seconds(3600));
    age(&scene, 60);
    assert_eq!(key(&process(&scene)), second["sessionId"]);
    assert_eq!(scene.reads(), 2);
    scene.put(r#"{"state":"closed"}"#);
    age(&scene, 60);
    assert_eq!(process(&scene).words, "error: SensitiveS3: closed: revoked\n");
    // Closed is looked at again after seconds.
    scene.publish("three", in_seconds(3600));
    age(&scene, 5);
    assert_eq!((process(&scene).code, scene.reads()), (0, 4));
    // Without a session of the user's, nothing is kept.
    assert_eq!((scene.process().code, scene.process().code, scene.reads()), (0, 0, 6));
}

#[test]
fn what_is_kept_is_not_handed_out_once_it_has_ended() {
    let scene = Scene::new();
    let ends = in_seconds(3);
    scene.publish("short", ends);
    assert_eq!(process(&scene).code, 0);
    while Clock::system().now() < ends {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let said = process(&scene);
    assert!(said.code == 75 && said.words.contains(&format!("closed since {ends}")), "{said:?}");
    assert_eq!(scene.reads(), 2, "it was looked for a newer one");
}

#[test]
fn while_aws_is_out_of_reach_a_session_that_lives_goes_on() {
    let scene = Scene::open();
    let first = key(&process(&scene));
    let fail = |code: &str| scene.aws.world.fail(Operation::GetSecretValue, Fault::Answer(ApiError::new(400, code, "no")), 9);
    age(&scene, 300);
    fail("ThrottlingException");
    assert_eq!(key(&process(&scene)), first);
    scene.aws.world.heal();
    // What does not pass by itself is told at once.
    fail("AccessDeniedException");
    assert_eq!(process(&scene).code, 1);
    scene.aws.world.heal();
    // Nobody answers at all, for as long as is waited here.
    scene.aws.world.fail(Operation::GetSecretValue, Fault::Silent, 1);
    assert_eq!(key(&process(&scene)), first);
}

#[test]
fn what_one_identity_has_read_is_not_handed_to_another() {
    let scene = Scene::open();
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = scene.with_cache("process", &[more, &["--region", "eu-central-1"]].concat());
        command.envs(variables.iter().copied());
        said(run_to_end(command))
    };
    // Whom the default chain finds is decided by the environment.
    let chain = ["--credentials", "default-chain"];
    let keys = scene.aws.world.instance_credentials(&scene.instance).expect("those of EC2Normal");
    let reader = [
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.as_str()),
        ("AWS_SESSION_TOKEN", keys.session_token.as_deref().expect("a token")),
    ];
    assert_eq!(run(&chain, &reader).code, 0);
    assert_eq!(fs::read_dir(scene.session.path()).expect("a directory").count(), 0, "nothing is kept");
    let stranger = run(&chain, &[("AWS_ACCESS_KEY_ID", "AKIASTRANGER"), ("AWS_SECRET_ACCESS_KEY", "stranger")]);
    assert!(stranger.code == 1 && stranger.words.contains("UnrecognizedClientException"), "{stranger:?}");
    // And the instance's role is that of whichever metadata service is asked: by another name it may be another.
    let (name, metadata) = scene.aws.environment.last().expect("where the metadata service is");
    assert_eq!(*name, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let (before, again) = (scene.reads(), format!("{metadata}/"));
    assert_eq!((run(&[], &[]).code, run(&[], &[]).code, scene.reads() - before), (0, 0, 1));
    assert_eq!((run(&[], &[(*name, again.as_str())]).code, scene.reads() - before), (0, 2));
}

#[test]
fn a_place_or_a_file_that_others_have_a_hand_in_is_not_used() {
    let scene = Scene::open();
    process(&scene);
    let path = file(&scene);
    let kept = fs::read(&path).expect("a file");
    let spoilt: [&dyn Fn(); 3] = [
        &|| fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("changed"),
        &|| {
            let elsewhere = scene.aside.path().join("elsewhere");
            fs::write(&elsewhere, &kept).expect("written");
            fs::remove_file(&path).expect("removed");
            symlink(&elsewhere, &path).expect("a link");
        },
        &|| fs::write(&path, "{\"read_at\":\"now\",\"value\":null}").expect("written"),
    ];
    for spoil in spoilt {
        let before = scene.reads();
        spoil();
        assert_eq!((process(&scene).code, scene.reads()), (0, before + 1));
        assert!(fs::symlink_metadata(&path).expect("a file").is_file(), "it is in its place again");
    }
    let directory = |path: &str| {
        let mut command = scene.command("process", &[]);
        command.env("XDG_RUNTIME_DIR", path);
        let said = said(run_to_end(command));
        assert_eq!(said.code, 0);
        said.words
    };
    let warning = "warning: what is read is not kept for the next call:";
    assert_eq!(directory("/proc"), format!("{warning} /proc is not in memory\n"));
    assert_eq!(directory("/nowhere"), format!("{warning} /nowhere can't be opened: No such file or directory (os error 2)\n"));
    let shared = tempfile::tempdir_in("/dev/shm").expect("a directory");
    fs::set_permissions(shared.path(), Permissions::from_mode(0o770)).expect("changed");
    let shared = shared.path().to_string_lossy();
    assert_eq!(directory(&shared), format!("{warning} {shared} is not this user's alone\n"));
}
