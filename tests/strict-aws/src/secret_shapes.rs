//! Requests and answers of Secrets Manager, and the bounds of the former.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::answer::ApiError;

/// A PutSecretValue request. `Debug` leaves the content out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PutSecretValue {
    /// Name or ARN
    pub secret_id: String,
    /// 32..=64 characters; becomes the version id. An SDK fills it in, so its absence is an error here.
    pub client_request_token: Option<String>,
    /// 1..=65536 bytes
    pub secret_string: String,
    /// 1..=20 labels of 1..=256 characters; `AWSCURRENT` when left out
    pub version_stages: Option<Vec<String>>,
}

/// A PutSecretValue answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutSecretValueAnswer {
    /// The secret's ARN.
    pub arn: String,
    /// The secret's name.
    pub name: String,
    /// The token that was sent.
    pub version_id: String,
    /// The labels that the version carries now.
    pub version_stages: Vec<String>,
}

/// A DescribeSecret answer: all but the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedSecret {
    /// `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-xxxxxx`
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Only versions with a label.
    pub version_ids_to_stages: BTreeMap<String, Vec<String>>,
    /// When it was created.
    pub created_date: Timestamp,
    /// When anything about it last changed.
    pub last_changed_date: Timestamp,
    /// When it was marked for deletion.
    pub deleted_date: Option<Timestamp>,
    /// Whether it is rotated.
    pub rotation_enabled: bool,
    /// The AWS service that manages it.
    pub owning_service: Option<String>,
    /// The region of its primary, where it has replicas or is one.
    pub primary_region: Option<String>,
    /// `None` for the key that AWS manages.
    pub kms_key_id: Option<String>,
}

/// A GetSecretValue answer. `Debug` leaves the content out.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// The secret's ARN.
    pub arn: String,
    /// The secret's name.
    pub name: String,
    /// The version found.
    pub version_id: String,
    /// Its labels.
    pub version_stages: Vec<String>,
    /// Its content.
    pub secret_string: String,
    /// When it was written.
    pub created_date: Timestamp,
}

impl fmt::Debug for PutSecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutSecretValue")
            .field("secret_id", &self.secret_id)
            .field("client_request_token", &self.client_request_token)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue")
            .field("arn", &self.arn)
            .field("version_id", &self.version_id)
            .field("version_stages", &self.version_stages)
            .finish_non_exhaustive()
    }
}

/// aws-facts §6: the bounds of token, value and labels.
pub(crate) fn check_put(request: &PutSecretValue) -> Result<&str, ApiError> {
    let wrong = |text: &str| Err(invalid_parameter(text));
    let Some(token) = &request.client_request_token else {
        return wrong("You must provide a ClientRequestToken value. We recommend a UUID-type value.");
    };
    let stages = request.version_stages.as_ref();
    if !(32..=64).contains(&token.chars().count()) {
        wrong("ClientRequestToken must be 32-64 characters long.")
    } else if !(1..=65536).contains(&request.secret_string.len()) {
        wrong("SecretString must be 1 to 65536 bytes long.")
    } else if stages.is_some_and(|stages| !(1..=20).contains(&stages.len())) {
        wrong("VersionStages must hold 1 to 20 labels.")
    } else if stages.into_iter().flatten().any(|stage| !(1..=256).contains(&stage.chars().count())) {
        wrong("A staging label must be 1 to 256 characters long.")
    } else {
        Ok(token)
    }
}

pub(crate) fn invalid_parameter(text: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidParameterException", text)
}

/// The same bounds for the first version of CreateSecret.
pub(crate) fn check_version(token: &str, content: &str) -> Result<(), ApiError> {
    check_put(&PutSecretValue {
        client_request_token: Some(token.to_owned()),
        secret_string: content.to_owned(),
        ..PutSecretValue::default()
    })
    .map(|_| ())
}
