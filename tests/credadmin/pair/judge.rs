//! What has to hold, by AWS's records, of two daemons on one config, whatever happens to either of them:
//!
//! 1. A planned session is written once, and readers never get one that ends earlier than the one before: the ends in the version
//!    ids of a secret grow strictly.
//! 2. Nothing is written outside of a window, and what is written in it ends with it at the latest.
//! 3. No session lives beyond the end of its window, published or not.
//! 4. While one of the two has been well for some minutes, there is a live session.
//! 5. There are 90 versions in any 24 hours at most.
//!
//! AWS takes a signature for five minutes, so a write that is on its way for minutes could break the first two; `late` says what
//! happens then. It takes both daemons to be out of order at the right moment, and is in none of these windows.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::Account;
use crate::story::{minutes, seconds};

/// When something was wrong.
pub type Spans = Vec<(Timestamp, Timestamp)>;

/// The hosts' clocks may be wrong by so much, and an instant in a version id is cut to seconds.
const WRONG: SignedDuration = SignedDuration::from_secs(5);
/// After so long without trouble everything is as planned: a look every five minutes finds what is not.
const SETTLED: SignedDuration = SignedDuration::from_mins(6);

/// When a secret is open.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The secret.
    pub secret: &'static str,
    /// From when on.
    pub opens: Timestamp,
    /// Until when.
    pub closes: Timestamp,
}

/// What was found, for those who read along.
#[derive(Debug, Default)]
pub struct Found {
    windows: usize,
    served: usize,
    versions: usize,
    sessions: usize,
    looked: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { windows, served, versions, sessions, looked } = self;
        write!(
            f,
            "{windows} windows, {served} of them served; {versions} versions, {sessions} sessions issued; \
             {looked} looks when one was well"
        )
    }
}

/// Judges all windows of all secrets. `troubles` says of each host when something was wrong with it.
pub fn judge(account: &Account, windows: &[Window], troubles: &[Spans]) -> Found {
    let mut found = Found { windows: windows.len(), sessions: account.world.sessions().len(), ..Found::default() };
    let mut secrets: Vec<&str> = windows.iter().map(|window| window.secret).collect();
    secrets.dedup();
    for secret in secrets {
        let windows: Vec<Window> = windows.iter().filter(|window| window.secret == secret).copied().collect();
        let written = account.written(secret);
        found.versions += written.len();
        for pair in written.windows(2) {
            assert!(pair[0].1 < pair[1].1, "{secret} was written with an end that is no later than the one before: {pair:?}");
        }
        in_its_window(account, secret, &windows);
        no_session_outlives(account, secret, &windows);
        for (created, _) in &written {
            let day = written.iter().filter(|(it, _)| it >= created && *it < *created + minutes(24 * 60)).count();
            assert!(day <= 90, "{day} versions of {secret} in the 24 hours from {created}");
        }
        for window in windows {
            let is_served = written.iter().any(|(_, ends)| window.opens < *ends && *ends <= window.closes);
            found.served += usize::from(is_served);
            found.looked += alive(account, &window, &written, troubles);
        }
    }
    found
}

/// Each version belongs to one window, was written while that was open, and its session lives no longer than planned.
fn in_its_window(account: &Account, secret: &str, windows: &[Window]) {
    for (version, (created, ends)) in account.world.versions(secret).iter().zip(account.written(secret)) {
        let what = format!("{secret}, written {created}, ends {ends}");
        let window = windows.iter().find(|it| it.opens < ends && ends <= it.closes);
        let window = window.unwrap_or_else(|| panic!("a session of no window: {what}"));
        assert!(window.opens - WRONG <= created && created < window.closes, "written outside of {window:?}: {what}");
        let value: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
        let dies = account.world.live_end(value["sessionId"].as_str().expect("a key id")).expect("a session of this world");
        assert!(dies <= ends, "lives until {dies}: {what}");
    }
}

/// Published or not, no session lives beyond the end of its window. One that is issued after that is dead on arrival.
fn no_session_outlives(account: &Account, secret: &str, windows: &[Window]) {
    let role = format!(":role/{secret}Access");
    for session in account.world.sessions().into_iter().filter(|session| session.role_arn.ends_with(&role)) {
        let dies = account.world.live_end(&session.access_key_id).expect("a session of this world");
        let window = windows.iter().rev().find(|it| it.opens - WRONG <= session.issued_at);
        let window = window.unwrap_or_else(|| panic!("issued before all windows: {session:?}"));
        assert!(dies <= window.closes || dies <= session.issued_at, "lives until {dies}, beyond {window:?}: {session:?}");
    }
}

/// Looks each minute in which one of the hosts has been well for long enough; answers how often.
fn alive(account: &Account, window: &Window, written: &[(Timestamp, Timestamp)], troubles: &[Spans]) -> usize {
    let well = |at: Timestamp, spans: &Spans| !spans.iter().any(|(from, to)| *from <= at && at - SETTLED <= *to);
    let mut looked = 0;
    let mut at = window.opens + SETTLED;
    while at < account.clock.now().min(window.closes - seconds(35)) {
        if troubles.iter().any(|spans| well(at, spans)) {
            let current = written.iter().rev().find(|(created, _)| *created <= at);
            assert!(current.is_some_and(|(_, ends)| *ends > at), "{window:?}: nothing alive at {at}, but {current:?}");
            looked += 1;
        }
        at += minutes(1);
    }
    looked
}
