//! What the kernel says of a process and of the machine.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::ClockId;
use nix::unistd::Pid;

use crate::Told;

/// CPU time of a running process, user and system, of all its threads, the ended ones too.
pub fn cpu(pid: Pid) -> Told<Duration> {
    Ok(ClockId::pid_cpu_clock_id(pid)?.now()?.into())
}

/// CPU time of this process.
pub fn own_cpu() -> Told<Duration> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}

/// CPU time of all children that have ended and been waited for.
pub fn children_cpu() -> Told<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = [usage.user_time(), usage.system_time()].map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    Ok(Duration::from_micros(micros.iter().sum::<i64>().try_into()?))
}

/// Memory of a process, in MiB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Resident.
    pub resident: f64,
    /// Resident, of what is shared with other processes its part only.
    pub proportional: f64,
    /// The most that ever was resident.
    pub peak: f64,
}

/// Memory of a running process.
pub fn memory(pid: Pid) -> Told<Memory> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mebibytes = |text: &str, key: &str| Ok::<_, Box<dyn std::error::Error>>(number(text, key)? as f64 / 1024.0);
    Ok(Memory {
        resident: mebibytes(&rollup, "Rss:")?,
        proportional: mebibytes(&rollup, "Pss:")?,
        peak: mebibytes(&status, "VmHWM:")?,
    })
}

/// How a running process stands.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Resident memory, in MiB.
    pub resident: f64,
    /// The most that ever was resident, in MiB.
    pub peak: f64,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
    /// Wake-ups so far.
    pub wake_ups: u64,
    /// CPU time so far.
    pub cpu: Duration,
}

/// How a running process stands.
pub fn sample(pid: Pid) -> Told<Sample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Sample {
        resident: number(&status, "VmRSS:")? as f64 / 1024.0,
        peak: number(&status, "VmHWM:")? as f64 / 1024.0,
        descriptors: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
        threads: number(&status, "Threads:")?,
        wake_ups: wake_ups(pid)?,
        cpu: cpu(pid)?,
    })
}

/// How often the threads of a running process went to sleep by themselves, and so were woken.
pub fn wake_ups(pid: Pid) -> Told<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        sum += number(&fs::read_to_string(thread?.path().join("status"))?, "voluntary_ctxt_switches:")?;
    }
    Ok(sum)
}

/// The processor, and how many of it, and how busy they were.
pub fn machine() -> Told<String> {
    let about = fs::read_to_string("/proc/cpuinfo")?;
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: Vec<&str> = load.split(' ').take(1).collect();
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{}, {cores} cores, load {} before", model.map_or("unknown processor", |(_, name)| name), load.concat()))
}

/// The number after `key` at the beginning of a line.
fn number(text: &str, key: &str) -> Told<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)).ok_or_else(|| format!("no {key} in /proc"))?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}
