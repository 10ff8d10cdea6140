//! HTTP without a client of the SDK's: for what is asked of services that it has no client for.

use std::time::Duration;

use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use zeroize::Zeroizing;

use super::failure::reasons;
use super::trouble::{Kind, Operation, Trouble};

/// No answer that is waited for is longer.
const LONGEST_BODY: usize = 64 << 10;

/// An answer.
pub struct Reply {
    pub status: u16,
    /// It may be a secret.
    pub body: Zeroizing<Vec<u8>>,
}

/// Sends a request, through that proxy if any, and answers with the status of the answer.
///
/// # Errors
/// Why there is none within `patience`.
pub async fn status(request: HttpRequest, proxy: ProxyConfig, patience: Duration) -> Result<u16, String> {
    let call = connector(proxy).call(request);
    let answer = Timeout::new(call, TokioSleep::new().sleep(patience)).await;
    let answer = answer.map_err(|_| format!("no answer in {}s", patience.as_secs()))?.map_err(|error| reasons(&error))?;
    Ok(answer.status().as_u16())
}

/// Sends a request, through a proxy where the environment names one, and answers with the whole answer.
///
/// # Errors
/// Why there is none within `patience`, or none of a sane length.
pub async fn send(operation: Operation, request: HttpRequest, patience: Duration) -> Result<Reply, Trouble> {
    let url = request.uri().to_owned();
    let exchange = Timeout::new(exchange(operation, request), TokioSleep::new().sleep(patience));
    let late = |_| Trouble::new(operation, Kind::Timeout, "Timeout", &format!("no answer of {url} in {}s", patience.as_secs()));
    exchange.await.map_err(late)?
}

async fn exchange(operation: Operation, request: HttpRequest) -> Result<Reply, Trouble> {
    let url = request.uri().to_owned();
    let answer = connector(ProxyConfig::from_env())
        .call(request)
        .await
        .map_err(|error| Trouble::new(operation, Kind::Network, "NoConnection", &format!("{url}: {}", reasons(&error))))?;
    let status = answer.status().as_u16();
    let mut body = Zeroizing::new(Vec::with_capacity(LONGEST_BODY));
    let mut parts = ByteStream::new(answer.into_body());
    while let Some(part) = parts.next().await {
        let part =
            part.map_err(|error| Trouble::new(operation, Kind::Network, "NoConnection", &format!("{url}: {}", reasons(&error))))?;
        if body.len() + part.len() > LONGEST_BODY {
            return Err(Trouble::new(operation, Kind::Garbled, "UnreadableAnswer", "the answer is far too long"));
        }
        body.extend_from_slice(&part);
    }
    Ok(Reply { status, body })
}

/// Without timeouts of its own: those who call it bound the whole.
fn connector(proxy: ProxyConfig) -> Connector {
    Connector::builder()
        .sleep_impl(TokioSleep::new())
        .proxy_config(proxy)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build()
}
