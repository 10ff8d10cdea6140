//! Signatures and wire formats, by requests that are signed by hand and then spoilt.

use http_body_util::Full;
use jiff::SignedDuration;

use crate::scene::{Answer, Plain, Scene, scene, send};

/// One request to each of the three services.
fn three(scene: &Scene) -> [Plain<'static>; 3] {
    [
        Plain::assume_role(scene),
        Plain::secrets(scene, "secretsmanager.DescribeSecret", r#"{"SecretId":"SensitiveS3"}"#),
        Plain::s3(scene, "GET", "/sensitive/q4/report%201%2B1.csv?acl"),
    ]
}

fn assert_refused(answer: &Answer, (status, code): (u16, &str)) {
    let named = answer.text.contains(&format!("<Code>{code}</Code>")) || answer.text.contains(&format!(r#""__type":"{code}""#));
    assert!(answer.status == status && named, "{status} {code} wanted: {answer:?}");
    let id = answer.request_id.as_deref().expect("every answer has a request id");
    assert_eq!(id.len(), 36);
}

#[tokio::test]
async fn a_wrong_key_is_told_with_the_canonical_string_and_so_with_the_token() {
    let scene = scene().await;
    let mut keys = scene.credadmin();
    keys.secret_access_key.replace_range(39.., "!");
    let codes = [(403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"), (403, "SignatureDoesNotMatch")];
    for (request, expected) in three(&scene).iter().zip(codes) {
        let answer = request.send(&scene, &keys).await;
        assert_refused(&answer, expected);
        assert!(answer.text.contains("The Canonical String for this request should have been"), "{answer:?}");
        let token = keys.session_token.as_deref().expect("temporary keys");
        assert!(answer.text.contains(&format!("x-amz-security-token:{token}")), "{answer:?}");
    }
    let errors: Vec<_> = scene.world.calls().into_iter().filter_map(|call| call.error).collect();
    assert_eq!(errors, codes.map(|(_, code)| code.to_owned()), "refusals are recorded");
}

#[tokio::test]
async fn an_unknown_key_has_a_code_of_each_service() {
    let scene = scene().await;
    let mut keys = scene.credadmin();
    keys.access_key_id = "ASIAUNKNOWN000000000".into();
    let codes = [(403, "InvalidClientTokenId"), (400, "UnrecognizedClientException"), (403, "InvalidAccessKeyId")];
    for (request, expected) in three(&scene).iter().zip(codes) {
        assert_refused(&request.send(&scene, &keys).await, expected);
    }
}

#[tokio::test]
async fn a_clock_too_far_off_is_refused_and_told_the_time() {
    let scene = scene().await;
    let codes = [(403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"), (403, "RequestTimeTooSkewed")];
    for seconds in [-301, 301] {
        for (request, expected) in three(&scene).into_iter().zip(codes) {
            let signed_at = request.signed_at + SignedDuration::from_secs(seconds);
            let answer = Plain { signed_at, ..request }.send(&scene, &scene.credadmin()).await;
            assert_refused(&answer, expected);
            assert_eq!(answer.date, "Tue, 01 Dec 2026 08:00:00 GMT");
        }
    }
}

#[tokio::test]
async fn what_is_changed_after_signing_is_noticed() {
    let scene = scene().await;
    let endpoint = scene.server.endpoint();
    let keys = scene.credadmin();

    let mut longer = Plain::assume_role(&scene).signed(&endpoint, &keys);
    *longer.body_mut() = Full::from(Plain::assume_role(&scene).body.replace("=900", "=999"));
    assert_refused(&send(&endpoint, longer).await.expect("an answer"), (403, "SignatureDoesNotMatch"));

    let mut other = three(&scene)[2].signed(&endpoint, &keys);
    *other.body_mut() = Full::from("x");
    assert_refused(&send(&endpoint, other).await.expect("an answer"), (400, "XAmzContentSHA256Mismatch"));

    let mut added = three(&scene)[1].signed(&endpoint, &keys);
    added.headers_mut().insert("x-amz-extra", "x".parse().expect("a value"));
    assert_refused(&send(&endpoint, added).await.expect("an answer"), (400, "InvalidSignatureException"));

    let codes = [(403, "MissingAuthenticationToken"), (400, "MissingAuthenticationTokenException"), (403, "AccessDenied")];
    for (request, expected) in three(&scene).iter().zip(codes) {
        let mut request = request.signed(&endpoint, &keys);
        request.headers_mut().remove("authorization");
        assert_refused(&send(&endpoint, request).await.expect("an answer"), expected);
    }
    let elsewhere = Plain { region: "us-east-1", ..Plain::assume_role(&scene) }.send(&scene, &keys).await;
    assert_refused(&elsewhere, (403, "SignatureDoesNotMatch"));
    assert!(elsewhere.text.contains("Credential should be scoped to a valid region."));
}

#[tokio::test]
async fn what_the_double_does_not_know_it_refuses() {
    let scene = scene().await;
    let keys = scene.credadmin();
    let form = |text: &str| Plain::sts(&scene, text);
    for (request, expected) in [
        (form("Action=GetSessionToken&Version=2011-06-15"), (400, "InvalidAction")),
        (form("Action=GetCallerIdentity&Version=2010-05-08"), (400, "InvalidAction")),
        (form("Action=GetCallerIdentity&Version=2011-06-15&Extra=1"), (400, "ValidationError")),
        (Plain::secrets(&scene, "secretsmanager.RotateSecret", r#"{"SecretId":"S"}"#), (400, "UnknownOperationException")),
        (Plain::secrets(&scene, "secretsmanager.DescribeSecret", "[]"), (400, "SerializationException")),
        (Plain::secrets(&scene, "secretsmanager.DescribeSecret", "{}"), (400, "InvalidParameterException")),
        (
            Plain::secrets(&scene, "secretsmanager.PutSecretValue", r#"{"SecretId":"S","SecretBinary":"eA=="}"#),
            (400, "InvalidParameterException"),
        ),
        (Plain::s3(&scene, "DELETE", "/sensitive/x"), (501, "NotImplemented")),
    ] {
        assert_refused(&request.send(&scene, &keys).await, expected);
    }
}
