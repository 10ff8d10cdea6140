//! What the sign-in service takes of a session of the role (aws-facts §15 B and G), tried with one that may do nothing.

use super::Verdict::{Unknown, Warning};
use super::roles::deny_all;
use super::{Finding, amiss};
use crate::aws::sdk::Sdk;
use crate::aws::signin;
use crate::aws::trouble::{Kind, Trouble};
use crate::cadence::SHORTEST_SESSION;
use crate::clock::Clock;
use crate::console::form::{Beside, federation, get_signin_token};
use crate::console::hosts;
use crate::grant::Secret;

const CHECK: &str = "console";
const DURATION: &str = "console-duration";
const KEYS: &str = "console-keys";

/// What comes of a session as `credadmin console` sends it, of one with SessionDuration, and of one with a fourth key. The tokens
/// are thrown away.
pub async fn console(aws: &Sdk, clock: &Clock, secret: &Secret) -> Vec<Finding> {
    let Some(hosts) = hosts::of(&secret.role_arn) else {
        let says = "the sign-in host of this partition is not known: there is no credadmin console";
        return vec![Finding::of(Unknown, CHECK, says, "none: the daemon does without")];
    };
    let session = match deny_all(aws, clock, secret, SHORTEST_SESSION).await {
        Ok(session) => session,
        Err(trouble) => return vec![amiss(Unknown, CHECK, &trouble)],
    };
    let url = federation(&signin::endpoint(hosts.sign_in));
    let tried = async |beside| signin::token(&url, &get_signin_token(&session.credential, beside)).await.map(drop);
    let plain = tried(Beside::Nothing).await;
    let is_known = plain.as_ref().err().is_none_or(|trouble| trouble.kind == Kind::Invalid);
    let mut findings = vec![judge_plain(plain)];
    if is_known {
        findings.push(judge_duration(tried(Beside::SessionDuration).await, secret.session_policy));
        findings.push(judge_keys(tried(Beside::FourthKey).await));
    }
    findings
}

fn judge_plain(tried: Result<(), Trouble>) -> Finding {
    match tried {
        Ok(()) => Finding::well(
            CHECK,
            "a session that may do nothing was given a sign-in token, which was thrown away: credadmin console works",
        ),
        Err(trouble) if trouble.kind == Kind::Invalid => Finding::of(
            Warning,
            CHECK,
            format!("the sign-in service takes no session of this role: there is no credadmin console ({trouble})"),
            "none: the daemon does without",
        ),
        Err(trouble) => amiss(Unknown, CHECK, &trouble),
    }
}

/// Whoever reads the secret may try this as well.
fn judge_duration(tried: Result<(), Trouble>, session_policy: bool) -> Finding {
    const TAKEN: &str = "SessionDuration is taken: who holds a session can have one of the console for up to 12 hours";
    match tried {
        Ok(()) if session_policy => {
            Finding::well(DURATION, format!("{TAKEN}, in which the session policy denies every call after the window"))
        }
        Ok(()) => {
            Finding::of(Warning, DURATION, format!("{TAKEN}, past the window"), "set session_policy = \"on\" for this secret")
        }
        Err(trouble) if trouble.kind == Kind::Invalid => Finding::well(
            DURATION,
            "SessionDuration is refused: a session of the console lasts no longer than the one it is made of",
        ),
        Err(trouble) => amiss(Unknown, DURATION, &trouble),
    }
}

fn judge_keys(tried: Result<(), Trouble>) -> Finding {
    match tried {
        Ok(()) => Finding::well(KEYS, "a session with a fourth key is taken as well; credadmin sends three"),
        Err(trouble) if trouble.kind == Kind::Invalid => {
            Finding::well(KEYS, "a session with a fourth key is refused; credadmin sends three")
        }
        Err(trouble) => amiss(Unknown, KEYS, &trouble),
    }
}
