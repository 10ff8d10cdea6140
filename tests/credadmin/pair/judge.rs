//! What has to hold, by AWS's records, of two daemons on one config, whatever happens to either of them:
//!
//! 1. A planned session is written once. It is written again only where one of its predecessors, which was on its way for minutes,
//!    arrived after it and took its place; and never in a window of one planned session.
//! 2. No session lives beyond the end of its window, published or not.
//! 3. Nothing is sent outside of a window; what was sent inside of it arrives within the five minutes for which AWS takes a
//!    signature.
//! 4. Readers never get a session that ends earlier than the one before, but for one that was on its way for minutes.
//! 5. While one of the two was well for some minutes, there is a live session.
//! 6. There are 90 versions in any 24 hours at most.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::Account;
use super::line::lock;
use crate::story::{minutes, seconds};

/// When something was wrong.
pub type Spans = Vec<(Timestamp, Timestamp)>;

/// The hosts' clocks may be wrong by so much, and an instant in a version id is cut to seconds.
const WRONG: SignedDuration = SignedDuration::from_secs(5);
/// AWS takes a signature for so long.
const SIGNED: SignedDuration = SignedDuration::from_mins(5);
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
    late: usize,
    again: usize,
    after_the_end: usize,
    looked: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { windows, served, versions, sessions, late, again, after_the_end, looked } = self;
        write!(
            f,
            "{windows} windows, {served} of them served; {versions} versions of {sessions} sessions; {late} arrived after a later \
             one, {again} were written again for that, {after_the_end} arrived after the end; {looked} looks when one was well"
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
        in_its_window(account, secret, &windows, &mut found);
        in_order(account, secret, &windows, &mut found);
        no_session_outlives(account, secret, &windows);
        for (created, _) in &written {
            let day = written.iter().filter(|(it, _)| it >= created && *it < *created + minutes(24 * 60)).count();
            assert!(day <= 90, "{day} versions of {secret} in the 24 hours from {created}");
        }
        for window in windows {
            let inside: Vec<_> = written.iter().filter(|(_, ends)| window.opens < *ends && *ends <= window.closes).collect();
            found.served += usize::from(!inside.is_empty());
            found.looked += alive(account, &window, &written, troubles);
        }
    }
    found
}

/// Each version belongs to one window, and was sent while that was open.
fn in_its_window(account: &Account, secret: &str, windows: &[Window], found: &mut Found) {
    for version in account.world.versions(secret) {
        let ends = credadmin::schedule::token::ends(&version.version_id).expect("a version of credadmin's");
        let sent = lock(&account.sent)[&version.version_id];
        let what = format!("{secret}, sent {sent}, written {}, ends {ends}", version.created);
        let window = windows.iter().find(|it| it.opens < ends && ends <= it.closes);
        let window = window.unwrap_or_else(|| panic!("a session of no window: {what}"));
        assert!(window.opens - WRONG <= sent && sent < window.closes + WRONG, "sent outside of {window:?}: {what}");
        assert!(version.created <= sent + SIGNED + WRONG, "an old signature was taken: {what}");
        found.after_the_end += usize::from(version.created >= window.closes);
        let value: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
        let dies = account.world.live_end(value["sessionId"].as_str().expect("a key id")).expect("a session of this world");
        assert!(dies <= ends, "lives until {dies}: {what}");
    }
}

/// Ends only grow, and none comes twice, but for what was on its way and arrived too late.
fn in_order(account: &Account, secret: &str, windows: &[Window], found: &mut Found) {
    let versions = account.world.versions(secret);
    let written = account.written(secret);
    for (i, (created, ends)) in written.iter().enumerate() {
        let what = format!("the session of {secret} that ends {ends}, written {created}");
        let before = &written[..i];
        if let Some((overtaken_by, _)) = before.iter().find(|(_, other)| other > ends) {
            let sent = lock(&account.sent)[&versions[i].version_id];
            assert!(sent < *overtaken_by + WRONG, "{what}, was sent {sent}, after a later one was written {overtaken_by}");
            found.late += 1;
        }
        if let Some(first) = before.iter().position(|(_, other)| other == ends) {
            assert!(before[first..].iter().any(|(_, other)| other < ends), "{what}, was published before: {before:?}");
            let window = windows.iter().find(|it| it.opens < *ends && *ends <= it.closes).expect("its window");
            assert!(window.closes.duration_since(window.opens) > minutes(20), "{what}, was the only one of its window");
            found.again += 1;
        }
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
