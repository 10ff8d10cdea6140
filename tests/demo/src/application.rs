//! The application on an instance under EC2Normal: it reads the secret and asks S3 for an object's ACL.
//!
//! The secret is read with AWS's SDK. aws-sdk-s3 would take longer to build than all the rest of the demo, so its one
//! request is built by hand: signed by `aws-sigv4`, which is what the SDK signs with, and sent by hyper, which is what it
//! sends with.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource;
use credadmin::clock::Clock;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use strict_aws::REGION;
use tokio::net::TcpStream;

use crate::scene::{BUCKET, OBJECT, SECRET};

/// The application.
pub struct Application {
    clock: Clock,
    aws: String,
    role: ImdsCredentialsProvider,
    secrets: secretsmanager::Client,
}

/// AWS's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `AccessDenied`, `ExpiredToken`, …
    pub code: String,
    /// What AWS says with it.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

impl Application {
    /// Starts it: AWS is at `aws`, the metadata service of its instance at `metadata`.
    pub async fn start(clock: &Clock, aws: &str, metadata: &str) -> Result<Self, Box<dyn Error>> {
        let time = ProviderConfig::without_region().with_time_source(SigningClock(clock.clone()));
        let client = aws_config::imds::Client::builder().configure(&time).endpoint(metadata).map_err(|e| e.to_string())?.build();
        let role = || ImdsCredentialsProvider::builder().configure(&time).imds_client(client.clone()).build();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .endpoint_url(aws)
            .time_source(SigningClock(clock.clone()))
            .credentials_provider(role())
            .load()
            .await;
        let secrets = secretsmanager::Client::new(&config);
        Ok(Self { clock: clock.clone(), aws: aws.to_owned(), role: role(), secrets })
    }

    /// The credentials of its instance's own role, EC2Normal.
    pub async fn own_credentials(&self) -> Result<Credentials, Box<dyn Error>> {
        Ok(self.role.provide_credentials().await?)
    }

    /// Reads the session that is in the secret now.
    pub async fn read_secret(&self) -> Result<Result<Credentials, Refusal>, Box<dyn Error>> {
        let answer = match self.secrets.get_secret_value().secret_id(SECRET).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let code = error.code().ok_or("reading the secret failed without an answer from AWS")?.to_owned();
                // To a wrong signature AWS's next lines are the whole request, session token included.
                let message = error.message().and_then(|text| text.lines().next()).unwrap_or_default().to_owned();
                return Ok(Err(Refusal { code, message }));
            }
        };
        let value: serde_json::Value = serde_json::from_str(answer.secret_string().unwrap_or_default())?;
        let part = |name: &str| value[name].as_str().map(str::to_owned).ok_or(format!("the secret has no {name}"));
        Ok(Ok(Credentials::new(part("sessionId")?, part("sessionKey")?, Some(part("sessionToken")?), None, "the secret")))
    }

    /// Asks S3 for the object's ACL.
    pub async fn get_acl(&self, keys: &Credentials) -> Result<Result<(), Refusal>, Box<dyn Error>> {
        let request = self.acl_request(keys)?;
        let stream = TcpStream::connect(self.aws.trim_start_matches("http://")).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            drop(sender);
            Ok::<_, hyper::Error>((status, String::from_utf8_lossy(&body).into_owned()))
        };
        let (answer, ()) = tokio::try_join!(exchange, connection)?;
        match answer {
            (status, text) if status.is_success() && text.contains("<AccessControlList>") => Ok(Ok(())),
            (status, text) => {
                let code = element(&text, "Code").ok_or(format!("S3 answered {status} and no error code"))?;
                Ok(Err(Refusal { code, message: element(&text, "Message").unwrap_or_default() }))
            }
        }
    }

    fn acl_request(&self, keys: &Credentials) -> Result<Request<Empty<Bytes>>, Box<dyn Error>> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = keys.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("s3")
            .time(SigningClock(self.clock.clone()).now())
            .settings(settings)
            .build()?;
        let (host, path) = (self.aws.trim_start_matches("http://"), format!("/{BUCKET}/{OBJECT}?acl"));
        let uri = format!("{}{path}", self.aws);
        let to_sign = SignableRequest::new("GET", &uri, [("host", host)].into_iter(), SignableBody::Bytes(&[]))?;
        let (signature, _) = sign(to_sign, &parameters.into())?.into_parts();
        let mut request = Request::get(path).header("host", host).body(Empty::new())?;
        signature.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

/// The text of an element of S3's flat error answers.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.replace("&quot;", "\""))
}

/// The story's clock, to sign by.
#[derive(Debug)]
struct SigningClock(Clock);

impl TimeSource for SigningClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::try_from(self.0.now().as_duration()).expect("the story is set after 1970")
    }
}
