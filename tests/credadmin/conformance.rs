//! One set of cases of the two protocols, put to moto, to ministack and to our own double through the AWS SDK.
//!
//! What AWS does is in the cases, each with its paragraph of aws-facts. The double has to do just that. An emulator has to,
//! but for the rows of `departures.rs`; a row that is no longer true fails as well.

mod departures;
mod secrets;
mod sessions;
mod site;

use std::collections::BTreeMap;

use departures::DEPARTURES;
use site::Site;

use crate::emulators::Emulator;

/// What was found in each case.
#[derive(Default)]
struct Findings(Vec<Finding>);

struct Finding {
    case: &'static str,
    aws: &'static str,
    found: String,
}

impl Findings {
    /// In this `case`, `aws` is what AWS does.
    fn add(&mut self, case: &'static str, aws: &'static str, found: impl Into<String>) {
        assert!(self.0.iter().all(|other| other.case != case), "two cases are called {case:?}");
        self.0.push(Finding { case, aws, found: found.into() });
    }
}

async fn findings(site: &Site) -> Findings {
    let mut findings = Findings::default();
    secrets::tokens_and_values(site, &mut findings).await;
    secrets::labels(site, &mut findings).await;
    secrets::labels_moved(site, &mut findings).await;
    secrets::without_a_value(site, &mut findings).await;
    secrets::absent_and_deleted(site, &mut findings).await;
    secrets::quota(site, &mut findings).await;
    sessions::durations(site, &mut findings).await;
    sessions::requests(site, &mut findings).await;
    sessions::who_may(site, &mut findings).await;
    sessions::session_policies(site, &mut findings).await;
    sessions::keys(site, &mut findings).await;
    findings
}

fn judge(name: &str, findings: &Findings) {
    let mut wrong = Vec::new();
    let mut rows = BTreeMap::new();
    for departures in DEPARTURES.iter().filter(|departures| departures.emulator == name) {
        for (case, instead) in departures.rows {
            if rows.insert(*case, (*instead, departures.why)).is_some() {
                wrong.push(format!("{case:?} has two rows"));
            }
        }
    }
    for Finding { case, aws, found } in &findings.0 {
        match rows.remove(case) {
            None if found == aws => {}
            None => wrong.push(format!("{case:?}: {found:?}, AWS {aws:?}")),
            Some((row, _)) if row == found && row != *aws => {}
            Some((row, why)) => wrong.push(format!("{case:?}: {found:?}, AWS {aws:?}, the row says {row:?}: {why}")),
        }
    }
    wrong.extend(rows.keys().map(|case| format!("{case:?} has a row and is no case")));
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn judge_emulator(name: &str) {
    let emulator = Emulator::start(name);
    judge(name, &block_on(findings(&Site::emulator(&emulator))));
}

#[test]
fn moto_keeps_the_protocol_but_for_the_known_departures() {
    judge_emulator("moto");
}

#[test]
fn ministack_keeps_the_protocol_but_for_the_known_departures() {
    judge_emulator("ministack");
}

#[test]
fn our_own_double_keeps_the_protocol_to_the_letter() {
    block_on(async {
        let world = site::world();
        let server = strict_aws::serve(world.clone()).await.expect("a free port");
        judge("strict-aws", &findings(&Site::double(&world, &server.endpoint())).await);
    });
}
