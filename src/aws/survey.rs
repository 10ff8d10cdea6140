//! What `credadmin doctor` asks STS and Secrets Manager, beside what the daemon does.

use jiff::Timestamp;

use super::failure::trouble;
use super::sdk::Sdk;
use super::trouble::{Operation, Trouble};

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

    /// How many versions of a secret were written after `since`: Secrets Manager's ListSecretVersionIds, which the daemon
    /// does without.
    ///
    /// # Errors
    /// What AWS says; most likely that the permission is missing.
    pub async fn versions_since(&self, secret_id: &str, since: Timestamp) -> Result<usize, Trouble> {
        let operation = Operation::ListSecretVersionIds;
        let call = self.ready(operation).await?.secrets.list_secret_version_ids();
        let mut pages = call.secret_id(secret_id).include_deprecated(true).max_results(100).into_paginator().send();
        let mut versions = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| trouble(operation, &e))?;
            let dates = page.versions().iter().filter_map(|version| version.created_date());
            versions += dates.filter(|date| Timestamp::from_second(date.secs()).is_ok_and(|date| date > since)).count();
        }
        Ok(versions)
    }
}
