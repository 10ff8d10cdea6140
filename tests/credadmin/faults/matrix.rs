//! Every fault, each with every call, in three illnesses: before a first session, for an hour under a session that is due to be
//! refreshed, and over the end of the window. docs/faults.md is the table of what was seen.

mod cells;
mod judge;
mod run;
mod table;

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::story::quiet;
use cells::Cell;
use run::Seen;

/// More than there are cores: most of their time cells wait for answers that don't come.
const AT_ONCE: usize = 16;

#[test]
fn no_cell_hangs_stays_silent_leaks_or_publishes_after_the_end() {
    let mut table = table::Table::new();
    let all = cells::all();
    for (cell, seen) in all.iter().zip(see(&all)) {
        seen.judge(cell);
        table.add(cell, &seen);
    }
    table.keep();
}

/// Runs them all, some at a time, and answers in their order.
fn see(cells: &[Cell]) -> Vec<Seen> {
    let queue = Mutex::new(cells.iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(|(n, cell)| (n, quiet::run(run::run(*cell)))).collect::<Vec<_>>();
    let mut seen: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("cells that don't panic")).collect()
    });
    seen.sort_by_key(|(n, _)| *n);
    seen.into_iter().map(|(_, seen)| seen).collect()
}
