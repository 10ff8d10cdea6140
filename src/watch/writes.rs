//! The versions written in the last day, by credadmin and by strangers: how many more may be.

use std::collections::VecDeque;

use crate::clock::Elapsed;
use crate::schedule::quota::{BUDGET, DAY};

/// When versions were written, the oldest first, and whether the plan wanted them.
#[derive(Debug, Default)]
pub struct Writes(VecDeque<(Elapsed, bool)>);

impl Writes {
    /// One was written; it is `planned` unless a stranger wrote it, or it was published once more over another.
    pub fn note(&mut self, at: Elapsed, planned: bool) {
        self.0.push_back((at, planned));
    }

    /// Those of a day ago count no more.
    pub fn forget(&mut self, now: Elapsed) {
        while self.0.front().is_some_and(|(at, _)| now.since(*at) >= DAY) {
            self.0.pop_front();
        }
    }

    /// When the last one was written.
    pub fn last(&self) -> Option<Elapsed> {
        self.0.back().map(|(at, _)| *at)
    }

    /// How many more may be written.
    pub fn room(&self) -> usize {
        BUDGET.saturating_sub(self.0.len())
    }

    /// How many of these may be repairs. A stranger who keeps writing, or whoever keeps revoking, uses up versions twice: theirs
    /// and the repairs. Kept from that is what the plan wants, all but `spare` of the budget, or at least half of it.
    pub fn repairs(&self, spare: usize) -> usize {
        let unplanned = self.0.iter().filter(|(_, planned)| !planned).count();
        let beside_half = self.room().saturating_sub(BUDGET / 2);
        beside_half.max(spare.saturating_sub(unplanned)).min(self.room())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::clock::Clock;

    #[test]
    fn repairs_take_nothing_from_a_plan_that_uses_most_of_the_budget() {
        let (mut writes, began) = (Writes::default(), Clock::system().elapsed());
        let at = |minutes| began.after(SignedDuration::from_mins(minutes));
        (0..60).for_each(|n| writes.note(at(n * 24), true));
        assert_eq!((writes.room(), writes.repairs(30)), (30, 30), "more than half is written, as planned");
        for n in 0..15 {
            writes.note(at(1430), false);
            writes.note(at(1430), false);
            assert_eq!(writes.repairs(30), 28 - 2 * n);
        }
        assert_eq!((writes.room(), writes.repairs(30)), (0, 0));
        writes.forget(at(1440));
        assert_eq!((writes.room(), writes.repairs(30)), (1, 0), "what leaves the day is the plan's again");
    }

    #[test]
    fn a_plan_without_a_known_bound_keeps_half() {
        let (mut writes, now) = (Writes::default(), Clock::system().elapsed());
        assert_eq!(writes.repairs(0), 45);
        (0..45).for_each(|n| writes.note(now, n % 2 == 0));
        assert_eq!((writes.room(), writes.repairs(0)), (45, 0));
    }
}
