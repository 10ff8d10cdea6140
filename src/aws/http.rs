//! HTTP without a client of the SDK's: for what `credadmin doctor` asks of services that it has no client for.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::failure::reasons;

/// Sends a request, and answers with the status of the answer.
///
/// # Errors
/// Why there is none within `patience`.
pub async fn status(request: HttpRequest, patience: Duration) -> Result<u16, String> {
    let settings = HttpConnectorSettings::builder().connect_timeout(patience).read_timeout(patience).build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new())
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build();
    let answer = connector.call(request).await.map_err(|error| reasons(&error))?;
    Ok(answer.status().as_u16())
}
