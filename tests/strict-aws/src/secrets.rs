//! Secrets Manager: DescribeSecret, PutSecretValue, GetSecretValue.

use jiff::Timestamp;

use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::Operation;
use crate::policy::Request;
use crate::record::{Issued, VersionRecord};
use crate::secret::Secret;
use crate::secret_shapes::{DescribedSecret, PutSecretValue, PutSecretValueAnswer, SecretValue, check_put};
use crate::world::{State, World};
use crate::{ACCOUNT, REGION};

impl World {
    /// Describes a secret, as of so long ago as the describe lag says.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `AccessDeniedException` and those of authentication (aws-facts §6).
    pub fn describe_secret(&self, caller: &Caller, secret_id: &str) -> Result<DescribedSecret, ApiError> {
        let operation = Operation::DescribeSecret;
        self.call(operation, caller, vec![("secretId", secret_id.to_owned())], |state, now, who| {
            let lag = state.describe_lag;
            Ok(state.secret(now, who, operation, secret_id)?.shown_at(now - lag))
        })
    }

    /// Writes a version.
    ///
    /// # Errors
    /// Those of aws-facts §6.
    pub fn put_secret_value(&self, caller: &Caller, request: &PutSecretValue) -> Result<PutSecretValueAnswer, ApiError> {
        let operation = Operation::PutSecretValue;
        let mut parameters = vec![("secretId", request.secret_id.clone())];
        parameters.extend(request.client_request_token.iter().map(|token| ("clientRequestToken", token.clone())));
        self.call(operation, caller, parameters, |state, now, who| {
            let token = check_put(request)?;
            let secret = state.secret(now, who, operation, &request.secret_id)?;
            let stages = request.version_stages.as_deref().unwrap_or_default();
            let written = secret.put(now, token, &request.secret_string, stages)?;
            let answer = PutSecretValueAnswer {
                arn: secret.arn.clone(),
                name: secret.name.clone(),
                version_id: token.to_owned(),
                version_stages: secret.labels(token),
            };
            if written {
                state.versions.push(VersionRecord {
                    secret: answer.name.clone(),
                    version_id: token.to_owned(),
                    created: now,
                    content: request.secret_string.clone(),
                    written_by: who.arn.clone(),
                });
            }
            Ok(answer)
        })
    }

    /// Reads a version: by id, by label, or `AWSCURRENT`.
    ///
    /// # Errors
    /// Those of aws-facts §6.
    pub fn get_secret_value(
        &self,
        caller: &Caller,
        secret_id: &str,
        version_id: Option<&str>,
        version_stage: Option<&str>,
    ) -> Result<SecretValue, ApiError> {
        let operation = Operation::GetSecretValue;
        let mut parameters = vec![("secretId", secret_id.to_owned())];
        parameters.extend(version_stage.map(|stage| ("versionStage", stage.to_owned())));
        self.call(operation, caller, parameters, |state, now, who| {
            let secret = state.secret(now, who, operation, secret_id)?;
            secret.check_not_deleted()?;
            secret.value(version_id, version_stage)
        })
    }
}

impl State {
    /// The secret meant, if `who` may do that to it. A secret that does not exist has an ARN without suffix for the
    /// policies, so whoever may touch `NAME-??????` only is told that access is denied.
    pub(crate) fn secret(
        &mut self,
        now: Timestamp,
        who: &Issued,
        operation: Operation,
        id: &str,
    ) -> Result<&mut Secret, ApiError> {
        let by_arn = || self.secrets.values().find(|secret| secret.is_meant_by(id));
        let found = self.secrets.get(id).or_else(by_arn).map(|secret| secret.name.clone());
        let resource = match &found {
            Some(name) => self.secrets[name].arn.clone(),
            None if id.starts_with("arn:") => id.to_owned(),
            None => format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{id}"),
        };
        let action = format!("secretsmanager:{operation:?}");
        let asked = Request::new(&action, &resource, now);
        self.allows(who, asked, &[]).map_err(|refusal| {
            let (who, why) = (&who.arn, refusal.text(&action));
            let text = format!("User: {who} is not authorized to perform: {action} on resource: {id} {why}");
            ApiError::new(400, "AccessDeniedException", text)
        })?;
        // aws-facts §6: HTTP 400
        let missing = || ApiError::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        found.and_then(|name| self.secrets.get_mut(&name)).ok_or_else(missing)
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
