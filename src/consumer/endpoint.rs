//! The container credentials endpoint: what SDKs ask where `AWS_CONTAINER_CREDENTIALS_FULL_URI` says (aws-facts §10).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::SignedDuration;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::form;
use super::refusal::Refusal;
use super::source::Source;
use super::token::Token;
use super::value::Session;
use crate::aws::reading::Reading;
use crate::clock::Clock;

/// Its one path.
pub const PATH: &str = "/credentials";
/// How many clients are listened to at once; more wait.
const CLIENTS: usize = 64;
/// How long a client may take to say what it wants.
const TIME_TO_ASK: Duration = Duration::from_secs(5);
/// After accept(2) failed, as it does where file descriptors are short.
const PAUSE: SignedDuration = SignedDuration::from_millis(100);

/// What whoever serves is told of each answer.
pub type Told<'a> = Result<&'a Session, &'a Refusal>;

/// Guards a source.
pub struct Door<R> {
    source: Arc<Source<R>>,
    token: Token,
    tell: Box<dyn Fn(Told<'_>) + Send + Sync>,
}

/// An error, under both the names that SDKs look for.
#[derive(Serialize)]
struct Error<'a> {
    #[serde(rename = "Code")]
    code: &'a str,
    #[serde(rename = "Message")]
    message: &'a str,
    #[serde(rename = "code")]
    code_too: &'a str,
    #[serde(rename = "message")]
    message_too: &'a str,
}

impl<R: Reading> Door<R> {
    /// Lets those in who know `token`. `tell` is told what each of them got.
    pub fn new(source: Arc<Source<R>>, token: Token, tell: impl Fn(Told<'_>) + Send + Sync + 'static) -> Self {
        Self { source, token, tell: Box::new(tell) }
    }

    async fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let authorization = request.headers().get(AUTHORIZATION).map(|header| header.as_bytes());
        if !authorization.is_some_and(|header| self.token.is(header)) {
            let why = "the Authorization header is not the token of this endpoint: see AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
            return error(StatusCode::UNAUTHORIZED, "Unauthorized", why);
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, PATH) => {}
            (_, PATH) => return error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "only GET is answered"),
            _ => return error(StatusCode::NOT_FOUND, "NotFound", &format!("only {PATH} is here")),
        }
        let session = self.source.session().await;
        (self.tell)(session.as_ref());
        match session {
            Ok(session) => response(StatusCode::OK, form::container(&session)),
            // Of these SDKs show the message; and they do not ask again at once.
            Err(refusal) if !refusal.may_pass() => error(StatusCode::FORBIDDEN, refusal.code(), &refusal.to_string()),
            Err(refusal) => error(StatusCode::SERVICE_UNAVAILABLE, refusal.code(), &refusal.to_string()),
        }
    }
}

/// Answers whoever comes, for ever.
pub async fn serve<R: Reading>(listener: TcpListener, door: Arc<Door<R>>, clock: &Clock) {
    let clients = Arc::new(Semaphore::new(CLIENTS));
    loop {
        let turn = Arc::clone(&clients).acquire_owned().await.expect("nobody closes it");
        let Ok((stream, _)) = listener.accept().await else {
            clock.sleep(PAUSE).await;
            continue;
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let door = Arc::clone(&door);
                async move { Ok::<_, Infallible>(door.answer(&request).await) }
            });
            let http = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(TIME_TO_ASK)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away in the middle, or speaks no HTTP, has only itself to tell.
            drop(http.await);
            drop(turn);
        });
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    let error = Error { code, message, code_too: code, message_too: message };
    response(status, Zeroizing::new(serde_json::to_string(&error).expect("strings always serialise")))
}

fn response(status: StatusCode, body: Zeroizing<String>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_owner(Body(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().expect("a header's value"));
    response.headers_mut().insert(CACHE_CONTROL, "no-store".parse().expect("a header's value"));
    response
}

/// Wiped when it has been sent.
struct Body(Zeroizing<String>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
