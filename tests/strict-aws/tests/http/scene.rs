//! The field's scene behind a server, and a client that signs by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use strict_aws::{Credentials, REGION, Role, Server, World, role_arn, serve};

/// aws-facts §8.
const CREDADMIN: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity","sts:TagSession"],
  "Resource":"arn:aws:iam::123456789012:role/SensitiveS3Access"},
 {"Effect":"Allow","Action":["secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"],
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-??????"}]}"#;
const READER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue",
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-??????"}]}"#;
const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// AWS's clock and the host's, in one hand.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-12-01T08:00:00Z".parse().expect("a timestamp");
        start + Duration::from_secs(self.0.load(Ordering::Relaxed).unsigned_abs())
    }

    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl aws_smithy_async::time::TimeSource for Clock {
    fn now(&self) -> SystemTime {
        Clock::now(self).try_into().expect("after 1970")
    }
}

pub struct Scene {
    pub clock: Clock,
    pub world: World,
    pub server: Server,
    /// The instance on which EC2Normal reads; the first one is CredAdmin's.
    pub reader_instance: String,
    /// An IAM user who may do everything.
    pub admin: Credentials,
}

pub async fn scene() -> Scene {
    let clock = Clock::default();
    let hand = clock.clone();
    let world = World::new(move || hand.now());
    world.set_canary("CANARY-");
    let credadmin = world.add_role(Role::new("CredAdmin").policy("p", CREDADMIN));
    world.add_role(Role::new("EC2Normal").policy("p", READER));
    let sensitive = Role::new("SensitiveS3Access").trusting(&credadmin).session_name_like("credadmin-*");
    let sensitive = world.add_role(sensitive.allowing_source_identity());
    world.launch_instance("CredAdmin");
    let reader_instance = world.launch_instance("EC2Normal");
    let admin = world.add_user("admin", &[ADMIN]);
    world.create_secret("SensitiveS3", None);
    let bucket = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{sensitive}"}},"Action":"s3:*",
        "Resource":["arn:aws:s3:::sensitive","arn:aws:s3:::sensitive/*"]}}]}}"#
    );
    world.add_bucket("sensitive", &bucket);
    world.add_object("sensitive", "q4/report 1+1.csv", b"a,b");
    let server = serve(world.clone()).await.expect("a free port");
    Scene { clock, world, server, reader_instance, admin }
}

impl Scene {
    /// What CredAdmin's instance holds.
    pub fn credadmin(&self) -> Credentials {
        self.world.instance_credentials("i-00000000000000001").expect("has a role")
    }
}

/// A request signed by hand.
#[derive(Clone)]
pub struct Plain<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub service: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: String,
    pub signed_at: Timestamp,
    pub region: &'a str,
}

impl<'a> Plain<'a> {
    pub fn sts(scene: &Scene, body: &str) -> Self {
        let headers = vec![("content-type", "application/x-www-form-urlencoded")];
        Self { headers, ..Self::new(scene, "POST", "/", "sts", body) }
    }

    pub fn secrets(scene: &Scene, target: &'a str, body: &str) -> Self {
        let headers = vec![("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        Self { headers, ..Self::new(scene, "POST", "/", "secretsmanager", body) }
    }

    pub fn s3(scene: &Scene, method: &'a str, path: &'a str) -> Self {
        Self::new(scene, method, path, "s3", "")
    }

    fn new(scene: &Scene, method: &'a str, path: &'a str, service: &'a str, body: &str) -> Self {
        let signed_at = scene.clock.now();
        Self { method, path, service, headers: Vec::new(), body: body.to_owned(), signed_at, region: REGION }
    }

    pub fn assume_role(scene: &Scene) -> Self {
        let arn = role_arn("SensitiveS3Access");
        let body = format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=credadmin-x&DurationSeconds=900&RoleArn={arn}");
        Self::sts(scene, &body)
    }

    pub fn signed(&self, endpoint: &str, keys: &Credentials) -> Request<Full<Bytes>> {
        let host = endpoint.trim_start_matches("http://");
        let mut request = Request::builder().method(self.method).uri(self.path).header("host", host);
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Full::from(self.body.clone())).expect("a request");
        let mut settings = SigningSettings::default();
        if self.service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let (id, secret, token) = (&keys.access_key_id, &keys.secret_access_key, keys.session_token.clone());
        let identity = aws_credential_types::Credentials::new(id, secret, token, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.signed_at.try_into().expect("after 1970"))
            .settings(settings)
            .build()
            .expect("all is given");
        let headers = self.headers.iter().copied().chain([("host", host)]);
        let uri = format!("{endpoint}{}", self.path);
        let signable = SignableRequest::new(self.method, &uri, headers, SignableBody::Bytes(self.body.as_bytes()));
        let (instructions, _) = sign(signable.expect("can be signed"), &parameters.into()).expect("signed").into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }

    pub async fn send(&self, scene: &Scene, keys: &Credentials) -> Answer {
        send(&scene.server.endpoint(), self.signed(&scene.server.endpoint(), keys)).await.expect("an answer")
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub request_id: Option<String>,
    pub date: String,
    pub text: String,
}

pub async fn send(endpoint: &str, request: Request<Full<Bytes>>) -> Result<Answer, hyper::Error> {
    let stream = tokio::net::TcpStream::connect(endpoint.trim_start_matches("http://")).await.expect("it listens");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
    let date = header("date").unwrap_or_default();
    let text = response.into_body().collect().await.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
    connection.abort();
    Ok(Answer { status, request_id, date, text: text? })
}
