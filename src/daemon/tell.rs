//! How things stand: in the journal for whoever asks, and to systemd at each change.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::Daemon;
use crate::aws::Aws;
use crate::journal::Event;
use crate::memory;
use crate::standing::Sum;
use crate::watch::Watch;

impl<A: Aws> Daemon<A> {
    /// SIGUSR1: how everything stands, into the journal.
    pub(super) fn report(&self) {
        let (now, zone) = (self.clock.now(), TimeZone::system());
        let text = Sum::of(self.watches.values().map(Watch::standing)).sentence(now, &zone);
        self.journal.tell(Event::Status { secret: None, text });
        for watch in self.watches.values() {
            let text = watch.standing().sentence(now, &zone);
            self.journal.tell(Event::Status { secret: Some(Arc::clone(&watch.secret)), text });
        }
    }

    /// That the loop goes on, whether the first pass over all secrets is over, and how things stand.
    pub(super) fn tell_systemd(&mut self) {
        let at = self.moment();
        self.notify.alive(at.elapsed);
        if self.starting {
            // The first of them is visited last.
            if self.watches.values().any(|watch| !watch.is_decided()) {
                if self.notify.takes_status(at.elapsed) {
                    let (secrets, decided) = (self.watches.len(), self.watches.values().filter(|it| it.is_decided()).count());
                    self.notify.starting(format!("starting: {decided} of {secrets} secrets looked at"), at.elapsed);
                }
                return;
            }
            self.starting = false;
            self.notify.ready();
            memory::give_back();
        }
        if !self.notify.takes_status(at.elapsed) {
            return;
        }
        let sum = Sum::of(self.watches.values().map(Watch::standing));
        if self.stood.as_ref() != Some(&sum) && self.notify.status(sum.sentence(at.now, &TimeZone::system()), at.elapsed) {
            self.stood = Some(sum);
        }
    }
}
