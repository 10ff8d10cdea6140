//! A journal that does not read: whatever is told waits or is lost, and refreshing goes on.

use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use strict_aws::{Role, World};

use crate::harness::{Credadmin, PATIENCE};

/// Each mistake is told in some 250 bytes: a pipe holds 64 KiB of them, and the queue behind it a few thousand.
const BAD_DROP_INS: usize = 300;
const MISTAKES_EACH: usize = 30;

#[tokio::test]
async fn a_stuck_journal_never_stops_refreshing() {
    let world = World::new(Timestamp::now);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
        "Action":["sts:AssumeRole","secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"]}]}"#;
    let keys = world.add_user("credadmin", &[policy]);
    world.add_role(Role::new("SensitiveS3Access").trusting("arn:aws:iam::123456789012:user/credadmin"));
    world.create_secret("SensitiveS3", None);
    let server = strict_aws::serve(world.clone()).await.expect("a server");

    let opens = Timestamp::from_second(Timestamp::now().as_second() + 3).expect("an instant");
    let credadmin = Credadmin::new(&format!(
        "region = \"eu-central-1\"\ncredentials = \"default-chain\"\n\
         [secrets.sensitive-s3]\nsecret_id = \"SensitiveS3\"\nrole_arn = \"arn:aws:iam::123456789012:role/SensitiveS3Access\"\n\
         [grants.soon]\nsecret = \"sensitive-s3\"\nfrom = \"{opens}\"\nuntil = \"{}\"\n",
        opens + SignedDuration::from_hours(1)
    ))
    .env("AWS_ENDPOINT_URL", &server.endpoint())
    .env("AWS_ACCESS_KEY_ID", &keys.access_key_id)
    .env("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key);
    for i in 0..BAD_DROP_INS {
        let bad: String = (0..MISTAKES_EACH).map(|j| format!("[grants.bad-{i}-{j}]\nsecret = \"none\"\n")).collect();
        credadmin.rewrite(&format!("grants.d/bad-{i}.toml"), &bad);
    }
    // Its output goes into a pipe that nobody reads.
    let mut command = credadmin.command(&["run"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("credadmin");
    let began = Instant::now();
    while world.versions("SensitiveS3").is_empty() && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
    let began = Instant::now();
    let mut ended = None;
    while ended.is_none() && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        ended = child.try_wait().expect("its status");
    }
    if ended.is_none() {
        child.kill().expect("it runs");
    }
    child.wait().expect("its status");
    assert_eq!(world.versions("SensitiveS3").len(), 1, "published although nobody reads what it says");
    assert!(ended.is_some_and(|status| status.success()), "stops although nobody reads what it says: {ended:?}");
}
