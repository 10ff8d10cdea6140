//! `credadmin consumer process`: a `credential_process` of AWS's SDKs.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::SignedDuration;

use super::{Secret, Stopped, TRIES, shut_in, to_the_end};
use crate::aws::sdk::Sdk;
use crate::aws::{Connection, Credentials};
use crate::cli::{check::tell, console::kept_by_nobody, written};
use crate::clock::Clock;
use crate::consumer::cache::Cache;
use crate::consumer::{Source, form};

/// How long the secret is waited for while a session that lives is kept: SDKs wait longer for a program than for an endpoint, and
/// what has not come by its end is lost.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// Print the session as AWS SDKs want it of a credential_process. Exits with 75 while access is closed.
///
/// SDKs may ask for each request. So that not each is a GetSecretValue, what was read is kept for a minute, and for 5 seconds where
/// access is closed or about to end: that late a newer session, a window that opens or a revocation is seen. It is kept in
/// XDG_RUNTIME_DIR, in memory and this user's alone. Where there is none, as in most services, nothing is kept: use serve there. Nor
/// is anything with --credentials default-chain: the environment decides who reads then, and the next call may be somebody else's.
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
    let (session, held) = to_the_end(runtime, async {
        let sdk = Sdk::new(clock.clone(), &connection).await;
        let source = Source::new(sdk, clock, &secret.secret_id, TRIES, held, |_| {});
        (source.session_within(PATIENCE).await, source.into_held())
    });
    if let (Some(cache), Some(held)) = (cache, held.filter(|held| Some(held.read_at) != read_at))
        && let Err(error) = cache.store(&held)
    {
        tell([format!("warning: what was read is not kept for the next call: {error}")]);
    }
    let session = session.map_err(|refusal| secret.refused(&refusal))?;
    let mut out = io::stdout().lock();
    Ok(written(writeln!(out, "{}", form::process(&session).as_str()).and_then(|()| out.flush())))
}

/// Where what was read is kept, if there is a place for it. None of what somebody else than the instance's role has read: whom the
/// SDK's default chain finds is decided by more than can be compared here.
fn cache(secret: &Secret, connection: &Connection) -> Option<Cache> {
    if connection.credentials == Credentials::DefaultChain {
        return None;
    }
    let directory = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty())?;
    let endpoints = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_EC2_METADATA_SERVICE_ENDPOINT"];
    let endpoints = endpoints.map(|name| std::env::var(name).unwrap_or_default());
    let who = format!("{:?}", (&secret.secret_id, &connection.region, endpoints));
    match Cache::new(Path::new(&directory), &who) {
        Ok(cache) => Some(cache),
        Err(why) => {
            tell([format!("warning: what is read is not kept for the next call: {why}")]);
            None
        }
    }
}
