//! `credadmin status`: what AWS says is published, beside what the plan wants. It needs no daemon, and asks for no value.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::ExitCode;

use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::check::{AHEAD, tell};
use super::plan::Format;
use super::surroundings::Surroundings;
use super::{ConfigArgument, EX_CONFIG, EX_OSERR, refuse, written};
use crate::aws::sdk::Sdk;
use crate::aws::trouble::Trouble;
use crate::aws::{Aws, Description};
use crate::clock::Clock;
use crate::config::{self, Settings, Watched};
use crate::grant::Name;
use crate::instant::after;
use crate::plain::plain;
use crate::schedule::coverage::Coverage;
use crate::schedule::plan::plan;
use crate::schedule::token;
use crate::schedule::verdict::{Verdict, Wanted, judge};
use crate::standing::Standing;
use crate::visit::writable;

/// Something is not as planned.
const NOT_AS_PLANNED: u8 = 1;
/// As many calls at a time as the daemon makes.
const AT_A_TIME: usize = 12;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// Sentences to read, or one JSON object a line.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One secret, as `--format json` prints it: a stable interface.
#[derive(Serialize)]
struct Line<'a> {
    secret: &'a str,
    secret_id: &'a str,
    role_arn: &'a str,
    /// Those open now.
    grants: Vec<&'a str>,
    /// When the coverage ends, within a week.
    closes: Option<String>,
    /// The version that readers get.
    version_id: Option<&'a str>,
    /// When it dies, if it is credadmin's. It may have died.
    published_until: Option<String>,
    /// The next grant to open.
    next: Option<&'a str>,
    opens: Option<String>,
    /// Whether readers get what the plan wants.
    as_planned: bool,
    /// Why not.
    trouble: Option<&'a str>,
}

/// One secret, beside what AWS says of it.
struct Found<'a> {
    watched: &'a Watched,
    open: BTreeSet<Name>,
    closes: Option<Timestamp>,
    upcoming: Option<(Timestamp, Name)>,
    version_id: Option<String>,
    trouble: Option<String>,
}

pub fn status(arguments: &Arguments) -> ExitCode {
    let clock = Clock::system();
    let settings = match config::load(&arguments.main.config, clock.now()) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    if let Some(why) = Surroundings::of_this_process().refusal(settings.connection.credentials) {
        tell([format!("error: {why}")]);
        return ExitCode::from(EX_CONFIG);
    }
    tell(settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| format!("{remark}\n")));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell([format!("error: credadmin can't start: {error}")]);
            return ExitCode::from(EX_OSERR);
        }
    };
    let found = runtime.block_on(look(&settings, &clock));
    let as_planned = found.iter().all(|found| found.trouble.is_none());
    match written(print(&found, arguments.format, clock.now())) {
        ExitCode::SUCCESS if !as_planned => ExitCode::from(NOT_AS_PLANNED),
        code => code,
    }
}

/// Asks AWS about every secret, a few at a time.
async fn look<'a>(settings: &'a Settings, clock: &Clock) -> Vec<Found<'a>> {
    let aws = Sdk::new(clock.clone(), &settings.connection).await;
    let looks = settings.secrets.iter().map(async |watched| {
        let seen = aws.describe_secret(&watched.secret.secret_id).await;
        Found::of(watched, seen, clock.now())
    });
    futures_util::stream::iter(looks).buffered(AT_A_TIME).collect().await
}

impl<'a> Found<'a> {
    fn of(watched: &'a Watched, seen: Result<Description, Trouble>, now: Timestamp) -> Self {
        let until = after(now, AHEAD);
        let (grants, cadence) = (&watched.grants, &watched.secret.cadence);
        let coverage = Coverage::between(grants.iter(), now, until);
        let plan = plan(now, cadence, &coverage);
        let mut found = Self {
            watched,
            open: plan.grants.iter().map(|grant| grant.name.clone()).collect(),
            closes: coverage.end_at(now).filter(|end| *end < until),
            upcoming: coverage.next_opening(now).map(|(opens, grant)| (opens, grant.name.clone())),
            version_id: None,
            trouble: None,
        };
        match seen {
            Ok(seen) => {
                found.trouble = amiss(watched, &seen, plan.wanted(), now);
                found.version_id = seen.staged.current;
            }
            Err(trouble) => found.trouble = Some(told(&trouble)),
        }
        found
    }

    fn published_until(&self) -> Option<Timestamp> {
        token::ends(self.version_id.as_deref()?)
    }

    fn line(&self) -> Line<'_> {
        let secret = &self.watched.secret;
        Line {
            secret: secret.name.as_str(),
            secret_id: &secret.secret_id,
            role_arn: &secret.role_arn,
            grants: self.open.iter().map(Name::as_str).collect(),
            closes: self.closes.map(|closes| closes.to_string()),
            version_id: self.version_id.as_deref(),
            published_until: self.published_until().map(|until| until.to_string()),
            next: self.upcoming.as_ref().map(|(_, grant)| grant.as_str()),
            opens: self.upcoming.as_ref().map(|(opens, _)| opens.to_string()),
            as_planned: self.trouble.is_none(),
            trouble: self.trouble.as_deref(),
        }
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            secret: &self.watched.secret,
            open: &self.open,
            published_until: self.published_until(),
            upcoming: self.upcoming.as_ref(),
            trouble: self.trouble.as_deref(),
        }
    }
}

fn told(trouble: &Trouble) -> String {
    format!("{trouble}; {}", trouble.remedy())
}

/// What is not as the plan wants it.
fn amiss(watched: &Watched, seen: &Description, wanted: Option<Wanted>, now: Timestamp) -> Option<String> {
    if let Err(trouble) = writable(seen) {
        return Some(told(&trouble));
    }
    let alive_until = seen.staged.current.as_deref().and_then(token::ends).filter(|until| *until > now);
    let Some(wanted @ Wanted { ends, .. }) = wanted else {
        return alive_until.map(|until| format!("closed, but a session handed out before lives until {until}"));
    };
    match judge(&watched.secret, wanted, now, &seen.staged, None) {
        Verdict::InPlace if seen.rotation => Some("rotation is on: its function writes over the sessions".into()),
        Verdict::InPlace | Verdict::Unseen { .. } => None,
        Verdict::Publish { .. } | Verdict::Superseded { .. } => Some(match (&seen.staged.current, alive_until) {
            (None, _) => "the secret has no value yet: is the daemon running?".into(),
            (Some(_), Some(until)) => format!("the session published lives until {until}, planned is until {ends}"),
            (Some(version), None) if let Some(at) = token::denied_before(version) => {
                format!("access was revoked, sessions issued before {at} are denied: a fresh one follows within five minutes")
            }
            (Some(version), None) if token::ends(version).is_none() => format!("version {version} is not credadmin's"),
            (Some(_), None) => "the last session has died: is the daemon running?".into(),
        }),
    }
}

fn print(found: &[Found], format: Format, now: Timestamp) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let zone = TimeZone::system();
    for found in found {
        match format {
            Format::Text => writeln!(out, "{}", plain(&found.standing().sentence(now, &zone)))?,
            Format::Json => {
                serde_json::to_writer(&mut out, &found.line())?;
                writeln!(out)?;
            }
        }
    }
    out.flush()
}
