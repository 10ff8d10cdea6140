//! A server that goes wrong as it is told.

use std::time::Duration;

use strict_aws::{ApiError, Fault, Operation, role_arn};
use tokio::time::timeout;

use crate::scene::{Answer, Plain, Scene, scene, send};

const PUT: &str = r#"{"SecretId":"SensitiveS3","ClientRequestToken":"credadmin-0000000000000000000000001","SecretString":"x"}"#;

/// How a request ended within half a second.
#[derive(Debug)]
enum End {
    Answer(Answer),
    Break,
    Silence,
}

async fn ask(scene: &Scene, request: &Plain<'_>) -> End {
    let request = request.signed(&scene.server.endpoint(), &scene.credadmin());
    match timeout(Duration::from_millis(500), send(&scene.server.endpoint(), request)).await {
        Ok(Ok(answer)) => End::Answer(answer),
        Ok(Err(_)) => End::Break,
        Err(_) => End::Silence,
    }
}

impl End {
    fn answer(self) -> Answer {
        match self {
            Self::Answer(answer) => answer,
            other => panic!("an answer was expected: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_scripted_answer_comes_as_often_as_told() {
    let scene = scene().await;
    let error = ApiError::new(500, "InternalServiceError", "An error <occurred> & more.");
    scene.server.fail_for(Operation::DescribeSecret, "SensitiveS3", Fault::Answer(error), 2);
    let describe = Plain::secrets(&scene, "secretsmanager.DescribeSecret", r#"{"SecretId":"SensitiveS3"}"#);
    for _ in 0..2 {
        let answer = ask(&scene, &describe).await.answer();
        assert!(answer.status == 500 && answer.text.contains(r#""__type":"InternalServiceError""#), "{answer:?}");
    }
    assert_eq!(ask(&scene, &describe).await.answer().status, 200);

    let error = ApiError::new(403, "RegionDisabledException", "STS is not <activated> & more.");
    scene.server.fail_for(Operation::AssumeRole, &role_arn("SensitiveS3Access"), Fault::Answer(error), usize::MAX);
    let answer = ask(&scene, &Plain::assume_role(&scene)).await.answer();
    assert!(answer.text.contains("<Message>STS is not &lt;activated&gt; &amp; more.</Message>"), "{answer:?}");
    scene.server.heal();
    assert_eq!(ask(&scene, &Plain::assume_role(&scene)).await.answer().status, 200);
    let errors: Vec<_> = scene.world.calls().into_iter().map(|call| call.error.unwrap_or_default()).collect();
    assert_eq!(errors, ["InternalServiceError", "InternalServiceError", "", "RegionDisabledException", ""]);
}

#[tokio::test]
async fn silence_garbage_and_delay() {
    let scene = scene().await;
    let request = Plain::assume_role(&scene);
    scene.server.fail(Operation::AssumeRole, Fault::Silent, 1);
    assert!(matches!(ask(&scene, &request).await, End::Silence));
    scene.server.fail(Operation::AssumeRole, Fault::Garbage, 1);
    let answer = ask(&scene, &request).await.answer();
    assert!(answer.status == 200 && answer.text.contains("It works!"));
    assert_eq!(scene.world.sessions().len(), 0, "neither did anything");
    scene.server.fail(Operation::AssumeRole, Fault::Delay(Duration::from_millis(50)), 1);
    assert_eq!(ask(&scene, &request).await.answer().status, 200);
    assert_eq!(scene.world.sessions().len(), 1);
}

#[tokio::test]
async fn broken_answers_of_calls_that_were_carried_out() {
    let scene = scene().await;
    let request = Plain::assume_role(&scene);
    for (count, fault) in [Fault::Reset, Fault::LostAnswer].into_iter().enumerate() {
        scene.server.fail(Operation::AssumeRole, fault.clone(), 1);
        let end = ask(&scene, &request).await;
        assert!(matches!(end, End::Break), "{fault:?}: {end:?}");
        assert_eq!(scene.world.sessions().len(), count + 1, "{fault:?}");
    }
    for (count, fault) in [Fault::HalfBody, Fault::Drip].into_iter().enumerate() {
        scene.server.fail(Operation::AssumeRole, fault.clone(), 1);
        let end = ask(&scene, &request).await;
        assert!(matches!(end, End::Silence), "{fault:?}: {end:?}");
        assert_eq!(scene.world.sessions().len(), count + 3, "{fault:?}");
    }
    assert_eq!(ask(&scene, &request).await.answer().status, 200, "healed by itself");
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_can_be_sent_again() {
    let scene = scene().await;
    let put = Plain::secrets(&scene, "secretsmanager.PutSecretValue", PUT);
    scene.server.fail(Operation::PutSecretValue, Fault::LostAnswer, 1);
    assert!(matches!(ask(&scene, &put).await, End::Break));
    assert_eq!(scene.world.versions("SensitiveS3").len(), 1);
    assert_eq!(ask(&scene, &put).await.answer().status, 200);
    assert_eq!(scene.world.versions("SensitiveS3").len(), 1);
}

#[tokio::test]
async fn assume_role_answers_that_must_never_be_published() {
    let scene = scene().await;
    let request = Plain::assume_role(&scene);
    for (fault, expected) in [
        (Fault::EmptyCredentials, None),
        (Fault::PastExpiration, Some("<Expiration>2026-12-01T07:59:59Z</Expiration>")),
        (Fault::LongerThanAsked, Some("<Expiration>2026-12-01T09:15:00Z</Expiration>")),
    ] {
        scene.server.fail(Operation::AssumeRole, fault, 1);
        let answer = ask(&scene, &request).await.answer();
        assert_eq!(answer.status, 200);
        match expected {
            Some(text) => assert!(answer.text.contains(text), "{answer:?}"),
            None => assert!(!answer.text.contains("<Credentials>"), "{answer:?}"),
        }
    }
}

#[tokio::test]
async fn answers_of_the_wrong_shape_are_well_formed_and_do_nothing() {
    let scene = scene().await;
    scene.server.fail(Operation::AssumeRole, Fault::WrongShape, 1);
    assert_eq!(ask(&scene, &Plain::assume_role(&scene)).await.answer().text, "<Wrong><Shape/></Wrong>");
    scene.server.fail(Operation::PutSecretValue, Fault::WrongShape, 1);
    let put = Plain::secrets(&scene, "secretsmanager.PutSecretValue", PUT);
    let answer = ask(&scene, &put).await.answer();
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"wrong":"shape"}"#));
    assert_eq!((scene.world.sessions().len(), scene.world.versions("SensitiveS3").len()), (0, 0));
}

#[tokio::test]
async fn a_door_that_is_shut_refuses_everybody_until_it_heals() {
    let scene = scene().await;
    let request = Plain::assume_role(&scene);
    let address = |endpoint: String| endpoint.trim_start_matches("http://").to_owned();
    let (services, metadata) = (address(scene.server.endpoint()), address(scene.server.imds_endpoint()));
    scene.server.fail(Operation::AssumeRole, Fault::Refuse, usize::MAX);
    for _ in 0..2 {
        assert!(matches!(ask(&scene, &request).await, End::Break), "hung up");
        let mut refused = tokio::net::TcpStream::connect(&services).await;
        while refused.is_ok() {
            tokio::task::yield_now().await;
            refused = tokio::net::TcpStream::connect(&services).await;
        }
        assert_eq!(refused.expect_err("refused").kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(tokio::net::TcpStream::connect(&metadata).await.is_ok(), "the other door is open");
        scene.server.heal();
        let mut taken = tokio::net::TcpStream::connect(&services).await;
        while taken.is_err() {
            tokio::task::yield_now().await;
            taken = tokio::net::TcpStream::connect(&services).await;
        }
        assert_eq!(ask(&scene, &request).await.answer().status, 200);
        scene.server.fail(Operation::AssumeRole, Fault::Refuse, usize::MAX);
    }
    assert_eq!(scene.world.sessions().len(), 2, "nothing is done by those that were hung up on");
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let scene = scene().await;
    let endpoint = scene.server.endpoint();
    scene.server.fail(Operation::AssumeRole, Fault::Silent, 1);
    let request = Plain::assume_role(&scene).signed(&endpoint, &scene.credadmin());
    let waiting = tokio::spawn(async move { send(&endpoint, request).await });
    while scene.world.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    let endpoint = scene.server.endpoint();
    drop(scene.server);
    assert!(waiting.await.expect("no panic").is_err(), "its connections are closed");
    assert!(tokio::net::TcpStream::connect(endpoint.trim_start_matches("http://")).await.is_err());
}
