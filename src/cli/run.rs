//! `credadmin run`: config → journal → signals → daemon.

use std::path::Path;
use std::process::ExitCode;

use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt;

use super::surroundings::Surroundings;
use super::{EX_CONFIG, EX_OSERR, refuse};
use crate::aws::sdk::Sdk;
use crate::clock::Clock;
use crate::config::{Settings, Sources};
use crate::daemon::Daemon;
use crate::journal::{Event, Journal, Relay};
use crate::notify::Notify;
use crate::{alarm, changes, signals};

pub fn run(config: &Path) -> ExitCode {
    let clock = Clock::system();
    let loaded = Sources::read(config).and_then(|mut sources| {
        let settings = sources.settings(clock.now())?;
        Ok((sources, settings))
    });
    let (sources, settings) = match loaded {
        Ok(loaded) => loaded,
        Err(faults) => return refuse(&faults),
    };
    let surroundings = Surroundings::of_this_process();
    if let Some(why) = surroundings.refusal(settings.connection.credentials) {
        super::check::tell([format!("error: {why}")]);
        return ExitCode::from(EX_CONFIG);
    }
    match start(clock, sources, settings, &surroundings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::check::tell([format!("error: credadmin can't start: {error}")]);
            ExitCode::from(EX_OSERR)
        }
    }
}

fn start(
    clock: Clock,
    sources: Sources,
    settings: Settings,
    surroundings: &Surroundings,
) -> Result<(), Box<dyn std::error::Error>> {
    // Neither a debugger of the same user nor a core dump reads the memory of a process that is not dumpable.
    nix::sys::prctl::set_dumpable(false)?;
    let (journal, writer) = Journal::start()?;
    if let Some(text) = surroundings.ignored(settings.connection.credentials) {
        journal.tell(Event::Remark { refused: false, text });
    }
    let relay = tracing_subscriber::registry().with(Relay::new(journal.clone()));
    let relaying = tracing::subscriber::set_default(relay);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ran = runtime.block_on(async {
        let (wake, wakes) = mpsc::channel(16);
        signals::pass_on(wake.clone())?;
        // Without it drop-ins are seen as the alarm rings.
        if let Err(error) = changes::pass_on(sources.drop_ins().directory().into(), clock.clone(), wake.clone()) {
            let text = format!("changes in grants.d are seen within 20 s only: the kernel gives no inotify ({error})");
            journal.tell(Event::Remark { refused: false, text });
        }
        alarm::pass_on(clock.clone(), wake)?;
        let aws = Sdk::new(clock.clone(), &settings.connection).await;
        let daemon = Daemon::new(aws, clock, journal, sources, settings, fastrand::u64(..));
        daemon.notifying(Notify::to_systemd()).run(wakes).await;
        Ok(())
    });
    drop(runtime);
    drop(relaying);
    writer.finish();
    ran
}
