//! `credadmin timeline`: past and future on one axis.

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::check::tell;
use super::color::{self, Color};
use super::journal::{JournalArguments, Told};
use super::plan::{duration, instant};
use super::{ConfigArgument, refuse, written};
use crate::audit::{Doubt, doubts};
use crate::clock::Clock;
use crate::config::{self, Watched};
use crate::grant::Span;
use crate::instant::{after, before};
use crate::timeline::{Glyphs, Past, Timeline, html, svg, terminal};

/// What is older than the longest session before the time shown is of no use.
const BEFORE: SignedDuration = SignedDuration::from_hours(13);
/// As far as --past and --for reach together.
const LONGEST: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);
/// clap's own.
const USAGE: u8 = 2;
/// As wide as terminals are that don't say.
const WIDTH: usize = 80;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// How much of the past, such as 12h or 7d; 366d at most.
    #[arg(long, value_name = "DURATION", default_value = "12h", value_parser = duration)]
    past: SignedDuration,
    /// How much of the future; 366d at most.
    #[arg(long = "for", value_name = "DURATION", default_value = "24h", value_parser = duration)]
    time: SignedDuration,
    /// From when on (RFC 3339), in place of --past.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Until when (RFC 3339), in place of --for; 732d after the first instant shown, at most.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
    /// Whose clock the axis shows, such as Europe/Berlin; this host's, if not given.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<TimeZone>,
    #[command(flatten)]
    journal: JournalArguments,
    /// Rows of characters, one picture, or one page that needs nothing else.
    #[arg(long, value_enum, default_value = "terminal")]
    format: Format,
    /// Whether a terminal's rows are in colour.
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Terminal,
    Svg,
    Html,
}

pub fn timeline(arguments: &Arguments) -> ExitCode {
    let now = Clock::system().now();
    let Some(span) = arguments.span(now) else {
        tell(["error: --until has to be later than --from, by 732 days at most"]);
        return ExitCode::from(USAGE);
    };
    let mut remarks = Vec::new();
    let plan = match arguments.plan(now, &mut remarks) {
        Ok(plan) => plan,
        Err(refused) => return refused,
    };
    let told = match span.opens < now {
        true => arguments.told(&span, now, &mut remarks),
        false => None,
    };
    let past = told.as_ref().map(|told| Past { ledger: &told.ledger, reach: &told.reach });
    let zone = arguments.zone.clone().unwrap_or_else(TimeZone::system);
    let timeline = Timeline { remarks, ..Timeline::new(past, &plan, span, now, zone) };
    written(arguments.print(&timeline))
}

impl Arguments {
    fn span(&self, now: Timestamp) -> Option<Span> {
        let before = before(now, self.past);
        let after = after(now, self.time);
        let (opens, closes) = match (self.from, self.until) {
            (None, None) => (before, after),
            (Some(from), None) => (from, after),
            (None, Some(until)) => (before, until),
            (Some(from), Some(until)) => (from, until),
        };
        let length = closes.duration_since(opens);
        (length > SignedDuration::ZERO && length <= LONGEST).then_some(Span { opens, closes })
    }

    /// The config's secrets; none if there is no config.
    fn plan(&self, now: Timestamp, remarks: &mut Vec<String>) -> Result<Vec<Watched>, ExitCode> {
        if !self.main.config.exists() {
            remarks.push(format!("{} is not there: the future is not shown", self.main.config.display()));
            return Ok(Vec::new());
        }
        let settings = config::load(&self.main.config, now).map_err(|faults| refuse(&faults))?;
        tell(settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| format!("{remark}\n")));
        Ok(settings.secrets)
    }

    /// What the journal tells; nothing if it can't be read.
    fn told(&self, span: &Span, now: Timestamp, remarks: &mut Vec<String>) -> Option<Told> {
        let told = match self.journal.read(Some(before(span.opens, BEFORE))) {
            Ok(told) => told,
            Err(why) => {
                remarks.push(format!("the past is not shown: {why}"));
                return None;
            }
        };
        let past = Span { opens: span.opens, closes: now.min(span.closes) };
        let doubts = doubts(&told.ledger, &told.reach, &self.journal.unit(), &past, self.journal.is_copy());
        // Where a journal begins and ends is seen.
        let unseen = doubts.iter().filter(|doubt| !matches!(doubt, Doubt::Begins { .. } | Doubt::Ends { .. }));
        remarks.extend(unseen.map(ToString::to_string));
        remarks.extend(told.partial.iter().map(|said| Doubt::Partial(said.clone()).to_string()));
        remarks.extend(
            told.ledger.strangers().iter().map(|stranger| format!("not from {}, and not shown: {stranger}", self.journal.unit())),
        );
        Some(told)
    }

    fn print(&self, timeline: &Timeline) -> io::Result<()> {
        let whole = |text: String| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
        match self.format {
            Format::Terminal => color::write(&terminal(timeline, width(), glyphs()), &mut color::stdout(self.color)),
            Format::Svg => whole(svg(timeline)),
            Format::Html => whole(html(timeline)),
        }
    }
}

/// What the terminal says, or `COLUMNS`.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    let seen = || terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| usize::from(width));
    said.or_else(seen).unwrap_or(WIDTH)
}

/// As locale(7) has it, the first that is set counts.
fn glyphs() -> &'static Glyphs {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default().to_ascii_uppercase();
    match locale.contains("UTF-8") || locale.contains("UTF8") {
        true => &Glyphs::UNICODE,
        false => &Glyphs::ASCII,
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "wanted: a time zone of the system's tzdata, such as Europe/Berlin".into())
}
