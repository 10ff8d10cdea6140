use super::*;
use crate::world::tests::{Clock, world_and_clock};
use crate::{AssumeRole, Role, role_arn};

const ASSUME: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#;

/// The field's scene: the bucket's policy names the role, the role itself has no policy.
fn scene() -> (World, Clock, Caller) {
    let (world, clock) = world_and_clock();
    let credadmin = world.add_role(Role::new("CredAdmin").policy("p", ASSUME));
    world.add_role(Role::new("SensitiveS3Access").trusting(&credadmin));
    world.add_role(Role::new("EC2Normal"));
    open_to(&world, &role_arn("SensitiveS3Access"));
    world.add_object("sensitive", "report.csv", b"a,b");
    let instance = world.launch_instance("CredAdmin");
    let caller = Caller::holding(&world.instance_credentials(&instance).expect("has a role"));
    (world, clock, caller)
}

fn open_to(world: &World, principal: &str) {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},
        "Action":"s3:*","Resource":["arn:aws:s3:::sensitive","arn:aws:s3:::sensitive/*"]}}]}}"#
    );
    world.add_bucket("sensitive", &policy);
}

fn session(world: &World, caller: &Caller, policy: Option<&str>) -> Caller {
    let request = AssumeRole {
        role_arn: role_arn("SensitiveS3Access"),
        role_session_name: "name".into(),
        policy: policy.map(str::to_owned),
        ..AssumeRole::default()
    };
    let answer = world.assume_role(caller, &request).expect("may");
    Caller::holding(&answer.credentials.expect("no fault was scripted"))
}

fn refusal(world: &World, caller: &Caller) -> String {
    let error = world.get_object_acl(caller, "sensitive", "report.csv").expect_err("must be refused");
    assert_eq!((error.status, error.code.as_str()), (403, "AccessDenied"));
    error.message
}

fn opens(world: &World, caller: &Caller) -> bool {
    world.get_object_acl(caller, "sensitive", "report.csv").is_ok()
}

const UNTIL_0805: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
 {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-12-01T08:05:00Z"}}}]}"#;

/// Only an Allow, of nothing on S3: an implicit deny.
const NOT_S3: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}"#;

#[test]
fn the_role_may_and_nobody_else() {
    let (world, clock, caller) = scene();
    let reader = session(&world, &caller, None);
    assert!(opens(&world, &reader));
    assert_eq!(world.get_object(&reader, "sensitive", "report.csv"), Ok(b"a,b".to_vec()));
    assert_eq!(world.head_bucket(&reader, "sensitive"), Ok(()));
    assert_eq!(world.get_object(&reader, "sensitive", "none").expect_err("no such key").code, "NoSuchKey");
    assert_eq!(world.head_bucket(&reader, "none").expect_err("no such bucket").code, "NoSuchBucket");
    let normal = world.launch_instance("EC2Normal");
    let normal = Caller::holding(&world.instance_credentials(&normal).expect("has a role"));
    let text = refusal(&world, &normal);
    assert!(text.ends_with("because no identity-based policy allows the s3:GetObjectAcl action"), "{text}");
    clock.advance(3600);
    let error = world.get_object_acl(&reader, "sensitive", "report.csv").expect_err("over");
    assert_eq!(error, ApiError::new(400, "ExpiredToken", "The provided token has expired."));
}

#[test]
fn a_session_policy_cuts_at_its_instant_for_all_four_kinds_of_bucket_policy() {
    let (world, clock, caller) = scene();
    let reader = session(&world, &caller, Some(UNTIL_0805));
    clock.advance(299);
    assert!(opens(&world, &reader));
    clock.advance(1);
    let session_arn = "arn:aws:sts::123456789012:assumed-role/SensitiveS3Access/name";
    for principal in [&role_arn("SensitiveS3Access"), session_arn, "*"] {
        open_to(&world, principal);
        assert!(refusal(&world, &reader).ends_with("with an explicit deny in a session policy"));
    }
}

#[test]
fn an_implicit_deny_of_the_session_policy_limits_a_role_but_not_a_session_or_anyone() {
    let (world, _, caller) = scene();
    let reader = session(&world, &caller, Some(NOT_S3));
    assert!(refusal(&world, &reader).ends_with("because no session policy allows the s3:GetObjectAcl action"));
    for principal in ["arn:aws:sts::123456789012:assumed-role/SensitiveS3Access/name", "*"] {
        open_to(&world, principal);
        assert!(opens(&world, &reader), "{principal}");
    }
    open_to(&world, "arn:aws:sts::123456789012:assumed-role/SensitiveS3Access/other");
    assert!(refusal(&world, &reader).contains("no identity-based policy"));
}

#[test]
fn an_identity_policy_is_enough_in_the_same_account_but_not_against_a_deny() {
    let (world, _, caller) = scene();
    open_to(&world, &role_arn("CredAdmin"));
    let reader = session(&world, &caller, None);
    assert!(refusal(&world, &reader).contains("no identity-based policy"));
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    world.put_role_policy("SensitiveS3Access", "allow", allow);
    assert!(opens(&world, &reader));
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
    world.add_bucket("sensitive", deny);
    assert!(refusal(&world, &reader).ends_with("with an explicit deny in a resource-based policy"));
}

#[test]
fn revoking_older_sessions_ends_those_and_not_the_next() {
    let (world, clock, caller) = scene();
    let old = session(&world, &caller, None);
    clock.advance(60);
    let revoke = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",
     "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-12-01T08:01:00Z"}}}}"#;
    world.put_role_policy("SensitiveS3Access", "AWSRevokeOlderSessions", revoke);
    assert!(refusal(&world, &old).ends_with("with an explicit deny in an identity-based policy"));
    assert!(opens(&world, &session(&world, &caller, None)));
}

#[test]
fn an_object_that_is_there_is_not_written_if_only_a_new_one_may_be() {
    let (world, _clock, caller) = scene();
    let session = session(&world, &caller, None);
    let put = |caller: &Caller, content: &[u8], only_if_new| {
        let put = world.put_object(caller, "sensitive", "claims/1", content, only_if_new);
        put.map_err(|error| (error.status, error.code))
    };
    assert_eq!(put(&caller, b"0", true), Err((403, "AccessDenied".into())));
    assert_eq!(put(&session, b"1", true), Ok(()));
    assert_eq!(put(&session, b"2", true), Err((412, "PreconditionFailed".into())));
    assert_eq!(world.get_object(&session, "sensitive", "claims/1"), Ok(b"1".to_vec()));
    assert_eq!(put(&session, b"3", false), Ok(()));
    assert_eq!(world.get_object(&session, "sensitive", "claims/1"), Ok(b"3".to_vec()));
}
