//! The whole story with the real SDKs: the instance's credentials, a session, the secret, and the end of it all.

use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use strict_aws::{Caller, Credentials, REGION, Service, role_arn};

use crate::scene::{Plain, Scene, scene};

async fn config(scene: &Scene, imds: &str) -> SdkConfig {
    let provider = ProviderConfig::without_region().with_time_source(scene.clock.clone());
    let client = aws_config::imds::Client::builder().configure(&provider).endpoint(imds).expect("a URL").build();
    let credentials = ImdsCredentialsProvider::builder().configure(&provider).imds_client(client).build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .endpoint_url(scene.server.endpoint())
        .time_source(scene.clock.clone())
        .credentials_provider(credentials)
        .load()
        .await
}

#[tokio::test]
async fn assume_put_describe_get_expired() {
    let scene = scene().await;
    let credadmin = config(&scene, &scene.server.imds_endpoint()).await;
    let reader_imds = scene.server.open_imds(&scene.reader_instance).expect("a free port");
    let reader = config(&scene, &reader_imds).await;
    let (sts, vault) = (aws_sdk_sts::Client::new(&credadmin), aws_sdk_secretsmanager::Client::new(&credadmin));
    let reader = aws_sdk_secretsmanager::Client::new(&reader);

    let nothing = reader.get_secret_value().secret_id("SensitiveS3").send().await.expect_err("no value yet");
    assert_eq!(nothing.code(), Some("ResourceNotFoundException"));

    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":
        "*","Resource":"*","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-12-01T08:20:00Z"}}}]}"#;
    let request = sts.assume_role().role_arn(role_arn("SensitiveS3Access")).role_session_name("credadmin-q4-report");
    let session = request.duration_seconds(1800).policy(policy).source_identity("alice").send().await.expect("may");
    assert_eq!((session.source_identity(), session.session_token_size()), (Some("alice"), Some(700)));
    let user = session.assumed_role_user().expect("always there");
    assert_eq!(user.arn(), "arn:aws:sts::123456789012:assumed-role/SensitiveS3Access/credadmin-q4-report");
    let keys = session.credentials().expect("no fault was scripted");
    assert_eq!(keys.expiration().secs(), scene.clock.now().as_second() + 1800);

    let token = "credadmin-20261201T082000Z-00000001";
    let content = format!(
        r#"{{"sessionId":"{}","sessionKey":"{}","sessionToken":"{}"}}"#,
        keys.access_key_id(),
        keys.secret_access_key(),
        keys.session_token()
    );
    let put = vault.put_secret_value().secret_id("SensitiveS3").client_request_token(token).secret_string(&content);
    let put = put.send().await.expect("may");
    assert_eq!((put.version_id(), put.version_stages()), (Some(token), ["AWSCURRENT".to_owned()].as_slice()));

    let shown = vault.describe_secret().secret_id("SensitiveS3").send().await.expect("may");
    let stages = shown.version_ids_to_stages().expect("one version");
    assert_eq!(stages.get(token).map(Vec::as_slice), Some(["AWSCURRENT".to_owned()].as_slice()));
    assert_eq!(shown.last_changed_date().map(|date| date.secs()), Some(scene.clock.now().as_second()));
    assert_eq!((shown.deleted_date(), shown.rotation_enabled(), shown.owning_service()), (None, None, None));
    assert_eq!(
        vault.get_secret_value().secret_id("SensitiveS3").send().await.expect_err("not his").code(),
        Some("AccessDeniedException")
    );

    let read = reader.get_secret_value().secret_id("SensitiveS3").send().await.expect("may");
    assert_eq!((read.version_id(), read.secret_string()), (Some(token), Some(content.as_str())));
    let session = Credentials {
        access_key_id: keys.access_key_id().to_owned(),
        secret_access_key: keys.secret_access_key().to_owned(),
        session_token: Some(keys.session_token().to_owned()),
        expiration: None,
    };
    let acl = |scene: &Scene| Plain::s3(scene, "GET", "/sensitive/q4/report%201%2B1.csv?acl");
    let answer = acl(&scene).send(&scene, &session).await;
    assert!(answer.status == 200 && answer.text.contains("<Permission>FULL_CONTROL</Permission>"), "{answer:?}");
    let answer = Plain::s3(&scene, "GET", "/sensitive/q4/report%201%2B1.csv?x-id=GetObject").send(&scene, &session).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "a,b"));
    assert_eq!(Plain::s3(&scene, "HEAD", "/sensitive").send(&scene, &session).await.status, 200);

    scene.clock.advance(1200);
    let answer = acl(&scene).send(&scene, &session).await;
    assert!(answer.status == 403 && answer.text.contains("an explicit deny in a session policy"), "{answer:?}");
    scene.clock.advance(600);
    let answer = acl(&scene).send(&scene, &session).await;
    let text = "<Code>ExpiredToken</Code><Message>The provided token has expired.</Message>";
    assert!(answer.status == 400 && answer.text.contains(text), "{answer:?}");
    assert_eq!(Plain::s3(&scene, "HEAD", "/sensitive").send(&scene, &session).await.status, 400);

    // The record, as a judge reads it.
    let record = scene.world.sessions().pop().expect("one session");
    assert_eq!(record.session_name, "credadmin-q4-report");
    assert_eq!(scene.world.live_end(&record.access_key_id), Some("2026-12-01T08:20:00Z".parse().expect("a timestamp")));
    assert_eq!(scene.world.versions("SensitiveS3").pop().expect("one").content, content);
    let services: Vec<_> = scene.world.calls().iter().map(|call| call.service).collect();
    for service in [Service::Imds, Service::Sts, Service::SecretsManager, Service::S3] {
        assert!(services.contains(&service), "{service:?}");
    }
    assert!(!format!("{:?}", scene.world.calls()).contains("CANARY"));
}

#[tokio::test]
async fn errors_reach_the_sdk_by_code_and_text() {
    let scene = scene().await;
    let config = config(&scene, &scene.server.imds_endpoint()).await;
    let sts = aws_sdk_sts::Client::new(&config);
    let assume = |seconds: i32| {
        let request = sts.assume_role().role_arn(role_arn("SensitiveS3Access")).role_session_name("credadmin-x");
        request.duration_seconds(seconds).send()
    };
    let error = assume(3601).await.expect_err("over the maximum");
    assert_eq!(error.code(), Some("ValidationError"));
    let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(error.message(), Some(text));
    scene.world.update_role("SensitiveS3Access", |role| role.max_session_seconds = 7200);
    assert!(assume(3601).await.expect_err("chaining").message().is_some_and(|text| text.contains("role chaining")));
    scene.world.set_instance_roles_are_capped(false);
    assume(7200).await.expect("AWS's other world");

    let tag = aws_sdk_sts::types::Tag::builder().key("team").value("a").build().expect("a tag");
    let tagged = sts.assume_role().role_arn(role_arn("SensitiveS3Access")).role_session_name("credadmin-x").tags(tag);
    let error = tagged.send().await.expect_err("the trust is silent on tags");
    assert!(error.message().is_some_and(|text| text.contains("sts:TagSession")), "{error:?}");
    let identity = sts.get_caller_identity().send().await.expect("needs no permission");
    assert_eq!(identity.arn(), Some("arn:aws:sts::123456789012:assumed-role/CredAdmin/i-00000000000000001"));
}

#[tokio::test]
async fn an_owner_creates_labels_deletes_and_restores() {
    let scene = scene().await;
    let admin =
        aws_credential_types::Credentials::new(&scene.admin.access_key_id, &scene.admin.secret_access_key, None, None, "test");
    let config = config(&scene, &scene.server.imds_endpoint()).await;
    let config =
        config.into_builder().credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(admin));
    let vault = aws_sdk_secretsmanager::Client::new(&config.build());
    vault.create_secret().name("T").secret_string("one").send().await.expect("may");
    let again = vault.create_secret().name("T").send().await.expect_err("taken");
    assert_eq!(again.code(), Some("ResourceExistsException"));
    let first = vault.get_secret_value().secret_id("T").send().await.expect("may").version_id.expect("one");
    let second = vault.put_secret_value().secret_id("T").secret_string("two").send().await.expect("may").version_id.expect("two");
    let rollback = vault.update_secret_version_stage().secret_id("T").version_stage("AWSCURRENT").move_to_version_id(&first);
    rollback.remove_from_version_id(&second).send().await.expect("may");
    assert_eq!(vault.get_secret_value().secret_id("T").send().await.expect("may").secret_string(), Some("one"));

    vault.delete_secret().secret_id("T").recovery_window_in_days(7).send().await.expect("may");
    let put = || vault.put_secret_value().secret_id("T").secret_string("three").send();
    let error = put().await.expect_err("marked for deletion");
    assert_eq!(error.code(), Some("InvalidRequestException"));
    let shown = vault.describe_secret().secret_id("T").send().await.expect("can be described");
    assert!(shown.deleted_date().is_some());
    vault.restore_secret().secret_id("T").send().await.expect("may");
    put().await.expect("restored");
    vault.delete_secret().secret_id("T").force_delete_without_recovery(true).send().await.expect("may");
    assert_eq!(put().await.expect_err("gone").code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn the_metadata_service_renews_and_the_provider_follows() {
    let scene = scene().await;
    let config = config(&scene, &scene.server.imds_endpoint()).await;
    let provider = config.credentials_provider().expect("was set");
    let first = provider.provide_credentials().await.expect("has a role");
    assert_eq!(first.access_key_id(), scene.credadmin().access_key_id);
    scene.clock.advance(6 * 3600 - 300);
    let second = provider.provide_credentials().await.expect("renewed");
    assert_ne!(second.access_key_id(), first.access_key_id());
    let caller = Caller::new(second.access_key_id(), second.session_token());
    assert!(scene.world.get_caller_identity(&caller).is_ok());
}
