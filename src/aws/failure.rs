//! The SDK's errors, sorted into troubles.

use std::error::Error;

use aws_config::imds::client::error::ImdsError;
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
    trouble.request_id = request_id(error);
    trouble
}

/// AWS's id of a request, which names it in CloudTrail. It is told as it is, so that whatever does not look like one counts as none:
/// 64 letters, digits and hyphens at most.
pub fn request_id(answer: &impl RequestId) -> Option<String> {
    let is_one = |id: &&str| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    answer.request_id().filter(is_one).map(str::to_owned)
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
    let mut reasons: Vec<String> = chain(error).map(words).collect();
    reasons.dedup();
    reasons.join(": ")
}

/// What an error says. Those of the metadata service quote the whole answer, which may hold a credential.
fn words(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref() {
        Some(ImdsError::ErrorResponse(answer)) => {
            format!("error response from IMDS (code: {})", answer.response().status().as_u16())
        }
        _ => error.to_string(),
    }
}

fn is_credentials_error(error: &(dyn Error + 'static)) -> bool {
    // The second is a private type of the SDK's, for credentials that did not come in time.
    chain(error).any(|error| error.is::<CredentialsError>() || error.to_string().starts_with("identity resolver timed out"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::{RequestId, request_id};
    use crate::aws::metadata::Unanswered;
    use crate::aws::sdk::{Endpoints, Sdk};
    use crate::aws::{Connection, Credentials};
    use crate::clock::Clock;

    /// A token, and errors from then on, each with something in its body.
    fn metadata_service() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap();
                let status = if request[..length].starts_with(b"PUT ") { "200 OK" } else { "404 Not Found" };
                let head = format!("HTTP/1.1 {status}\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\nconnection: close\r\n");
                drop(stream.write_all(format!("{head}content-length: 12\r\n\r\ncanarysecret").as_bytes()));
            }
        });
        url
    }

    struct Answered(String);

    impl RequestId for Answered {
        fn request_id(&self) -> Option<&str> {
            Some(&self.0)
        }
    }

    #[test]
    fn what_is_no_id_of_a_request_is_not_told_as_one() {
        let uuid = "c6104cbe-af31-11e0-8154-cbc7ccf896c7";
        assert_eq!(request_id(&Answered(uuid.into())).as_deref(), Some(uuid));
        for other in ["<SecretAccessKey>", "a b", "a\tb", "é", &"a".repeat(65)] {
            assert_eq!(request_id(&Answered(other.into())), None, "{other:?}");
        }
    }

    #[tokio::test]
    async fn an_error_of_the_metadata_service_is_told_without_its_body() {
        let endpoints = Endpoints { services: None, metadata: Some(metadata_service()) };
        let connection =
            Connection { region: Some("eu-central-1".into()), credentials: Credentials::InstanceRole, profile: None };
        let sdk = Sdk::at(endpoints, Clock::system(), &connection).await;
        let Err(Unanswered::NoRole(why)) = sdk.metadata().await else { panic!("a role where there is none") };
        assert_eq!(why, "an error occurred while loading credentials: error response from IMDS (code: 404)");
    }
}
