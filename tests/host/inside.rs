//! The inside: what systemd runs. It runs the scenarios one after the other, each on a host of its own making.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use credadmin::clock::Clock;

use crate::Told;
use crate::container::OUT;
use crate::outside::{REPORT, WANTED};
use crate::report::{Outcome, Reporter};
use crate::scenarios::{self, Scenario};

const LINES_OF_JOURNAL: usize = 40;

/// What the last panic said, and where.
static SAID: Mutex<String> = Mutex::new(String::new());

/// Runs the scenarios that are wanted.
///
/// # Errors
/// If what came of them can't be told.
pub fn run() -> Told {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{place}:\n")).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("a panic without words");
        *SAID.lock().unwrap_or_else(PoisonError::into_inner) = format!("{place}{said}");
    }));
    let out = Path::new(OUT);
    let wanted = std::fs::read_to_string(out.join(WANTED))?;
    let mut reporter = Reporter::create(&out.join(REPORT))?;
    for name in wanted.lines() {
        let scenario = scenarios::named(name).ok_or_else(|| format!("no scenario {name}"))?;
        reporter.tell(&show(name, scenario))?;
    }
    reporter.end()
}

fn show(name: &str, scenario: Scenario) -> Outcome {
    let clock = Clock::system();
    let began = clock.elapsed();
    let host = panic::catch_unwind(scenario.host);
    let failure = match &host {
        Ok(host) => panic::catch_unwind(AssertUnwindSafe(|| (scenario.show)(host))).is_err(),
        Err(_) => true,
    };
    let failure = failure.then(|| {
        let said = std::mem::take(&mut *SAID.lock().unwrap_or_else(PoisonError::into_inner));
        (said, host.as_ref().map(|host| host.journal.tail(LINES_OF_JOURNAL)).unwrap_or_default())
    });
    let figures = host.map(|host| host.figures()).unwrap_or_default();
    let seconds = clock.elapsed().since(began).as_secs_f64();
    Outcome { scenario: name.to_owned(), seconds, figures, failure }
}
