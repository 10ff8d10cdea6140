use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::Role;
use crate::world::tests::{Clock, world_and_clock};

/// aws-facts §8: publish to one secret, and read it, for the tests' sake.
const PUBLISH: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
 "Action":["secretsmanager:PutSecretValue","secretsmanager:DescribeSecret","secretsmanager:GetSecretValue",
 "secretsmanager:UpdateSecretVersionStage"],
 "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:S-??????"}]}"#;

fn scene() -> (World, Clock, Caller) {
    let (world, clock) = world_and_clock();
    world.add_role(Role::new("CredAdmin").policy("p", PUBLISH));
    world.create_secret("S", None);
    let instance = world.launch_instance("CredAdmin");
    let caller = Caller::holding(&world.instance_credentials(&instance).expect("has a role"));
    (world, clock, caller)
}

fn token(n: u32) -> String {
    format!("credadmin-{n:054}")
}

fn value(n: u32, content: &str) -> PutSecretValue {
    PutSecretValue {
        secret_id: "S".into(),
        client_request_token: Some(token(n)),
        secret_string: content.into(),
        version_stages: None,
    }
}

fn code<T>(answer: Result<T, ApiError>) -> String {
    let error = answer.err().expect("must be refused");
    assert_eq!(error.status, 400, "{error}");
    error.code
}

#[test]
fn the_token_is_the_version_id_and_the_labels_move() {
    let (world, clock, caller) = scene();
    for n in 1..=3 {
        let answer = world.put_secret_value(&caller, &value(n, "x")).expect("may");
        assert_eq!((answer.version_id, answer.version_stages), (token(n), vec!["AWSCURRENT".to_owned()]));
        clock.advance(1);
    }
    let shown = world.describe_secret(&caller, "S").expect("may");
    let expected = [(token(2), vec!["AWSPREVIOUS".to_owned()]), (token(3), vec!["AWSCURRENT".to_owned()])];
    assert_eq!(shown.version_ids_to_stages, expected.into());
    assert_eq!(shown.last_changed_date, world.now() - SignedDuration::from_secs(1));
    let current = world.get_secret_value(&caller, &shown.arn, None, None).expect("may");
    assert_eq!(current.version_id, token(3));
    let previous = world.get_secret_value(&caller, "S", None, Some("AWSPREVIOUS")).expect("may");
    assert_eq!(previous.version_id, token(2));
    assert_eq!(world.get_secret_value(&caller, "S", Some(&token(1)), None).expect("may").version_stages, [""; 0]);
    let written = world.versions("S");
    assert_eq!(written.iter().map(|version| version.version_id.clone()).collect::<Vec<_>>(), [token(1), token(2), token(3)]);
    assert!(written[0].written_by.contains("assumed-role/CredAdmin/"));
}

#[test]
fn a_token_again_is_a_no_op_with_the_same_content_and_an_error_with_other() {
    let (world, _, caller) = scene();
    world.put_secret_value(&caller, &value(1, "one")).expect("may");
    world.put_secret_value(&caller, &value(2, "two")).expect("may");
    let before = world.describe_secret(&caller, "S");
    let again = world.put_secret_value(&caller, &value(1, "one")).expect("no-op");
    assert_eq!(again.version_stages, ["AWSPREVIOUS"], "it moves no label");
    assert_eq!(world.describe_secret(&caller, "S"), before);
    assert_eq!(world.versions("S").len(), 2);
    let error = world.put_secret_value(&caller, &value(1, "other")).expect_err("other content");
    assert_eq!((error.status, error.code.as_str()), (400, "ResourceExistsException"));
    assert!(error.message.starts_with("You can't use ClientRequestToken credadmin-0"), "{error}");
}

#[test]
fn token_value_and_labels_have_bounds() {
    let (world, _, caller) = scene();
    let with = |token: String, content: String| PutSecretValue {
        client_request_token: Some(token),
        secret_string: content,
        ..value(1, "")
    };
    let labelled = |labels: Vec<String>| PutSecretValue { version_stages: Some(labels), ..value(1, "x") };
    for request in [
        PutSecretValue { client_request_token: None, ..value(1, "x") },
        with("t".repeat(31), "x".into()),
        with("t".repeat(65), "x".into()),
        with("t".repeat(32), String::new()),
        with("t".repeat(32), "x".repeat(65537)),
        labelled(vec![]),
        labelled((0..21).map(|n| n.to_string()).collect()),
        labelled(vec!["x".repeat(257)]),
    ] {
        assert_eq!(code(world.put_secret_value(&caller, &request)), "InvalidParameterException");
    }
    for (token, size) in [(32, 1), (64, 65536)] {
        assert!(world.put_secret_value(&caller, &with("t".repeat(token), "x".repeat(size))).is_ok());
    }
}

#[test]
fn a_hundred_versions_in_any_day_and_no_more() {
    let (world, clock, _) = scene();
    let caller = Caller::holding(&world.add_user("credadmin", &[PUBLISH])); // its keys outlive the day
    for n in 0..100 {
        world.put_secret_value(&caller, &value(n, "x")).expect("under the limit");
        clock.advance(60);
    }
    assert_eq!(code(world.put_secret_value(&caller, &value(100, "x"))), "LimitExceededException");
    assert!(world.put_secret_value(&caller, &value(7, "x")).is_ok(), "a no-op makes no version");
    assert_eq!(code(world.stranger_puts("S", "y")), "LimitExceededException");
    clock.advance(86400 - 6000 - 1);
    assert_eq!(code(world.put_secret_value(&caller, &value(100, "x"))), "LimitExceededException");
    clock.advance(1);
    world.put_secret_value(&caller, &value(100, "x")).expect("the first is a day old");
    assert_eq!(world.versions_in_24h("S"), 100);
    assert_eq!(code(world.put_secret_value(&caller, &value(101, "x"))), "LimitExceededException");
    assert_eq!(code(world.get_secret_value(&caller, "S", Some(&token(0)), None)), "ResourceNotFoundException");
    assert!(world.get_secret_value(&caller, "S", Some(&token(1)), None).is_ok(), "among the newest hundred");
    clock.advance(2 * 86400);
    world.put_secret_value(&caller, &value(101, "x")).expect("all are old");
    assert_eq!(code(world.get_secret_value(&caller, "S", Some(&token(1)), None)), "ResourceNotFoundException");
    assert!(world.get_secret_value(&caller, "S", Some(&token(2)), None).is_ok(), "among the newest hundred");
}

#[test]
fn a_secret_without_value_is_described_but_not_read() {
    let (world, _, caller) = scene();
    assert_eq!(world.describe_secret(&caller, "S").expect("may").version_ids_to_stages.len(), 0);
    let error = world.get_secret_value(&caller, "S", None, None).expect_err("has no value");
    let text = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    assert_eq!(error, ApiError::new(400, "ResourceNotFoundException", text));
}

#[test]
fn what_may_not_be_is_told_as_aws_tells_it() {
    let (world, _, caller) = scene();
    world.put_secret_value(&caller, &value(1, "x")).expect("may");
    world.delete_secret("S");
    let error = world.put_secret_value(&caller, &value(2, "x")).expect_err("deleted");
    let text = "You can't perform this operation on the secret because it was marked for deletion.";
    assert_eq!(error, ApiError::new(400, "InvalidRequestException", text));
    assert_eq!(code(world.get_secret_value(&caller, "S", None, None)), "InvalidRequestException");
    assert_eq!(world.describe_secret(&caller, "S").expect("still").deleted_date, Some(world.now()));
    world.restore_secret("S");
    world.put_secret_value(&caller, &value(2, "x")).expect("restored");

    world.set_owning_service("S", Some("rds"));
    world.set_rotation("S", true);
    assert_eq!(code(world.put_secret_value(&caller, &value(3, "x"))), "InvalidRequestException");
    let shown = world.describe_secret(&caller, "S").expect("may");
    assert_eq!((shown.owning_service.as_deref(), shown.rotation_enabled), (Some("rds"), true));
}

#[test]
fn who_may_touch_one_secret_is_denied_every_other_there_or_not() {
    let (world, _, caller) = scene();
    world.create_secret("T", Some("x"));
    for id in ["T", "Missing", "S-2"] {
        let error = world.describe_secret(&caller, id).expect_err("not his");
        assert_eq!((error.status, error.code.as_str()), (400, "AccessDeniedException"));
        let text = format!(
            "is not authorized to perform: secretsmanager:DescribeSecret on resource: {id} because no identity-based policy \
             allows the secretsmanager:DescribeSecret action"
        );
        assert!(error.message.ends_with(&text), "{error}");
    }
    world.put_role_policy("CredAdmin", "p", &PUBLISH.replace("S-??????", "*"));
    let error = world.describe_secret(&caller, "Missing").expect_err("does not exist");
    let text = "Secrets Manager can't find the specified secret.";
    assert_eq!(error, ApiError::new(400, "ResourceNotFoundException", text));
    world.forget_secret("S");
    assert_eq!(code(world.put_secret_value(&caller, &value(1, "x"))), "ResourceNotFoundException");
}

#[test]
fn describe_lags_and_put_does_not() {
    let (world, clock, caller) = scene();
    world.set_describe_lag(Duration::from_secs(30));
    world.put_secret_value(&caller, &value(1, "x")).expect("may");
    let seen = || world.describe_secret(&caller, "S").expect("may").version_ids_to_stages.contains_key(&token(1));
    clock.advance(29);
    assert!(!seen());
    assert_eq!(code(world.put_secret_value(&caller, &value(1, "other"))), "ResourceExistsException");
    clock.advance(1);
    assert!(seen());
}

#[test]
fn labels_are_moved_by_operators_and_strangers() {
    let (world, _, caller) = scene();
    world.put_secret_value(&caller, &value(1, "x")).expect("may");
    let foreign = world.stranger_puts("S", "y").expect("under the limit");
    let current = || world.get_secret_value(&caller, "S", None, None).expect("may").version_id;
    assert_eq!(current(), foreign);
    world.move_stage("S", "AWSCURRENT", &token(1));
    assert_eq!(current(), token(1));
    let update = |to: &str, from: Option<&str>| world.update_secret_version_stage(&caller, "S", "AWSCURRENT", Some(to), from);
    assert_eq!(code(update(&foreign, None)), "InvalidParameterException");
    assert_eq!(code(update(&foreign, Some(&foreign))), "InvalidParameterException");
    assert_eq!(code(update("nothing", Some(&token(1)))), "InvalidParameterException");
    update(&foreign, Some(&token(1))).expect("right");
    assert_eq!(current(), foreign);
    let previous = world.get_secret_value(&caller, "S", None, Some("AWSPREVIOUS")).expect("follows");
    assert_eq!(previous.version_id, token(1));
}

#[test]
fn labels_of_ones_own_leave_awscurrent_alone_but_for_the_first_version() {
    let (world, _, caller) = scene();
    let pending = |n| PutSecretValue { version_stages: Some(vec!["AWSPENDING".into()]), ..value(n, "x") };
    let first = world.put_secret_value(&caller, &pending(1)).expect("may");
    assert_eq!(first.version_stages, ["AWSCURRENT", "AWSPENDING"]);
    let second = world.put_secret_value(&caller, &pending(2)).expect("may");
    assert_eq!(second.version_stages, ["AWSPENDING"]);
    assert_eq!(world.get_secret_value(&caller, "S", None, None).expect("may").version_id, token(1));
    let labels = (0..19).map(|n| n.to_string()).collect();
    let many = PutSecretValue { version_stages: Some(labels), ..value(3, "x") };
    assert_eq!(code(world.put_secret_value(&caller, &many)), "LimitExceededException");
}

#[test]
fn writes_are_throttled_over_50_a_second_and_counted_even_when_they_do_nothing() {
    let (world, clock, caller) = scene();
    let answers: Vec<_> = (0..51).map(|_| world.put_secret_value(&caller, &value(1, "x"))).collect();
    assert!(answers[..50].iter().all(Result::is_ok));
    assert_eq!(answers[50], Err(ApiError::new(400, "ThrottlingException", "Rate exceeded")));
    assert!(world.describe_secret(&caller, "S").is_ok(), "reads have a quota of their own");
    clock.advance(1);
    assert!(world.put_secret_value(&caller, &value(1, "x")).is_ok());
}
