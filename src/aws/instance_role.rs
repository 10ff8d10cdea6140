//! The instance's role, from IMDSv2 and from nowhere else: a stray key in the environment is not picked up.
//!
//! The SDK's own provider does it, but for two steps. It makes a URL of whatever the metadata service gives for the role's name, and
//! panics where that is none, as when something in between answers with a page of HTML: so the name is looked at first. And whoever
//! signs with the credentials makes headers of them, and panics where they are none: so they are looked at, too.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};

use crate::credential::is_fit;

/// Where the metadata service tells the role's name.
const ROLE: &str = "/latest/meta-data/iam/security-credentials/";

/// Fetches the credentials of the instance's role.
#[derive(Debug)]
pub struct InstanceRole {
    imds: imds::Client,
    config: ProviderConfig,
    /// The provider for the role last seen: it goes on with the credentials it has while the metadata service has none
    /// (aws-facts §9, "Static stability").
    last: Mutex<Option<(String, Arc<ImdsCredentialsProvider>)>>,
}

impl InstanceRole {
    /// From this metadata service; `config` holds the clock.
    pub fn new(imds: imds::Client, config: ProviderConfig) -> Self {
        Self { imds, config, last: Mutex::default() }
    }

    async fn fetch(&self) -> provider::Result {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let provider = match (role(&self.imds).await, last) {
            (Ok(role), Some((seen, provider))) if seen == role => provider,
            (Ok(role), _) => self.provider(role),
            (Err(_), Some((_, provider))) => provider,
            (Err(error), None) => return Err(error),
        };
        provider.provide_credentials().await.and_then(fit)
    }

    fn provider(&self, role: String) -> Arc<ImdsCredentialsProvider> {
        let provider = ImdsCredentialsProvider::builder().configure(&self.config).imds_client(self.imds.clone());
        let provider = Arc::new(provider.profile(role.clone()).build());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((role, Arc::clone(&provider)));
        provider
    }
}

/// The name of the instance's role.
///
/// # Errors
/// What keeps the metadata service from telling it.
pub async fn role(imds: &imds::Client) -> Result<String, CredentialsError> {
    let answer = imds.get(ROLE).await.map_err(CredentialsError::provider_error)?;
    let role = answer.as_ref().trim();
    // IAM's own alphabet for names of roles.
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    match !role.is_empty() && role.chars().all(allowed) {
        true => Ok(role.to_owned()),
        false => Err(CredentialsError::provider_error("the metadata service told a role's name that is none")),
    }
}

/// Those that can be put into headers as they are; the others are none.
fn fit(credentials: Credentials) -> provider::Result {
    match is_fit(credentials.access_key_id()) && credentials.session_token().is_none_or(is_fit) {
        true => Ok(credentials),
        false => Err(CredentialsError::provider_error("the metadata service told credentials with characters that none have")),
    }
}

impl ProvideCredentials for InstanceRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.fetch())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().and_then(|(_, provider)| provider.fallback_on_interrupt()).and_then(|it| fit(it).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_that_no_header_can_hold_are_none() {
        let told = |key: &str, token: &str| fit(Credentials::new(key, "k+/\n", Some(token.into()), None, "test"));
        assert!(told("ASIAEXAMPLE", "t+/==").is_ok());
        for (key, token) in [("\u{1b}", "t"), ("ASIA\n", "t"), ("", "t"), ("ASIA\u{fc}", "t"), ("ASIA", "t\r\n"), ("ASIA", "")] {
            let error = told(key, token).expect_err("no credentials");
            let words = error.to_string() + &std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            assert!(words.contains("characters that none have"), "{words}");
        }
    }
}
