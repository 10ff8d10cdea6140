//! What people are told of.

use std::collections::BTreeSet;

use crate::history::Kind;

/// A kind of event that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// Somebody asks for a grant.
    Requested,
    /// Somebody approved it.
    Approved,
    /// Somebody denied it.
    Denied,
    /// Whoever asked for it no longer does.
    Withdrawn,
    /// Its window opened.
    Opens,
    /// Its window ends in ten minutes.
    Ending,
    /// Its window ended.
    Ended,
    /// Somebody ended it before its time.
    Revoked,
    /// Its secret can't be kept as planned.
    Failing,
    /// Its secret is as planned again.
    WellAgain,
}

/// Which entries of the journal are news.
const KINDS: &[(Kind, News)] = &[
    (Kind::Requested, News::Requested),
    (Kind::Approved, News::Approved),
    (Kind::Denied, News::Denied),
    (Kind::Withdrawn, News::Withdrawn),
    (Kind::Revocation, News::Revoked),
    (Kind::Opened, News::Opens),
    (Kind::Ending, News::Ending),
    (Kind::Closed, News::Ended),
    (Kind::Failing, News::Failing),
    (Kind::Lapsed, News::Failing),
    (Kind::WellAgain, News::WellAgain),
];

impl News {
    /// All of them, by their names in the config, in templates and in JSON.
    pub const ALL: &[(&str, Self)] = &[
        ("requested", Self::Requested),
        ("approved", Self::Approved),
        ("denied", Self::Denied),
        ("withdrawn", Self::Withdrawn),
        ("opens", Self::Opens),
        ("ending", Self::Ending),
        ("ended", Self::Ended),
        ("revoked", Self::Revoked),
        ("failing", Self::Failing),
        ("well-again", Self::WellAgain),
    ];

    /// All of them.
    pub fn all() -> BTreeSet<Self> {
        Self::ALL.iter().map(|(_, news)| *news).collect()
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find_map(|(known, news)| (*known == name).then_some(*news))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find_map(|(name, news)| (*news == self).then_some(*name)).unwrap_or_default()
    }

    /// What an entry of that kind tells people; `None` if nothing.
    pub fn of(kind: Kind) -> Option<Self> {
        KINDS.iter().find_map(|(of, news)| (*of == kind).then_some(*news))
    }
}
