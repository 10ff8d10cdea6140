//! Which window an entry is about, by the config: so that notifiers on several hosts call it the same.

use jiff::{SignedDuration, Timestamp};

use crate::grant::{Grant, Span, Window};
use crate::instant::{after, before};

/// The daemon looks at a window within moments of its edge, and journald takes the entry a little later.
const LATE: SignedDuration = SignedDuration::from_mins(5);
/// How far back a window is looked for; none is longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 367);

/// The window that is open at `t`.
pub fn open_at(grant: &Grant, t: Timestamp) -> Option<Span> {
    // A little further, so that an end up to there is known to be one.
    let until = after(t, SignedDuration::from_hours(1));
    let back = before(t, back(grant));
    whole(grant, back, until).into_iter().find(|span| span.contains(t))
}

/// The window that ended at `t`, or shortly before.
pub fn ended_at(grant: &Grant, t: Timestamp) -> Option<Span> {
    let back = before(t, back(grant));
    let spans = whole(grant, back, after(t, SignedDuration::from_secs(1)));
    spans.into_iter().rev().find(|span| span.closes <= t && t.duration_since(span.closes) <= LATE)
}

/// A window is told from where it is looked for on: so that is before it opens, but for windows that adjoin for a year.
fn back(grant: &Grant) -> SignedDuration {
    match &grant.window {
        Window::Once(_) => LONGEST,
        Window::Recurring(recurrence) => recurrence.duration + LATE + SignedDuration::from_mins(1),
    }
}

fn whole(grant: &Grant, from: Timestamp, until: Timestamp) -> Vec<Span> {
    match &grant.window {
        Window::Once(span) => vec![*span],
        Window::Recurring(_) => grant.window.spans(from, until).0,
    }
}
