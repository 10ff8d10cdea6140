//! `credadmin audit --check`: the journal beside the versions that AWS knows.

use std::process::Output;

use credadmin::clock::Clock;
use credadmin::grant::Span;
use credadmin::journal::{Event, Published};
use jiff::SignedDuration;
use strict_aws::{ApiError, Fault, Operation};

use super::text;
use crate::harness::{Credadmin, PATIENCE};
use crate::story::Beside;
use crate::told::{Told, started, stopped, watched};

const CONFIG: &str = "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'SensitiveS3'\n\
     role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n\
     [grants.g]\nsecret = 's3'\nfrom = '2020-01-01T00:00:00Z'\nuntil = '2099-01-01T00:00:00Z'\n";

/// A daemon has published a session. What its journal says of it, and AWS.
fn story() -> (Beside, Credadmin, Told) {
    let aws = Beside::new(&["SensitiveS3"]);
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
    let credadmin = variables.fold(Credadmin::new(CONFIG), |credadmin, (name, value)| credadmin.env(name, value));
    credadmin.run().wait_for_line("session published", PATIENCE);
    let [version] = &aws.world.versions("SensitiveS3")[..] else { panic!("one version") };
    let secrets = watched(CONFIG, "2024-03-01T00:00:00Z");
    let session = Published {
        grants: vec![secrets[0].grants[0].name.clone()],
        ends: credadmin::schedule::token::ends(&version.version_id).expect("its own"),
        version_id: version.version_id.clone(),
        access_key_id: "ASIA0000000000000001".into(),
        session_name: "credadmin-g".into(),
        skew: SignedDuration::ZERO,
        token_utilization: None,
        sts_request_id: None,
        request_id: None,
    };
    let mut told = Told::default();
    told.on("a", "2024-03-01T00:00:00Z", &started());
    let event = Event::Published { secret: secrets[0].secret.clone(), session };
    told.on("a", &version.created.to_string(), &event);
    // It has ended, so that its lines need not reach to now.
    told.on("a", &version.created.to_string(), &stopped());
    (aws, credadmin, told)
}

fn check(credadmin: &Credadmin, told: &Told) -> Output {
    credadmin.rewrite("journal.json", &told.text());
    let journal = credadmin.path("journal.json");
    credadmin.run_to_end(&["audit", "--journal", journal.to_str().expect("text"), "--from", "2024-03-02T00:00:00Z", "--check"])
}

fn allow_lists(aws: &Beside) {
    let more = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"secretsmanager:ListSecretVersionIds","Resource":"*"}]}"#;
    aws.world.put_role_policy("CredAdmin", "more", more);
}

#[test]
fn a_journal_that_tells_of_every_version_agrees_with_aws() {
    let (aws, credadmin, told) = story();
    allow_lists(&aws);
    let output = check(&credadmin, &told);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).ends_with("Nothing says that anything is missing.\n"));
    assert!(aws.world.calls().iter().any(|call| call.operation == Operation::ListSecretVersionIds), "it was asked");
    assert!(aws.world.calls().iter().all(|call| call.operation != Operation::GetSecretValue), "for no value");
}

#[test]
fn a_version_that_no_journal_tells_of_is_a_hole_and_a_strangers_is_told() {
    let (aws, credadmin, _) = story();
    allow_lists(&aws);
    aws.world.stranger_puts("SensitiveS3", "x").expect("written");
    let mut told = Told::default();
    told.on("a", "2024-03-01T00:00:00Z", &started());
    let output = check(&credadmin, &told);
    let said = text(&output.stdout);
    let id = &aws.world.versions("SensitiveS3")[0].version_id;
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("- AWS on s3: version {id} was made at ")) && said.contains("and no journal tells of it"),
        "{said}"
    );
    assert!(said.contains(" (AWSCURRENT) was made at ") && said.contains("by somebody else: see CloudTrail"), "{said}");
}

#[test]
fn a_version_that_aws_lost_within_a_day_is_told() {
    let (aws, credadmin, told) = story();
    allow_lists(&aws);
    aws.world.forget_secret("SensitiveS3");
    aws.world.create_secret("SensitiveS3", None);
    let output = check(&credadmin, &told);
    let said = text(&output.stdout);
    assert!(
        output.status.code() == Some(1) && said.contains("and AWS does not know it, which keeps what is younger than a day"),
        "{said}"
    );
}

#[test]
fn without_the_permission_it_says_what_it_could_not_see() {
    let (aws, credadmin, told) = story();
    let output = check(&credadmin, &told);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("AWS on s3: only the version in its place was compared: secretsmanager:ListSecretVersionIds failed"),
        "{said}"
    );
    let denied = Fault::Answer(ApiError::new(400, "AccessDeniedException", "no"));
    aws.world.fail(Operation::DescribeSecret, denied, usize::MAX);
    let output = check(&credadmin, &told);
    let said = text(&output.stdout);
    assert!(output.status.code() == Some(1) && said.contains("AWS on s3: nothing could be compared: "), "{said}");
}

#[test]
fn times_that_are_apart_are_told() {
    let (_, _, told) = story();
    let now = Clock::system().now();
    let span = Span { opens: now - SignedDuration::from_hours(1), closes: now };
    let ledger = told.ledger();
    let lane = ledger.lanes.values().next().expect("a lane");
    let id = lane.sessions[0].version_id.clone();
    let made = |created| {
        let versions = [credadmin::aws::Version { id: id.clone(), created: Some(created), stages: vec![] }];
        credadmin::audit::compare(lane, &versions, true, &span, now)
    };
    assert_eq!(made(lane.sessions[0].span().opens), []);
    let [remark] = &made(now - SignedDuration::from_mins(20))[..] else { panic!("one") };
    assert!(remark.is_doubt() && remark.to_string().ends_with("by AWS: a clock was wrong"), "{remark}");
}
