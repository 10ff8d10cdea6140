//! S3's PutObject under the condition that the object is not there: of several hosts one makes it, and that one acts.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;

use super::bucket::signed;
use super::failure::reasons;
use super::http;
use super::sdk::Sdk;
use super::trouble::{Kind, Operation, Trouble};

const PATIENCE: Duration = Duration::from_secs(5);
const OPERATION: Operation = Operation::PutObject;

impl Sdk {
    /// Makes the object `key` of a bucket, unless it is there: whether it was made by this call. `key` is of characters that
    /// stand for themselves in a URL.
    ///
    /// # Errors
    /// What S3 says, or why it does not.
    pub async fn claim(&self, bucket: &str, key: &str, body: &str) -> Result<bool, Trouble> {
        let clients = self.ready(OPERATION).await?;
        let region = clients.shared.region().map(ToString::to_string).unwrap_or_default();
        let nobody = |why: String| Trouble::new(OPERATION, Kind::NoCredentials, "NoCredentials", &why);
        let provider = clients.shared.credentials_provider().ok_or_else(|| nobody("nobody hands any out".into()))?;
        let credentials = provider.provide_credentials().await.map_err(|error| nobody(reasons(&error)))?;
        let url = format!("{}/{bucket}/{key}", self.s3(&region));
        let headers = [("if-none-match", "*".to_owned()), ("content-type", "application/json".to_owned())];
        let request = signed(("PUT", &url, body.as_bytes()), &headers, &region, &credentials.into(), &self.clock())
            .map_err(|error| Trouble::new(OPERATION, Kind::Invalid, "NoURL", &format!("{url}: {error}")))?;
        let reply = http::send(OPERATION, request, PATIENCE).await?;
        match reply.status {
            200 => Ok(true),
            412 => Ok(false),
            status => {
                let text = String::from_utf8_lossy(&reply.body);
                let of = |element: &str| text.split(&format!("<{element}>")).nth(1).and_then(|rest| rest.split('<').next());
                let code = of("Code").map_or_else(|| format!("HTTP {status}"), str::to_owned);
                Err(Trouble::from_answer(OPERATION, status, &code, of("Message").unwrap_or_default()))
            }
        }
    }
}
