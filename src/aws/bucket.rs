//! S3's HeadBucket, signed with a session: what `credadmin doctor` tries to see a session end.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::clients::SdkClock;
use super::http::status;
use super::sdk::Sdk;
use super::trouble::Operation;
use crate::credential::Credential;

const PATIENCE: Duration = Duration::from_secs(5);
/// Where S3 is, if not at its own address; the second is where everything is.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

impl Sdk {
    /// Asks whether the bucket is there for whoever holds `credential`: 200 if it is, 403 if that may not be known.
    ///
    /// # Errors
    /// Why no answer came.
    pub async fn head_bucket(&self, credential: &Credential, bucket: &str) -> Result<u16, String> {
        let clients = self.ready(Operation::AssumeRole).await.map_err(|trouble| trouble.to_string())?;
        let region = clients.sts.config().region().map(ToString::to_string).unwrap_or_default();
        let url = format!("{}/{bucket}", self.s3(&region));
        let (key, token) = (credential.secret_access_key.as_str(), credential.session_token.to_string());
        let identity = Credentials::new(credential.access_key_id.as_str(), key, Some(token), None, "credadmin").into();
        let request = signed(("HEAD", &url, &[]), &[], &region, &identity, &self.clock()).map_err(|error| error.to_string())?;
        status(request, ProxyConfig::from_env(), PATIENCE).await
    }

    /// Where S3 is: a URL without an end.
    pub(super) fn s3(&self, region: &str) -> String {
        let endpoint = self.endpoints.services.clone().or_else(|| ENDPOINTS.iter().find_map(|name| std::env::var(name).ok()));
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com{suffix}"));
        endpoint.trim_end_matches('/').to_owned()
    }
}

/// A request (method, URL, body) as S3 wants it signed: the path as it is, and a header with the hash of the body. `headers`
/// are signed too.
pub(super) fn signed(
    (method, url, body): (&str, &str, &[u8]),
    headers: &[(&'static str, String)],
    region: &str,
    identity: &Identity,
    clock: &SdkClock,
) -> Result<HttpRequest, Box<dyn Error>> {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder().identity(identity).region(region).name("s3").time(clock.now());
    let parameters = parameters.settings(settings).build()?.into();
    let given = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable = SignableRequest::new(method, url, given, SignableBody::Bytes(body))?;
    let (signature, _) = sign(signable, &parameters)?.into_parts();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_uri(url)?;
    request.set_method(method)?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.clone());
    }
    for (name, value) in signature.headers() {
        request.headers_mut().insert(name.to_owned(), value.to_owned());
    }
    Ok(request)
}
