use super::*;
use crate::world::tests::{Clock, world_and_clock};
use crate::{AssumeRole, Role, role_arn};

#[path = "sts_trust_tests.rs"]
mod trust;

/// aws-facts §8: what CredAdmin may do.
const CREDADMIN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
 "Action":["sts:AssumeRole","sts:SetSourceIdentity","sts:TagSession"],"Resource":"arn:aws:iam::123456789012:role/*"}]}"#;

/// CredAdmin on an instance, and two roles that trust it: one of an hour, one of twelve.
fn scene() -> (World, Clock, Caller) {
    let (world, clock) = world_and_clock();
    let credadmin = world.add_role(Role::new("CredAdmin").policy("p", CREDADMIN));
    world.add_role(Role::new("Short").trusting(&credadmin).session_name_like("credadmin-*"));
    world.add_role(Role::new("Long").trusting(&credadmin).max_session(43200));
    let instance = world.launch_instance("CredAdmin");
    let caller = Caller::holding(&world.instance_credentials(&instance).expect("has a role"));
    (world, clock, caller)
}

fn asking(role: &str, seconds: i64) -> AssumeRole {
    AssumeRole {
        role_arn: role_arn(role),
        role_session_name: "credadmin-x".into(),
        duration_seconds: Some(seconds),
        ..AssumeRole::default()
    }
}

fn keys(answer: AssumedRole) -> Credentials {
    answer.credentials.expect("no fault was scripted")
}

fn validation_of(world: &World, caller: &Caller, request: &AssumeRole) -> String {
    let error = world.assume_role(caller, request).expect_err("out of bounds");
    assert_eq!((error.status, error.code.as_str()), (400, "ValidationError"));
    error.message
}

#[test]
fn the_duration_has_three_bounds_in_this_order() {
    let (world, _, caller) = scene();
    let one = "1 validation error detected: Value ";
    assert_eq!(
        validation_of(&world, &caller, &asking("Short", 899)),
        format!(
            "{one}'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
        )
    );
    assert_eq!(
        validation_of(&world, &caller, &asking("Short", 43201)),
        format!(
            "{one}'43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"
        )
    );
    let maximum = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(validation_of(&world, &caller, &asking("Short", 3601)), maximum);
    let chaining = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_eq!(validation_of(&world, &caller, &asking("Long", 3601)), chaining);
    for seconds in [900, 3600] {
        let answer = keys(world.assume_role(&caller, &asking("Short", seconds)).expect("in bounds"));
        assert_eq!(answer.expiration, Some(world.now() + SignedDuration::from_secs(seconds)));
    }
    let request = AssumeRole { duration_seconds: None, ..asking("Short", 0) };
    let answer = keys(world.assume_role(&caller, &request).expect("in bounds"));
    assert_eq!(answer.expiration, Some(world.now() + SignedDuration::from_hours(1)));
}

#[test]
fn whether_an_instance_role_is_capped_can_be_set_but_an_assumed_role_always_is() {
    let (world, _, caller) = scene();
    world.set_instance_roles_are_capped(false);
    let long = keys(world.assume_role(&caller, &asking("Long", 43200)).expect("not capped"));
    world.put_role_policy("Long", "p", CREDADMIN);
    world.update_role("Short", |role| {
        role.max_session_seconds = 7200;
        role.trusted.push(role_arn("Long"));
    });
    let message = validation_of(&world, &Caller::holding(&long), &asking("Short", 3601));
    assert!(message.contains("1 hour session limit"), "{message}");
    assert!(world.assume_role(&Caller::holding(&long), &asking("Short", 3600)).is_ok());
}

#[test]
fn a_user_is_not_capped() {
    let (world, _, _) = scene();
    let user = world.add_user("credadmin", &[CREDADMIN]);
    world.update_role("Long", |role| role.trusted = vec![format!("arn:aws:iam::{ACCOUNT}:user/credadmin")]);
    assert!(world.assume_role(&Caller::holding(&user), &asking("Long", 7200)).is_ok());
}

#[test]
fn a_session_lives_to_its_very_second_and_never_longer() {
    let (world, clock, caller) = scene();
    clock.advance_ms(700);
    let session = keys(world.assume_role(&caller, &asking("Short", 900)).expect("may"));
    let caller = Caller::holding(&session);
    clock.advance_ms(899_299);
    assert!(world.get_caller_identity(&caller).is_ok());
    clock.advance_ms(1);
    assert_eq!(world.get_caller_identity(&caller).expect_err("over").code, "ExpiredToken");
}

#[test]
fn denial_is_one_text_for_policy_trust_and_a_role_that_does_not_exist() {
    let (world, _, caller) = scene();
    world.add_role(Role::new("NoTrust"));
    world.add_role(Role::new("Other"));
    let other = world.launch_instance("Other");
    let other = Caller::holding(&world.instance_credentials(&other).expect("has a role"));
    world.update_role("Long", |role| role.trusted.push(role_arn("Other")));
    let misnamed = AssumeRole { role_session_name: "somebody".into(), ..asking("Short", 900) };
    for (caller, request) in
        [(&caller, asking("Missing", 900)), (&caller, asking("NoTrust", 900)), (&other, asking("Long", 900)), (&caller, misnamed)]
    {
        let error = world.assume_role(caller, &request).expect_err("denied");
        let who = world.get_caller_identity(caller).expect("a live caller").arn;
        let text = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {}", request.role_arn);
        assert_eq!(error, ApiError::new(403, "AccessDenied", text));
    }
}

#[test]
fn names_ids_and_policies_have_bounds() {
    let (world, _, caller) = scene();
    let base = asking("Short", 900);
    let named = |name: &str| AssumeRole { role_session_name: name.into(), ..base.clone() };
    let with_policy = |policy: String| AssumeRole { policy: Some(policy), ..base.clone() };
    let with_id = |id: &str| AssumeRole { external_id: Some(id.into()), ..base.clone() };
    let with_source = |id: String| AssumeRole { source_identity: Some(id), ..base.clone() };
    let long_tag = AssumeRole { tags: vec![("k".repeat(129), String::new())], ..base.clone() };
    let many = (0..51).map(|n| (format!("k{n}"), String::new())).collect();
    let many_tags = AssumeRole { tags: many, ..base.clone() };
    for (request, wanted) in [
        (named("c"), "'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"),
        (named(&"c".repeat(65)), "length less than or equal to 64"),
        (named("credadmin x"), r"satisfy regular expression pattern: [\w+=,.@-]*"),
        (
            with_policy(" ".repeat(2049)),
            "'policy' failed to satisfy constraint: Member must have length less than or equal to 2048",
        ),
        (with_policy("\u{100}".into()), r"[\u0009\u000A\u000D\u0020-\u00FF]+"),
        (with_id("a"), "'externalId' failed to satisfy constraint: Member must have length greater than or equal to 2"),
        (with_id("a b"), r"[\w+=,.@:\/-]*"),
        (with_source("x".repeat(65)), "length less than or equal to 64"),
        (with_source("aws:x".into()), r"[\w+=,.@-]*"),
        (long_tag, "length less than or equal to 128"),
        (many_tags, "'tags' failed to satisfy constraint: Member must have length less than or equal to 50"),
    ] {
        let message = validation_of(&world, &caller, &request);
        assert!(message.starts_with("1 validation error detected: ") && message.contains(wanted), "{message}");
    }
    let two = AssumeRole { duration_seconds: Some(1), ..named("c") };
    assert!(validation_of(&world, &caller, &two).starts_with("2 validation errors detected: "));
}

#[test]
fn a_session_policy_is_read_sized_and_its_end_recorded() {
    let (world, clock, caller) = scene();
    let window = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
     {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThanEquals":
     {"aws:CurrentTime":"2026-12-01T08:05:00Z"}}}]}"#;
    let request = AssumeRole { policy: Some(window.into()), ..asking("Short", 900) };
    let answer = world.assume_role(&caller, &request).expect("may");
    assert_eq!(answer.packed_policy_size, Some((window.len() * 100).div_ceil(2048)));
    let id = keys(answer).access_key_id;
    let end = world.now() + SignedDuration::from_mins(5);
    assert_eq!(world.live_end(&id), Some(end));
    let record = world.sessions().pop().expect("one session");
    assert_eq!((record.access_key_id, record.policy_end), (id, Some(end)));
    assert_eq!((record.requested_seconds, record.expiration), (900, world.now() + SignedDuration::from_mins(15)));

    clock.advance(600);
    let request = AssumeRole { policy: Some("{".into()), ..asking("Short", 900) };
    assert_eq!(world.assume_role(&caller, &request).expect_err("malformed").code, "MalformedPolicyDocument");
    world.update_role("Short", |role| role.allows_tags = true);
    let tags = (0..9).map(|n| (format!("k{n}"), "v".repeat(256))).collect();
    let error = world.assume_role(&caller, &AssumeRole { tags, ..asking("Short", 900) }).expect_err("too large");
    assert_eq!((error.status, error.code.as_str()), (400, "PackedPolicyTooLarge"));
    assert_eq!(error.message, "Packed size of session tags consumes 114% of allotted space.");
    assert_eq!(world.assume_role(&caller, &asking("Short", 900)).expect("may").packed_policy_size, None);
}

#[test]
fn more_than_600_a_second_are_throttled() {
    let (world, _, caller) = scene();
    let answers: Vec<_> = (0..601).map(|_| world.get_caller_identity(&caller)).collect();
    assert!(answers[..600].iter().all(Result::is_ok));
    assert_eq!(answers[600], Err(ApiError::new(400, "Throttling", "Rate exceeded")));
    world.set_sts_quota(None);
    assert!(world.get_caller_identity(&caller).is_ok());
}

#[test]
fn the_record_tells_who_asked_for_what_and_no_secret() {
    let (world, _, caller) = scene();
    world.set_canary("CANARY-");
    let session = keys(world.assume_role(&caller.request_id("r-1"), &asking("Short", 900)).expect("may"));
    assert!(session.session_token.as_ref().is_some_and(|token| token.starts_with("CANARY-")));
    let call = world.calls().pop().expect("one call");
    assert_eq!((call.operation, call.error.as_deref(), call.request_id.as_str()), (Operation::AssumeRole, None, "r-1"));
    assert_eq!(call.parameter("durationSeconds"), Some("900"));
    assert!(call.caller_arn.is_some_and(|arn| arn.contains("assumed-role/CredAdmin/i-")));
    let told = format!("{:?} {:?}", world.calls(), world.sessions());
    assert!(told.contains(&session.access_key_id) && !told.contains("CANARY"));
}

#[test]
fn a_twisted_answer_is_no_misprint() {
    let (world, clock, caller) = scene();
    let assume = || world.assume_role(&caller, &asking("Short", 900)).expect("may");
    assert_eq!(world.twist(&crate::Fault::EmptyCredentials, assume()).credentials, None);
    let past = keys(world.twist(&crate::Fault::PastExpiration, assume()));
    assert_eq!(past.expiration, Some(world.now() - SignedDuration::from_secs(1)));
    assert_eq!(world.get_caller_identity(&Caller::holding(&past)).expect_err("over").code, "ExpiredToken");
    let long = keys(world.twist(&crate::Fault::LongerThanAsked, assume()));
    assert_eq!(world.live_end(&long.access_key_id), Some(world.now() + SignedDuration::from_mins(75)));
    clock.advance(3600);
    assert!(world.get_caller_identity(&Caller::holding(&long)).is_ok());
}
