//! One visit to one secret: describe it, judge, and publish the planned session where it is missing.

use jiff::{SignedDuration, Timestamp};

use crate::aws::trouble::{Kind, Operation, Trouble};
use crate::aws::{Aws, Description};
use crate::clock::Clock;
use crate::errand::Errand;
use crate::grant::Span;
use crate::instant::after;
use crate::journal::Published;
use crate::pace::Pace;
use crate::schedule::quota::BUDGET;
use crate::schedule::token;
use crate::schedule::verdict::{Verdict, Wanted, Written, judge};
use crate::session::{OVER, TOLERANCE, TOO_EARLY};
use crate::{session, vault};

/// How far ahead the stamp of a revocation can be: half a minute, by a clock that AWS takes, seen by another that it takes.
/// Nobody waits for one that is further off.
const FARTHEST_STAMP: SignedDuration = SignedDuration::from_mins(11);
/// How soon it is tried again, where AWS's clock has not yet come to the stamp by which ours has.
const STAMP_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// The clocks of two instances may differ by so much.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(10);

/// What came of it.
#[derive(Debug)]
pub struct Visit {
    /// What it was for.
    pub errand: Errand,
    /// What DescribeSecret said, if it answered.
    pub seen: Option<Description>,
    /// What was done, or why not.
    pub outcome: Result<Done, Trouble>,
}

/// What was done.
#[derive(Clone, Debug)]
pub enum Done {
    /// Looked only.
    Looked,
    /// The planned session was in its place.
    InPlace {
        /// Its version.
        version_id: String,
    },
    /// The planned session was written within the last minute, and DescribeSecret does not show it yet.
    Unseen {
        /// Its version.
        planned: String,
    },
    /// The planned session was published earlier, and another version is in its place.
    Superseded {
        /// The planned version.
        planned: String,
        /// The one in its place.
        current: String,
    },
    /// Access was revoked, and a session issued now would be denied too: the planned one waits.
    Waits {
        /// Until then.
        until: Timestamp,
    },
    /// The planned session was published.
    Published {
        /// It.
        session: Published,
        /// The version that readers got before.
        over: Option<String>,
    },
}

/// Visits a secret.
pub async fn visit(aws: &impl Aws, clock: &Clock, pace: &Pace, errand: Errand) -> Visit {
    let (seen, outcome) = match aws.describe_secret(&errand.secret.secret_id).await {
        Ok(seen) => {
            let outcome = act(aws, clock, pace, &errand, &seen).await;
            (Some(seen), outcome)
        }
        Err(trouble) => (None, Err(trouble)),
    };
    if outcome.as_ref().is_err_and(|trouble| trouble.kind == Kind::StaleCredentials) {
        aws.renew().await;
    }
    Visit { errand, seen, outcome }
}

async fn act(aws: &impl Aws, clock: &Clock, pace: &Pace, errand: &Errand, seen: &Description) -> Result<Done, Trouble> {
    writable(seen)?;
    let Some(wanted @ Wanted { ends, .. }) = errand.wanted else {
        return Ok(Done::Looked);
    };
    // A process that was stopped for a while goes on where it was: it must not put what was due then over what is due now. Nor is
    // anything issued or written for a grant that was taken away meanwhile.
    let in_time = || clock.now() < errand.good_until && !errand.call_off.is_called();
    let until_next = errand.good_until.duration_since(clock.now());
    let ends_later = seen.staged.current.as_deref().and_then(token::ends).is_some_and(|it| it > ends);
    if ends_later && until_next <= CLOCKS_DIFFER {
        // By another instance's clock the next session was due already.
        clock.sleep(until_next).await;
    }
    if !in_time() {
        return Ok(Done::Looked);
    }
    let version_id = match judge(&errand.secret, wanted, clock.now(), &seen.staged, errand.written.as_ref()) {
        Verdict::InPlace => return Ok(Done::InPlace { version_id: current(seen) }),
        Verdict::Unseen { planned } => return Ok(Done::Unseen { planned }),
        Verdict::Superseded { planned } => return Ok(Done::Superseded { planned, current: current(seen) }),
        Verdict::Publish { version_id } => version_id,
    };
    let stamp = seen.staged.current.as_deref().and_then(token::denied_before);
    let stamp = stamp.filter(|stamp| stamp.duration_since(clock.now()) <= FARTHEST_STAMP);
    let again = stamp.map_or(Timestamp::MIN, |stamp| after(stamp, TOLERANCE));
    if clock.now() < again {
        return Ok(Done::Waits { until: again });
    }
    within_budget(errand, &version_id)?;
    pace.turn(clock).await;
    if !in_time() || ends.duration_since(clock.now()) < errand.secret.cadence.shortest() {
        // The turn came too late: another session is due, or the window is all but over.
        return Ok(Done::Looked);
    }
    // By AWS's own clock it has to be issued after the stamp, to the second: so much is tolerated of a window that opens.
    let life = Span { opens: errand.opened.max(again), closes: ends };
    let session = match session::issue(aws, clock, &errand.secret, &errand.grants, life).await {
        Err(trouble) if trouble.code == TOO_EARLY && life.opens > errand.opened => {
            return Ok(Done::Waits { until: after(clock.now(), STAMP_AGAIN) });
        }
        // While this process stood still the session ended, and another is due.
        Err(trouble) if trouble.code == OVER && !in_time() => return Ok(Done::Looked),
        issued => issued?,
    };
    if !in_time() {
        return Ok(Done::Looked);
    }
    let told = vault::Told { grants: &errand.grants, opens_next: errand.opens_next };
    match vault::publish(aws, &errand.secret, told, &session, &version_id, in_time).await {
        Ok(receipt) => {
            let session = Published {
                grants: errand.grants.clone(),
                ends: session.ends,
                version_id,
                access_key_id: session.credential.access_key_id.clone(),
                session_name: session.session_name,
                skew: session.skew,
                token_utilization: session.token_utilization,
                sts_request_id: session.request_id,
                request_id: receipt.request_id,
            };
            Ok(Done::Published { session, over: seen.staged.current.clone() })
        }
        // Somebody was first with this very session: another instance, or this one, whose answer was lost.
        Err(trouble) if trouble.kind == Kind::Exists => {
            let again = aws.describe_secret(&errand.secret.secret_id).await?;
            if !in_time() {
                return Ok(Done::Looked);
            }
            let written = Written { version_id, shows: false };
            match judge(&errand.secret, wanted, clock.now(), &again.staged, Some(&written)) {
                Verdict::InPlace => Ok(Done::InPlace { version_id: current(&again) }),
                Verdict::Unseen { planned } => Ok(Done::Unseen { planned }),
                Verdict::Superseded { .. } | Verdict::Publish { .. } => {
                    Ok(Done::Superseded { planned: written.version_id, current: current(&again) })
                }
            }
        }
        Err(trouble) => Err(trouble),
    }
}

fn within_budget(errand: &Errand, version_id: &str) -> Result<(), Trouble> {
    let (room, kept) = match token::is_over(version_id) {
        true => (errand.repairs, ", less what it keeps for the plan"),
        false => (errand.room, ""),
    };
    if room > 0 {
        return Ok(());
    }
    let written = BUDGET - errand.room;
    let message = format!("{written} versions were written in the last 24 hours, of the {BUDGET} that credadmin allows{kept}");
    Err(Trouble::new(Operation::PutSecretValue, Kind::VersionBudget, "VersionBudget", &message))
}

fn current(seen: &Description) -> String {
    seen.staged.current.clone().unwrap_or_default()
}

/// A secret that can't be written is trouble before anything is issued for it.
///
/// # Errors
/// What keeps it from being written.
pub fn writable(seen: &Description) -> Result<(), Trouble> {
    let trouble = |kind, code, message: String| Err(Trouble::new(Operation::DescribeSecret, kind, code, &message));
    if let Some(when) = seen.deleted {
        return trouble(Kind::Deleted, "MarkedForDeletion", format!("the secret was marked for deletion at {when}"));
    }
    if let Some(service) = &seen.owning_service {
        return trouble(Kind::NotWritable, "ManagedSecret", format!("the secret is managed by the service {service}"));
    }
    if let Some(region) = &seen.replica_of {
        let message = format!("the secret is a replica, which takes no sessions: its primary is in {region}");
        return trouble(Kind::NotWritable, "ReplicaSecret", message);
    }
    Ok(())
}
