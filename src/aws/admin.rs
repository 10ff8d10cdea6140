//! What `credadmin revoke` asks of AWS, with an administrator's own credentials: none of it is the daemon's to do.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_iam as iam;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::Aws;
use super::clients;
use super::failure::trouble;
use super::reading::Reading;
use super::sdk::Sdk;
use super::trouble::{Kind, Operation, Trouble};
use crate::credential::Credential;

/// As whom AWS is called, and what time it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// An ARN.
    pub arn: String,
    /// AWS's time when it answered, in whole seconds; `None` if the answer does not tell.
    pub at: Option<Timestamp>,
}

/// The calls that end access, and those that see it end.
pub trait Admin: Aws + Reading {
    /// STS's GetCallerIdentity, which needs no permission.
    fn identify(&self) -> impl Future<Output = Result<Caller, Trouble>> + Send;

    /// IAM's GetRolePolicy: an inline policy of a role, as JSON; `None` if there is none of that name.
    fn role_policy(&self, role: &str, policy: &str) -> impl Future<Output = Result<Option<String>, Trouble>> + Send;

    /// IAM's PutRolePolicy. Sent twice, it is the same policy.
    fn put_role_policy(&self, role: &str, policy: &str, document: &str) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// When a version of a secret was written, by Secrets Manager's ListSecretVersionIds; `None` if it is not listed.
    fn written_at(&self, secret_id: &str, version_id: &str) -> impl Future<Output = Result<Option<Timestamp>, Trouble>> + Send;

    /// S3's HeadBucket with a session: its status.
    ///
    /// # Errors
    /// Why no answer came.
    fn sees_bucket(&self, session: &Credential, bucket: &str) -> impl Future<Output = Result<u16, String>> + Send;
}

impl Admin for Sdk {
    async fn identify(&self) -> Result<Caller, Trouble> {
        let operation = Operation::GetCallerIdentity;
        let seen = Dated::default();
        let call = self.ready(operation).await?.sts.get_caller_identity().customize().interceptor(seen.clone());
        let answer = call.send().await.map_err(|e| trouble(operation, &e))?;
        let at = *seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Caller { arn: answer.arn.unwrap_or_default(), at })
    }

    async fn role_policy(&self, role: &str, policy: &str) -> Result<Option<String>, Trouble> {
        let operation = Operation::GetRolePolicy;
        let iam = self.iam(operation).await?;
        match iam.get_role_policy().role_name(role).policy_name(policy).send().await {
            Ok(answer) => {
                let text = percent_decode_str(answer.policy_document()).decode_utf8();
                let garbled = |_| Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", "the policy is no text");
                text.map(|text| Some(text.into_owned())).map_err(garbled)
            }
            // It says the same of a role that is not there, but for the words.
            Err(error)
                if error.code() == Some("NoSuchEntity") && error.message().is_some_and(|text| text.contains("role policy")) =>
            {
                Ok(None)
            }
            Err(error) => Err(trouble(operation, &error)),
        }
    }

    async fn put_role_policy(&self, role: &str, policy: &str, document: &str) -> Result<(), Trouble> {
        let operation = Operation::PutRolePolicy;
        let call = self.iam(operation).await?.put_role_policy();
        let call = call.role_name(role).policy_name(policy).policy_document(document);
        call.send().await.map_err(|e| trouble(operation, &e))?;
        Ok(())
    }

    async fn written_at(&self, secret_id: &str, version_id: &str) -> Result<Option<Timestamp>, Trouble> {
        let operation = Operation::ListSecretVersionIds;
        let call = self.ready(operation).await?.secrets.list_secret_version_ids();
        let mut pages = call.secret_id(secret_id).max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| trouble(operation, &e))?;
            if let Some(version) = page.versions().iter().find(|version| version.version_id() == Some(version_id)) {
                return Ok(version.created_date().and_then(|date| Timestamp::from_second(date.secs()).ok()));
            }
        }
        Ok(None)
    }

    async fn sees_bucket(&self, session: &Credential, bucket: &str) -> Result<u16, String> {
        self.head_bucket(session, bucket).await
    }
}

impl Sdk {
    /// IAM is asked a few times in all: nobody else needs a client of it.
    async fn iam(&self, operation: Operation) -> Result<iam::Client, Trouble> {
        let connection = self.ready(operation).await?.connection.clone();
        Ok(iam::Client::new(&clients::config(&self.clock().0, &self.endpoints, &connection).await))
    }
}

/// Keeps the `Date` of an answer: the SDK tells it to nobody.
#[derive(Clone, Debug, Default)]
struct Dated(Arc<Mutex<Option<Timestamp>>>);

#[dyn_dispatch_hint]
impl Intercept for Dated {
    fn name(&self) -> &'static str {
        "Dated"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let date = date.and_then(|date| Timestamp::from_second(date.secs()).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}
