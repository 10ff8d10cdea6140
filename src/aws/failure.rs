//! The SDK's errors, sorted into troubles.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::trouble::{Kind, Operation, Trouble};

/// Sorts an SDK error. Nothing but its own words is taken from it: no request, no body.
pub fn trouble<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut trouble = match error {
        SdkError::ServiceError(service) if service.raw().status().is_success() => {
            Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", "what came is no answer of AWS's")
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let (code, message) = (service.err().code(), service.err().message());
            Trouble::from_answer(operation, status, code.unwrap_or(&format!("HTTP {status}")), message.unwrap_or(""))
        }
        SdkError::TimeoutError(_) => Trouble::new(operation, Kind::Timeout, "Timeout", &reasons(error)),
        SdkError::ResponseError(response) if response.raw().status().is_server_error() => {
            Trouble::new(operation, Kind::Server, &format!("HTTP {}", response.raw().status().as_u16()), &reasons(error))
        }
        SdkError::ResponseError(_) => Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", &reasons(error)),
        SdkError::DispatchFailure(_) if is_credentials_error(error) => {
            Trouble::new(operation, Kind::NoCredentials, "NoCredentials", &reasons(error))
        }
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Trouble::new(operation, Kind::Timeout, "Timeout", &reasons(error))
        }
        SdkError::DispatchFailure(_) => Trouble::new(operation, Kind::Network, "NoConnection", &reasons(error)),
        _ => Trouble::new(operation, Kind::Invalid, "BadRequest", &reasons(error)),
    };
    trouble.request_id = error.request_id().map(str::to_owned);
    trouble
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// An error and what is behind it, in one line.
pub fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = chain(error).map(ToString::to_string).collect();
    reasons.dedup();
    reasons.join(": ")
}

fn is_credentials_error(error: &(dyn Error + 'static)) -> bool {
    // The second is a private type of the SDK's, for credentials that did not come in time.
    chain(error).any(|error| error.is::<CredentialsError>() || error.to_string().starts_with("identity resolver timed out"))
}
