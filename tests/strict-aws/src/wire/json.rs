//! Secrets Manager's wire format: JSON 1.1, instants as seconds since 1970.

use hyper::http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::api::{Act, Asked};
use super::paced::Reply;
use crate::answer::ApiError;
use crate::fault::Operation;
use crate::secret_shapes::{DescribedSecret, PutSecretValue, invalid_parameter};

const JSON: &str = "application/x-amz-json-1.1";

pub(super) fn read(parts: &Parts, body: &[u8]) -> Result<Asked, ApiError> {
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = target.strip_prefix("secretsmanager.").unwrap_or_default();
    let serialization = |text: &str| ApiError::new(400, "SerializationException", text);
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(serialization("the body must be a JSON object"));
    };
    let mut fields = Fields(fields);
    let id = if name == "CreateSecret" { fields.wanted("Name")? } else { fields.wanted("SecretId")? };
    let (operation, act) = match name {
        "DescribeSecret" => (Operation::DescribeSecret, describe(id.clone())),
        "PutSecretValue" => (Operation::PutSecretValue, put(id.clone(), &mut fields)?),
        "GetSecretValue" => (Operation::GetSecretValue, get(id.clone(), &mut fields)?),
        "ListSecretVersionIds" => (Operation::ListSecretVersionIds, list_versions(id.clone(), &mut fields)?),
        "CreateSecret" => (Operation::CreateSecret, create(id.clone(), &mut fields)?),
        "DeleteSecret" => (Operation::DeleteSecret, delete(id.clone(), &mut fields)?),
        "RestoreSecret" => (Operation::RestoreSecret, restore(id.clone())),
        "UpdateSecretVersionStage" => (Operation::UpdateSecretVersionStage, move_stage(id.clone(), &mut fields)?),
        _ => return Err(ApiError::new(400, "UnknownOperationException", format!("no operation {target}"))),
    };
    match fields.0.keys().next() {
        Some(unknown) => Err(invalid_parameter(format!("unknown parameter {unknown}"))),
        None => Ok(Asked { operation, id, act }),
    }
}

fn describe(id: String) -> Act {
    Box::new(move |world, caller, _| world.describe_secret(caller, &id).map(|secret| answer(described(secret))))
}

fn put(secret_id: String, fields: &mut Fields) -> Result<Act, ApiError> {
    let client_request_token = fields.text("ClientRequestToken")?;
    let secret_string = fields.text("SecretString")?;
    let secret_string =
        secret_string.ok_or_else(|| invalid_parameter("You must provide either SecretString or SecretBinary."))?;
    let version_stages = fields.texts("VersionStages")?;
    let request = PutSecretValue { secret_id, client_request_token, secret_string, version_stages };
    Ok(Box::new(move |world, caller, _| {
        let put = world.put_secret_value(caller, &request)?;
        Ok(answer(json!({
            "ARN": put.arn, "Name": put.name, "VersionId": put.version_id, "VersionStages": put.version_stages,
        })))
    }))
}

fn get(id: String, fields: &mut Fields) -> Result<Act, ApiError> {
    let (version, stage) = (fields.text("VersionId")?, fields.text("VersionStage")?);
    Ok(Box::new(move |world, caller, _| {
        let value = world.get_secret_value(caller, &id, version.as_deref(), stage.as_deref())?;
        Ok(answer(json!({
            "ARN": value.arn, "Name": value.name, "VersionId": value.version_id, "VersionStages": value.version_stages,
            "SecretString": value.secret_string, "CreatedDate": seconds(value.created_date),
        })))
    }))
}

fn list_versions(id: String, fields: &mut Fields) -> Result<Act, ApiError> {
    let deprecated = fields.0.remove("IncludeDeprecated").is_some_and(|value| value == true);
    let most = fields.0.remove("MaxResults").map_or(Some(100), |value| value.as_u64()).filter(|most| (1..=100).contains(most));
    let most = most.ok_or_else(|| invalid_parameter("MaxResults must be 1 to 100."))? as usize;
    let from: usize = match fields.text("NextToken")? {
        None => 0,
        Some(token) => token.parse().map_err(|_| ApiError::new(400, "InvalidNextTokenException", "The NextToken is invalid."))?,
    };
    Ok(Box::new(move |world, caller, _| {
        let versions = world.list_secret_version_ids(caller, &id, deprecated)?;
        let page: Vec<Value> = versions
            .iter()
            .skip(from)
            .take(most)
            .map(|(id, created, stages)| json!({"VersionId": id, "CreatedDate": seconds(*created), "VersionStages": stages}))
            .collect();
        let next = (from + page.len() < versions.len()).then(|| (from + page.len()).to_string());
        Ok(answer(present(json!({"Versions": page, "NextToken": next}))))
    }))
}

fn create(name: String, fields: &mut Fields) -> Result<Act, ApiError> {
    let (token, content) = (fields.text("ClientRequestToken")?, fields.text("SecretString")?);
    Ok(Box::new(move |world, caller, _| {
        let first = match (&token, &content) {
            (Some(token), Some(content)) => Some((token.as_str(), content.as_str())),
            (None, Some(_)) => return Err(invalid_parameter("You must provide a ClientRequestToken value.")),
            (_, None) => None,
        };
        let secret = world.create_secret_as(caller, &name, first)?;
        let version = first.map(|(token, _)| token);
        Ok(answer(present(json!({"ARN": secret.arn, "Name": secret.name, "VersionId": version}))))
    }))
}

fn delete(id: String, fields: &mut Fields) -> Result<Act, ApiError> {
    let force = fields.0.remove("ForceDeleteWithoutRecovery").is_some_and(|value| value == true);
    let window = fields.0.remove("RecoveryWindowInDays").map_or(Some(30), |value| value.as_i64());
    let window = window.filter(|days| (7..=30).contains(days));
    let days = window.ok_or_else(|| invalid_parameter("RecoveryWindowInDays must be 7 to 30."))?;
    Ok(Box::new(move |world, caller, _| {
        let secret = world.delete_secret_as(caller, &id, force)?;
        let end = secret.last_changed_date + jiff::SignedDuration::from_hours(if force { 0 } else { 24 * days });
        Ok(answer(json!({"ARN": secret.arn, "Name": secret.name, "DeletionDate": seconds(end)})))
    }))
}

fn restore(id: String) -> Act {
    Box::new(move |world, caller, _| {
        let secret = world.restore_secret_as(caller, &id)?;
        Ok(answer(json!({"ARN": secret.arn, "Name": secret.name})))
    })
}

fn move_stage(id: String, fields: &mut Fields) -> Result<Act, ApiError> {
    let label = fields.wanted("VersionStage")?;
    let (to, from) = (fields.text("MoveToVersionId")?, fields.text("RemoveFromVersionId")?);
    Ok(Box::new(move |world, caller, _| {
        let (arn, name) = world.update_secret_version_stage(caller, &id, &label, to.as_deref(), from.as_deref())?;
        Ok(answer(json!({"ARN": arn, "Name": name})))
    }))
}

fn described(secret: DescribedSecret) -> Value {
    present(json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionIdsToStages": (!secret.version_ids_to_stages.is_empty()).then_some(secret.version_ids_to_stages),
        "CreatedDate": seconds(secret.created_date),
        "LastChangedDate": seconds(secret.last_changed_date),
        "DeletedDate": secret.deleted_date.map(seconds),
        "RotationEnabled": secret.rotation_enabled.then_some(true),
        "OwningService": secret.owning_service,
        "PrimaryRegion": secret.primary_region,
        "KmsKeyId": secret.kms_key_id,
    }))
}

/// AWS leaves out what is not there.
fn present(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => other,
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_millis_f64() / 1000.0
}

fn answer(value: Value) -> Reply {
    Reply::new(200, JSON, value.to_string())
}

pub(super) fn refusal(error: &ApiError) -> Reply {
    let body = json!({"__type": error.code, "Message": error.message});
    Reply::new(error.status, JSON, body.to_string())
}

/// A request's fields; each is taken out as it is read, so that what is left is unknown.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid_parameter(format!("{name} must be a string"))),
        }
    }

    fn wanted(&mut self, name: &str) -> Result<String, ApiError> {
        let missing = || invalid_parameter(format!("{name} is missing"));
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let wrong = || invalid_parameter(format!("{name} must be a list of strings"));
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) => {
                list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(wrong()),
        }
    }
}
