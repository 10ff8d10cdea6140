//! What is seen before anything is done: whose sessions live until when, and what time it is at AWS.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::aim::Aim;
use super::deny::{POLICY, read, stamp};
use crate::aws::Description;
use crate::aws::admin::{Admin, Caller};
use crate::aws::trouble::Trouble;
use crate::clock::Clock;
use crate::config::Watched;
use crate::grant::Name;
use crate::instant::after;
use crate::schedule::token;
use crate::session;
use crate::tries::again;
use crate::visit::writable;

/// What is seen before anything is done.
pub struct Beforehand<'a> {
    /// AWS's clock minus ours, as far as it is certain.
    pub ahead: SignedDuration,
    /// The stamp of a Deny that is there already, if there is one and it can be read.
    pub there: Result<Option<Timestamp>, Trouble>,
    /// The secrets, in the aim's order.
    pub seen: Vec<(&'a Watched, Result<Description, Trouble>)>,
}

/// Looks at the role and at the secrets. `caller` answered between `asked_at` and now.
pub async fn look<'a>(aws: &impl Admin, clock: &Clock, aim: &Aim<'a>, caller: &Caller, asked_at: Timestamp) -> Beforehand<'a> {
    let ahead = caller.at.map_or(SignedDuration::ZERO, |at| session::skew(at, asked_at, clock.now()));
    let policy = again(clock, async || aws.role_policy(aim.role(), POLICY).await);
    // All at once: each may take half a minute where AWS does not answer.
    let described = aim.secrets.iter().map(async |watched| {
        let described = again(clock, async || aws.describe_secret(&watched.secret.secret_id).await).await;
        (*watched, described.and_then(|description| writable(&description).map(|()| description)))
    });
    let (there, seen) = tokio::join!(policy, join_all(described));
    let there = there.map(|policy| policy.as_deref().and_then(read));
    Beforehand { ahead, there, seen }
}

impl Beforehand<'_> {
    /// Before which instant sessions are denied, if that is done at `now`.
    pub fn stamp(&self, now: Timestamp) -> Timestamp {
        let aws_now = after(now, self.ahead);
        stamp(aws_now, self.there.as_ref().ok().copied().flatten())
    }

    /// Until when the session lives that readers of each secret get, where one is alive.
    pub fn alive(&self, now: Timestamp) -> impl Iterator<Item = (&Name, Timestamp)> {
        self.seen.iter().filter_map(move |(watched, seen)| {
            let version = seen.as_ref().ok()?.staged.current.as_deref()?;
            token::ends(version).filter(|ends| *ends > now).map(|ends| (&watched.secret.name, ends))
        })
    }
}
