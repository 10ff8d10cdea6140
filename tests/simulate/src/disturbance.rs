//! What can happen: each a plain value with its time, which can be printed and left out.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::ills::Ill;
use crate::story::{Story, Window};

/// Something that happens.
#[derive(Clone, Debug)]
pub struct Disturbance {
    /// So long after the story's beginning.
    pub at: SignedDuration,
    /// It.
    pub what: What,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum What {
    /// Calls go wrong, for so long.
    Ill(Ill, SignedDuration),
    /// DescribeSecret shows what was so long ago; for so long.
    Lag(SignedDuration, SignedDuration),
    /// The account's quotas are one request a second, for so long.
    Quota(SignedDuration),
    /// kill -9, and a start so long after.
    Kill(usize, SignedDuration),
    /// kill -9 at the so-manieth await point of the host's calls from now on; a start so long after now.
    Crash(usize, usize, SignedDuration),
    /// SIGTERM, and a start so long after.
    Stop(usize, SignedDuration),
    /// SIGSTOP, and SIGCONT so long after.
    Freeze(usize, SignedDuration),
    /// All hosts are suspended, for so long.
    Suspend(SignedDuration),
    /// The host's clock is set by so much, and put right so long after.
    Step(usize, SignedDuration, SignedDuration),
    /// The host's clock drifts by so much in ten minutes, and is put right so long after.
    Drift(usize, SignedDuration, SignedDuration),
    /// SIGHUP.
    Reload(usize),
    /// SIGHUP with a main file that is no TOML; the file is put right a second later.
    BadReload(usize),
    /// The grant of that number in the main file is another one now, or none; then SIGHUP. Each further host follows so long after
    /// the one before.
    Edit(usize, Option<Window>, SignedDuration),
    /// The drop-in of that number holds a grant of that secret, or is bad, or is gone. Hosts follow each other as for an edit.
    DropIn(usize, usize, Content, SignedDuration),
    /// The secret's session tags change in the main file; then SIGHUP.
    Retag(usize, SignedDuration),
    /// A stranger writes over the secret, so many times, a minute apart.
    Stranger(usize, usize),
    /// Access to the secret is revoked: a tombstone.
    Tombstone(usize),
    /// The secret is marked for deletion, and restored so long after.
    Deleted(usize, SignedDuration),
    /// The secret's rotation is switched on, for so long.
    Rotation(usize, SignedDuration),
    /// Another AWS service owns the secret, for so long.
    Owned(usize, SignedDuration),
}

/// What a drop-in holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A grant, open from then until then.
    Window(Timestamp, Timestamp),
    /// Something that is no TOML.
    Bad,
    /// There is none.
    Gone,
}

impl What {
    /// What sort of thing it is, for counting: the report's rows.
    pub fn kind(&self) -> String {
        let words = match self {
            Self::Ill(ill, _) => return ill.kind(),
            Self::Lag(..) => "DescribeSecret up to a minute behind",
            Self::Quota(_) => "quota of one request a second",
            Self::Kill(..) => "kill -9",
            Self::Crash(..) => "kill -9 at an await of a call",
            Self::Stop(..) => "SIGTERM",
            Self::Freeze(..) => "SIGSTOP and SIGCONT",
            Self::Suspend(_) => "hosts suspended",
            Self::Step(..) => "clock set",
            Self::Drift(..) => "clock drifts",
            Self::Reload(_) => "SIGHUP",
            Self::BadReload(_) => "SIGHUP with a bad main file",
            Self::Edit(_, Some(_), _) => "grant in the main file edited",
            Self::Edit(_, None, _) => "grant in the main file removed",
            Self::DropIn(_, _, Content::Window(..), _) => "drop-in comes or is edited",
            Self::DropIn(_, _, Content::Bad, _) => "drop-in turns bad",
            Self::DropIn(_, _, Content::Gone, _) => "drop-in goes",
            Self::Retag(..) => "session tags edited",
            Self::Stranger(_, 0..=3) => "stranger writes",
            Self::Stranger(..) => "stranger writes until the version limit",
            Self::Tombstone(_) => "access revoked: tombstone",
            Self::Deleted(..) => "secret marked for deletion",
            Self::Rotation(..) => "rotation switched on",
            Self::Owned(..) => "secret owned by another service",
        };
        words.to_owned()
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Ill(ill, span) => write!(f, "{ill}, for {span:#}"),
            Self::Lag(by, span) => write!(f, "{kind}: {by:#}, for {span:#}"),
            Self::Quota(span) => write!(f, "{kind}, for {span:#}"),
            Self::Kill(host, down) | Self::Stop(host, down) => write!(f, "{kind}: host {host}, started {down:#} later"),
            Self::Crash(host, point, down) => write!(f, "{kind}: host {host} at point {point}, started {down:#} later"),
            Self::Freeze(host, span) => write!(f, "{kind}: host {host}, for {span:#}"),
            Self::Suspend(span) => write!(f, "{kind} for {span:#}"),
            Self::Step(host, by, span) => write!(f, "{kind}: host {host} by {by:#}, for {span:#}"),
            Self::Drift(host, by, span) => write!(f, "{kind}: host {host} by {by:#} in ten minutes, for {span:#}"),
            Self::Reload(host) | Self::BadReload(host) => write!(f, "{kind}: host {host}"),
            Self::Edit(grant, window, lag) => {
                let window = window.as_ref().map_or("nothing".to_owned(), ToString::to_string);
                write!(f, "{kind}: grant {grant} is {window}; {lag:#} from host to host")
            }
            Self::DropIn(file, secret, content, lag) => {
                write!(f, "{kind}: {file}, of secret {secret}: {content:?}; {lag:#} from host to host")
            }
            Self::Retag(secret, lag) => write!(f, "{kind}: of secret {secret}; {lag:#} from host to host"),
            Self::Stranger(secret, times) => write!(f, "{kind}: to secret {secret}, {times} times"),
            Self::Tombstone(secret) => write!(f, "{kind}: secret {secret}"),
            Self::Deleted(secret, span) | Self::Rotation(secret, span) | Self::Owned(secret, span) => {
                write!(f, "{kind}: secret {secret}, for {span:#}")
            }
        }
    }
}

impl What {
    /// The secret that it happens to, if it is one only; no secret at all has the number of an edited grant that is not there.
    pub fn secret(&self, story: &Story) -> Option<usize> {
        match self {
            Self::Edit(grant, ..) => Some(story.grants.iter().find(|it| it.number == *grant).map_or(usize::MAX, |it| it.secret)),
            Self::DropIn(_, secret, ..)
            | Self::Retag(secret, _)
            | Self::Stranger(secret, _)
            | Self::Tombstone(secret)
            | Self::Deleted(secret, _)
            | Self::Rotation(secret, _)
            | Self::Owned(secret, _) => Some(*secret),
            _ => None,
        }
    }

    /// The host that it happens to, if it is one only.
    pub fn host(&self) -> Option<usize> {
        match self {
            Self::Ill(ill, _) => ill.host,
            Self::Kill(host, _)
            | Self::Crash(host, ..)
            | Self::Stop(host, _)
            | Self::Freeze(host, _)
            | Self::Step(host, ..)
            | Self::Drift(host, ..)
            | Self::Reload(host)
            | Self::BadReload(host) => Some(*host),
            _ => None,
        }
    }
}
