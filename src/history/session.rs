//! A session that was handed out.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::grant::Span;

/// One session, as all journals together tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The version of the secret that it is.
    pub version_id: String,
    /// The role.
    pub role_arn: String,
    /// The grants that it was issued for; none if no journal tells of its publishing.
    pub grants: Vec<String>,
    /// `ASIA…`, which CloudTrail names with each call; `None` if no journal tells of its publishing.
    pub access_key_id: Option<String>,
    /// The role session name, likewise.
    pub session_name: Option<String>,
    /// AssumeRole's SourceIdentity, if one was asked for.
    pub source_identity: Option<String>,
    /// When it was published, and by whom; `None` if no journal tells.
    pub published: Option<(Timestamp, String)>,
    /// When it was first heard of.
    pub heard_of: Timestamp,
    /// Who found it in its place.
    pub found_by: BTreeSet<String>,
    /// When it was made to end.
    pub expires: Timestamp,
    /// When its role denied it everything, if somebody revoked it.
    pub revoked: Option<Timestamp>,
}

impl Session {
    /// When its access ended, or will end.
    pub fn ends(&self) -> Timestamp {
        self.revoked.map_or(self.expires, |revoked| revoked.min(self.expires))
    }

    /// When it gave access, as far as is known.
    pub fn span(&self) -> Span {
        let opens = self.published.as_ref().map_or(self.heard_of, |(at, _)| *at);
        Span { opens, closes: self.ends().max(opens) }
    }
}
