//! What came of it, for the terminal and for docs/simulation.md.

use std::fmt::Write as _;

use jiff::SignedDuration;

use crate::tally::Tally;

/// What was run.
pub struct Ran {
    /// As it was called.
    pub command: String,
    /// The first seed; the others follow it.
    pub seed: u64,
    /// How many threads.
    pub jobs: usize,
    /// How long it took.
    pub took: SignedDuration,
}

/// One line.
pub fn line(tally: &Tally, ran: &Ran) -> String {
    format!(
        "{:.0} secret-years, {:.1} daemon-years in {} stories (seeds {} to {}): {} sessions issued, {} versions written, {} requests, \
         {} of the stories failed; {:.1} s on {} threads",
        tally.secret_years,
        tally.daemon_years,
        tally.stories,
        ran.seed,
        ran.seed + tally.stories as u64 - 1,
        tally.sessions,
        tally.versions,
        tally.calls,
        tally.failed.len(),
        ran.took.as_secs_f64(),
        ran.jobs
    )
}

/// The page.
pub fn page(tally: &Tally, ran: &Ran) -> String {
    let mut page = format!(
        "# Simulation: {:.0} years of a secret's life\n\n\
         Whole daemons on a virtual clock against strict-aws' model, with everything that can go wrong, judged by an oracle that shares \
         no code with the product: [tests/simulate](../tests/simulate/src/lib.rs). A story is 30 days of 120 secrets under one, two or \
         three daemons, made from its seed; a secret-year is a year of one secret, on however many daemons. A story that fails is made \
         smaller and printed.\n\n\
         This page is written by the program:\n\n    {}\n\n| | |\n|---|---|\n",
        tally.secret_years, ran.command
    );
    let hours = |time: SignedDuration| format!("{:.0} h", time.as_secs_f64() / 3600.0);
    let hosts = |(count, same): &(usize, bool)| match (count, same) {
        (1, _) => "one daemon".to_owned(),
        (count, true) => format!("{count} daemons on one config"),
        (count, false) => format!("{count} daemons on different configs"),
    };
    let failed = match tally.failed.len() {
        0 => "none".to_owned(),
        some => some.to_string(),
    };
    let last = ran.seed + tally.stories as u64 - 1;
    let mut rows = vec![
        ("stories that broke an invariant".to_owned(), failed),
        ("seeds".to_owned(), format!("{} to {last}", ran.seed)),
        ("secret-years".to_owned(), format!("{:.0}", tally.secret_years)),
        ("daemon-years".to_owned(), format!("{:.1}", tally.daemon_years)),
    ];
    rows.extend(tally.hosts.iter().map(|(of, stories)| (format!("stories with {}", hosts(of)), stories.to_string())));
    rows.extend([
        ("stories over a change of clocks".to_owned(), tally.clock_changes.to_string()),
        ("windows of the main files, as first written".to_owned(), tally.windows.to_string()),
        ("requests that AWS took".to_owned(), tally.calls.to_string()),
        ("sessions issued".to_owned(), tally.sessions.to_string()),
        ("of them issued and never published".to_owned(), tally.lost.to_string()),
        ("versions written by daemons".to_owned(), tally.versions.to_string()),
        ("time in which readers had to have a session (by host)".to_owned(), hours(tally.judged)),
        ("of it with the whole refresh lead left".to_owned(), hours(tally.with_lead)),
        ("wall time".to_owned(), format!("{:.0} s, {} threads", ran.took.as_secs_f64(), ran.jobs)),
    ]);
    for (what, value) in rows {
        writeln!(page, "| {what} | {value} |").expect("a string takes all");
    }
    page += INVARIANTS;
    page += "\n## What went wrong, and how often\n\n| What | Met |\n|---|---|\n";
    for (kind, times) in &tally.met {
        writeln!(page, "| {kind} | {times} |").expect("a string takes all");
    }
    page
}

/// What is judged.
const INVARIANTS: &str = "
## What was judged, of every session and version

- 1: no session that was published, or that carries a session policy, opens anything after the end of the coverage that it was issued
  for, by AWS's clock. A grant that is cut short binds what is issued from three minutes after the cut on (a wake-up each minute,
  and a visit under way), or after the host goes on, if it was stopped. In the last refresh lead of a coverage whose end all hosts
  agree on, readers get no session that outlives it, such as that of an extension that was taken back.
- 2: while a host covers a secret, and nothing was wrong with either for ten minutes, what is in the secret is a live session (a shorter one
  of a host on another config is replaced within a look, five minutes); where all
  hosts agree, and nothing was late and no clock was wrong for twelve hours, with the whole refresh lead left, or to the end of
  the coverage.
- 3: nothing is issued or written outside of coverage. Two seconds before an opening are inside: STS tells whole seconds. Of a host whose
  clock is wrong, only what is written counts; what a late request or a stopped process writes after the end is dead on arrival.
- 4: no planned session is published twice, but over a stranger's version, a tombstone, or one of another plan that runs out or
  outlives the coverage. Where
  hosts are on different configs, of which two sessions can end at one instant, they are told apart by their version ids.
- 5: a daemon, and daemons on one config together, write no more than 90 versions of a secret in 24 hours.
- 6 and 8: the same, through all of it: a bad main file changes nothing, a bad drop-in closes its own grant and disturbs no other.
";
