//! Killed at random moments, and started again at once, while windows open and close: the state is in AWS alone, so nothing is
//! lost by it and nothing published twice.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::thread;
use std::time::Duration;

use credadmin::cadence::SHORTEST_USE;
use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use super::judge::{Seen, Stretch, judge, percentile};
use crate::Told;
use crate::account::{Account, Quotas};
use crate::config::Config;
use crate::daemon::{Daemon, Program};
use crate::refresh::whole_second;
use crate::table::Row;

const SECRETS: usize = 100;
/// When what happens.
const SEED: u64 = 1_764_105_600;
/// How long windows are open, and closed between them, in seconds. For one shorter than 30 s no session is issued.
const OPEN: std::ops::Range<i64> = 20..180;
const CLOSED: std::ops::Range<i64> = 1..30;
/// A life that is killed before it is ready ends after so many milliseconds at most; any other, so many after that.
const UNBORN: u64 = 80;
const LIFE: u64 = 300;
/// A window that was open for so much longer than the shortest for which a session is issued has to have had one.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// A guard against waiting for ever; nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kills it so often.
pub fn measure(kills: usize) -> Told<Vec<Row>> {
    let clock = Clock::system();
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut account = Account::start(SECRETS, Quotas::Kept)?;
    let began = whole_second(clock.now());
    // A second for a life is more than lives are long.
    let stretches = stretches(began, began + SignedDuration::from_secs(kills as i64 + 60), &mut chance);
    let mut config = Config::new(SECRETS)?;
    for Stretch { secret, opens, closes } in &stretches {
        config.window(*secret, *opens, *closes)?;
    }
    let path = config.write()?;
    let socket = path.with_file_name("notify");
    let systemd = UnixDatagram::bind(&socket)?;

    let (mut ready, mut published) = (0, vec![0]);
    for _ in 0..kills {
        let daemon = Daemon::start_under(Program::Credadmin, &path, &account, &socket)?;
        if chance.u8(0..4) == 0 {
            thread::sleep(Duration::from_millis(chance.u64(0..UNBORN)));
        } else {
            wait_until_ready(&systemd)?;
            ready += 1;
            thread::sleep(Duration::from_millis(chance.u64(0..LIFE)));
        }
        daemon.kill()?;
        drain(&systemd)?;
        published.push(account.versions()?.len());
    }
    let (last, ended) = last_life(&path, &mut account, &stretches, began, (&socket, &systemd))?;
    let fruitful = published.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let issued = account.sessions()?;
    let refused = account.refused()?;
    let opened = stretches.iter().filter(|it| it.opens <= ended).count();
    let closed = stretches.iter().filter(|it| it.closes <= ended).count();
    Ok(vec![
        Row::new(format!("kills (seed {SEED})"), kills.to_string()),
        Row::new("of them after READY", ready.to_string()),
        Row::new("lives in which something was published", fruitful.to_string()),
        Row::new(format!("windows that opened, over {SECRETS} secrets; closed"), format!("{opened}; {closed}")),
        Row::new("sessions published", last.published.to_string()),
        Row::new("published twice, outside of a window, or outliving it", "0"),
        Row::new("windows that had to have a session, without one", "0"),
        Row::new("sessions issued and lost with the process", (issued - last.published).to_string()),
        Row::new("from the opening to the session: median", percentile(&last.late, 50)),
        Row::new("p99", percentile(&last.late, 99)),
        Row::new("longest", percentile(&last.late, 100)),
        Row::new("calls refused (the race of a dead process's last write)", format!("{}", refused.len())),
        Row::new("time for all", format!("{:.0} s", ended.duration_since(began).as_secs_f64())),
    ])
}

/// It is left alone until everything has its session that has to have one; answers with what AWS has then, and when that was.
fn last_life(
    config: &Path,
    account: &mut Account,
    stretches: &[Stretch],
    began: Timestamp,
    (socket, systemd): (&Path, &UnixDatagram),
) -> Told<(Seen, Timestamp)> {
    let clock = Clock::system();
    let daemon = Daemon::start_under(Program::Credadmin, config, account, socket)?;
    wait_until_ready(systemd)?;
    let (since, now) = (clock.elapsed(), clock.now());
    let has_to_be = |it: &&Stretch| it.opens < now && it.closes.duration_since(it.opens.max(began)) >= SHORTEST_USE + MARGIN;
    loop {
        let seen = judge(&account.versions()?, stretches, began)?;
        let missing: Vec<&Stretch> = seen.missing.iter().filter(has_to_be).collect();
        if missing.is_empty() {
            daemon.stop()?;
            return Ok((seen, clock.now()));
        }
        if clock.elapsed().since(since).unsigned_abs() > PATIENCE {
            let journal = daemon.journal()?;
            return Err(format!("{} without a session, such as {:?}\n{journal}", missing.len(), missing[0]).into());
        }
        drain(systemd)?;
        thread::sleep(Duration::from_millis(100));
    }
}

/// Windows of all secrets: open, closed, and open again.
fn stretches(from: Timestamp, until: Timestamp, chance: &mut fastrand::Rng) -> Vec<Stretch> {
    let mut stretches = vec![];
    for secret in 0..SECRETS {
        let mut opens = from - SignedDuration::from_secs(chance.i64(OPEN) / 2);
        while opens < until {
            let closes = opens + SignedDuration::from_secs(chance.i64(OPEN));
            stretches.push(Stretch { secret, opens, closes });
            opens = closes + SignedDuration::from_secs(chance.i64(CLOSED));
        }
    }
    stretches
}

fn wait_until_ready(systemd: &UnixDatagram) -> Told {
    systemd.set_read_timeout(Some(PATIENCE))?;
    let mut text = [0; 4096];
    loop {
        let length = systemd.recv(&mut text)?;
        if String::from_utf8_lossy(&text[..length]).contains("READY=1") {
            return Ok(());
        }
    }
}

/// What a dead process has said is not said by the next.
fn drain(systemd: &UnixDatagram) -> Told {
    systemd.set_nonblocking(true)?;
    while systemd.recv(&mut [0; 4096]).is_ok() {}
    Ok(systemd.set_nonblocking(false)?)
}
