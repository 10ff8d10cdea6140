//! Ways to do it wrong: each must break a rule, or the rules say nothing.

/// One way in which a daemon's protocol departs from the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The token does not hash when the session ends.
    TokenWithoutEnd,
    /// What got no answer is sent again under another token.
    FreshTokenAfterTimeout,
    /// `ResourceExistsException` is a failure as any other: it is tried again later.
    DeafToExists,
    /// What was due is published, whatever the time is by then.
    NeverTooLate,
    /// A visit goes on though its grant was taken away.
    NotCalledOff,
    /// What was written is not remembered: only DescribeSecret is believed.
    NoMemory,
    /// Whatever is not the planned session is replaced, as often as it takes.
    NeverSuperseded,
}
