//! Fuzzing of all that credadmin reads: `FUZZ=config credadmin-fuzz [libFuzzer's own arguments]`. See docs/fuzzing.md.
//!
//! A target is a function of bytes that panics where the product breaks a promise. Its inputs are text, so that the kept corpus
//! can be read; what knows their structure is the [`mutator`], with the words of each target.

#![no_main]

mod config;
mod consumer;
mod cron;
mod describe;
mod drop_ins;
mod files;
mod imds;
mod mutator;
mod naive;
mod plan;
mod requests;
mod sts;
mod town;
mod troubles;
mod wire;
mod written;

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// Something that is fuzzed.
struct Target {
    name: &'static str,
    /// What its inputs are made of.
    words: &'static [&'static str],
    run: fn(&[u8]),
}

const TARGETS: [Target; 8] = [
    Target { name: "config", words: config::WORDS, run: config::run },
    Target { name: "drop-ins", words: drop_ins::WORDS, run: drop_ins::run },
    Target { name: "cron", words: cron::WORDS, run: cron::run },
    Target { name: "imds", words: imds::WORDS, run: imds::run },
    Target { name: "sts", words: sts::WORDS, run: sts::run },
    Target { name: "describe", words: describe::WORDS, run: describe::run },
    Target { name: "consumer", words: consumer::WORDS, run: consumer::run },
    Target { name: "requests", words: requests::WORDS, run: requests::run },
];

fn target() -> &'static Target {
    static TARGET: OnceLock<&Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let wanted = std::env::var("FUZZ").unwrap_or_default();
        TARGETS.iter().find(|target| target.name == wanted).unwrap_or_else(|| {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            eprintln!("FUZZ is {wanted:?}; wanted: one of {}", names.join(", "));
            std::process::exit(2);
        })
    })
}

fuzz_target!(init: { target(); }, |data: &[u8]| (target().run)(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutator::mutate(target().words, data, size, max_size, seed)
});
