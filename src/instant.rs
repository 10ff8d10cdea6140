//! Instants, as they are written and some time apart. What would lie beyond the first or the last that can be told is that one.

use jiff::{SignedDuration, Timestamp};

/// An instant that is written with its offset (RFC 3339). jiff also takes a zone in brackets, and does not mind whether the two agree.
pub fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|_| !text.contains('['))
}

/// So much after `t`.
pub fn after(t: Timestamp, by: SignedDuration) -> Timestamp {
    // Only units of a calendar could make it fail.
    t.saturating_add(by).unwrap_or(t)
}

/// So much before `t`.
pub fn before(t: Timestamp, by: SignedDuration) -> Timestamp {
    t.saturating_sub(by).unwrap_or(t)
}

/// The last whole second up to `t`.
pub fn whole(t: Timestamp) -> Timestamp {
    Timestamp::from_second(t.as_second()).unwrap_or(t)
}
