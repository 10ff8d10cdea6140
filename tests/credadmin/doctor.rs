//! `credadmin doctor`, the real binary, against the strict double. What it makes of the host is in tests/host.

use serde_json::Value;
use strict_aws::{ApiError, Fault, Operation, Role};

use crate::harness::Credadmin;
use crate::story::{Beside, CANARY};

const CONFIG: &str = "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'SensitiveS3'\n\
    role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n\
    [grants.g]\nsecret = 's3'\nfrom = '2020-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/SensitiveS3Access";

fn credadmin(aws: &Beside, config: &str) -> Credadmin {
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
    variables.fold(Credadmin::new(config), |credadmin, (name, value)| credadmin.env(name, value))
}

/// What it found, and its exit status, which goes with it, in text as in JSON.
fn findings(credadmin: &Credadmin, live: bool) -> Vec<Value> {
    let live: &[&str] = if live { &["--live"] } else { &[] };
    let json = credadmin.run_to_end(&[&["doctor", "--format", "json"], live].concat());
    let text = credadmin.run_to_end(&[&["doctor"], live].concat());
    let said = String::from_utf8(json.stdout).expect("text");
    let findings: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let is_wrong = findings.iter().any(|finding| finding["verdict"] == "wrong");
    assert_eq!((json.status.code(), text.status.code()), (Some(is_wrong.into()), Some(is_wrong.into())), "{said}");
    let text = String::from_utf8(text.stdout).expect("text");
    for finding in &findings {
        let check = finding["check"].as_str().expect("a check");
        assert!(text.contains(check), "{check} is not in\n{text}");
        assert_eq!(finding["verdict"] == "well", finding["remedy"].is_null(), "{finding}: what is not well has a remedy");
    }
    assert!(!text.contains(CANARY) && !said.contains(CANARY), "a secret part of a session");
    findings
}

/// What it found when a session looked at this bucket.
fn looked(credadmin: &Credadmin, bucket: &str) -> Vec<Value> {
    let output = credadmin.run_to_end(&["doctor", "--format", "json", "--live", "--bucket", bucket]);
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(!said.contains(CANARY), "a secret part of a session");
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The findings of that check: verdict and sentence.
fn of<'a>(findings: &'a [Value], check: &str) -> Vec<(&'a str, &'a str)> {
    let found = findings.iter().filter(|finding| finding["check"] == check);
    found.map(|finding| (finding["verdict"].as_str().expect("a verdict"), finding["says"].as_str().expect("words"))).collect()
}

/// The only one.
fn one<'a>(findings: &'a [Value], check: &str) -> (&'a str, &'a str) {
    match of(findings, check)[..] {
        [one] => one,
        ref found => panic!("{check}: {found:?} in {findings:#?}"),
    }
}

#[test]
fn a_healthy_account_is_well_and_nothing_of_it_is_changed() {
    let aws = Beside::new(&["SensitiveS3"]);
    let version = aws.world.stranger_puts("SensitiveS3", "by hand").expect("written");
    let findings = findings(&credadmin(&aws, CONFIG), true);
    let (verdict, says) = one(&findings, "config");
    assert!(verdict == "well" && says.ends_with("is valid: secrets: 1, grants: 1"), "{says}");
    assert!(one(&findings, "metadata").1.contains("for the role CredAdmin"));
    assert_eq!(one(&findings, "imdsv1"), ("well", "IMDSv1 is off"));
    assert!(one(&findings, "identity").1.starts_with("AWS is called as arn:aws:sts::123456789012:assumed-role/CredAdmin/i-"));
    for check in ["secret", "rotation", "role", "skew", "write"] {
        assert_eq!(one(&findings, check).0, "well", "{findings:#?}");
    }
    assert!(one(&findings, "secret").1.ends_with(&format!("it has version {version}")));
    // The daemon's role may not count them.
    let (verdict, says) = one(&findings, "versions");
    assert!(verdict == "unknown" && says.starts_with("versions planned for the next 24 hours: "), "{says}");
    // One that is assumed by a role is held to an hour here; this one's own maximum is an hour too, and is told first.
    assert!(["well", "unknown"].contains(&one(&findings, "chain").0));
    let versions = aws.world.versions("SensitiveS3");
    assert_eq!((versions.len(), versions[0].content.as_str()), (1, "by hand"), "nothing is written");
    // What was had of the role is good for nothing, and was so from the beginning.
    let sessions = aws.world.sessions();
    assert!(!sessions.is_empty());
    for session in sessions {
        assert!(session.session_name.starts_with("credadmin-doctor-"), "{}", session.session_name);
        assert!(session.policy_end.is_some_and(|end| end <= session.issued_at), "{session:?}");
    }
}

#[test]
fn without_live_nothing_is_sent_that_has_to_be_refused() {
    let aws = Beside::new(&["SensitiveS3"]);
    let findings = findings(&credadmin(&aws, CONFIG), false);
    for check in ["write", "chain", "console", "console-duration", "console-keys"] {
        assert_eq!(of(&findings, check), []);
    }
    assert!(aws.world.calls().iter().all(|call| call.operation != Operation::GetSigninToken));
    assert!(aws.world.calls().iter().all(|call| call.operation != Operation::PutSecretValue));
    assert!(one(&findings, "secret").1.contains("no value yet"));
}

#[test]
fn versions_are_counted_where_that_is_allowed() {
    let aws = Beside::new(&["SensitiveS3"]);
    let more = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"secretsmanager:ListSecretVersionIds","Resource":"*"}]}"#;
    aws.world.put_role_policy("CredAdmin", "more", more);
    let credadmin = credadmin(&aws, CONFIG);
    for n in 0..3 {
        aws.world.stranger_puts("SensitiveS3", &format!("{n}")).expect("written");
    }
    let found = findings(&credadmin, false);
    let (verdict, says) = one(&found, "versions");
    assert!(verdict == "well" && says.starts_with("versions written in the last 24 hours: 3, planned for the next: "), "{says}");
    for n in 3..100 {
        aws.world.stranger_puts("SensitiveS3", &format!("{n}")).expect("written");
    }
    let found = findings(&credadmin, false);
    let (verdict, says) = one(&found, "versions");
    assert!(verdict == "wrong" && says.starts_with("versions written in the last 24 hours: 100, "), "{says}");
}

#[test]
fn what_is_wrong_with_a_secret_or_a_role_is_told_with_what_to_do() {
    type Change = fn(&strict_aws::World);
    let denied = |operation| Fault::Answer(ApiError::new(400, "AccessDeniedException", format!("no {operation:?}")));
    let changes: [(Change, &str, &str, &str); 9] = [
        (|world| world.set_rotation("SensitiveS3", true), "rotation", "warning", "rotation is on"),
        (|world| world.delete_secret("SensitiveS3"), "secret", "wrong", "marked for deletion"),
        (|world| world.set_owning_service("SensitiveS3", Some("rds")), "secret", "wrong", "managed by the service rds"),
        (|world| world.forget_secret("SensitiveS3"), "secret", "wrong", "AccessDeniedException"),
        (|world| world.delete_role("SensitiveS3Access"), "role", "wrong", "AccessDenied"),
        (|world| world.update_role("SensitiveS3Access", |role: &mut Role| role.trusted.clear()), "role", "wrong", "AccessDenied"),
        (|world| world.set_tokens_optional("i-00000000000000001", true), "imdsv1", "warning", "IMDSv1 is on"),
        (|world| world.set_metadata_enabled("i-00000000000000001", false), "metadata", "wrong", "switched off"),
        (|world| world.set_instance_role("i-00000000000000001", None), "metadata", "wrong", "tells no role"),
    ];
    for (change, check, verdict, says) in changes {
        let aws = Beside::new(&["SensitiveS3"]);
        change(&aws.world);
        let findings = findings(&credadmin(&aws, CONFIG), false);
        let found = one(&findings, check);
        assert!(found.0 == verdict && found.1.contains(says), "{found:?} in {findings:#?}");
    }
    let aws = Beside::new(&["SensitiveS3"]);
    aws.world.stranger_puts("SensitiveS3", "by hand").expect("written");
    aws.world.fail(Operation::PutSecretValue, denied(Operation::PutSecretValue), usize::MAX);
    let findings = findings(&credadmin(&aws, CONFIG), true);
    let (verdict, says) = one(&findings, "write");
    assert!(verdict == "wrong" && says.contains("secretsmanager:PutSecretValue failed with AccessDeniedException"), "{says}");
}

#[test]
fn a_metadata_service_that_does_not_give_its_token_is_told_from_one_that_is_not_there() {
    let aws = Beside::new(&["SensitiveS3"]);
    aws.world.fail(Operation::ImdsToken, Fault::Silent, usize::MAX);
    let found = findings(&credadmin(&aws, CONFIG), false);
    let (verdict, says) = one(&found, "metadata");
    assert!(verdict == "wrong" && says.contains("its token does not come back"), "{says}");
    let nobody = credadmin(&aws, CONFIG).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9");
    let found = findings(&nobody, false);
    let (verdict, says) = one(&found, "metadata");
    assert!(verdict == "wrong" && says.contains("can't be reached"), "{says}");
}

#[test]
fn a_session_longer_than_the_role_allows_is_told_and_the_role_is_tried_again() {
    let aws = Beside::new(&["SensitiveS3"]);
    aws.world.update_role("SensitiveS3Access", |role: &mut Role| role.max_session_seconds = 7200);
    let config = CONFIG.replace("[grants.g]", "session_duration = '4h'\n[grants.g]");
    let found = findings(&credadmin(&aws, &config), false);
    let roles = of(&found, "role");
    assert!(matches!(roles[..], [("warning", _), ("well", _)]), "{roles:?}");
    assert!(roles[0].1.starts_with("sessions last one hour, not 4h: sts:AssumeRole failed with ValidationError"), "{roles:?}");
    let role = found.iter().find(|finding| finding["check"] == "role").expect("a role");
    assert!(role["about"] == ROLE && role["remedy"].as_str().is_some_and(|remedy| remedy.contains("session_duration")), "{role}");
}

/// AWS packs the session policy and the tags into one space: what fits beside a shorter policy may not beside the daemon's.
#[test]
fn tags_that_do_not_fit_beside_the_session_policy_of_the_daemon_are_told() {
    let tags: Vec<String> = (0..5).map(|n| format!("t{n} = '{}'", "x".repeat(250))).collect();
    let tagged = CONFIG.replace("[grants.g]", &format!("tags = {{ {} }}\n[grants.g]", tags.join(", ")));
    let without_policy = tagged.replace("[grants.g]", "session_policy = 'off'\n[grants.g]");
    for (config, verdict, says) in [(&tagged, "wrong", "PackedPolicyTooLarge"), (&without_policy, "well", "can be assumed")] {
        let aws = Beside::new(&["SensitiveS3"]);
        aws.world.update_role("SensitiveS3Access", |role: &mut Role| role.allows_tags = true);
        let found = findings(&credadmin(&aws, config), false);
        let role = one(&found, "role");
        assert!(role.0 == verdict && role.1.contains(says), "{role:?}");
    }
}

#[test]
fn whether_the_chain_is_held_to_an_hour_is_known_with_live_alone() {
    for (capped, says) in [(true, "and refused: a role assumed by this instance's role lasts one hour"), (false, "and given")] {
        let aws = Beside::new(&["SensitiveS3"]);
        aws.world.set_instance_roles_are_capped(capped);
        aws.world.update_role("SensitiveS3Access", |role: &mut Role| role.max_session_seconds = 43200);
        let found = findings(&credadmin(&aws, CONFIG), true);
        let chain = one(&found, "chain");
        assert!(chain.0 == "well" && chain.1.contains(says), "{chain:?}");
    }
}

/// aws-facts §15 B and G: AWS's texts leave both open, so doctor tells what it sees, whichever it is.
#[test]
fn what_the_sign_in_service_takes_of_a_session_is_known_with_live_alone() {
    let without_policy = CONFIG.replace("[grants.g]", "session_policy = 'off'\n[grants.g]");
    for (config, capped, more_keys, duration, keys) in [
        (CONFIG, true, false, ("well", "SessionDuration is refused"), "a session with a fourth key is refused"),
        (CONFIG, false, true, ("well", "denies every call after the window"), "a session with a fourth key is taken"),
        (&without_policy, false, true, ("warning", "past the window"), "a session with a fourth key is taken"),
    ] {
        let aws = Beside::new(&["SensitiveS3"]);
        aws.world.set_instance_roles_are_capped(capped);
        aws.world.set_signin_takes_more_keys(more_keys);
        let found = findings(&credadmin(&aws, config), true);
        let (verdict, says) = one(&found, "console");
        assert!(verdict == "well" && says.ends_with("which was thrown away: credadmin console works"), "{says}");
        let (verdict, says) = one(&found, "console-duration");
        assert!(verdict == duration.0 && says.contains(duration.1), "{verdict}: {says}");
        let (verdict, says) = one(&found, "console-keys");
        assert!(verdict == "well" && says.starts_with(keys), "{says}");
        // In text and in JSON, three each.
        let tried = aws.world.calls().into_iter().filter(|call| call.operation == Operation::GetSigninToken);
        assert_eq!(tried.filter(|call| call.access_key_id.is_some()).count(), 6);
        assert!(aws.world.console_sessions().is_empty(), "nobody signs in");
    }
}

#[test]
fn a_sign_in_service_that_refuses_or_is_away_is_told_and_is_not_wrong() {
    let refused = Fault::Answer(ApiError::new(400, "BadRequest", "Invalid credentials parameter."));
    let busy = Fault::Answer(ApiError::new(503, "ServiceUnavailable", "busy"));
    for (fault, verdict, says) in [
        (refused, "warning", "there is no credadmin console (signin:GetSigninToken failed with HTTP 400: Invalid credentials"),
        (busy, "unknown", "signin:GetSigninToken failed with HTTP 503"),
    ] {
        let aws = Beside::new(&["SensitiveS3"]);
        aws.world.fail(Operation::GetSigninToken, fault, usize::MAX);
        let found = findings(&credadmin(&aws, CONFIG), true);
        let console = one(&found, "console");
        assert!(console.0 == verdict && console.1.contains(says), "{console:?}");
        assert_eq!(of(&found, "console-keys").is_empty(), verdict == "unknown");
    }
}

#[test]
fn a_config_with_mistakes_is_told_and_aws_is_not_called() {
    let aws = Beside::new(&["SensitiveS3"]);
    let config = CONFIG.replace("until", "untill").replace("secret_id", "secret");
    let found = findings(&credadmin(&aws, &config), true);
    let mistakes = of(&found, "config");
    assert!(mistakes.len() >= 2 && mistakes.iter().all(|(verdict, _)| *verdict == "wrong"), "{mistakes:?}");
    assert!(mistakes.iter().any(|(_, says)| says.contains("untill") && says.contains("credadmin.toml:")), "{mistakes:?}");
    let proxied = credadmin(&aws, CONFIG).env("HTTP_PROXY", "http://user:hunter2@proxy:3128");
    let found = findings(&proxied, true);
    let (verdict, says) = one(&found, "environment");
    assert!(verdict == "wrong" && says.starts_with("HTTP_PROXY is set") && !says.contains("hunter2"), "{says}");
    assert_eq!(aws.world.calls().len(), 0, "AWS is not called");
    let stray = credadmin(&aws, CONFIG).env("AWS_ACCESS_KEY_ID", "AKIAHUNTER2");
    let found = findings(&stray, false);
    assert!(one(&found, "environment").1.contains("AWS_ACCESS_KEY_ID: ignored"));
}

/// S3's own answers to a session whose policy ends it: the claim that everything rests on, seen on the user's account.
#[test]
fn with_a_bucket_a_session_is_seen_to_end_with_its_policy() {
    let aws = Beside::new(&["SensitiveS3"]);
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{ROLE}"}},"Action":"s3:*",
        "Resource":["arn:aws:s3:::sensitive-bucket","arn:aws:s3:::sensitive-bucket/*"]}}]}}"#
    );
    aws.world.add_bucket("sensitive-bucket", &policy);
    let credadmin = credadmin(&aws, CONFIG);
    let found = looked(&credadmin, "sensitive-bucket");
    let (verdict, says) = one(&found, "cut");
    assert!(verdict == "well" && says.contains("looked at sensitive-bucket until then, and was denied"), "{says}");
    let looks = aws.world.calls().into_iter().filter(|call| call.operation == Operation::HeadBucket);
    let (denied, seen): (Vec<_>, Vec<_>) = looks.partition(|call| call.error.is_some());
    assert!(seen.len() > 5 && denied.len() == 1 && denied[0].error.as_deref() == Some("AccessDenied"), "{denied:?}");
    let session =
        aws.world.sessions().into_iter().find(|session| session.policy_end > Some(session.issued_at)).expect("one that lived");
    let ends = session.policy_end.expect("an end");
    assert!(seen.iter().all(|call| call.at < ends) && denied[0].at >= ends && ends < session.expiration);
    let found = looked(&credadmin, "another-bucket");
    let (verdict, says) = one(&found, "cut");
    assert!(verdict == "unknown" && says.contains("another-bucket can't be looked at (HTTP 404)"), "{says}");
}

/// The proxy is the double itself, which is asked for a name that nobody can look up.
#[test]
fn where_a_proxy_is_the_only_way_out_the_bucket_is_looked_at_through_it() {
    let aws = Beside::new(&["SensitiveS3"]);
    let mut variables = aws.environment.iter();
    let (_, proxy) = variables.find(|(name, _)| *name == "AWS_ENDPOINT_URL").expect("an endpoint");
    let behind = credadmin(&aws, CONFIG)
        .env("AWS_ENDPOINT_URL_S3", "http://s3.invalid")
        .env("HTTP_PROXY", proxy)
        .env("NO_PROXY", "127.0.0.1,169.254.169.254");
    let found = looked(&behind, "another-bucket");
    let (verdict, says) = one(&found, "cut");
    assert!(verdict == "unknown" && says.contains("another-bucket can't be looked at (HTTP 404)"), "{says}");
}
