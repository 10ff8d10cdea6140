//! Access that was ended before its time: what whoever did it says, and what the daemon saw of it.

use jiff::{SignedDuration, Timestamp};

use super::entry::Entry;
use super::kind::Kind;
use super::session::Session;
use crate::instant::whole;
use crate::schedule::token;

/// The daemon looks at a secret every five minutes, and whoever revokes writes it down once the Deny is put, and again a few
/// minutes later if something was not done.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// A Deny on a role, which `credadmin revoke` says it has put.
pub struct Revocation<'a> {
    at: Timestamp,
    role_arn: &'a str,
    /// Sessions issued before are denied.
    denied_before: Timestamp,
}

/// A tombstone that the daemon found in the place of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// When it was found.
    pub at: Timestamp,
    /// The secret's name in the config.
    pub secret: String,
    /// The role.
    pub role_arn: String,
    /// Sessions issued before are to be denied, as its version says.
    pub denied_before: Option<Timestamp>,
}

impl<'a> Revocation<'a> {
    /// As the entry says; `None` if it is none, or if the Deny could not be put.
    pub fn of(entry: &'a Entry) -> Option<Self> {
        let denied_before = (entry.kind == Kind::Revocation).then(|| entry.instant("EXPIRATION"))??;
        Some(Self { at: entry.at, role_arn: entry.field("ROLE_ARN")?, denied_before })
    }

    /// Ends a session that it denies.
    pub fn cut(&self, session: &mut Session) {
        let Self { role_arn, denied_before, .. } = *self;
        if session.role_arn == role_arn && session.span().opens < denied_before && denied_before < session.ends() {
            session.revoked = Some(denied_before);
        }
    }

    /// Whether the tombstone is of this revocation.
    pub fn explains(&self, tombstone: &Tombstone) -> bool {
        tombstone.role_arn == self.role_arn && tombstone.at.duration_since(self.at).abs() <= APART
    }

    /// Whether it has the tombstone's stamp, too, which whoever put that knows.
    pub fn has_put(&self, tombstone: &Tombstone) -> bool {
        self.explains(tombstone) && tombstone.denied_before == Some(whole(self.denied_before))
    }
}

impl Tombstone {
    /// As the daemon says.
    pub fn of(entry: &Entry) -> Option<Self> {
        let text = |name: &str| entry.field(name).map(str::to_owned);
        let denied_before = entry.field("SECRET_VERSION_ID").and_then(token::denied_before);
        Some(Self { at: entry.at, secret: text("SECRET")?, role_arn: text("ROLE_ARN")?, denied_before })
    }
}

impl std::fmt::Display for Tombstone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "tombstone in {}, found at {:.0}: no credadmin revoke says here that {} denies the sessions from before, so they count \
             until their own end",
            self.secret, self.at, self.role_arn
        )
    }
}
