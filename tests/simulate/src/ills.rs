//! How a call can go wrong: the rows of docs/faults.md, as the daemon meets them behind its AWS SDK.

use std::fmt;

use credadmin::aws::trouble::{Kind, Operation, Trouble};

/// Calls go wrong.
#[derive(Clone, Debug)]
pub struct Ill {
    /// Which calls.
    pub call: Call,
    /// How.
    pub how: How,
    /// Those of one host only.
    pub host: Option<usize>,
    /// So many of them only.
    pub times: u32,
}

/// A call of the daemon's. Whoever asks for the instance's credentials is the SDK, before any other call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The instance's credentials, from IMDS.
    Imds,
    /// DescribeSecret.
    Describe,
    /// AssumeRole.
    Assume,
    /// PutSecretValue.
    Put,
}

/// All of them.
pub const CALLS: [Call; 4] = [Call::Imds, Call::Describe, Call::Assume, Call::Put];

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Nothing listens.
    Refused,
    /// It is done, and the connection breaks in the middle of the answer.
    Reset,
    /// Nothing is done, and nothing is said.
    Silent,
    /// It is done, and half of the answer comes.
    Half,
    /// It is done, and the answer comes too slowly.
    Drip,
    /// It is done, and no answer comes.
    Lost,
    /// A page of HTML.
    Garbage,
    /// Well-formed, of the wrong shape.
    WrongShape,
    /// This status, and this code: nothing is done.
    Answer(u16, &'static str),
    /// AssumeRole: an answer without credentials.
    Empty,
    /// AssumeRole: credentials that are over.
    Past,
    /// AssumeRole: credentials that really live an hour longer.
    Longer,
    /// IMDS: it goes on handing out what it has, expired or not.
    Frozen,
    /// Some requests and answers come late, by up to so many seconds, after which nobody may wait for them any more.
    Late(u64),
    /// It is done, and so many seconds later the same request arrives once more.
    Again(u64),
}

/// What can be answered to any call but IMDS's.
pub const ANSWERS: [How; 10] = [
    How::Answer(400, "ValidationError"),
    How::Answer(403, "AccessDenied"),
    How::Answer(400, "AccessDeniedException"),
    How::Answer(403, "ExpiredToken"),
    How::Answer(429, "TooManyRequestsException"),
    How::Answer(500, "InternalServiceError"),
    How::Answer(503, "ServiceUnavailable"),
    How::Answer(400, "Throttling"),
    How::Answer(400, "ThrottlingException"),
    How::Answer(400, "EncryptionFailure"),
];

/// What can be wrong with the connection of any call.
pub const CONNECTIONS: [How; 8] =
    [How::Refused, How::Reset, How::Silent, How::Half, How::Drip, How::Lost, How::Garbage, How::WrongShape];

/// What STS can get wrong.
pub const SESSIONS: [How; 3] = [How::Empty, How::Past, How::Longer];

impl Ill {
    /// The row of the report.
    pub fn kind(&self) -> String {
        let how = match self.how {
            How::Refused => "connection refused".into(),
            How::Reset => "reset mid-body".into(),
            How::Silent => "accepted and silent".into(),
            How::Half => "half an answer, then silence".into(),
            How::Drip => "slow drip".into(),
            How::Lost => "answer lost".into(),
            How::Garbage => "a page of HTML".into(),
            How::WrongShape => "well-formed, of the wrong shape".into(),
            How::Answer(status, code) => format!("{status} `{code}`"),
            How::Empty => "session without credentials".into(),
            How::Past => "session that is over".into(),
            How::Longer => "session an hour longer than asked for".into(),
            How::Frozen => "credentials not renewed".into(),
            How::Late(_) => "late, by minutes".into(),
            How::Again(_) => "arrives twice, minutes apart".into(),
        };
        format!("{}: {how}", self.call)
    }
}

impl How {
    /// Whether AWS does what was asked for.
    pub fn is_done(self) -> bool {
        !matches!(self, Self::Refused | Self::Silent | Self::Garbage | Self::WrongShape | Self::Answer(..))
    }

    /// Whether a daemon that meets it may go without a session.
    pub fn harms(self) -> bool {
        !matches!(self, Self::Again(_))
    }

    /// How the daemon is told, and whether it is told only after its patience is over. `None` if nothing is wrong with the answer.
    pub fn told(self, operation: Operation) -> Option<(Trouble, bool)> {
        let trouble = |kind, code| Trouble::new(operation, kind, code, "no answer, or none that can be read");
        match self {
            Self::Refused => Some((trouble(Kind::Network, "NoConnection"), false)),
            Self::Reset | Self::Lost => Some((trouble(Kind::Network, "NoConnection"), false)),
            Self::Silent | Self::Drip => Some((trouble(Kind::Timeout, "Timeout"), true)),
            Self::Half => Some((trouble(Kind::Garbled, "UnreadableAnswer"), true)),
            Self::Garbage | Self::WrongShape => Some((trouble(Kind::Garbled, "UnreadableAnswer"), false)),
            Self::Answer(status, code) => Some((Trouble::from_answer(operation, status, code, "an error"), false)),
            Self::Empty | Self::Past | Self::Longer | Self::Frozen | Self::Late(_) | Self::Again(_) => None,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Imds => "IMDS credentials",
            Self::Describe => "DescribeSecret",
            Self::Assume => "AssumeRole",
            Self::Put => "PutSecretValue",
        })
    }
}

impl fmt::Display for Ill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.map_or("all hosts".to_owned(), |host| format!("host {host}"));
        write!(f, "{}, on {host}", self.kind())?;
        match self.how {
            How::Late(by) | How::Again(by) => write!(f, " (up to {by} s)")?,
            _ => {}
        }
        if self.times < u32::MAX {
            write!(f, ", {} times", self.times)?;
        }
        Ok(())
    }
}
