//! How long it takes to read a config and to plan a day by it, and how that grows.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use credadmin::clock::Clock;
use credadmin::config::{self, Settings};
use credadmin::schedule::plan::sessions;
use jiff::{SignedDuration, Timestamp};

use crate::Told;
use crate::config::{Config, USUAL_LINES};
use crate::daemon::program;
use crate::table::Row;

/// Grants; a tenth of it secrets.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Each is done so often, in turns; the median counts.
const TURNS: usize = 5;
const GOAL: Duration = Duration::from_millis(50);

struct Size {
    grants: usize,
    config: Config,
    settings: Settings,
    read: Duration,
    planned: Vec<Duration>,
    sessions: usize,
}

/// Measures it.
pub fn measure() -> Told<Vec<Row>> {
    let now = Clock::system().now();
    let mut sizes = SIZES.into_iter().map(|grants| Size::new(grants, now)).collect::<Told<Vec<Size>>>()?;
    let mut process = vec![];
    for _ in 0..TURNS {
        for size in &mut sizes {
            let (time, sessions) = timed(|| plan(&size.settings, now));
            size.planned.push(time);
            size.sessions = sessions;
        }
        let path = sizes[1].config.write()?;
        let (time, ended) = timed(|| whole_process(&path));
        ended?;
        process.push(time);
    }
    let mut rows = vec![];
    for (size, smaller) in sizes.iter().zip([None, Some(&sizes[0]), Some(&sizes[1])]) {
        let time = median(&size.planned);
        let row = Row::new(format!("{} grants for a day, {} sessions", size.grants, size.sessions), show(time));
        rows.push(if size.grants == 10_000 { row.with_goal("at most 50 ms", time <= GOAL) } else { row });
        if let Some(smaller) = smaller {
            let ratio = time.as_secs_f64() / median(&smaller.planned).as_secs_f64();
            let log = |n: usize| n as f64 * (n as f64).ln();
            let allowed = log(size.grants) / log(smaller.grants);
            let row = Row::new(format!("  to {} grants", smaller.grants), format!("{ratio:.1} ×"));
            rows.push(row.with_goal(&format!("as n log n, {allowed:.1}"), ratio <= allowed));
        }
    }
    rows.extend(sizes.iter().map(|size| Row::new(format!("{} grants, read and checked", size.grants), show(size.read))));
    rows.push(Row::new("`credadmin plan --format json`, 10,000 grants, the whole process", show(median(&process))));
    Ok(rows)
}

impl Size {
    fn new(grants: usize, now: Timestamp) -> Told<Self> {
        let mut config = Config::new(grants / 10)?;
        config.recurring(grants / 10, 10, USUAL_LINES, now)?;
        let path = config.write()?;
        let (read, settings) = timed(|| config::load(&path, now));
        let settings = settings.map_err(|faults| faults.to_string())?;
        Ok(Self { grants, config, settings, read, planned: vec![], sessions: 0 })
    }
}

/// As `credadmin plan` does, for a day; answers with how many sessions.
fn plan(settings: &Settings, now: Timestamp) -> usize {
    let until = now + SignedDuration::from_hours(24);
    let mut all: Vec<_> = settings
        .secrets
        .iter()
        .flat_map(|watched| {
            sessions(now, until, &watched.secret.cadence, &watched.grants).into_iter().map(|it| (it, &watched.secret.name))
        })
        .collect();
    all.sort_by(|(a, first), (b, second)| (a.at, first).cmp(&(b.at, second)));
    all.len()
}

fn whole_process(config: &Path) -> Told {
    let mut command = Command::new(program());
    command.args(["plan", "--format", "json", "--config"]).arg(config).stdout(Stdio::null());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("credadmin plan: {status}").into()) }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let clock = Clock::system();
    let began = clock.elapsed();
    let done = work();
    (clock.elapsed().since(began).unsigned_abs(), done)
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn show(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
