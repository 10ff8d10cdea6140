//! The instance metadata service (aws-facts §9).

use http_body_util::Full;
use hyper::Request;
use strict_aws::{ApiError, Fault, Operation};

use crate::scene::{Answer, Scene, scene, send};

const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials/";

async fn ask(scene: &Scene, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", "imds");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::default()).expect("a request");
    send(&scene.server.imds_endpoint(), request).await.expect("an answer")
}

async fn token(scene: &Scene, seconds: &str) -> Answer {
    ask(scene, "PUT", "/latest/api/token", &[("x-aws-ec2-metadata-token-ttl-seconds", seconds)]).await
}

async fn get(scene: &Scene, path: &str, token: &str) -> (u16, String) {
    let answer = ask(scene, "GET", path, &[("x-aws-ec2-metadata-token", token)]).await;
    (answer.status, answer.text)
}

#[tokio::test]
async fn a_token_must_be_had_be_right_and_be_young() {
    let scene = scene().await;
    for (seconds, status) in [("0", 400), ("21601", 400), ("x", 400), ("1", 200), ("21600", 200)] {
        assert_eq!(token(&scene, seconds).await.status, status, "{seconds}");
    }
    assert_eq!(ask(&scene, "PUT", "/latest/api/token", &[]).await.status, 400);
    let forwarded = [("x-aws-ec2-metadata-token-ttl-seconds", "60"), ("x-forwarded-for", "10.0.0.1")];
    assert_eq!(ask(&scene, "PUT", "/latest/api/token", &forwarded).await.status, 403);

    assert_eq!(ask(&scene, "GET", CREDENTIALS, &[]).await.status, 401, "there is no version 1");
    assert_eq!(get(&scene, CREDENTIALS, "wrong").await.0, 401);
    let token = token(&scene, "60").await.text;
    assert_eq!(get(&scene, CREDENTIALS, &token).await, (200, "CredAdmin".to_owned()));
    scene.clock.advance(60);
    assert_eq!(get(&scene, CREDENTIALS, &token).await.0, 401);
}

#[tokio::test]
async fn it_knows_role_credentials_and_region() {
    let scene = scene().await;
    let token = token(&scene, "21600").await.text;
    let (status, text) = get(&scene, &format!("{CREDENTIALS}CredAdmin"), &token).await;
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let keys = scene.credadmin();
    assert_eq!(status, 200);
    assert_eq!((&document["Code"], &document["Type"]), (&"Success".into(), &"AWS-HMAC".into()));
    assert_eq!(document["AccessKeyId"], keys.access_key_id);
    assert_eq!(document["SecretAccessKey"], keys.secret_access_key);
    assert_eq!(document["Token"], keys.session_token.expect("temporary"));
    assert_eq!(
        (&document["LastUpdated"], &document["Expiration"]),
        (&"2026-12-01T08:00:00Z".into(), &"2026-12-01T14:00:00Z".into())
    );
    assert_eq!(get(&scene, &format!("{CREDENTIALS}EC2Normal"), &token).await.0, 404);
    let region = get(&scene, "/latest/meta-data/placement/region", &token).await;
    assert_eq!(region, (200, "eu-central-1".to_owned()));
    let (_, text) = get(&scene, "/latest/dynamic/instance-identity/document", &token).await;
    assert!(text.contains(r#""region":"eu-central-1""#), "{text}");
    assert_eq!(get(&scene, "/latest/meta-data/other", &token).await.0, 404);
}

#[tokio::test]
async fn no_role_disabled_and_scripted() {
    let scene = scene().await;
    let token_text = token(&scene, "21600").await.text;
    let instance = "i-00000000000000001";
    scene.world.set_instance_role(instance, None);
    assert_eq!(get(&scene, CREDENTIALS, &token_text).await.0, 404);
    assert_eq!(get(&scene, &format!("{CREDENTIALS}CredAdmin"), &token_text).await.0, 404);
    scene.world.set_metadata_enabled(instance, false);
    assert_eq!(get(&scene, CREDENTIALS, &token_text).await.0, 403);
    assert_eq!(token(&scene, "60").await.status, 403);
    scene.world.set_metadata_enabled(instance, true);
    scene.world.set_instance_role(instance, Some("CredAdmin"));

    let unwell = Fault::Answer(ApiError::new(503, "ServiceUnavailable", ""));
    scene.server.fail_for(Operation::ImdsCredentials, "CredAdmin", unwell.clone(), 1);
    scene.server.fail(Operation::ImdsToken, unwell, 1);
    assert_eq!(get(&scene, &format!("{CREDENTIALS}CredAdmin"), &token_text).await.0, 503);
    assert_eq!(get(&scene, &format!("{CREDENTIALS}CredAdmin"), &token_text).await.0, 200);
    assert_eq!(token(&scene, "60").await.status, 503);
    assert_eq!(token(&scene, "60").await.status, 200);
}
