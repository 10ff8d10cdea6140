//! The secret in Secrets Manager, and what is on its way to it.
//!
//! Each write of a new version moves AWSCURRENT to it and AWSPREVIOUS to the one before, so what DescribeSecret shows is no more
//! than a number: of how many versions it knows. It may know of none that was written since minutes have passed last.

use std::sync::Arc;

use credadmin::schedule::token;
use credadmin::schedule::verdict::Staged;
use jiff::Timestamp;

/// A version id.
pub type Id = Arc<str>;

/// The secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct World {
    /// In the order in which they were written.
    pub versions: Vec<Version>,
    /// How many of them DescribeSecret is sure to show.
    pub shown: usize,
    /// PutSecretValue requests that have left and have not arrived.
    pub wire: Vec<Put>,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Its id, of the product's own making where it is the product's.
    pub id: Id,
    /// What is in it; `None` if it is no session.
    pub session: Option<Session>,
    /// Written, or sent, outside of the window of its config.
    pub outside: bool,
}

/// What AssumeRole answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session {
    /// Tells it from others that somebody may still send; 0 if nobody does.
    pub number: u8,
    /// The config that planned it.
    pub config: usize,
    /// When it ends.
    pub ends: Timestamp,
    /// Issued before the stamp of a revocation.
    pub denied: bool,
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Put {
    /// Who sent it.
    pub daemon: usize,
    /// The how manieth of this session, from 1.
    pub send: u8,
    /// The token.
    pub id: Id,
    /// The content.
    pub session: Session,
    /// Sent outside of the window of its config.
    pub outside: bool,
}

/// What Secrets Manager says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Written, or there already with the same content.
    Written,
    /// `ResourceExistsException`: there already with other content.
    Exists,
}

impl World {
    /// What DescribeSecret says that knows of the first `known` versions.
    pub fn staged(&self, known: usize) -> Staged {
        let id = |back: usize| known.checked_sub(back).map(|at| self.versions[at].id.to_string());
        Staged { current: id(1), others: id(2).into_iter().collect() }
    }

    /// The version id with AWSCURRENT, for one who knows of so many versions; empty if there is none.
    pub fn current_id(&self, known: usize) -> Id {
        known.checked_sub(1).map_or_else(|| "".into(), |at| Id::clone(&self.versions[at].id))
    }

    /// What DescribeSecret may know of.
    pub fn views(&self) -> impl Iterator<Item = usize> + use<> {
        self.shown..=self.versions.len()
    }

    /// PutSecretValue arrives. `outside`: it is not in the window of its config by now.
    pub fn put(&mut self, put: Put, outside: bool) -> Answer {
        match self.versions.iter().find(|version| version.id == put.id) {
            Some(Version { session: Some(there), .. }) if *there == put.session => Answer::Written,
            Some(_) => Answer::Exists,
            None => {
                let outside = outside || put.outside;
                self.versions.push(Version { id: put.id, session: Some(put.session), outside });
                Answer::Written
            }
        }
    }

    /// Somebody else writes.
    pub fn write(&mut self, id: &str) {
        self.versions.push(Version { id: id.into(), session: None, outside: false });
    }

    /// Whether the stamp of a revocation is ahead, as it is for half a minute.
    pub fn is_stamped(&self) -> bool {
        self.versions[self.shown..].iter().any(|version| token::denied_before(&version.id).is_some())
    }

    /// Whether a version is a tombstone whose stamp is ahead.
    pub fn stamp_is_ahead(&self, id: &str) -> bool {
        token::denied_before(id).is_some() && self.versions[self.shown..].iter().any(|version| &*version.id == id)
    }

    /// What readers get.
    pub fn current(&self) -> Option<&Version> {
        self.versions.last()
    }
}
