//! Windows that end soon: told once, ten minutes before.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Moment, Watch};
use crate::grant::Window;
use crate::instant::before;
use crate::journal::Event;
use crate::schedule::coverage::Coverage;

/// How long before the end it is told. Every coverage that is looked at reaches further than that: past the shortest session.
const NOTICE: SignedDuration = SignedDuration::from_mins(10);

impl Watch {
    /// Tells which windows end soon, each once; answers with when the next of those that are open is to be told. A window that
    /// is no longer than the notice is none to be told of: it has only just opened.
    pub fn tell_ending(&mut self, at: Moment, coverage: &Coverage, tell: &mut impl FnMut(Event)) -> Option<Timestamp> {
        let Self { secret, open, ending, .. } = self;
        ending.retain(|name, _| open.contains(name));
        let mut next = None;
        for (closes, grant) in coverage.closings_at(at.now).filter(|(_, grant)| length(&grant.window) > NOTICE) {
            let due = before(closes, NOTICE);
            if due > at.now {
                next = next.into_iter().chain([due]).min();
            } else if ending.insert(grant.name.clone(), closes) != Some(closes) {
                let left = closes.duration_since(at.now);
                tell(Event::Ending { secret: Arc::clone(secret), grant: grant.clone(), closes, left });
            }
        }
        next
    }
}

fn length(window: &Window) -> SignedDuration {
    match window {
        Window::Once(span) => span.closes.duration_since(span.opens),
        Window::Recurring(recurrence) => recurrence.duration,
    }
}
