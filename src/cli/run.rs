//! `credadmin run`: config → journal → signals → daemon.

use std::path::Path;
use std::process::ExitCode;

use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt;

use super::{EX_CONFIG, EX_OSERR, refuse};
use crate::aws::sdk::Sdk;
use crate::clock::Clock;
use crate::config::{Settings, Sources};
use crate::daemon::Daemon;
use crate::journal::{Journal, Relay};
use crate::{alarm, signals};

/// The SDK logs whole answers, credentials included, where this is set.
const LOG_SENSITIVE_BODIES: &str = "LOG_SENSITIVE_BODIES";

pub fn run(config: &Path) -> ExitCode {
    if std::env::var_os(LOG_SENSITIVE_BODIES).is_some() {
        eprintln!(
            "error: {LOG_SENSITIVE_BODIES} is set: with it the AWS SDK logs credentials. Unset it; credadmin does not start."
        );
        return ExitCode::from(EX_CONFIG);
    }
    let clock = Clock::system();
    let loaded = Sources::read(config).and_then(|mut sources| {
        let settings = sources.settings(clock.now())?;
        Ok((sources, settings))
    });
    let (sources, settings) = match loaded {
        Ok(loaded) => loaded,
        Err(faults) => return refuse(&faults),
    };
    match start(clock, sources, settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: credadmin can't start: {error}");
            ExitCode::from(EX_OSERR)
        }
    }
}

fn start(clock: Clock, sources: Sources, settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
    let (journal, writer) = Journal::start()?;
    let relay = tracing_subscriber::registry().with(Relay::new(journal.clone()));
    let relaying = tracing::subscriber::set_default(relay);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ran = runtime.block_on(async {
        let (wake, wakes) = mpsc::channel(16);
        signals::pass_on(wake.clone())?;
        let mut alarm = alarm::each_minute(wake).await?;
        let aws = Sdk::new(clock.clone(), &settings.connection).await;
        Daemon::new(aws, clock, journal, sources, settings, fastrand::u64(..)).run(wakes).await;
        alarm.shutdown().await?;
        Ok(())
    });
    drop(runtime);
    drop(relaying);
    writer.finish();
    ran
}
