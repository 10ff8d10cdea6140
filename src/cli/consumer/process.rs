//! `credadmin consumer process`: a `credential_process` of AWS's SDKs.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::{Secret, Stopped, TRIES, shut_in};
use crate::aws::Connection;
use crate::aws::sdk::Sdk;
use crate::cli::{console::kept_by_nobody, written};
use crate::clock::Clock;
use crate::consumer::cache::Cache;
use crate::consumer::{Source, form};

/// Print the session as AWS SDKs want it of a credential_process. Exits with 75 while access is closed.
///
/// SDKs may ask for each request. So that not each is a GetSecretValue, what was read is kept for a minute, and for 5 seconds where
/// access is closed or about to end: that late a newer session, a window that opens or a revocation is seen. It is kept in
/// XDG_RUNTIME_DIR, in memory and this user's alone. Where there is none, as in most services, nothing is kept: use serve there.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    secret: Secret,
}

pub fn process(arguments: &Arguments) -> Result<ExitCode, Stopped> {
    let secret = &arguments.secret;
    let connection = secret.connection()?;
    kept_by_nobody("what is printed")?;
    let runtime = shut_in()?;
    let cache = cache(secret, &connection);
    let held = cache.as_ref().and_then(Cache::load);
    let read_at = held.as_ref().map(|held| held.read_at);
    let clock = Clock::system();
    let (session, held) = runtime.block_on(async {
        let source = Source::new(Sdk::new(clock.clone(), &connection).await, clock, &secret.secret_id, TRIES, held);
        (source.session().await, source.into_held())
    });
    if let (Some(cache), Some(held)) = (cache, held.filter(|held| Some(held.read_at) != read_at))
        && let Err(error) = cache.store(&held)
    {
        eprintln!("warning: what was read is not kept for the next call: {error}");
    }
    let session = session.map_err(|refusal| secret.refused(&refusal))?;
    let mut out = io::stdout().lock();
    Ok(written(writeln!(out, "{}", form::process(&session).as_str()).and_then(|()| out.flush())))
}

/// Where what was read is kept, if there is a place for it.
fn cache(secret: &Secret, connection: &Connection) -> Option<Cache> {
    let directory = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty())?;
    let endpoint = |name| std::env::var(name).unwrap_or_default();
    let endpoints = (endpoint("AWS_ENDPOINT_URL"), endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER"));
    let who = format!("{:?}", (&secret.secret_id, &connection.region, connection.credentials, endpoints));
    match Cache::new(Path::new(&directory), &who) {
        Ok(cache) => Some(cache),
        Err(why) => {
            eprintln!("warning: what is read is not kept for the next call: {why}");
            None
        }
    }
}
