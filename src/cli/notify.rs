//! `credadmin notify`: people are told of what the journal says. Or, without AWS, what they would be told.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt;
use zeroize::Zeroizing;

use super::check::tell;
use super::surroundings::Surroundings;
use super::{ConfigArgument, EX_CONFIG, EX_OSERR, refuse, written};
use crate::aws::sdk::Sdk;
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::daemon::Wake;
use crate::grant::Grant;
use crate::journal::{Journal, Relay};
use crate::notice::{Entrance, Letter, News, Notice, State, Stop, Teller, Templates, object, people};
use crate::signals;

/// clap's own, for a name that the config does not have.
const USAGE: u8 = 2;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// Where it is kept how far the journal is read, and what is told.
    #[arg(long, value_name = "PATH", default_value = "/var/lib/credadmin-notify")]
    state: PathBuf,
    /// Print what would be told of such an event, and tell nobody.
    #[arg(long, value_name = "EVENT", value_parser = News::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>())]
    preview: Option<String>,
    /// The grant of the preview, if not the first.
    #[arg(long, value_name = "NAME", requires = "preview")]
    grant: Option<String>,
}

pub fn notify(arguments: &Arguments) -> ExitCode {
    let clock = Clock::system();
    let settings = match config::load(&arguments.main.config, clock.now()) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    if let Some(news) = arguments.preview.as_deref().and_then(News::named) {
        return preview(&settings, news, arguments.grant.as_deref(), &clock);
    }
    let refusal = Surroundings::of_this_process().refusal(settings.connection.credentials);
    let nobody = settings.telling.mail.is_none() && settings.telling.hook.is_none();
    let nobody = nobody.then(|| "the config has neither [mail] nor notify.command: there is nobody to tell".to_owned());
    if let Some(why) = refusal.or(nobody) {
        tell([format!("error: {why}")]);
        return ExitCode::from(EX_CONFIG);
    }
    match start(&arguments.main.config, &arguments.state, settings, clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell([format!("error: credadmin can't start: {error}")]);
            ExitCode::from(EX_OSERR)
        }
    }
}

fn start(main: &Path, state: &Path, settings: Settings, clock: Clock) -> Result<(), Box<dyn std::error::Error>> {
    // As the daemon: neither a debugger of the same user nor a core dump reads its memory.
    nix::sys::prctl::set_dumpable(false)?;
    let mut kept = State::open(state).map_err(|error| format!("{}: {error}", state.display()))?;
    kept.keep(clock.now()).map_err(|error| format!("{} can't be written: {error}", state.display()))?;
    let program = std::env::current_exe()?;
    let (journal, writer) = Journal::start()?;
    let relay = tracing_subscriber::registry().with(Relay::new(journal.clone()));
    let relaying = tracing::subscriber::set_default(relay);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ran = runtime.block_on(async {
        let (wake, mut wakes) = mpsc::channel(16);
        let (stop, stops) = mpsc::channel(1);
        signals::pass_on(wake)?;
        // The config is read anew for each message, so there is nothing to reload; and the daemon tells how things stand.
        tokio::spawn(async move {
            while let Some(wake) = wakes.recv().await {
                if matches!(wake, Wake::Stop(_)) && stop.send(Stop).await.is_err() {
                    break;
                }
            }
        });
        let aws = Sdk::new(clock.clone(), &settings.connection).await;
        Teller::new(aws, clock, journal, main.into(), settings, kept, program).run(stops).await;
        Ok(())
    });
    drop(runtime);
    drop(relaying);
    writer.finish();
    ran
}

fn preview(settings: &Settings, news: News, named: Option<&str>, clock: &Clock) -> ExitCode {
    let mut grants = settings.secrets.iter().flat_map(|watched| watched.grants.iter());
    let grant = match named {
        Some(name) => grants.find(|grant| grant.name.as_str() == name),
        None => grants.next(),
    };
    if let (Some(name), None) = (named, grant) {
        tell([format!("error: the config has no [grants.{name}]")]);
        return ExitCode::from(USAGE);
    }
    let notice = sample(news, grant, clock);
    let mail = settings.telling.mail.as_ref();
    let (templates, broken) = Templates::with(mail.and_then(|mail| mail.templates.as_deref()));
    let zone = mail.and_then(|mail| mail.time_zone.clone()).unwrap_or_else(TimeZone::system);
    let url = "https://signin.aws.amazon.com/federation?…".to_owned();
    let warning = "It is made when the mail is sent, for whoever asked for the grant, and only for them.".to_owned();
    let has_url = mail.is_some_and(|mail| mail.console_url) && news == News::Opens;
    let entrance = has_url.then(|| Entrance { url: Zeroizing::new(url), warning });
    super::check::tell_broken(&broken);
    if broken.iter().any(|broken| !broken.is_missing) {
        return ExitCode::from(EX_CONFIG);
    }
    let letter = match Letter::of(&notice, entrance.as_ref(), &zone, &templates) {
        Ok(letter) => letter,
        Err(why) => {
            tell([format!("error: {why}")]);
            return ExitCode::from(EX_CONFIG);
        }
    };
    let to = match mail {
        Some(mail) => {
            people(&notice, mail, &settings.secrets, &settings.requests).addresses.into_iter().collect::<Vec<_>>().join(", ")
        }
        None => "(nobody: the config has no [mail])".to_owned(),
    };
    written(print(&to, &letter, &notice))
}

/// A notice as there may be one, of this grant.
fn sample(news: News, grant: Option<&Grant>, clock: &Clock) -> Notice {
    let now = clock.now();
    let text = |text: Option<&Box<str>>| text.map(|text| text.to_string());
    let papers = grant.map(|grant| &grant.papers);
    let grants = vec![grant.map_or_else(|| "quarter-end".to_owned(), |grant| grant.name.to_string())];
    Notice {
        news,
        at: now,
        host: "this host".into(),
        secret: Some(grant.map_or_else(|| "sensitive-s3".to_owned(), |grant| grant.secret.to_string())),
        until: now.checked_add(SignedDuration::from_mins(10)).ok(),
        requested_by: text(papers.and_then(|papers| papers.requested_by.as_ref())),
        approved_by: text(papers.and_then(|papers| papers.approved_by.as_ref())),
        reason: text(papers.and_then(|papers| papers.reason.as_ref())),
        ticket: text(papers.and_then(|papers| papers.ticket.as_ref())),
        code: (news == News::Failing).then(|| "AccessDenied".to_owned()),
        said: format!("the daemon's own sentence about {}", grants.join(", ")),
        grants,
        instance: String::new(),
    }
}

fn print(to: &str, letter: &Letter, notice: &Notice) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let Letter { subject, text, html } = letter;
    writeln!(out, "To, each alone: {to}\nSubject: {subject}\n\n{}", text.trim_end())?;
    writeln!(out, "\n-- as HTML:\n{}", html.trim_end())?;
    writeln!(out, "\n-- to notify.command:\n{}", object(notice))?;
    out.flush()
}

/// For whoever checks the config: the notifier's own part of it, which is in files that the daemon does not read.
pub fn templates(settings: &Settings) -> Vec<crate::notice::Broken> {
    let directory = settings.telling.mail.as_ref().and_then(|mail| mail.templates.as_deref());
    Templates::with(directory).1
}
