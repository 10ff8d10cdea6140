//! A year of the whole daemon, twice over, in seconds: a virtual clock, AWS's model, and everything that goes wrong in a year.
//!
//! Two daemons on one config look after three secrets, while faults, outages, kills, restarts, reloads, edits, clock steps and a
//! stranger come and go. A judge that shares no code with the product then reads AWS's records against the invariants.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use credadmin::clock::Clock;
use credadmin::config::Sources;
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::{Event, Heard, Journal};
use credadmin::schedule::token::{denied_before, tombstone};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{ApiError, Caller, Credentials, Fault, Operation, PutSecretValue, World};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::model::{Model, account};

const CANARY: &str = "CanaryCanary";
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

const CONFIG: &str = r#"
region = "eu-central-1"
[secrets.alpha]
secret_id = "Alpha"
role_arn = "arn:aws:iam::123456789012:role/AlphaAccess"
[secrets.beta]
secret_id = "Beta"
role_arn = "arn:aws:iam::123456789012:role/BetaAccess"
[secrets.gamma]
secret_id = "Gamma"
role_arn = "arn:aws:iam::123456789012:role/GammaAccess"
session_duration = "2h"
refresh_lead = "30m"
[grants.nightly]
secret = "alpha"
cron = "0 22 * * MON-FRI"
duration = "2h"
time_zone = "Europe/Berlin"
[grants.weekend]
secret = "alpha"
cron = "30 2 * * SUN"
duration = "30h"
time_zone = "Europe/Berlin"
[grants.shifts]
secret = "beta"
cron = "0 0,8,16 * * *"
duration = "8h"
"#;

/// A half-open span, in the judge's own words.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Open(Timestamp, Timestamp);

/// One daemon on one host with one clock.
struct Host {
    clock: Clock,
    world: World,
    instance: String,
    task: Option<JoinHandle<()>>,
    wakes: Option<mpsc::Sender<Wake>>,
    events: Vec<Heard>,
}

impl Host {
    fn start(&mut self, directory: &Path, seed: u64) {
        let mut sources = Sources::read(&directory.join("credadmin.toml")).expect("a config that can be read");
        let settings = sources.settings(self.clock.now()).expect("a valid config");
        let (journal, events) = Journal::handed_to(1 << 20);
        let model = Model::new(self.world.clone(), self.instance.clone(), self.clock.clone(), Duration::from_millis(80));
        let (wake, wakes) = mpsc::channel(8);
        let daemon = Daemon::new(model, self.clock.clone(), journal, sources, settings, seed);
        self.task = Some(tokio::spawn(daemon.run(wakes)));
        self.wakes = Some(wake);
        self.events.push(events);
    }

    /// kill -9.
    fn kill(&mut self) {
        self.wakes = None;
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    async fn stop(&mut self) {
        if let (Some(wakes), Some(task)) = (self.wakes.take(), self.task.take()) {
            wakes.send(Wake::Stop("SIGTERM")).await.expect("a daemon that listens");
            task.await.expect("a daemon that stops by itself");
        }
    }

    async fn reload(&self) {
        if let Some(wakes) = &self.wakes {
            wakes.send(Wake::Reload).await.expect("a daemon that listens");
        }
    }
}

/// What happened, as the judge needs to know it.
struct History {
    /// When anything was wrong.
    disturbed: Vec<Open>,
    /// The drop-in's window, from when on.
    drop_in: Vec<(Timestamp, Option<Open>)>,
    strangers: usize,
    /// The keys of who revokes.
    admin: Credentials,
}

#[tokio::test(start_paused = true)]
async fn a_year_of_two_daemons_keeps_the_invariants() {
    let started = std::time::Instant::now();
    let start: Timestamp = "2026-12-01T00:00:00Z".parse().expect("an instant");
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("credadmin.toml"), CONFIG).expect("a config");
    std::fs::create_dir(directory.path().join("grants.d")).expect("a directory");
    let aws_clock = Clock::bent(start, 1);
    let world = world(&aws_clock);
    let mut hosts: Vec<Host> = (0..2).map(|_| host(&world, start)).collect();
    for (seed, host) in hosts.iter_mut().enumerate() {
        host.start(directory.path(), seed as u64);
    }
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let admin = world.add_user("admin", &[everything]);
    let mut history = History { disturbed: Vec::new(), drop_in: Vec::new(), strangers: 0, admin };
    let mut chance = fastrand::Rng::with_seed(2026);
    let end = start + HOUR * 24 * 365;
    while aws_clock.now() < end {
        aws_clock.sleep(MINUTE * chance.i32(60..3000)).await;
        disturb(&world, &aws_clock, &mut hosts, directory.path(), &mut history, &mut chance).await;
    }
    for host in &mut hosts {
        host.stop().await;
    }
    println!("lived: {:.1} s", started.elapsed().as_secs_f64());
    judge(&world, &history, start, end);
    let events: Vec<Event> = hosts.iter_mut().flat_map(|host| host.events.iter_mut().flat_map(Heard::new_ones)).collect();
    judge_events(&events);
    println!(
        "a year of two daemons: {} calls, {} sessions, {} events, {} disturbances, {:.1} s",
        world.calls().len(),
        world.sessions().len(),
        events.len(),
        history.disturbed.len(),
        started.elapsed().as_secs_f64()
    );
}

fn world(clock: &Clock) -> World {
    let world = account(clock, &["Alpha", "Beta", "Gamma"]);
    world.set_canary(CANARY);
    world.set_instance_roles_are_capped(true);
    world.update_role("GammaAccess", |role| role.max_session_seconds = 43200);
    let placeholder = world.stranger_puts("Alpha", "placeholder");
    assert!(placeholder.is_ok(), "{placeholder:?}");
    world
}

fn host(world: &World, start: Timestamp) -> Host {
    let instance = world.launch_instance("CredAdmin");
    Host { clock: Clock::bent(start, 1), world: world.clone(), instance, task: None, wakes: None, events: Vec::new() }
}

/// One thing that goes wrong, and its end.
async fn disturb(
    world: &World,
    clock: &Clock,
    hosts: &mut [Host],
    directory: &Path,
    history: &mut History,
    chance: &mut fastrand::Rng,
) {
    let from = clock.now();
    let one = chance.usize(0..hosts.len());
    let calls = [Operation::AssumeRole, Operation::DescribeSecret, Operation::PutSecretValue];
    let call = calls[chance.usize(0..3)];
    match chance.u8(0..11) {
        0 => {
            world.fail(call, any_fault(chance), chance.usize(1..6));
            clock.sleep(MINUTE * chance.i32(1..20)).await;
            world.heal();
        }
        1 => {
            for call in calls {
                world.fail(call, Fault::Answer(ApiError::new(503, "ServiceUnavailable", "try later")), usize::MAX);
            }
            clock.sleep(MINUTE * chance.i32(1..200)).await;
            world.heal();
        }
        2 => {
            world.fail(call, Fault::Silent, usize::MAX);
            clock.sleep(MINUTE * chance.i32(1..100)).await;
            world.heal();
        }
        3 => {
            world.fail(Operation::PutSecretValue, Fault::LostAnswer, chance.usize(1..9));
            clock.sleep(MINUTE * chance.i32(1..100)).await;
            world.heal();
        }
        4 => {
            hosts[one].kill();
            clock.sleep(MINUTE * chance.i32(0..200)).await;
            hosts[one].start(directory, chance.u64(..));
        }
        5 => {
            for host in &mut *hosts {
                host.stop().await;
            }
            clock.sleep(MINUTE * chance.i32(0..30)).await;
            for host in &mut *hosts {
                host.start(directory, chance.u64(..));
            }
        }
        6 => hosts[one].reload().await,
        7 => {
            let by = SignedDuration::from_secs(chance.i64(-7200..7200));
            hosts[one].clock.step(by);
            clock.sleep(MINUTE * chance.i32(1..300)).await;
            hosts[one].clock.step(-by);
        }
        8 => {
            world.set_describe_lag(Duration::from_secs(chance.u64(1..60)));
            clock.sleep(HOUR * chance.i32(1..12)).await;
            world.set_describe_lag(Duration::ZERO);
        }
        9 => {
            history.strangers += 1;
            let written = world.stranger_puts("Alpha", "a stranger's");
            assert!(written.is_ok(), "{written:?}");
            bury(world, history);
        }
        _ => return edit(clock, directory, history, chance).await,
    }
    history.disturbed.push(Open(from, clock.now()));
}

/// Access through beta is revoked.
fn bury(world: &World, history: &mut History) {
    let before = Timestamp::from_second(world.now().as_second() + 30).expect("an instant");
    let put = PutSecretValue {
        secret_id: "Beta".into(),
        client_request_token: Some(tombstone(before, (history.strangers as u128) << 32)),
        secret_string: "closed".into(),
        version_stages: None,
    };
    world.put_secret_value(&Caller::holding(&history.admin), &put).expect("written");
}

fn any_fault(chance: &mut fastrand::Rng) -> Fault {
    let answer = |status, code: &str| Fault::Answer(ApiError::new(status, code, "an error"));
    let faults = [
        answer(400, "Throttling"),
        answer(400, "ThrottlingException"),
        answer(500, "InternalServiceError"),
        answer(403, "AccessDenied"),
        answer(400, "AccessDeniedException"),
        answer(403, "ExpiredToken"),
        answer(400, "EncryptionFailure"),
        Fault::Silent,
        Fault::LostAnswer,
        Fault::EmptyCredentials,
        Fault::PastExpiration,
        Fault::LongerThanAsked,
    ];
    faults[chance.usize(0..faults.len())].clone()
}

/// The drop-in of gamma comes, is extended, cut or taken away.
async fn edit(clock: &Clock, directory: &Path, history: &mut History, chance: &mut fastrand::Rng) {
    let path = directory.join("grants.d/50-gamma.toml");
    let now = Timestamp::from_second(clock.now().as_second()).expect("an instant");
    let begins = now - MINUTE * chance.i32(0..60);
    for _ in 0..chance.u8(1..4) {
        let now = Timestamp::from_second(clock.now().as_second()).expect("an instant");
        let window = chance.u8(0..5) > 0;
        let window = window.then(|| Open(begins, now + SignedDuration::from_secs(chance.i64(60..20_000))));
        match window {
            Some(Open(from, until)) => {
                // Edits that are hours apart here are microseconds apart for the file system, whose clock ticks in
                // milliseconds: a size of its own tells each from the one before.
                let size = "#".repeat(history.drop_in.len() % 1000);
                let text = format!("[grants.dropped]\nsecret = \"gamma\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n{size}\n");
                std::fs::write(directory.join("grants.d/.new"), text).expect("a drop-in");
                std::fs::rename(directory.join("grants.d/.new"), &path).expect("a drop-in");
            }
            None if path.exists() => std::fs::remove_file(&path).expect("a drop-in to remove"),
            None => {}
        }
        history.drop_in.push((now, window));
        history.disturbed.push(Open(now, now));
        clock.sleep(MINUTE * chance.i32(3..150)).await;
    }
}

/// Reads AWS's records against the invariants.
fn judge(world: &World, history: &History, start: Timestamp, end: Timestamp) {
    for secret in ["Alpha", "Beta", "Gamma"] {
        let versions = world.versions(secret);
        let mut ours = Vec::new();
        for version in &versions {
            let ends = version.version_id.strip_prefix("credadmin-").filter(|rest| !rest.starts_with("closed-"));
            let Some(ends) = ends else {
                continue;
            };
            let content: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
            let key = content["sessionId"].as_str().expect("a session id");
            let dies = world.live_end(key).expect("a session of this world");
            let inside = coverage(secret, history, version.created, start, end)
                .into_iter()
                .filter(|open| open.0 - SignedDuration::from_secs(2) <= version.created && version.created < open.1)
                .max_by_key(|open| open.1);
            let inside =
                inside.unwrap_or_else(|| panic!("invariant 3: {secret} was written at {}, when closed", version.created));
            assert!(
                dies <= inside.1,
                "invariant 1: a session of {secret} written at {} lives until {dies}, past {inside:?}",
                version.created
            );
            ours.push((version.created, dies, ends[..16].to_owned()));
        }
        for (i, (created, ..)) in ours.iter().enumerate() {
            let day = ours[i..].iter().take_while(|(other, ..)| other.duration_since(*created) < HOUR * 24).count();
            assert!(day <= 90, "invariant 5: {day} versions of {secret} in the 24 h from {created}");
        }
        none_is_dead_from_birth(world, &versions);
        published_once(secret, &versions, &ours);
        assert!(ours.len() > 100, "{secret} was kept: {} versions", ours.len());
        in_steady_state(secret, history, &versions, &ours, start, end);
    }
}

/// After a tombstone, nothing is published that the Deny kills, but for what was on its way.
fn none_is_dead_from_birth(world: &World, versions: &[strict_aws::VersionRecord]) {
    let issued: BTreeMap<String, Timestamp> =
        world.sessions().into_iter().map(|session| (session.access_key_id, session.issued_at)).collect();
    let mut stamp = Timestamp::MIN;
    for version in versions {
        stamp = stamp.max(denied_before(&version.version_id).unwrap_or(Timestamp::MIN));
        let content: serde_json::Value = serde_json::from_str(&version.content).unwrap_or_default();
        if let Some(issued) = content["sessionId"].as_str().and_then(|key| issued.get(key)) {
            let on_its_way = version.created < stamp.saturating_sub(SignedDuration::from_secs(10)).expect("an instant");
            assert!(*issued >= stamp || on_its_way, "{} was issued at {issued}, before {stamp}", version.version_id);
        }
    }
}

/// Invariant 4: a planned session is published once; again only where something else had taken its place meanwhile, a
/// stranger's version or another plan's that runs out.
fn published_once(secret: &str, versions: &[strict_aws::VersionRecord], ours: &[(Timestamp, Timestamp, String)]) {
    for (i, (created, _, ends)) in ours.iter().enumerate() {
        if !ours[..i].iter().any(|(.., earlier)| earlier == ends) {
            continue;
        }
        let before = versions.iter().rev().find(|version| version.created < *created).expect("an earlier version");
        let replaced = ours.iter().find(|(at, ..)| *at == before.created);
        let runs_out = replaced.is_none_or(|(_, dies, other)| other != ends && dies.duration_since(*created) <= MINUTE * 30);
        assert!(runs_out, "invariant 4: the session of {secret} that ends {ends} was published again at {created}");
    }
}

/// Invariant 2: while covered, and nothing wrong, the secret holds a live session with the lead left.
fn in_steady_state(
    secret: &str,
    history: &History,
    versions: &[strict_aws::VersionRecord],
    ours: &[(Timestamp, Timestamp, String)],
    start: Timestamp,
    end: Timestamp,
) {
    let lead = MINUTE * 20 - SignedDuration::from_secs(5);
    let settle = MINUTE * 10;
    let mut looked = 0;
    let mut at = start;
    while at < end {
        at += MINUTE * 7;
        // A stranger's version, or a clock that was wrong, may be noticed only at the next look.
        let calm = !history.disturbed.iter().any(|open| open.0 <= at && at < open.1 + settle);
        let open = coverage(secret, history, at, start, end).into_iter().find(|open| open.0 + MINUTE <= at && at < open.1);
        let Some(open) = open.filter(|_| calm) else {
            continue;
        };
        if open.1.duration_since(at) < SignedDuration::from_secs(60) {
            continue;
        }
        looked += 1;
        let (_, dies, _) = ours.iter().rev().find(|(created, ..)| *created <= at).expect("a session was published");
        let current = versions.iter().rev().find(|version| version.created <= at).expect("a version");
        let is_session = credadmin::schedule::token::ends(&current.version_id).is_some();
        assert!(is_session, "invariant 2: a stranger's version, or a tombstone, stays in {secret} at {at}");
        let left = dies.duration_since(at);
        let to_the_end = open.1.duration_since(*dies) <= SignedDuration::from_secs(2);
        assert!(
            left >= lead || (to_the_end && left > SignedDuration::ZERO),
            "invariant 2: {left:#} left in {secret} at {at}, open {open:?}"
        );
    }
    assert!(looked > 500, "{secret} was looked at {looked} times");
}

/// When the secret was open, as told by the calendar and by the edits in force at `at` or up to two minutes before.
fn coverage(secret: &str, history: &History, at: Timestamp, start: Timestamp, end: Timestamp) -> Vec<Open> {
    match secret {
        "Alpha" => alpha(at),
        "Beta" => vec![Open(start - HOUR * 24, end + HOUR * 24 * 30)],
        _ => {
            let since = history.drop_in.iter().rposition(|(edited, _)| *edited <= at - MINUTE * 2).unwrap_or(0);
            let until = history.drop_in.iter().rposition(|(edited, _)| *edited <= at);
            until.map_or_else(Vec::new, |until| history.drop_in[since..=until].iter().filter_map(|(_, open)| *open).collect())
        }
    }
}

fn alpha(at: Timestamp) -> Vec<Open> {
    let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
    let today = berlin.to_datetime(at).date();
    let mut open = Vec::new();
    for days in -3..=3 {
        let date = today.saturating_add(jiff::Span::new().days(days));
        let mut add = |hour, minute, hours: i64| {
            let opens = berlin.to_timestamp(date.at(hour, minute, 0, 0)).expect("an instant");
            open.push(Open(opens, opens + HOUR * hours as i32));
        };
        match date.weekday() {
            Weekday::Saturday => {}
            Weekday::Sunday => add(2, 30, 30),
            _ => add(22, 0, 2),
        }
    }
    open
}

fn judge_events(events: &[Event]) {
    let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
    assert!(count(|event| matches!(event, Event::InPlace { .. })) > 100, "two daemons met");
    assert!(count(|event| matches!(event, Event::Drift { .. })) > 0, "a stranger was noticed");
    assert!(count(|event| matches!(event, Event::Revoked { .. })) > 0, "a tombstone was noticed");
    assert!(count(|event| matches!(event, Event::ClockStepped { .. })) > 0, "a step was noticed");
    assert!(count(|event| matches!(event, Event::Capped { .. })) > 0, "the cap was met");
    let failing = count(|event| matches!(event, Event::Failing { .. }));
    let well = count(|event| matches!(event, Event::WellAgain { .. }));
    assert!(failing > 0 && well > 0, "{failing} failing, {well} well again");
    for event in events {
        let record = event.record();
        assert!(!format!("{record:?}{event:?}").contains(CANARY), "a secret part in {}", record.message);
    }
}
