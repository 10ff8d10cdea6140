//! The sign-in service (aws-facts §5), by POST and by GET.

use http_body_util::Full;
use hyper::Request;
use strict_aws::{ApiError, AssumeRole, Caller, Credentials, Fault, Operation, role_arn};

use crate::scene::{Answer, Scene, scene, send};

const PAGE: &str = "https://console.aws.amazon.com/s3/buckets/sensitive";

fn session(scene: &Scene) -> Credentials {
    let request =
        AssumeRole { role_arn: role_arn("SensitiveS3Access"), role_session_name: "credadmin-x".into(), ..AssumeRole::default() };
    let answer = scene.world.assume_role(&Caller::holding(&scene.credadmin()), &request).expect("may");
    answer.credentials.expect("no fault was scripted")
}

fn json(keys: &Credentials) -> String {
    let (id, key, token) = (&keys.access_key_id, &keys.secret_access_key, keys.session_token.as_ref().expect("temporary"));
    format!(r#"{{"sessionId":"{id}","sessionKey":"{key}","sessionToken":"{token}"}}"#)
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn ask(scene: &Scene, method: &str, fields: &[(&str, &str)]) -> Answer {
    let (query, body) = match method {
        "GET" => (format!("?{}", form(fields)), String::new()),
        _ => (String::new(), form(fields)),
    };
    let request = Request::builder().method(method).uri(format!("/federation{query}")).header("host", "signin");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(Full::from(body));
    send(&scene.server.endpoint(), request.expect("a request")).await.expect("an answer")
}

#[tokio::test]
async fn both_steps_go_by_post_and_by_get() {
    let scene = scene().await;
    for method in ["POST", "GET"] {
        let answer = ask(&scene, method, &[("Action", "getSigninToken"), ("Session", &json(&session(&scene)))]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer: serde_json::Value = serde_json::from_str(&answer.text).expect("JSON");
        let token = answer["SigninToken"].as_str().expect("a token");
        let login = [("Action", "login"), ("Issuer", "credadmin"), ("Destination", PAGE), ("SigninToken", token)];
        assert_eq!(ask(&scene, method, &login).await.status, 302);
    }
    let methods: Vec<_> = scene.world.calls().iter().filter_map(|call| Some(call.parameter("method")?.to_owned())).collect();
    assert_eq!(methods, ["POST", "GET"]);
    let sessions = scene.world.console_sessions();
    assert!(sessions.len() == 2 && sessions.iter().all(|session| session.destination == PAGE), "{sessions:?}");
    assert_eq!(ask(&scene, "PUT", &[("Action", "login")]).await.status, 405);
}

#[tokio::test]
async fn what_is_wrong_is_a_page_with_status_400() {
    let scene = scene().await;
    let session = json(&session(&scene));
    let token = ("Action", "getSigninToken");
    let observed = "Invalid credentials parameter. The request sent by the client was syntactically incorrect.";
    for (fields, says) in [
        (&[token, ("Session", &session), ("SessionDuration", "900")][..], observed),
        (&[token, ("Session", "{}")], observed),
        (&[token], observed),
        (&[token, ("Session", &session), ("SessionType", "json")], "Unknown parameter SessionType."),
        (&[("Action", "logout")], "There is no such Action."),
        (&[("Action", "login"), ("Destination", PAGE), ("SigninToken", "x")], "The sign-in token is not valid"),
    ] {
        let answer = ask(&scene, "POST", fields).await;
        assert!(answer.status == 400 && answer.text.contains(says), "{answer:?}");
    }
}

#[tokio::test]
async fn it_goes_wrong_as_it_is_told() {
    let scene = scene().await;
    let session = json(&session(&scene));
    let fields = [("Action", "getSigninToken"), ("Session", session.as_str())];
    let unwell = Fault::Answer(ApiError::new(503, "ServiceUnavailable", "Service Unavailable"));
    scene.server.fail(Operation::GetSigninToken, unwell, 1);
    assert_eq!(ask(&scene, "POST", &fields).await.status, 503);
    scene.server.fail(Operation::GetSigninToken, Fault::WrongShape, 1);
    assert_eq!(ask(&scene, "POST", &fields).await.text, r#"{"wrong":"shape"}"#);
    assert_eq!(ask(&scene, "POST", &fields).await.status, 200, "healed by itself");
}
