//! A port: it takes connections, or refuses them while it is shut.

use std::future::Future;
use std::io;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::paced::{Hangup, Paced};

/// As many as may wait to be taken.
const BACKLOG: u32 = 1024;

/// Answers every request that comes to `listener`, but while it is `shut`.
pub(super) fn keep<F, A>(listener: TcpListener, shut: watch::Receiver<bool>, answer: F) -> AbortHandle
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response<Paced>, Hangup>> + Send + 'static,
{
    tokio::spawn(open_and_shut(listener, shut, answer)).abort_handle()
}

async fn open_and_shut<F, A>(mut listener: TcpListener, mut shut: watch::Receiver<bool>, answer: F) -> io::Result<()>
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response<Paced>, Hangup>> + Send + 'static,
{
    let address = listener.local_addr()?;
    // Ends with the world: then there is nothing left to serve.
    let gone = io::Error::other;
    loop {
        tokio::select! {
            never = take(&listener, &answer) => match never {},
            shut = shut.wait_for(|shut| *shut) => drop(shut.map_err(gone)?),
        }
        drop(listener);
        // Bound, but not listening: the port stays ours, and the kernel refuses whoever comes.
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        drop(shut.wait_for(|shut| !*shut).await.map_err(gone)?);
        listener = socket.listen(BACKLOG)?;
    }
}

/// Takes connections. Dropped, it closes them all.
async fn take<F, A>(listener: &TcpListener, answer: &F) -> std::convert::Infallible
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response<Paced>, Hangup>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        // A connection that was gone before it was accepted is its client's business.
        let Ok((stream, _)) = listener.accept().await else { continue };
        connections.spawn(serve(stream, answer.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve<F, A>(stream: TcpStream, answer: F) -> io::Result<()>
where
    F: Fn(Request<Incoming>) -> A,
    A: Future<Output = Result<Response<Paced>, Hangup>>,
{
    stream.set_nodelay(true)?;
    // Ends with an error where the script says so, or when the client goes away: neither is ours to report.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await);
    Ok(())
}
