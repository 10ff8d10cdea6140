//! The pure schedule against a naive oracle, and design.md's invariants 1 to 5 as properties of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use credadmin::cadence::Cadence;
use credadmin::grant::{Grant, Name, Papers, Recurrence, Secret, Span, Window};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::test_runner::{Config, RngSeed};

mod agreement;
mod cases;
mod cron_line;
mod examples;
mod invariants;
mod oracle;
mod parts;
mod rollout;
mod staging;
mod tokens;
mod versions;
mod windows;

/// So many cases, the same ones on every run.
fn seeded(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_261_201),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// The product's shape of the oracle's cadence.
fn cadence(cadence: &oracle::Cadence) -> Cadence {
    let seconds = SignedDuration::from_secs;
    Cadence::new(cadence.name, seconds(cadence.session), seconds(cadence.lead), cadence.exact)
}

/// The product's shape of the oracle's window.
fn window(window: &oracle::Window) -> Window {
    match window {
        oracle::Window::Once((opens, closes)) => Window::Once(Span { opens: *opens, closes: *closes }),
        oracle::Window::Cron { line, zone, seconds, bounds } => {
            let bounds = bounds.unwrap_or((Timestamp::MIN, Timestamp::MAX));
            Window::Recurring(Box::new(Recurrence {
                cron: Arc::new(line.parse().unwrap()),
                duration: SignedDuration::from_secs(*seconds),
                time_zone: TimeZone::get(zone).unwrap(),
                bounds: Span { opens: bounds.0, closes: bounds.1 },
            }))
        }
    }
}

/// The product's shape of the oracle's grants, all of one secret.
fn grants(grants: &[oracle::Grant]) -> Vec<Grant> {
    let declared = |grant: &oracle::Grant| Grant {
        name: name(&grant.name),
        secret: name("secret"),
        window: window(&grant.window),
        papers: Papers::default(),
    };
    grants.iter().map(declared).collect()
}

/// A secret with this rhythm and nothing special.
fn secret(rhythm: &oracle::Cadence) -> Secret {
    Secret {
        name: name(rhythm.name),
        secret_id: "SensitiveS3".into(),
        role_arn: "arn:aws:iam::123456789012:role/SensitiveS3Access".into(),
        cadence: cadence(rhythm),
        session_policy: rhythm.exact,
        source_identity: None,
        tags: BTreeMap::new(),
        external_id: None,
    }
}

/// One grant, open once.
fn once(name: &str, opens: &str, closes: &str) -> oracle::Grant {
    oracle::Grant { name: name.into(), window: oracle::Window::Once((at(opens), at(closes))) }
}

/// One grant, open again and again.
fn cron(name: &str, line: &str, zone: &'static str, seconds: i64) -> oracle::Grant {
    oracle::Grant { name: name.into(), window: oracle::Window::Cron { line: line.into(), zone, seconds, bounds: None } }
}
