//! `credadmin console`: a URL that signs in to the AWS console for as long as a window is open.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nix::sys::stat::{SFlag, fstat};

use super::check::{standing, tell};
use super::surroundings::Surroundings;
use super::{ConfigArgument, EX_CONFIG, EX_OSERR, EX_TEMPFAIL, browser, refuse, written};
use crate::aws::sdk::Sdk;
use crate::clock::Clock;
use crate::config::{self, Settings, Watched};
use crate::console::{Entrance, Stay, hosts, sign_in, stay};
use crate::grant::Secret;

/// clap's own, for a name that the config does not have.
const USAGE: u8 = 2;
/// AWS gave no way in.
const NO_WAY_IN: u8 = 1;

#[derive(clap::Args)]
pub struct Arguments {
    /// The NAME of a [secrets.NAME] table.
    secret: String,
    #[command(flatten)]
    main: ConfigArgument,
    /// Also where session_policy is off: nothing but the console itself then ends what is signed in with the URL.
    #[arg(long)]
    may_outlive: bool,
    /// Have this host's browser (xdg-open) open it, by a page in memory that is gone ten seconds later, and print no URL.
    #[arg(long)]
    open: bool,
}

/// Why there is no URL: the words, and the exit status.
type Refusal = (String, u8);

pub fn console(arguments: &Arguments) -> ExitCode {
    let clock = Clock::system();
    let settings = match config::load(&arguments.main.config, clock.now()) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    tell(settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| format!("{remark}\n")));
    signed_in(arguments, &settings, &clock).unwrap_or_else(|(why, code)| {
        tell([format!("error: {why}")]);
        ExitCode::from(code)
    })
}

fn signed_in(arguments: &Arguments, settings: &Settings, clock: &Clock) -> Result<ExitCode, Refusal> {
    if let Some(why) = Surroundings::of_this_process().refusal(settings.connection.credentials) {
        return Err((why, EX_CONFIG));
    }
    let watched = named(settings, &arguments.secret)?;
    let Secret { name, role_arn, .. } = &*watched.secret;
    let hosts = hosts::of(role_arn)
        .ok_or_else(|| (format!("{name}: the sign-in host of this partition is not known: {role_arn}"), EX_CONFIG))?;
    if !watched.secret.session_policy && !arguments.may_outlive {
        let why = "session_policy is off: AWS would not end the console session with the window. Set it to \"on\", or accept that \
                   with --may-outlive";
        return Err((format!("{name}: {why}"), EX_CONFIG));
    }
    let directory = match arguments.open {
        true => Some(browser::place().map_err(|why| (why, USAGE))?),
        false => kept_by_nobody("the URL").map(|()| None)?,
    };
    let stay = left_of(watched, clock.now())?;
    let failed = |error: &dyn std::error::Error| (format!("credadmin can't start: {error}"), EX_OSERR);
    // As the daemon: neither a debugger of the same user nor a core dump reads its memory.
    nix::sys::prctl::set_dumpable(false).map_err(|error| failed(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    runtime.block_on(async {
        let aws = Sdk::new(clock.clone(), &settings.connection).await;
        let entrance = sign_in(&aws, clock, watched, (&stay.grants, stay.life), &hosts).await;
        let entrance = entrance.map_err(|trouble| (format!("{name}: {trouble}; {}", trouble.remedy()), NO_WAY_IN))?;
        tell(words(watched, &stay, &entrance));
        match directory {
            Some(directory) => browser::open(directory, &entrance.page, clock).await.map_err(|why| (why, NO_WAY_IN))?,
            None => {
                let mut out = io::stdout().lock();
                return Ok(written(writeln!(out, "{}", entrance.url.as_str()).and_then(|()| out.flush())));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn named<'a>(settings: &'a Settings, name: &str) -> Result<&'a Watched, Refusal> {
    settings.secrets.iter().find(|watched| watched.secret.name.as_str() == name).ok_or_else(|| {
        let known: Vec<&str> = settings.secrets.iter().map(|watched| watched.secret.name.as_str()).collect();
        let known = if known.is_empty() { "no secret at all".into() } else { known.join(", ") };
        (format!("the config has no [secrets.{name}]; it has {known}"), USAGE)
    })
}

/// What is left of the window, if it is worth a session.
fn left_of(watched: &Watched, now: Timestamp) -> Result<Stay, Refusal> {
    let name = &watched.secret.name;
    let stay = stay(watched, now).ok_or_else(|| (format!("{name} is {}", standing(watched, now)), EX_TEMPFAIL))?;
    let shortest = watched.secret.cadence.shortest();
    match stay.life.closes.duration_since(now) {
        left if left < shortest => {
            let why = format!("{name} is {}: no session is issued for less than {shortest:#}", standing(watched, now));
            Err((why, EX_TEMPFAIL))
        }
        _ => Ok(stay),
    }
}

/// `what` is a credential: it goes neither to the journal nor to a file.
pub(super) fn kept_by_nobody(what: &str) -> Result<(), Refusal> {
    let stdout = fstat(io::stdout().as_fd()).map_err(|error| (format!("there is no standard output: {error}"), EX_OSERR))?;
    let journal = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let to = match () {
        () if journal == format!("{}:{}", stdout.st_dev, stdout.st_ino) || is_journalds() => "the journal",
        () if SFlag::from_bits_truncate(stdout.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG => "a file",
        () => return Ok(()),
    };
    Err((format!("standard output is {to}: {what} is a credential, and goes to a terminal or a pipe only"), USAGE))
}

/// Whether standard output is connected to journald: `systemd-cat` does not say so, and sudo does not pass it on.
fn is_journalds() -> bool {
    let peer = io::stdout().as_fd().try_clone_to_owned().and_then(|stdout| UnixStream::from(stdout).peer_addr());
    // What is no such socket has no such peer.
    peer.is_ok_and(|peer| peer.as_pathname().is_some_and(is_of_journald))
}

/// Whether it is `…/systemd/journal/stdout`, or that of a namespace: one refusal too many costs nothing.
fn is_of_journald(path: &Path) -> bool {
    let mut names = path.iter().rev().filter_map(OsStr::to_str);
    let (name, of, by) = (names.next(), names.next(), names.next());
    let is_journal = of.is_some_and(|of| of == "journal" || of.starts_with("journal."));
    name == Some("stdout") && is_journal && by == Some("systemd")
}

/// What whoever reads the URL has to know.
fn words(watched: &Watched, stay: &Stay, entrance: &Entrance) -> Vec<String> {
    let zone = TimeZone::system();
    let local = |t: Timestamp| t.to_zoned_datetime(zone.clone()).strftime("%a %F %H:%M:%S %Z").to_string();
    let Secret { name, role_arn, session_policy, .. } = &*watched.secret;
    let Entrance { good_for, opens_until, ends, session_name, access_key_id, .. } = entrance;
    let after = match stay.window_goes_on {
        true => "the window goes on: ask again then",
        false => "the end of the window",
    };
    let end = match session_policy {
        true => "these carry a session policy that denies every call from that moment on.",
        false => "these carry no session policy, and nothing denies its calls then.",
    };
    vec![
        format!("{name}: session {session_name} ({access_key_id}) of {role_arn}"),
        "The URL is a credential: whoever opens it is that session. Keep it out of chats, tickets and logs.".into(),
        format!("It opens for {good_for:#}, until {}. The console session ends {}, {after}.", local(*opens_until), local(*ends)),
        format!("A console session can outlive the credentials that it is made of: {end}"),
    ]
}
