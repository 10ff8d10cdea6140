//! From one config to another with both daemons running: one is reloaded, and the other some time later.

use jiff::{SignedDuration, Timestamp};

use super::{Account, alpha};
use crate::story::{CANARY, minutes, seconds};

const SEED: u64 = 20_261_202;
/// How often each change is rolled out, each time at another moment.
const TIMES: usize = 20;
/// The config before: open from eight to noon.
const BEFORE: &str = "from = '2026-12-01T08:00:00Z'\nuntil = '2026-12-01T12:00:00Z'";
/// After so long with both on the new config nothing is left to be done: every five minutes they look at what is there.
const SETTLED: SignedDuration = SignedDuration::from_mins(6);

/// How long they are watched after that.
const AFTER: SignedDuration = SignedDuration::from_hours(8);

/// What is changed, and the config after it.
fn changes() -> Vec<(&'static str, String)> {
    let before = alpha(BEFORE);
    let secret = |keys: &str| before.replace("[grants", &format!("{keys}\n[grants"));
    let added = "[grants.added]\nsecret = 'alpha'\nfrom = '2026-12-01T09:00:00Z'\nuntil = '2026-12-01T15:00:00Z'\n";
    vec![
        ("cut", before.replace("T12:00", "T10:30")),
        ("extended", before.replace("T12:00", "T14:20")),
        ("moved", before.replace("T08:00", "T10:30").replace("T12:00", "T15:00")),
        ("removed", before[..before.find("[grants").expect("a grant")].to_owned()),
        ("added", before.clone() + added),
        ("shorter sessions", secret("session_duration = '35m'\nrefresh_lead = '15m'")),
        ("longer sessions", secret("session_duration = '2h'")),
        ("another role", before.replace("AlphaAccess", "BetaAccess")),
        ("no session policy", secret("session_policy = 'off'")),
    ]
}

/// One rollout, as it was.
struct Rollout {
    /// What the config before and the one after plan for the day.
    plans: [Vec<(Timestamp, Timestamp)>; 2],
    /// Whether both make the same session of the same planned end.
    same_sessions: bool,
    /// When the first daemon and the second one were reloaded.
    reloads: [Timestamp; 2],
    written: Vec<(Timestamp, Timestamp)>,
}

#[tokio::test(start_paused = true)]
async fn a_rollout_comes_to_rest() {
    println!("seed {SEED}");
    let mut chance = fastrand::Rng::with_seed(SEED);
    for (change, after) in changes() {
        let (mut mixed, mut once_more) = (0, 0);
        for _ in 0..TIMES {
            let rollout = rolled_out(&after, &mut chance).await;
            mixed += while_mixed(change, &rollout);
            once_more += at_rest(change, &rollout);
            never_without(change, &rollout);
        }
        assert!(mixed <= 2 * TIMES, "{change}: {mixed} versions beyond the new plan in {TIMES} rollouts");
        println!(
            "{change}: {TIMES} rollouts, in all {mixed} versions beyond the new plan while they were mixed, and {once_more} once more \
             after that"
        );
    }
}

async fn rolled_out(after: &str, chance: &mut fastrand::Rng) -> Rollout {
    let account = Account::new(&["Alpha", "Beta"]);
    let before = alpha(BEFORE);
    let mut hosts = [account.host(&before, seconds(-1)), account.host(&before, seconds(1))];
    let new = account.host(after, SignedDuration::ZERO);
    let plans = [hosts[0].planned(), new.planned()];
    account.world.update_role("AlphaAccess", |role| role.max_session_seconds = 43_200);
    account.world.set_instance_roles_are_capped(false);
    account.world.set_describe_lag(std::time::Duration::from_millis(chance.u64(0..60_000)));
    hosts.iter_mut().zip(0..).for_each(|(host, seed)| host.start(seed, None));
    let mut reloads = [account.clock.now(); 2];
    let first = chance.usize(0..2);
    for (host, wait) in [(first, 60 * 240), (1 - first, [10, 600, 6000][chance.usize(0..3)])] {
        account.clock.sleep(SignedDuration::from_millis(chance.i64(0..wait * 1000))).await;
        hosts[host].write(after);
        hosts[host].reload().await;
        reloads[usize::from(host != first)] = account.clock.now();
    }
    account.clock.sleep_until(account.clock.now() + AFTER).await;
    for host in &mut hosts {
        host.kill();
        for event in host.events() {
            assert!(!format!("{:?}{event:?}", event.record()).contains(CANARY), "a secret part in {}", event.record().message);
        }
    }
    let mut written = account.written("Alpha");
    written.retain(|(at, _)| *at < account.clock.now());
    let same_sessions = !["BetaAccess", "session_policy"].iter().any(|other| after.contains(other));
    Rollout { plans, same_sessions, reloads, written }
}

/// The sessions of a plan that are due at some moment between these two.
fn due(plan: &[(Timestamp, Timestamp)], from: Timestamp, to: Timestamp) -> impl Iterator<Item = &(Timestamp, Timestamp)> {
    plan.iter()
        .enumerate()
        .filter(move |(i, (at, ends))| {
            let until = plan.get(i + 1).map_or(*ends, |(next, _)| (*next).min(*ends));
            *at < to && until > from
        })
        .map(|(_, session)| session)
}

/// While they are on two configs, each session of either is written once, and once more at most. Answers with how many versions
/// there were beyond those of the new plan.
fn while_mixed(change: &str, rollout: &Rollout) -> usize {
    let [first, second] = rollout.reloads;
    let settled = second + SETTLED;
    let written: Vec<_> = rollout.written.iter().filter(|(at, _)| first <= *at && *at < settled).collect();
    let planned: Vec<_> = rollout.plans.iter().map(|plan| due(plan, first - seconds(2), settled).count()).collect();
    let most = 2 * (planned[0] + planned[1]);
    assert!(
        written.len() <= most,
        "{change}: {} versions, {planned:?} planned, {:?} {written:?}",
        written.len(),
        rollout.reloads
    );
    written.len().saturating_sub(planned[1])
}

/// Once settled, they write what the new plan says: each of its sessions once, and in time. Answers with how many of these came
/// once more, because one of the old plan had taken their place and ran out.
fn at_rest(change: &str, rollout: &Rollout) -> usize {
    let settled = rollout.reloads[1] + SETTLED;
    let until = rollout.reloads[1] + AFTER - seconds(5);
    let written: Vec<_> = rollout.written.iter().filter(|(at, _)| *at >= settled && *at < until).collect();
    let planned: Vec<_> = due(&rollout.plans[1], settled, until).collect();
    let what = format!("{change}, {:?}: {written:?} of {planned:?}", rollout.reloads);
    // The old plan may have had a session with the very end of one of the new.
    let there = |end: &Timestamp| rollout.written.iter().any(|(at, ends)| *at < settled && ends == end);
    for (at, ends) in &planned {
        let times: Vec<_> = written.iter().filter(|(_, end)| end == ends).map(|(at, _)| *at).collect();
        assert!(times.len() <= 1, "{what}: {ends} more than once");
        let is_new = *at >= settled && !(rollout.same_sessions && there(ends));
        assert!(!is_new || times.len() == 1 && times[0].duration_since(*at).abs() <= seconds(3), "{what}: {ends} not in time");
    }
    let strange: Vec<_> = written.iter().filter(|(_, end)| !planned.iter().any(|(_, ends)| ends == end)).collect();
    assert!(strange.is_empty(), "{what}: {strange:?} is not of the new plan");
    let once_more = written.iter().filter(|(_, ends)| there(ends)).count();
    assert!(once_more <= 1, "{what}");
    once_more
}

/// Readers have a live session whenever both configs are open, but for the moments of an opening.
fn never_without(change: &str, rollout: &Rollout) {
    let mut at = rollout.plans[0][0].0 + minutes(1);
    while at < rollout.reloads[1] + AFTER {
        let opened = |plan: &[(Timestamp, Timestamp)]| due(plan, at - seconds(10), at + seconds(40)).next().is_some();
        let both = rollout.plans.iter().all(|plan| due(plan, at, at + seconds(1)).next().is_some() && opened(plan));
        if both {
            let current = rollout.written.iter().rev().find(|(created, _)| *created <= at);
            assert!(current.is_some_and(|(_, ends)| *ends > at), "{change}, {:?}: at {at} {current:?}", rollout.reloads);
        }
        at += minutes(1);
    }
}
