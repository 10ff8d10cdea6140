//! Has valgrind count the instructions of each that `bounds` names, and fails where they are too many.

use gungraun::prelude::*;
use gungraun::{Bench, BinaryBenchmark, BinaryBenchmarkGroup, Callgrind, EntryPoint, EventKind};

/// What each took.
const BOUNDS: &str = include_str!("../../bounds");
/// Only what is done inside of it is counted.
const COUNTED: &str = "counted::counted*";

/// A line of `bounds`.
fn line(text: &str) -> Option<(&str, u64)> {
    let (name, count) = text.split_once(' ')?;
    Some((name, count.parse().ok()?))
}

fn count(group: &mut BinaryBenchmarkGroup) {
    let program = std::env::var("COUNTED").expect("tests/counts/run names the program");
    let lines = || BOUNDS.lines().filter_map(line);
    let percent = lines().find(|(name, _)| *name == "percent").expect("a tolerance").1;
    for (name, taken) in lines().filter(|(name, _)| *name != "percent") {
        let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
        let most = taken + taken * percent / 100;
        callgrind.entry_point(EntryPoint::Custom(COUNTED.into())).hard_limits([(EventKind::Ir, most)]);
        let mut bench = Bench::new("instructions");
        bench.command(Command::new(&program).arg(name)).config(BinaryBenchmarkConfig::default().tool(callgrind));
        group.binary_benchmark(BinaryBenchmark::new(name).bench(bench));
    }
}

binary_benchmark_group!(name = counts, benchmarks = |group: &mut BinaryBenchmarkGroup| count(group));
main!(binary_benchmark_groups = counts);
