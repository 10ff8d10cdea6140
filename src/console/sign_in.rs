//! The two calls: a session of the role, and a sign-in token of the session.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::{Page, form, hosts::Hosts, stay};
use crate::aws::trouble::{Kind, Trouble};
use crate::aws::{Aws, signin};
use crate::clock::Clock;
use crate::config::Watched;
use crate::grant::{Name, Span};
use crate::instant::after;
use crate::session::{self, Session};
use crate::tries::again;

/// How long a login URL is good for (aws-facts §5).
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);

/// A way in.
pub struct Entrance {
    /// The URL: a credential.
    pub url: Zeroizing<String>,
    /// The same as a page of HTML that goes there by itself: a credential too.
    pub page: Zeroizing<String>,
    /// For how long it opens, from when it was asked for.
    pub good_for: SignedDuration,
    /// Until when that is.
    pub opens_until: Timestamp,
    /// When the session ends that it opens.
    pub ends: Timestamp,
    /// The session's name in CloudTrail.
    pub session_name: String,
    /// The session's key id, which is no secret.
    pub access_key_id: String,
}

/// Makes a URL that signs in with a session of its own, which ends when `life` closes.
///
/// # Errors
/// What STS or the sign-in service says, after a few tries where that may help.
pub async fn sign_in(
    aws: &impl Aws,
    clock: &Clock,
    watched: &Watched,
    (grants, life): (&[Name], Span),
    hosts: &Hosts,
) -> Result<Entrance, Trouble> {
    let session = session(aws, clock, watched, grants, life).await?;
    let endpoint = signin::endpoint(hosts.sign_in);
    let asked_at = clock.now();
    let form = form::get_signin_token(&session.credential, form::Beside::Nothing);
    let url = form::federation(&endpoint);
    let token = again(clock, async || signin::token(&url, &form).await).await?;
    let page: &Page = &watched.page;
    let (issuer, destination) = (page.issuer(), hosts.destination(page));
    let opens_until = after(asked_at, GOOD_FOR).min(session.ends);
    Ok(Entrance {
        url: form::login(&endpoint, issuer, &destination, &token),
        page: form::page(&endpoint, issuer, &destination, &token),
        good_for: SignedDuration::from_secs(opens_until.duration_since(asked_at).as_secs()),
        opens_until,
        ends: session.ends,
        session_name: session.session_name,
        access_key_id: session.credential.access_key_id.clone(),
    })
}

/// As the daemon asks for one; of an hour, where a longer one is refused.
async fn session(aws: &impl Aws, clock: &Clock, watched: &Watched, grants: &[Name], life: Span) -> Result<Session, Trouble> {
    let asked = again(clock, async || session::issue(aws, clock, &watched.secret, grants, life).await).await;
    let is_too_long = |trouble: &Trouble| matches!(trouble.kind, Kind::OverRoleMaximum | Kind::OverChainMaximum);
    match (asked, watched.secret.capped()) {
        (Err(trouble), Some(secret)) if is_too_long(&trouble) => {
            let capped = Watched { secret: Arc::new(secret), ..watched.clone() };
            let life = stay(&capped, clock.now()).map_or(life, |stay| stay.life);
            session::issue(aws, clock, &capped.secret, grants, life).await
        }
        (asked, _) => asked,
    }
}
