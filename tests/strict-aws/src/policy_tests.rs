use super::*;

/// The session policy that aws-facts §2 recommends, its first two statements.
const WINDOW: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":"*","Resource":"*"},
 {"Effect":"Deny","Action":"*","Resource":"*",
  "Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-31T17:00:00Z"}}}]}"#;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn request(now: &str) -> Request<'_> {
    Request::new("s3:GetObjectAcl", "arn:aws:s3:::bucket/key", at(now))
}

fn policy(document: &str) -> Policy {
    Policy::parse(document, Purpose::Identity).expect("a policy")
}

fn one(effect: &str, condition: &str) -> Policy {
    policy(&format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"S3:get*","Resource":"arn:aws:s3:::b?cket/*"
        {condition}}}}}"#
    ))
}

#[test]
fn a_window_ends_at_its_very_instant() {
    let policy = policy(WINDOW);
    assert_eq!(policy.says(&request("2026-01-31T16:59:59.999999999Z")), Some(Effect::Allow));
    assert_eq!(policy.says(&request("2026-01-31T17:00:00Z")), Some(Effect::Deny));
    assert_eq!(policy.end(), Some(at("2026-01-31T17:00:00Z")));
}

#[test]
fn actions_and_resources_take_wildcards() {
    let policy = one("Allow", "");
    assert_eq!(policy.says(&request("2026-01-31T17:00:00Z")), Some(Effect::Allow));
    let mut other = request("2026-01-31T17:00:00Z");
    other.action = "s3:PutObject";
    assert_eq!(policy.says(&other), None);
    other = Request { resource: "arn:aws:s3:::Bucket/key", ..request("2026-01-31T17:00:00Z") };
    assert_eq!(policy.says(&other), None, "resources are case-sensitive");
}

#[test]
fn each_condition_has_its_edge() {
    let now = "2026-01-31T17:00:00Z";
    let before = one("Allow", r#","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-31T17:00:00Z"}}"#);
    assert_eq!(before.says(&request(now)), None);
    assert_eq!(before.says(&request("2026-01-31T16:59:59Z")), Some(Effect::Allow));

    let revoked = one("Deny", r#","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-31T17:00:00Z"}}"#);
    assert_eq!(revoked.says(&request(now)), None, "long-lived keys have no issue time");
    assert_eq!(revoked.says(&Request { token_issued_at: Some(at(now)), ..request(now) }), None);
    let older = Request { token_issued_at: Some(at("2026-01-31T16:59:59Z")), ..request(now) };
    assert_eq!(revoked.says(&older), Some(Effect::Deny));

    let like = one("Allow", r#","Condition":{"StringLike":{"sts:RoleSessionName":"credadmin-*"}}"#);
    let equals = one("Allow", r#","Condition":{"StringEquals":{"sts:RoleSessionName":["a","credadmin-x"]}}"#);
    let named = Request { role_session_name: Some("credadmin-x"), ..request(now) };
    for policy in [like, equals] {
        assert_eq!(policy.says(&named), Some(Effect::Allow));
        assert_eq!(policy.says(&Request { role_session_name: Some("other"), ..named }), None);
        assert_eq!(policy.says(&request(now)), None);
    }
}

#[test]
fn only_a_deny_of_everything_ends_a_session() {
    let deny = |action: &str, condition: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":{action},"Resource":"*"{condition}}}]}}"#
        );
        policy(&text).end()
    };
    let from = r#","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-01-31T17:00:00Z"}}"#;
    assert_eq!(deny(r#""*""#, from), Some(at("2026-01-31T17:00:00Z")));
    assert_eq!(deny(r#"["s3:*","sts:*"]"#, from), None);
    assert_eq!(deny(r#""*""#, ""), Some(Timestamp::MIN));
    assert_eq!(one("Allow", "").end(), None);
}

#[test]
fn what_is_not_understood_is_malformed() {
    let statement = |inner: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{inner}}}]}}"#);
    let rest = r#""Effect":"Allow","Action":"*","Resource":"*""#;
    for document in [
        "not JSON".to_owned(),
        "[]".to_owned(),
        r#"{"Version":"2008-10-17","Statement":[]}"#.to_owned(),
        r#"{"Version":"2012-10-17"}"#.to_owned(),
        statement(r#""Effect":"allow","Action":"*","Resource":"*""#),
        statement(r#""Effect":"Allow","NotAction":"*","Resource":"*""#),
        statement(r#""Effect":"Allow","Action":"*""#),
        statement(&format!(r#"{rest},"Principal":"*""#)),
        statement(&format!(r#"{rest},"Condition":{{"DateGreaterThan":{{"aws:CurrentTime":"2026-01-31T17:00:00Z"}}}}"#)),
        statement(&format!(
            r#"{rest},"Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"2026-01-31T17:00:00+01:00"}}}}"#
        )),
        statement(&format!(r#"{rest},"Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"2026-*"}}}}"#)),
        statement(&format!(r#"{rest},"Condition":{{"StringEquals":{{"aws:PrincipalArn":"x"}}}}"#)),
    ] {
        let error = Policy::parse(&document, Purpose::Identity).expect_err(&document);
        assert_eq!((error.status, error.code.as_str()), (400, "MalformedPolicyDocument"), "{document}");
    }
    assert!(Policy::parse(&statement(rest), Purpose::Bucket).is_err(), "a bucket policy names principals");
}

#[test]
fn a_sender_is_held_to_the_letter_and_only_where_mail_is_sent() {
    let policy = policy(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*",
        "Condition":{"StringEquals":{"ses:FromAddress":"a@example.com"}}}]}"#,
    );
    let asked = request("2026-01-31T17:00:00Z");
    for (from_address, says) in
        [(Some("a@example.com"), Some(Effect::Allow)), (Some("A@example.com"), None), (Some("b@example.com"), None), (None, None)]
    {
        assert_eq!(policy.says(&Request { from_address, ..asked }), says, "{from_address:?}");
    }
}
