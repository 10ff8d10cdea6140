//! From the start of the process until it tells systemd that it is ready: the daemon and the floor, taking turns.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use credadmin::clock::Clock;

use crate::Told;
use crate::account::{Account, Quotas};
use crate::config::Config;
use crate::daemon::{Daemon, Program};
use crate::table::Row;

/// Starts of each.
const STARTS: usize = 15;
/// A guard against waiting for ever; nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures both.
pub fn measure() -> Told<Vec<Row>> {
    let clock = Clock::system();
    let account = Account::start(1, Quotas::Kept)?;
    let mut config = Config::new(1)?;
    config.recurring(1, 1, 1, clock.now())?;
    let path = config.write()?;
    let socket = path.with_file_name("notify");
    let systemd = UnixDatagram::bind(&socket)?;
    systemd.set_read_timeout(Some(PATIENCE))?;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for (program, times) in [Program::Credadmin, Program::Floor].into_iter().zip(&mut times) {
            let began = clock.elapsed();
            let daemon = Daemon::start_under(program, &path, &account, &socket)?;
            while !hear(&systemd)?.contains("READY=1") {}
            times.push(clock.elapsed().since(began).as_secs_f64() * 1e3);
            daemon.stop()?;
        }
    }
    let [ours, floor] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let row = Row::new("start of the process to READY, median", format!("{ours:.1} ms"));
    Ok(vec![
        row.with_goal(&format!("at most 1.1x the floor, {:.2}x", ours / floor), ours <= 1.1 * floor),
        Row::new("the floor: the same crates, doing no more than they have to", format!("{floor:.1} ms")),
    ])
}

fn hear(systemd: &UnixDatagram) -> Told<String> {
    let mut text = [0; 4096];
    let length = systemd.recv(&mut text)?;
    Ok(String::from_utf8_lossy(&text[..length]).into_owned())
}
