//! What `tests/counts/run` counts the instructions of: `counted NAME` does it once, and valgrind counts what is done inside of
//! [`counted`] alone.
//!
//! Time says little where other things run too; the instructions of a program on the same input are the same each time, but for
//! a few. They are counted in the dev profile, whose dependencies the tests have built already: credadmin at `opt-level = 1`, jiff,
//! croner, tokio and sha2 at 2, the parsers of TOML and JSON not optimised at all. So it is seen what grows, not what a release
//! takes.
//!
//! - `bounds`: how many there may be; `gungraun`: the program that counts, which has a lock file of its own, so that nothing else
//!   is built otherwise for it
//! - `grants`, `settings`, `account`, `papers`: what is done

mod account;
mod grants;
mod papers;
mod settings;

use std::hint::black_box;

use jiff::Timestamp;

/// The moment at which everything happens.
fn now() -> Timestamp {
    "2026-12-01T08:00:00Z".parse().expect("an instant")
}

/// What is counted. Its name is known to `gungraun`.
#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let done = match name.as_str() {
        "plan_of_100" => plan(100),
        "plan_of_10_000" => plan(10_000),
        "coverage_of_a_year" => {
            let grants = grants::one();
            counted(|| grants::year(&grants)) == 365
        }
        "token_and_verdict" => {
            let described = papers::described();
            counted(|| papers::verdict(&described))
        }
        "load_of_1_000" => {
            let file = settings::File::with_grants(1000, 10);
            counted(|| settings::load(&file)) == 1000
        }
        "visit" => {
            let ready = account::open();
            counted(|| account::visit(ready)) == 1
        }
        "visits_of_1_000" => {
            let ready = account::many(1000);
            counted(|| account::visit(ready)) == 24
        }
        "request" => {
            let text = papers::request();
            counted(|| papers::parse(&text)).text() == text
        }
        "answer" => {
            let held = papers::held();
            counted(|| papers::answer(&held)).contains("ASIA")
        }
        // cargo's own.
        _ => return println!("wanted: one of those in tests/counts/bounds"),
    };
    assert!(done, "{name} was not done as it has to be");
}

fn plan(grants: usize) -> bool {
    let secrets = grants::secrets(grants);
    counted(|| grants::plan(&secrets)) > grants
}
