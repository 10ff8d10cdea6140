//! What `credadmin doctor` asks the instance-metadata service, beside what the daemon does.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::failure::reasons;
use super::http;
use super::instance_role::role;
use super::sdk::Sdk;

/// As long as the SDK waits for it (aws-facts §9).
const PATIENCE: Duration = Duration::from_secs(1);
/// Its address, if the environment does not name another.
const DEFAULT: &str = "http://169.254.169.254";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// What it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The instance's role.
    pub role: String,
    /// The instance's id.
    pub instance: Option<String>,
    /// Whether it answers without a token.
    pub v1: bool,
}

/// Why it tells nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No connection.
    Unreachable(String),
    /// `HttpEndpoint` is disabled.
    Off,
    /// The answer with the token does not arrive.
    NoToken(String),
    /// There is no role, or its name can't be had.
    NoRole(String),
}

impl Sdk {
    /// Asks the metadata service who this instance is, with a token and without.
    ///
    /// # Errors
    /// What keeps it from telling.
    pub async fn metadata(&self) -> Result<Metadata, Unanswered> {
        let endpoint = self.endpoints.metadata.clone().or_else(|| std::env::var(ENDPOINT).ok());
        let status = without_token(endpoint.as_deref().unwrap_or(DEFAULT)).await?;
        if status == 403 {
            return Err(Unanswered::Off);
        }
        let imds = self.imds();
        let role = match role(&imds).await {
            Ok(role) => role,
            Err(error) => {
                let why = reasons(&error);
                // The SDK's own word for it (aws-config's imds client).
                return Err(if why.contains("token") { Unanswered::NoToken(why) } else { Unanswered::NoRole(why) });
            }
        };
        let instance = imds.get("/latest/meta-data/instance-id").await.ok().and_then(|id| id_of(id.as_ref()));
        Ok(Metadata { role, instance, v1: status == 200 })
    }
}

/// An instance's id, and nothing else that a terminal would be shown.
fn id_of(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!text.is_empty() && text.chars().all(allowed)).then(|| text.to_owned())
}

/// The status of an answer to IMDSv1's way of asking.
async fn without_token(endpoint: &str) -> Result<u16, Unanswered> {
    let unreachable = |why: String| Unanswered::Unreachable(why);
    let url = format!("{}/latest/meta-data/", endpoint.trim_end_matches('/'));
    let request = HttpRequest::get(&url).map_err(|error| unreachable(reasons(&error)))?;
    http::status(request, ProxyConfig::disabled(), PATIENCE).await.map_err(unreachable)
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn an_id_is_an_id_and_nothing_else_is() {
        assert_eq!(id_of("i-0123456789abcdef0").as_deref(), Some("i-0123456789abcdef0"));
        for text in ["", "i-0\n", "i-0\u{1b}[2J", "<html>"] {
            assert_eq!(id_of(text), None, "{text:?}");
        }
    }
}
