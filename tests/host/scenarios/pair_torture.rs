//! The pair, killed, stopped and cut off at random moments while what is planned changes each second. And from one config to
//! another, with both running.

use std::fs;
use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use credadmin::schedule::token;
use jiff::Timestamp;

use super::pair::{OTHER, Other};
use crate::account::SECRET;
use crate::host::{Host, UNIT, UNITS, grant, in_seconds, main_file};
use crate::wire::Wire;

const PAIR: [&str; 2] = [UNIT, OTHER];
/// How long it goes on.
const TROUBLE: Duration = Duration::from_secs(25);
/// What is planned changes so often.
const CHANGE: Duration = Duration::from_secs(1);
/// For something more to be written, if there were anything.
const REST: Duration = Duration::from_secs(3);

pub fn a_pair_in_trouble_publishes_each_session_once_and_comes_to_rest(host: &Host) {
    host.write_drop_in("20-soon-again.conf", "[Service]\nRestartSec=200ms\n");
    let _other = Other::beside(host);
    let wires = PAIR.map(|unit| wire(host, unit));
    host.systemctl(&["daemon-reload"]);
    let _go_on = GoOn(host);
    host.write("credadmin.toml", main_file(&window(600)));
    host.systemctl(&["start", UNIT, OTHER]);
    let planned = trouble(host, &wires);
    host.wait_until("the last session that was planned", || ends(host).contains(planned.last().expect("a change")));
    host.wait_until("two that are well", || PAIR.iter().all(|unit| status(host, unit).trim_end() == "1 of 1 secret open"));
    thread::sleep(REST);
    judge(host, &planned);
    told(host);
    rolls(host);
}

/// Gives the unit a way of its own to the account.
fn wire(host: &Host, unit: &str) -> Wire {
    let wire = Wire::to(&host.account.services);
    let text = format!("[Service]\nEnvironment=AWS_ENDPOINT_URL={}\n", wire.url);
    fs::write(format!("{UNITS}/{unit}.d/30-wire.conf"), text).expect("a file");
    wire
}

/// A grant from a minute ago until then. It is near enough for one session at any time of day.
fn window(until: i64) -> String {
    grant("quarter-end", "sensitive-s3", in_seconds(-60), in_seconds(until))
}

/// Does one thing after the other to one of the two, and answers with the ends that were planned meanwhile.
fn trouble(host: &Host, wires: &[Wire]) -> Vec<Timestamp> {
    let seed = fastrand::u64(..);
    let mut chance = fastrand::Rng::with_seed(seed);
    let (mut stopped, mut cut) = ([false; 2], [false; 2]);
    let (mut kills, mut stops, mut cuts) = (0, 0, 0);
    let mut planned = vec![in_seconds(600)];
    let clock = Clock::system();
    let began = clock.elapsed();
    let since = || clock.elapsed().since(began).unsigned_abs();
    while since() < TROUBLE {
        thread::sleep(Duration::from_millis(chance.u64(20..400)));
        let which = chance.usize(0..PAIR.len());
        match chance.u8(0..10) {
            0 => {
                signal(host, PAIR[which], "KILL");
                kills += 1;
                // Whatever is started next is not stopped.
                stopped[which] = false;
            }
            1..6 => {
                stopped[which] = !stopped[which];
                stops += usize::from(stopped[which]);
                signal(host, PAIR[which], if stopped[which] { "STOP" } else { "CONT" });
            }
            _ => {
                cut[which] = !cut[which];
                cuts += usize::from(cut[which]);
                wires[which].set_cut(cut[which]);
            }
        }
        if since() >= CHANGE * u32::try_from(planned.len()).expect("a few") {
            let until = in_seconds(600 + 5 * i64::try_from(planned.len()).expect("a few"));
            host.write("grants.d/50-longer.toml", grant("longer", "sensitive-s3", in_seconds(-60), until));
            planned.push(until);
        }
    }
    host.tell(format!("seed {seed}: {kills} kills, {stops} stops, {cuts} cuts, {} plans", planned.len()));
    assert!(kills > 2 && stops > 5 && cuts > 5, "{kills} kills, {stops} stops, {cuts} cuts");
    drop(GoOn(host));
    wires.iter().for_each(|wire| wire.set_cut(false));
    planned
}

/// Not by `systemctl kill`, which fails where there is no process just now.
fn signal(host: &Host, unit: &str, signal: &str) {
    host.try_systemctl(&["kill", "--kill-whom=main", &format!("--signal={signal}"), unit]);
}

/// The planned ends of all versions, in order.
fn ends(host: &Host) -> Vec<Timestamp> {
    host.account.versions(SECRET).iter().map(|version| token::ends(version).expect("a version of credadmin's")).collect()
}

fn status(host: &Host, unit: &str) -> String {
    let output = host.try_systemctl(&["show", "--value", "--property=StatusText", unit]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Each planned session is written once, and none that was not planned. A process that was stopped in the middle of a call may
/// write what was planned before it was; then the later one comes once more.
fn judge(host: &Host, planned: &[Timestamp]) {
    let ends = ends(host);
    let mut again = 0;
    for (i, end) in ends.iter().enumerate() {
        assert!(planned.iter().any(|it| it.duration_since(*end).as_secs().abs() <= 1), "{end} of {ends:?} was not planned");
        if ends[..i].contains(end) {
            assert!(ends[i - 1] < *end, "{end} was published twice: {ends:?}");
            again += 1;
        }
    }
    host.tell(format!("{} of {} planned sessions were published, {again} once more", ends.len() - again, planned.len()));
    assert!(ends.len() > 5 && again <= 2, "{ends:?} of {planned:?}");
}

/// Whoever was cut off for long has said so, and that it was well again, unless it was killed before.
fn told(host: &Host) {
    let mut failures = 0;
    for unit in PAIR {
        let said = host.journal.of(unit);
        let mut failing = false;
        for entry in &said {
            let says = |text: &str| entry.message().starts_with(text);
            if says("failing for sensitive-s3") {
                failures += usize::from(!failing);
                failing = true;
            } else if says("started") || says("well again") {
                failing = false;
            }
        }
        assert!(!failing, "{unit} has not said that it is well again: {said:#?}");
    }
    host.tell(format!("{failures} times one of them was failing"));
    assert!(failures > 0, "nobody was failing");
}

/// The main file changes, and one after the other is told.
fn rolls(host: &Host) {
    let until = in_seconds(1150);
    let new = main_file(&grant("quarter-end", "sensitive-s3", in_seconds(-60), until));
    let no_policy = new.replace("[grants", "session_policy = 'off'\n[grants");
    for (change, main) in [("a longer grant", new), ("another sort of session", no_policy)] {
        let before = host.account.versions(SECRET).len();
        host.write("credadmin.toml", main);
        host.systemctl(&["reload", UNIT]);
        host.wait_for_versions(SECRET, before + 1);
        thread::sleep(REST);
        host.systemctl(&["reload", OTHER]);
        thread::sleep(REST);
        assert_eq!(host.account.versions(SECRET).len(), before + 1, "{change}: each writes what it plans, once");
        assert_eq!(ends(host).last(), Some(&until), "{change}");
    }
}

/// When this goes, nobody is stopped any more.
struct GoOn<'a>(&'a Host);

impl Drop for GoOn<'_> {
    fn drop(&mut self) {
        PAIR.iter().for_each(|unit| signal(self.0, unit, "CONT"));
    }
}
