//! A wake-up at each UTC minute, from tokio-cron-scheduler.
//!
//! It watches the wall clock, so it rings soon after the clock was set or the host has slept, which no sleep notices. It rings
//! late and can lose a ring: nothing rests on it but that the daemon looks up now and then.

use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::daemon::Wake;

/// Rings at second 0 of each minute, until dropped.
///
/// # Errors
/// What the scheduler says.
pub async fn each_minute(wakes: mpsc::Sender<Wake>) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let ring = Job::new("0 * * * * *", move |_, _| {
        // A full channel has wake-ups enough.
        let _ = wakes.try_send(Wake::Look);
    })?;
    scheduler.add(ring).await?;
    scheduler.start().await?;
    Ok(scheduler)
}
