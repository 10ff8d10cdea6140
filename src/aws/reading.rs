//! Secrets Manager's GetSecretValue, which the daemon does without: for who tries the session that readers get.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::failure::trouble;
use super::sdk::Sdk;
use super::trouble::{Operation, Trouble};
use crate::credential::Credential;

/// The three keys that readers have always used.
#[derive(Deserialize)]
struct Value {
    #[serde(rename = "sessionId")]
    id: String,
    #[serde(rename = "sessionKey")]
    key: String,
    #[serde(rename = "sessionToken")]
    token: String,
}

impl Sdk {
    /// The session in a secret; `None` if its value is none.
    ///
    /// # Errors
    /// What AWS says.
    pub(super) async fn read_session(&self, secret_id: &str) -> Result<Option<Credential>, Trouble> {
        let operation = Operation::GetSecretValue;
        let call = self.ready(operation).await?.secrets.get_secret_value().secret_id(secret_id);
        let answer = call.send().await.map_err(|e| trouble(operation, &e))?;
        let value = Zeroizing::new(answer.secret_string.unwrap_or_default());
        let value = serde_json::from_str::<Value>(&value).ok();
        Ok(value.map(|value| Credential {
            access_key_id: value.id,
            secret_access_key: Zeroizing::new(value.key),
            session_token: Zeroizing::new(value.token),
        }))
    }
}
