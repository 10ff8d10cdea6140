//! What a consumer asks of Secrets Manager: the current value of one secret, and nothing else.

use std::future::Future;

use zeroize::Zeroizing;

use super::Aws;
use super::failure::trouble;
use super::sdk::Sdk;
use super::trouble::{Kind, Operation, Trouble};

/// The version that readers get.
const CURRENT: &str = "AWSCURRENT";
/// Part of AWS's text where the secret is there and no version has the label: `Secrets Manager can't find the specified secret
/// value for staging label: AWSCURRENT`. Without a secret it ends before `value`.
const NO_VALUE: &str = "specified secret value";

/// The one call of a consumer.
pub trait Reading: Send + Sync + 'static {
    /// Secrets Manager's GetSecretValue of AWSCURRENT; `None` where no version is that yet.
    ///
    /// # Errors
    /// What AWS says, or why it does not.
    fn current_value(&self, secret_id: &str) -> impl Future<Output = Result<Option<Zeroizing<Vec<u8>>>, Trouble>> + Send;
}

impl Reading for Sdk {
    async fn current_value(&self, secret_id: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        match self.ask(secret_id).await {
            Err(trouble) if trouble.kind == Kind::StaleCredentials => {
                self.renew().await;
                self.ask(secret_id).await
            }
            answer => answer,
        }
    }
}

impl Sdk {
    async fn ask(&self, secret_id: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        let operation = Operation::GetSecretValue;
        // The label is named, so that a policy may ask for it (aws-facts §8).
        let call = self.ready(operation).await?.secrets.get_secret_value().secret_id(secret_id).version_stage(CURRENT);
        match call.send().await.map_err(|e| trouble(operation, &e)) {
            Ok(answer) => {
                let text = answer.secret_string.map(String::into_bytes);
                let value = text.or_else(|| answer.secret_binary.map(|blob| blob.into_inner()));
                let missing = || Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", "the answer holds no value");
                value.map(|value| Some(Zeroizing::new(value))).ok_or_else(missing)
            }
            Err(trouble) if trouble.kind == Kind::NoSecret && trouble.message.contains(NO_VALUE) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }
}
