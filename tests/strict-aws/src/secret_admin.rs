//! Secrets Manager's calls of owners and operators, through the API and so by permission.

use jiff::Timestamp;

use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::Operation;
use crate::secret::CURRENT;
use crate::secret_shapes::{DescribedSecret, check_version, invalid_parameter};
use crate::world::World;

impl World {
    /// `CreateSecret`, with a first version under `token` or with none.
    ///
    /// # Errors
    /// `ResourceExistsException` when the name is taken, and those of [`World::put_secret_value`].
    pub fn create_secret_as(
        &self,
        caller: &Caller,
        name: &str,
        first: Option<(&str, &str)>,
    ) -> Result<DescribedSecret, ApiError> {
        let operation = Operation::CreateSecret;
        self.call(operation, caller, vec![("name", name.to_owned())], |state, now, who| {
            match state.secret(now, who, operation, name) {
                Ok(_) => {
                    let text = format!("The operation failed because the secret {name} already exists.");
                    return Err(ApiError::new(400, "ResourceExistsException", text));
                }
                Err(error) if error.code != "ResourceNotFoundException" => return Err(error),
                Err(_) => {}
            }
            if let Some((token, content)) = first {
                check_version(token, content)?;
            }
            state.create_secret(now, name, first, &who.arn);
            Ok(state.secrets[name].shown_at(now))
        })
    }

    /// `DeleteSecret`: marks it for deletion, or with `force` makes an end of it at once.
    ///
    /// # Errors
    /// As [`World::describe_secret`].
    pub fn delete_secret_as(&self, caller: &Caller, secret_id: &str, force: bool) -> Result<DescribedSecret, ApiError> {
        let operation = Operation::DeleteSecret;
        self.call(operation, caller, vec![("secretId", secret_id.to_owned())], |state, now, who| {
            let secret = state.secret(now, who, operation, secret_id)?;
            secret.check_not_deleted()?;
            secret.deleted = Some(now);
            secret.show(now);
            let shown = secret.shown_at(now);
            if force {
                state.secrets.remove(&shown.name);
            }
            Ok(shown)
        })
    }

    /// `RestoreSecret`: takes the deletion back.
    ///
    /// # Errors
    /// As [`World::describe_secret`].
    pub fn restore_secret_as(&self, caller: &Caller, secret_id: &str) -> Result<DescribedSecret, ApiError> {
        let operation = Operation::RestoreSecret;
        self.call(operation, caller, vec![("secretId", secret_id.to_owned())], |state, now, who| {
            let secret = state.secret(now, who, operation, secret_id)?;
            secret.deleted = None;
            secret.show(now);
            Ok(secret.shown_at(now))
        })
    }

    /// `ListSecretVersionIds`: id, creation and labels of each version, the oldest first; those without a label only if asked.
    ///
    /// # Errors
    /// As [`World::describe_secret`].
    pub fn list_secret_version_ids(
        &self,
        caller: &Caller,
        secret_id: &str,
        deprecated: bool,
    ) -> Result<Vec<(String, Timestamp, Vec<String>)>, ApiError> {
        let operation = Operation::ListSecretVersionIds;
        self.call(operation, caller, vec![("secretId", secret_id.to_owned())], |state, now, who| {
            let secret = state.secret(now, who, operation, secret_id)?;
            let versions = secret.versions.iter().map(|(id, version)| (id.clone(), version.created, secret.labels(id)));
            let mut versions: Vec<_> = versions.filter(|(_, _, labels)| deprecated || !labels.is_empty()).collect();
            versions.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
            Ok(versions)
        })
    }

    /// `UpdateSecretVersionStage` as the API has it (aws-facts §6): `RemoveFromVersionId` is required, and must match,
    /// when the label is on a version.
    ///
    /// # Errors
    /// `InvalidParameterException` and those of [`World::put_secret_value`].
    pub fn update_secret_version_stage(
        &self,
        caller: &Caller,
        secret_id: &str,
        label: &str,
        move_to: Option<&str>,
        remove_from: Option<&str>,
    ) -> Result<(String, String), ApiError> {
        let operation = Operation::UpdateSecretVersionStage;
        let parameters = vec![("secretId", secret_id.to_owned()), ("versionStage", label.to_owned())];
        self.call(operation, caller, parameters, |state, now, who| {
            let secret = state.secret(now, who, operation, secret_id)?;
            secret.check_not_deleted()?;
            if let Some(missing) = move_to.filter(|id| !secret.versions.contains_key(*id)) {
                return Err(invalid_parameter(format!("Not a valid version: {missing}")));
            }
            match (secret.stages.get(label), remove_from) {
                (Some(now_on), None) => {
                    return Err(invalid_parameter(format!(
                        "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to \
                         version {now_on}, so you must explicitly reference that version in RemoveFromVersionId."
                    )));
                }
                (now_on, Some(given)) if now_on.map(String::as_str) != Some(given) => {
                    return Err(invalid_parameter(format!("Staging label {label} is not attached to version {given}.")));
                }
                _ => {}
            }
            match move_to {
                Some(version) => secret.attach(label, version),
                None if label == CURRENT => {
                    return Err(invalid_parameter("You can only move staging label AWSCURRENT, not remove it."));
                }
                None => drop(secret.stages.remove(label)),
            }
            secret.show(now);
            Ok((secret.arn.clone(), secret.name.clone()))
        })
    }
}
