//! What is meant: which role's sessions, in which secrets, and which grants.

use jiff::{SignedDuration, Timestamp};

use crate::config::{Settings, Watched};
use crate::grant::{Grant, Name};
use crate::instant::after;
use crate::schedule::coverage::Coverage;

/// How far ahead it is looked for the next window.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A revocation.
#[derive(Clone, Debug)]
pub struct Aim<'a> {
    /// The grant that was named, if it was a grant.
    pub grant: Option<&'a Grant>,
    /// The secrets of the role: the one that is meant, then those that share its role, because their sessions die too.
    pub secrets: Vec<&'a Watched>,
    /// The grants to be closed.
    pub closes: Vec<&'a Grant>,
}

/// What is meant by a name: a secret with all its open grants, or one grant. `secrets.NAME` and `grants.NAME` say which.
///
/// # Errors
/// In words: no such name, or two things of that name.
pub fn aim<'a>(settings: &'a Settings, named: &str, keep_grants: bool, now: Timestamp) -> Result<Aim<'a>, String> {
    let secret = named.strip_prefix("secrets.").or(Some(named)).filter(|_| !named.starts_with("grants."));
    let grant = named.strip_prefix("grants.").or(Some(named)).filter(|_| !named.starts_with("secrets."));
    let secret = settings.secrets.iter().find(|watched| Some(watched.secret.name.as_str()) == secret);
    let grants = || settings.secrets.iter().flat_map(|watched| watched.grants.iter().map(move |grant| (watched, grant)));
    let grant = grants().find(|(_, it)| Some(it.name.as_str()) == grant);
    let (watched, grant) = match (secret, grant) {
        (Some(_), Some(_)) => {
            return Err(format!("the config has [secrets.{named}] and [grants.{named}]: say secrets.{named} or grants.{named}"));
        }
        (Some(watched), None) => (watched, None),
        (None, Some((watched, grant))) => (watched, Some(grant)),
        (None, None) => {
            let listed = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let secrets = listed(settings.secrets.iter().map(|watched| watched.secret.name.as_str()).collect());
            let grants = listed(grants().map(|(_, grant)| grant.name.as_str()).collect());
            return Err(format!("the config has no secret and no grant {named}; secrets: {secrets}; grants: {grants}"));
        }
    };
    let is_open = |grant: &&Grant| !grant.window.spans(now, now).0.is_empty();
    let closes = match grant {
        _ if keep_grants => Vec::new(),
        Some(grant) => Some(grant).filter(|grant| !grant.window.is_over(now)).into_iter().collect(),
        None => watched.grants.iter().filter(is_open).collect(),
    };
    let role = &watched.secret.role_arn;
    let others = settings.secrets.iter().filter(|it| it.secret.role_arn == *role && it.secret.name != watched.secret.name);
    Ok(Aim { grant, secrets: std::iter::once(watched).chain(others).collect(), closes })
}

impl<'a> Aim<'a> {
    /// The role whose sessions are denied.
    pub fn role_arn(&self) -> &'a str {
        &self.meant().secret.role_arn
    }

    /// The role's name, as IAM takes it.
    pub fn role(&self) -> &'a str {
        self.role_arn().rsplit('/').next().unwrap_or_default()
    }

    /// The secret that is meant.
    pub fn meant(&self) -> &'a Watched {
        self.secrets[0]
    }

    /// The grants that cover a secret now, once those are closed that are to be.
    pub fn covers(&self, watched: &'a Watched, now: Timestamp) -> Vec<&'a Name> {
        self.coverage(watched, now).grants_at(now).into_iter().map(|grant| &grant.name).collect()
    }

    /// The next grant to open within a week, and when.
    pub fn opens(&self, watched: &'a Watched, now: Timestamp) -> Option<(Timestamp, &'a Name)> {
        self.coverage(watched, now).next_opening(now).map(|(opens, grant)| (opens, &grant.name))
    }

    /// That of a week, by the grants that are left.
    fn coverage(&self, watched: &'a Watched, now: Timestamp) -> Coverage<'a> {
        let is_closed = |grant: &&Grant| self.closes.iter().any(|closed| closed.name == grant.name);
        Coverage::between(watched.grants.iter().filter(|grant| !is_closed(grant)), now, after(now, AHEAD))
    }
}
