//! The floor: the crates that the daemon is built on, in one process that does no more than any daemon on them has to. It
//! reads a config, signs with an instance's role, listens for signals, wakes up each minute, describes the secret, and says that
//! it is ready.

use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::{BehaviorVersion, Region};
use credadmin::clock::Clock;
use figment::Figment;
use figment::providers::Serialized;
use futures_util::StreamExt;
use jiff::SignedDuration;
use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;

use crate::Told;

/// The mode of this program.
pub const MODE: &str = "floor";

/// Runs until it is told to stop.
pub fn serve() -> Told {
    let path = std::env::args().nth(2).ok_or("wanted: CONFIG")?;
    let table: toml::Table = toml::from_str(&std::fs::read_to_string(path)?)?;
    let config: toml::Table = Figment::from(Serialized::defaults(table)).extract()?;
    let secret = config["secrets"]["s0"]["secret_id"].as_str().ok_or("no secret")?.to_owned();
    let region = Region::new(config["region"].as_str().ok_or("no region")?.to_owned());
    // Without journald, as the daemon is measured.
    let said = tracing_journald::layer().ok();
    let lines = said.is_none().then(|| tracing_subscriber::fmt::layer().with_writer(std::io::stderr));
    let subscriber = tracing_subscriber::registry().with(EnvFilter::new("info")).with(said).with(lines);
    let _saying = tracing::subscriber::set_default(subscriber);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let clock = Clock::system();
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
        let aws = loader.credentials_provider(ImdsCredentialsProvider::builder().build()).load().await;
        let (_sts, secrets) = (aws_sdk_sts::Client::new(&aws), aws_sdk_secretsmanager::Client::new(&aws));
        secrets.describe_secret().secret_id(&secret).send().await?;
        tracing::info!(secret, "ready");
        sd_notify::notify(&[NotifyState::Ready])?;
        loop {
            tokio::select! {
                _ = signals.next() => break,
                () = clock.sleep(SignedDuration::from_secs(60)) => tracing::debug!("a minute"),
            }
        }
        Ok(())
    })
}
