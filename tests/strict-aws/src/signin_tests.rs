use super::*;
use crate::world::tests::{Clock, world_and_clock};
use crate::{AssumeRole, Caller, Credentials, Role, role_arn};

const ASSUME: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#;
const PAGE: &str = "https://console.aws.amazon.com/s3/home";

/// CredAdmin on an instance, a user, and a role that trusts both.
fn scene() -> (World, Clock, Caller, Caller) {
    let (world, clock) = world_and_clock();
    let credadmin = world.add_role(Role::new("CredAdmin").policy("p", ASSUME));
    let user = world.add_user("admin", &[ASSUME]);
    world.add_role(Role::new("SensitiveS3Access").trusting(&credadmin).trusting("arn:aws:iam::123456789012:user/admin"));
    let instance = world.launch_instance("CredAdmin");
    let instance = Caller::holding(&world.instance_credentials(&instance).expect("has a role"));
    (world, clock, instance, Caller::holding(&user))
}

fn session_of(world: &World, caller: &Caller) -> Credentials {
    let request = AssumeRole {
        role_arn: role_arn("SensitiveS3Access"),
        role_session_name: "credadmin-x".into(),
        duration_seconds: Some(1800),
        ..AssumeRole::default()
    };
    world.assume_role(caller, &request).expect("may").credentials.expect("no fault was scripted")
}

fn json(keys: &Credentials) -> Map<String, Value> {
    let parts = [&keys.access_key_id, &keys.secret_access_key, keys.session_token.as_ref().expect("temporary")];
    KEYS.iter().zip(parts).map(|(key, part)| ((*key).to_owned(), Value::from(part.as_str()))).collect()
}

fn asking(session: &Map<String, Value>, duration: Option<&str>) -> GetSigninToken {
    let session = serde_json::to_string(session).expect("JSON");
    GetSigninToken { method: "POST".into(), session, session_duration: duration.map(str::to_owned) }
}

fn is_invalid(world: &World, request: &GetSigninToken) -> bool {
    let answer = world.get_signin_token(request);
    answer.is_err_and(|error| error.status == 400 && error.message.starts_with("Invalid credentials parameter."))
}

#[test]
fn a_session_becomes_a_console_session_that_lasts_as_long_as_the_credentials() {
    let (world, clock, instance, _) = scene();
    let keys = session_of(&world, &instance);
    let token = world.get_signin_token(&asking(&json(&keys), None)).expect("may");
    clock.advance(600);
    let session = world.login(&token, "credadmin", PAGE).expect("a good token");
    assert_eq!((Some(session.ends), session.began), (keys.expiration, world.now()));
    assert_eq!((session.destination.as_str(), session.access_key_id.as_str()), (PAGE, keys.access_key_id.as_str()));
    assert_eq!(world.console_sessions(), [session]);
    assert!(world.login("another", "credadmin", PAGE).is_err());
    assert!(world.login(&token, "credadmin", "http://example.com").is_err(), "no page of the console");
}

#[test]
fn a_login_url_is_good_for_fifteen_minutes() {
    let (world, clock, instance, _) = scene();
    let token = world.get_signin_token(&asking(&json(&session_of(&world, &instance)), None)).expect("may");
    clock.advance(899);
    assert!(world.login(&token, "", PAGE).is_ok());
    clock.advance(1);
    assert_eq!(world.login(&token, "", PAGE).expect_err("too old").status, 400);
}

#[test]
fn a_session_that_is_over_or_not_right_in_each_part_is_refused() {
    let (world, clock, instance, user) = scene();
    let good = json(&session_of(&world, &instance));
    for key in KEYS {
        let mut wrong = good.clone();
        wrong.insert(key.to_owned(), "wrong".into());
        assert!(is_invalid(&world, &asking(&wrong, None)), "{key}");
        let mut less = good.clone();
        less.remove(key);
        assert!(is_invalid(&world, &asking(&less, None)), "without {key}");
    }
    assert!(is_invalid(&world, &GetSigninToken { session: "no JSON".into(), ..GetSigninToken::default() }));
    let long_lived = world.lock().issued[&user.access_key_id].credentials.clone();
    let mut no_token = good.clone();
    no_token.insert("sessionId".into(), long_lived.access_key_id.into());
    no_token.insert("sessionKey".into(), long_lived.secret_access_key.into());
    no_token.insert("sessionToken".into(), Value::Null);
    assert!(is_invalid(&world, &asking(&no_token, None)), "an IAM user's keys are no session");
    clock.advance(1799);
    assert!(!is_invalid(&world, &asking(&good, None)));
    clock.advance(1);
    assert!(is_invalid(&world, &asking(&good, None)), "over");
}

#[test]
fn more_than_three_keys_are_taken_only_where_it_is_so_set() {
    let (world, _, instance, _) = scene();
    let mut four = json(&session_of(&world, &instance));
    four.insert("expiration".into(), "2026-12-01T09:00:00Z".into());
    assert!(is_invalid(&world, &asking(&four, None)));
    world.set_signin_takes_more_keys(true);
    assert!(!is_invalid(&world, &asking(&four, None)));
}

#[test]
fn a_session_duration_is_for_what_an_iam_user_had_and_outlives_the_credentials() {
    let (world, _, instance, user) = scene();
    let chained = json(&session_of(&world, &instance));
    assert!(is_invalid(&world, &asking(&chained, Some("900"))));
    world.set_instance_roles_are_capped(false);
    let not_chained = json(&session_of(&world, &instance));
    assert!(!is_invalid(&world, &asking(&not_chained, Some("900"))), "in AWS's other world");
    let keys = session_of(&world, &user);
    for (seconds, refused) in [("899", true), ("900", false), ("43200", false), ("43201", true), ("x", true)] {
        assert_eq!(is_invalid(&world, &asking(&json(&keys), Some(seconds))), refused, "{seconds}");
    }
    let token = world.get_signin_token(&asking(&json(&keys), Some("43200"))).expect("may");
    let session = world.login(&token, "", PAGE).expect("a good token");
    assert_eq!(session.ends, world.now() + SignedDuration::from_hours(12), "the dangerous part");
    assert!(keys.expiration < Some(session.ends));
}

#[test]
fn what_was_asked_is_recorded_without_the_session() {
    let (world, _, instance, _) = scene();
    world.set_canary("CANARY");
    let keys = session_of(&world, &instance);
    let token = world.get_signin_token(&asking(&json(&keys), None)).expect("may");
    world.login(&token, "me", PAGE).expect("a good token");
    let calls = world.calls();
    let [.., asked, login] = &calls[..] else { panic!("two calls") };
    assert_eq!((asked.operation, login.operation), (Operation::GetSigninToken, Operation::Login));
    assert_eq!(asked.access_key_id.as_ref(), Some(&keys.access_key_id));
    assert_eq!((asked.parameter("method"), asked.parameter("sessionDuration")), (Some("POST"), None));
    assert_eq!(asked.parameter("keys"), Some("sessionId sessionKey sessionToken"));
    assert_eq!((login.parameter("issuer"), login.parameter("destination")), (Some("me"), Some(PAGE)));
    assert!(token.starts_with("CANARY") && !format!("{calls:?}").contains("CANARY"));
}
