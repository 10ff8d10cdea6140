//! What `credadmin doctor` asks STS and Secrets Manager, beside what the daemon does.

use jiff::Timestamp;

use super::failure::trouble;
use super::sdk::Sdk;
use super::trouble::{Operation, Trouble};

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// When it was made, in whole seconds.
    pub created: Option<Timestamp>,
    /// Its stages, such as AWSCURRENT; none if Secrets Manager may remove it.
    pub stages: Vec<String>,
}

impl Sdk {
    /// As whom AWS is called: an ARN. STS's GetCallerIdentity needs no permission.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn caller(&self) -> Result<String, Trouble> {
        let operation = Operation::GetCallerIdentity;
        let call = self.ready(operation).await?.sts.get_caller_identity();
        let answer = call.send().await.map_err(|e| trouble(operation, &e))?;
        Ok(answer.arn.unwrap_or_default())
    }

    /// The versions of a secret, those without a stage too: Secrets Manager's ListSecretVersionIds, which the daemon does
    /// without.
    ///
    /// # Errors
    /// What AWS says; most likely that the permission is missing.
    pub async fn versions(&self, secret_id: &str) -> Result<Vec<Version>, Trouble> {
        let operation = Operation::ListSecretVersionIds;
        let call = self.ready(operation).await?.secrets.list_secret_version_ids();
        let mut pages = call.secret_id(secret_id).include_deprecated(true).max_results(100).into_paginator().send();
        let mut versions = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| trouble(operation, &e))?;
            versions.extend(page.versions().iter().map(|version| Version {
                id: version.version_id().unwrap_or_default().to_owned(),
                created: version.created_date().and_then(|date| Timestamp::from_second(date.secs()).ok()),
                stages: version.version_stages().to_vec(),
            }));
        }
        Ok(versions)
    }

    /// How many of them were written after `since`.
    ///
    /// # Errors
    /// As of [`Sdk::versions`].
    pub async fn versions_since(&self, secret_id: &str, since: Timestamp) -> Result<usize, Trouble> {
        let versions = self.versions(secret_id).await?;
        Ok(versions.iter().filter(|version| version.created.is_some_and(|date| date > since)).count())
    }
}
