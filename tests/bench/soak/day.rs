//! A day of work, in 24 minutes, as a service of systemd: what the process takes is looked at each 5 s, drawn, and has to be flat.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::SignedDuration;

use super::curve::{Curve, draw};
use super::flat::{Trend, trend};
use super::judge::{judge, percentile};
use super::service::{self, ETC, Service};
use super::work::{ALWAYS, CLOSED, HOUR, SECRETS, Work};
use crate::Told;
use crate::account::{Account, Quotas};
use crate::container::OUT;
use crate::proc::Sample;
use crate::refresh::{wait_until, whole_second};
use crate::table::{self, Row};

/// The picture, the samples, and what the daemon said.
const PICTURE: &str = "day.svg";
const SAMPLES: &str = "day.csv";
const JOURNAL: &str = "day.journal";
const TITLE: &str = "A day of work in 24 minutes, as a service";
const EVERY: SignedDuration = SignedDuration::from_secs(5);
const POLL: Duration = Duration::from_millis(200);
/// From the start of the daemon to the beginning of the day.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);
/// Rates are those of so many samples: as long as what the work repeats itself in.
const WINDOW: usize = 12;

/// One of the curves: its title, how it is taken from the samples, and by how much it may rise over the second half of the day.
struct Measured {
    title: &'static str,
    points: Vec<(f64, f64)>,
    bound: Bound,
}

enum Bound {
    Absolute(f64),
    Share(f64),
}

/// Measures a day of so many hours; answers with what is to be printed.
pub fn measure(hours: i32) -> Told<String> {
    let mut account = Account::start(SECRETS, Quotas::Kept)?;
    service::make_room()?;
    let begins = whole_second(Clock::system().now() + AHEAD);
    let mut work = Work::new(Path::new(ETC), begins, hours)?;
    let daemon = Service::start(&account)?;
    account.wait_for_looks(SECRETS)?;
    wait_until(begins);
    let mut samples: Vec<(f64, Sample)> = vec![];
    while Clock::system().now() < work.ends() {
        work.drop_in()?;
        if work.edit()? {
            daemon.reload()?;
        }
        if Clock::system().now() >= begins + EVERY * samples.len() as i32 {
            let hour = Clock::system().now().duration_since(begins).as_secs_f64() / HOUR.as_secs_f64();
            samples.push((hour, daemon.sample()?));
        }
        thread::sleep(POLL);
    }
    fs::write(Path::new(OUT).join(SAMPLES), as_csv(&samples))?;
    let journal = daemon.journal()?;
    fs::write(Path::new(OUT).join(JOURNAL), &journal)?;
    daemon.stop()?;
    let mut rows = happened(&mut account, &work, &journal)?;
    rows.push(Row::new("started again, killed by the watchdog", "0"));
    rows.push(Row::new("under", service::systemd()?));
    let steep = told(&samples, hours, &mut rows)?;
    rows.push(Row::new("drawn in", format!("target/soak/{PICTURE}")));
    let text = table::written(TITLE, &rows);
    if steep.is_empty() { Ok(text) } else { Err(format!("not flat: {}\n{text}", steep.join(", ")).into()) }
}

/// What AWS has seen of it.
fn happened(account: &mut Account, work: &Work, journal: &str) -> Told<Vec<Row>> {
    let stretches = work.stretches();
    let (always, others): (Vec<_>, Vec<_>) =
        account.versions()?.into_iter().partition(|it| (CLOSED..CLOSED + ALWAYS).contains(&it.secret));
    let seen = judge(&others, &stretches, stretches[0].opens)?;
    if !seen.missing.is_empty() {
        return Err(format!("{} windows without a session, such as {:?}", seen.missing.len(), seen.missing[0]).into());
    }
    for secret in CLOSED..CLOSED + ALWAYS {
        let ours: Vec<_> = always.iter().filter(|it| it.secret == secret).collect();
        let ends: std::collections::BTreeSet<&str> = ours.iter().filter_map(|it| it.id.get(..26)).collect();
        if !work.sessions_of_always().contains(&ours.len()) || ends.len() != ours.len() {
            return Err(format!("{} sessions of secret {secret}: {ours:?}", ours.len()).into());
        }
        if let Some(pair) = ours.windows(2).find(|pair| pair[1].created >= pair[0].dies) {
            return Err(format!("a gap in the coverage: {pair:?}").into());
        }
    }
    let ((drop_ins, edits), reloaded) = (work.done(), journal.matches("reloaded: ").count());
    // What was dropped in is reloaded too, and is told in the same words.
    if reloaded < edits as usize {
        let end: Vec<&str> = journal.lines().rev().take(20).collect();
        return Err(format!("{reloaded} of {edits} reloads; the journal ends with\n{}", end.join("\n")).into());
    }
    Ok(vec![
        Row::new("sessions published", (always.len() + others.len()).to_string()),
        Row::new("windows opened and closed", stretches.len().to_string()),
        Row::new("drop-ins that came and went; reloads", format!("{drop_ins}; {edits}")),
        Row::new("published twice, outside of a window, or missing", "0"),
        Row::new("from the opening to the session: median, longest", {
            format!("{}, {}", percentile(&seen.late, 50), percentile(&seen.late, 100))
        }),
        Row::new("calls refused", account.refused()?.len().to_string()),
    ])
}

/// What the process took. Draws it, judges whether it is flat, and answers with what is not.
fn told(samples: &[(f64, Sample)], hours: i32, rows: &mut Vec<Row>) -> Told<Vec<&'static str>> {
    let value = |of: fn(&Sample) -> f64| samples.iter().map(|(hour, sample)| (*hour, of(sample))).collect::<Vec<_>>();
    let rate = |of: fn(&Sample) -> f64| {
        let pairs = samples.iter().zip(samples.iter().skip(WINDOW));
        pairs.map(|((from, a), (to, b))| (*to, (of(b) - of(a)) / ((to - from) * HOUR.as_secs_f64()))).collect::<Vec<_>>()
    };
    let all = [
        Measured { title: "resident, MiB", points: value(|it| it.resident), bound: Bound::Absolute(0.25) },
        Measured { title: "the most that was resident, MiB", points: value(|it| it.peak), bound: Bound::Absolute(0.25) },
        Measured { title: "descriptors", points: value(|it| it.descriptors as f64), bound: Bound::Absolute(0.5) },
        Measured { title: "threads", points: value(|it| it.threads as f64), bound: Bound::Absolute(0.5) },
        Measured { title: "wake-ups a second", points: rate(|it| it.wake_ups as f64), bound: Bound::Share(0.1) },
        Measured { title: "CPU, ms a second", points: rate(|it| it.cpu.as_secs_f64() * 1e3), bound: Bound::Share(0.25) },
    ];
    let curves: Vec<Curve> = all.iter().map(|it| Curve { title: it.title, points: &it.points }).collect();
    fs::write(Path::new(OUT).join(PICTURE), draw(&curves, hours))?;
    let mut steep = vec![];
    for it in &all {
        let half: Vec<_> = it.points.iter().filter(|(hour, _)| *hour >= f64::from(hours) / 2.0).copied().collect();
        let Trend { median, rise } = trend(&half)?;
        let bound = match it.bound {
            Bound::Absolute(bound) => bound,
            Bound::Share(share) => share * median,
        };
        rows.push(
            Row::new(it.title, format!("{median:.2}, {rise:+.3} in the second half"))
                .with_goal(&format!("at most {bound:+.2}"), rise <= bound),
        );
        if rise > bound {
            steep.push(it.title);
        }
    }
    Ok(steep)
}

fn as_csv(samples: &[(f64, Sample)]) -> String {
    let head = "hour,resident_mib,peak_mib,descriptors,threads,wake_ups,cpu_s\n".to_owned();
    let line = |(hour, it): &(f64, Sample)| {
        let (memory, cpu) = (format!("{:.3},{:.3}", it.resident, it.peak), it.cpu.as_secs_f64());
        format!("{hour:.3},{memory},{},{},{},{cpu:.4}\n", it.descriptors, it.threads, it.wake_ups)
    };
    samples.iter().map(line).fold(head, |table, line| table + &line)
}
