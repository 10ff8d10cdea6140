//! What systemd is told (sd_notify(3)): that credadmin is ready, reloads or stops, that its loop goes on, and how things stand.
//!
//! Nothing rests on it: where systemd does not listen, nothing is said, and what can't be said is lost.

use jiff::SignedDuration;
use sd_notify::NotifyState;

use crate::clock::Elapsed;

/// How much longer systemd is to wait for a start that makes progress.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// The status is said no more often: a thousand windows may open at once, and systemd may be slow to listen.
const STATUS_GAP: SignedDuration = SignedDuration::from_secs(1);

/// The line to systemd.
#[derive(Debug, Default)]
pub struct Notify {
    listens: bool,
    watchdog: Option<SignedDuration>,
    fed: Option<Elapsed>,
    status: String,
    status_said: Option<Elapsed>,
    status_waits: bool,
}

impl Notify {
    /// To the systemd that started this process, if one did; it tells so in `NOTIFY_SOCKET` and `WATCHDOG_USEC`.
    pub fn to_systemd() -> Self {
        let watchdog = sd_notify::watchdog_enabled().and_then(|every| SignedDuration::try_from(every).ok());
        Self { listens: std::env::var_os("NOTIFY_SOCKET").is_some(), watchdog, ..Self::default() }
    }

    /// To nobody.
    pub fn to_nobody() -> Self {
        Self::default()
    }

    /// Whether a status would be said now. If it is too soon, there is to be another look.
    pub fn takes_status(&mut self, now: Elapsed) -> bool {
        self.status_waits = self.listens && self.status_said.is_some_and(|said| now.since(said) < STATUS_GAP);
        self.listens && !self.status_waits
    }

    /// The longest sleep after which the watchdog is still fed in time: less than half, so that one late wake-up is no death, and of
    /// a minute 25 s, so that the alarm comes before it. And that after which a status that waits is said.
    pub fn longest_sleep(&self) -> Option<SignedDuration> {
        let gap = self.status_waits.then_some(STATUS_GAP);
        self.watchdog.map(|every| every * 5 / 12).into_iter().chain(gap).min()
    }

    /// The loop goes on. Said by the loop itself and by nothing else, so that a stuck loop is killed.
    pub fn alive(&mut self, now: Elapsed) {
        let Some(every) = self.watchdog else { return };
        if self.fed.is_none_or(|fed| now.since(fed) >= every / 4) {
            self.fed = Some(now);
            self.say(&[NotifyState::Watchdog]);
        }
    }

    /// The start goes on, as `status` tells; systemd is asked for more time if that is news.
    pub fn starting(&mut self, status: String, now: Elapsed) {
        if self.status(status, now) {
            let patience = u32::try_from(PATIENCE.as_micros()).unwrap_or(u32::MAX);
            self.say(&[NotifyState::ExtendTimeoutUsec(patience)]);
        }
    }

    /// The start, or a reload, is over.
    pub fn ready(&self) {
        self.say(&[NotifyState::Ready]);
    }

    /// A reload begins.
    pub fn reloading(&self) {
        // systemd 253 and newer pair it with READY by the time.
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            self.say(&[NotifyState::Reloading, now]);
        }
    }

    /// The end begins.
    pub fn stopping(&self) {
        self.say(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    }

    /// How things stand, for `systemctl status`, where that is taken. Answers whether it was news, and was said.
    pub fn status(&mut self, status: String, now: Elapsed) -> bool {
        if self.status == status {
            return false;
        }
        self.say(&[NotifyState::Status(&status)]);
        (self.status, self.status_said) = (status, Some(now));
        true
    }

    fn say(&self, states: &[NotifyState]) {
        if self.listens {
            // A systemd that does not listen any more is told again at the next change.
            let _ = sd_notify::notify(states);
        }
    }
}
