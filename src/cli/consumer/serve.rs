//! `credadmin consumer serve`: the container credentials endpoint, for the applications of this host.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook_tokio::Signals;

use super::{Secret, Stopped, USAGE, shut_in, to_the_end};
use crate::aws::sdk::Sdk;
use crate::cli::check::tell;
use crate::cli::{EX_CONFIG, EX_OSERR};
use crate::clock::Clock;
use crate::consumer::Source;
use crate::consumer::endpoint::{self, Door, PATH, Told};
use crate::consumer::token::Token;

/// Answer AWS SDKs on loopback, as the container credentials endpoint.
///
/// An application needs two variables: AWS_CONTAINER_CREDENTIALS_FULL_URI, which is printed at the start, and
/// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, the file of the token. What was read of the secret is good for a minute, and for 5 seconds
/// where access is closed or about to end: that late a newer session, a window that opens or a revocation is seen. While access is
/// closed the answer is an error that says so.
///
/// The packages' units credadmin-consumer@.socket and credadmin-consumer@.service run it, sandboxed.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    secret: Secret,
    /// The file of the token that applications send: 16 characters or more, without a newline.
    #[arg(long, value_name = "PATH")]
    token_file: PathBuf,
    /// Where to listen, on loopback, unless systemd passes a socket.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9911")]
    listen: SocketAddr,
}

pub fn serve(arguments: &Arguments) -> Result<ExitCode, Stopped> {
    let secret = &arguments.secret;
    let connection = secret.connection()?;
    let token = Token::read(&arguments.token_file).map_err(|why| (why, EX_CONFIG))?;
    let runtime = shut_in()?;
    to_the_end(runtime, async {
        let failed = |error: &dyn std::error::Error| (format!("credadmin can't serve: {error}"), EX_OSERR);
        let (listener, address) = listener(arguments.listen)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| failed(&error))?;
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| failed(&error))?;
        let clock = Clock::system();
        let sdk = Sdk::new(clock.clone(), &connection).await;
        // SDKs try again by themselves.
        let source = Arc::new(Source::new(sdk, clock.clone(), &secret.secret_id, 1, None, |news| tell([news])));
        let door = Arc::new(Door::new(Arc::clone(&source), token, changes(secret.secret_id.clone())));
        tell([format!("{}: AWS_CONTAINER_CREDENTIALS_FULL_URI=http://{address}{PATH}", secret.secret_id)]);
        // Where systemd does not listen, nothing is said.
        drop(sd_notify::notify(&[NotifyState::Ready]));
        tokio::select! {
            () = endpoint::serve(listener, door, &clock) => {}
            () = source.wipe_what_is_over() => {}
            _ = signals.next() => {}
        }
        drop(sd_notify::notify(&[NotifyState::Stopping]));
        Ok(ExitCode::SUCCESS)
    })
}

/// The socket that systemd passes, or one of our own; nobody but this host reaches either.
fn listener(ours: SocketAddr) -> Result<(TcpListener, SocketAddr), Stopped> {
    let failed = |error: std::io::Error| (format!("credadmin can't listen: {error}"), EX_OSERR);
    let passed = ListenFd::from_env().take_tcp_listener(0).map_err(failed)?;
    let address = match &passed {
        Some(listener) => listener.local_addr().map_err(failed)?,
        None => ours,
    };
    if !address.ip().is_loopback() {
        return Err((format!("{address} is not on loopback: what is answered there is a credential"), USAGE));
    }
    let listener = passed.map_or_else(|| TcpListener::bind(address), Ok);
    let listener = listener.map_err(|error| (format!("credadmin can't listen on {address}: {error}"), EX_OSERR))?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Tells of an answer what is news.
fn changes(secret_id: String) -> impl Fn(Told<'_>) + Send + Sync + 'static {
    let last = Mutex::new(String::new());
    move |told| {
        let news = match told {
            Ok(session) => {
                let (key, ends) = (&session.credential.access_key_id, session.ends.strftime("%FT%TZ"));
                format!("{secret_id}: open, session {key} until {ends}")
            }
            Err(refusal) => format!("{secret_id}: {refusal}"),
        };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != news {
            tell([&news]);
            *last = news;
        }
    }
}
