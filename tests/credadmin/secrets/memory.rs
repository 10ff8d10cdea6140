//! The memory of the running daemon, searched for the sessions that it has handed on. What is compared with it is the AWS SDK,
//! which does the same alone in the same run (see `bare`).
//!
//! The daemon is not dumpable, so it takes root. Whoever is not root is told; where `HOST_TESTS=required`, that is a failure.

mod bare;
pub mod search;

use credadmin::clock::Clock;
use jiff::SignedDuration;
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use super::fine;
use crate::harness::{Credadmin, Line, PATIENCE, Process, not_tested};
use crate::story::{Beside, CANARY};
use search::{Copies, Secret, search};

/// What is found in both: the daemon, and the SDK alone.
type Looks = [Copies; 2];

/// A window that opened long ago and closes so many seconds from now.
fn closing_in(seconds: i64) -> String {
    let end = Clock::system().now() + SignedDuration::from_secs(seconds);
    format!(
        "region = 'eu-central-1'\n[secrets.fine]\nsecret_id = 'Fine'\nrole_arn = 'arn:aws:iam::123456789012:role/FineAccess'\n\
         [grants.fine]\nsecret = 'fine'\nfrom = '2020-01-01T00:00:00Z'\nuntil = '{}'\n",
        end.strftime("%FT%TZ")
    )
}

/// The secret parts of all sessions that were published in a secret.
fn sessions(aws: &Beside, id: &str) -> Vec<Secret> {
    let parts = aws.world.versions(id).into_iter().flat_map(|version| {
        let value: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
        [("key", "sessionKey"), ("token", "sessionToken")]
            .map(|(name, key)| Secret { name, value: value[key].as_str().expect("a text").to_owned() })
    });
    parts.collect()
}

fn can_be_searched() -> bool {
    let root = Uid::effective().is_root();
    if !root {
        not_tested("not root, so that the daemon's memory can't be read");
    }
    root
}

/// Waits until so many lines hold this text.
fn wait_for(process: &Process, text: &str, count: usize) {
    let enough = |lines: &[Line]| lines.iter().filter(|(_, line)| line.contains(text)).nth(count - 1).map(drop);
    process.wait_for(&format!("{text}, {count} times"), PATIENCE, enough);
}

/// What is found after a session was published, after the next one, and after the end of the window; with these variables set,
/// which is `how`.
fn story(how: &str, variables: &[(&str, &str)]) -> [Looks; 3] {
    let aws = fine();
    aws.world.create_secret("BareSecret", None);
    let bare = bare::start(&aws, variables);
    let environment = aws.environment.iter().map(|(name, value)| (*name, value.as_str())).chain(variables.iter().copied());
    let credadmin = environment.fold(Credadmin::new(&closing_in(3600)), |credadmin, (name, value)| credadmin.env(name, value));
    let daemon = credadmin.run();
    let look = |when: &str, published: usize| {
        let looks = [(&daemon, "Fine"), (&bare, "BareSecret")].map(|(process, secret)| {
            let sessions = sessions(&aws, secret);
            let found = sessions.len() / 2;
            // For the daemon one more is due where the time of day comes to a point of the plan's grid meanwhile.
            assert!(found == published || secret == "Fine" && found > published, "{secret}: {found} sessions, not {published}");
            search(process.id(), &sessions, CANARY)
        });
        eprintln!("copies in memory {how}, {when}: credadmin {:?}; the SDK alone {:?}", looks[0], looks[1]);
        looks
    };
    wait_for(&daemon, "session published", 1);
    wait_for(&bare, "published 1", 1);
    let published = look("published", 1);
    // Another end, nearer than any that the first session can have had, is another session.
    credadmin.rewrite("credadmin.toml", &closing_in(1000));
    daemon.signal(Signal::SIGHUP);
    bare.signal(Signal::SIGUSR1);
    wait_for(&daemon, "session published", 2);
    wait_for(&bare, "published 2", 1);
    let refreshed = look("refreshed", 2);
    credadmin.rewrite("credadmin.toml", &closing_in(4));
    daemon.signal(Signal::SIGHUP);
    wait_for(&daemon, "window closed", 1);
    [published, refreshed, look("over", 2)]
}

fn sum(copies: &Copies) -> usize {
    copies.values().sum()
}

/// As the units have it: what is freed is overwritten.
pub fn of_the_units() -> String {
    let units = ["credadmin", "credadmin-consumer@", "credadmin-notify"].map(|unit| {
        let path = format!("{}/systemd/{unit}.service", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a unit");
        let line = text.lines().find_map(|line| line.strip_prefix("Environment=GLIBC_TUNABLES="));
        line.expect("what is freed is overwritten").to_owned()
    });
    assert!(units.iter().all(|unit| *unit == units[0]), "all of them alike");
    units[0].clone()
}

#[test]
fn under_its_unit_nothing_of_a_session_is_in_memory_after_its_window_and_never_more_than_the_sdk_holds() {
    if !can_be_searched() {
        return;
    }
    let looks = story("under the unit", &[("GLIBC_TUNABLES", &of_the_units())]);
    for [ours, sdks] in &looks {
        assert!(sum(ours) <= sum(sdks), "{ours:?}, the SDK alone {sdks:?}");
    }
    assert_eq!(looks[2][0], Copies::new(), "after the end of the window");
    // Where freed memory is left as it is, there is something to find: what the SDK has freed.
    let [.., [ours, sdks]] = story("without it", &[]);
    assert!(sum(&ours) + sum(&sdks) > 0, "nothing was ever there");
}
