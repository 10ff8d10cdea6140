//! Grants, planned for a day as `credadmin plan` does it.

use credadmin::cadence::Cadence;
use credadmin::config;
use credadmin::grant::Grant;
use credadmin::schedule::coverage::Coverage;
use credadmin::schedule::plan::sessions;
use jiff::SignedDuration;

use crate::now;
use crate::settings::File;

/// Different cron lines.
const LINES: usize = 480;
/// Grants of a secret.
const EACH: usize = 10;

/// Secrets, each with its rhythm and its grants.
pub type Secrets = Vec<(Cadence, Vec<Grant>)>;

/// So many grants of a tenth as many secrets.
pub fn secrets(grants: usize) -> Secrets {
    let file = File::with_grants(LINES.min(grants), EACH);
    let settings = config::load(file.path(), now()).expect("a good config");
    // Equal lines are shared, as by the config.
    let pool: Vec<Grant> = settings.secrets.iter().flat_map(|watched| watched.grants.to_vec()).collect();
    let of = |number: usize| (0..EACH).map(|grant| pool[(number * EACH + grant) * 7 % pool.len()].clone()).collect();
    (0..grants / EACH).map(|number| (cadence(number), of(number))).collect()
}

fn cadence(number: usize) -> Cadence {
    Cadence::new(&format!("s{number}"), SignedDuration::from_mins(60), SignedDuration::from_mins(20), true)
}

/// How many sessions are planned for the day that begins now.
pub fn plan(secrets: &Secrets) -> usize {
    let until = now() + SignedDuration::from_hours(24);
    secrets.iter().map(|(cadence, grants)| sessions(now(), until, cadence, grants).len()).sum()
}

/// One grant of a cron line.
pub fn one() -> Vec<Grant> {
    let file = File::with_grants(1, 1);
    config::load(file.path(), now()).expect("a good config").secrets[0].grants.to_vec()
}

/// How many stretches of coverage there are in a year.
pub fn year(grants: &[Grant]) -> usize {
    Coverage::between(grants, now(), now() + SignedDuration::from_hours(24 * 365)).stretches().len()
}
