//! A config comes into force: at the start, at SIGHUP, when a drop-in comes, goes or changes, and when time zones do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::Daemon;
use crate::aws::Aws;
use crate::config::{Fault, Settings, Watched};
use crate::grant::Secret;
use crate::journal::Event;
use crate::memory;
use crate::watch::{Due, Watch};

impl<A: Aws> Daemon<A> {
    /// Puts settings into force.
    pub(super) fn adopt(&mut self, settings: Settings) {
        let remarks: BTreeSet<(String, bool)> =
            settings.remarks.iter().map(|remark| (remark.one_line(), remark.is_error())).collect();
        for (text, refused) in remarks.difference(&self.remarks) {
            self.journal.tell(Event::Remark { refused: *refused, text: text.clone() });
        }
        self.remarks = remarks;
        // What waits for its turn was planned on the config before.
        for errand in self.queue.drain(..) {
            if let Some(watch) = self.watches.get_mut(&errand.secret.name) {
                watch.take_back();
            }
        }
        let mut before = std::mem::take(&mut self.watches);
        for watched in settings.secrets {
            let watched = self.capped(watched);
            let name = watched.secret.name.clone();
            let watch = match before.remove(&name) {
                Some(mut watch) => {
                    if watch.secret.session_policy && !watched.secret.session_policy {
                        self.journal.tell(Event::NoSessionPolicy { secret: Arc::clone(&watched.secret) });
                    }
                    watch.adopt(watched);
                    watch
                }
                None => {
                    if !watched.secret.session_policy {
                        self.journal.tell(Event::NoSessionPolicy { secret: Arc::clone(&watched.secret) });
                    }
                    Watch::new(watched)
                }
            };
            self.watches.insert(name, watch);
        }
        self.soonest = Due::NOW;
        memory::give_back();
        let at = self.moment();
        let journal = &self.journal;
        for watch in before.into_values() {
            watch.abandon(at, &mut |event| journal.tell(event));
        }
    }

    fn capped(&self, watched: Watched) -> Watched {
        match watched.secret.capped().filter(|_| is_capped(&self.capped, &watched.secret)) {
            Some(capped) => Watched { secret: Arc::new(capped), ..watched },
            None => watched,
        }
    }

    /// SIGHUP: the whole config anew, or not at all.
    pub(super) fn reload(&mut self) {
        self.notify.reloading();
        let now = self.clock.now();
        let read = self.sources.read_again().and_then(|mut sources| {
            let settings = sources.settings(now)?;
            Ok((sources, settings))
        });
        match read {
            Ok((sources, settings)) => {
                self.sources = sources;
                if self.connection != settings.connection {
                    self.connection = settings.connection.clone();
                    self.aws.connect(&self.connection);
                }
                let (secrets, grants) = size(&settings);
                self.journal.tell(Event::Reloaded { secrets, grants });
                self.adopt(settings);
                let at = self.moment();
                self.watches.values_mut().for_each(|watch| watch.try_now(at));
            }
            Err(faults) => {
                let faults = faults.0.iter().map(Fault::one_line).collect();
                self.journal.tell(Event::ReloadRefused { faults });
            }
        }
        if !self.starting {
            self.notify.ready();
        }
    }

    /// Reads the drop-ins again if any of them has changed; and every cron line, if the time zones have.
    pub(super) fn look_at_files(&mut self) {
        let zones_are_new = self.sources.zones_have_changed();
        if !zones_are_new && !self.sources.drop_ins().have_changed() {
            return;
        }
        if zones_are_new {
            let text = "the system's time zones were replaced: cron lines are read by those that are there now".into();
            self.journal.tell(Event::Remark { refused: false, text });
        }
        let before = self.sources.drop_ins().read_at().clone();
        match self.sources.settings(self.clock.now()) {
            // What could not be read before still can't.
            Ok(_) if !zones_are_new && *self.sources.drop_ins().read_at() == before => {}
            Ok(settings) => {
                let (secrets, grants) = size(&settings);
                self.journal.tell(Event::Reloaded { secrets, grants });
                self.adopt(settings);
            }
            // The main file was valid when it was read; time alone can have made its plan too large.
            Err(faults) => self.journal.tell(Event::ReloadRefused { faults: faults.0.iter().map(Fault::one_line).collect() }),
        }
    }
}

/// Sessions as long as this secret's were refused; answers whether that is news.
pub fn caps(capped: &mut BTreeMap<String, SignedDuration>, secret: &Secret) -> bool {
    let is_news = !is_capped(capped, secret);
    if is_news {
        capped.insert(secret.role_arn.clone(), secret.cadence.session());
    }
    is_news
}

/// Whether sessions as long as this secret's were refused.
pub fn is_capped(capped: &BTreeMap<String, SignedDuration>, secret: &Secret) -> bool {
    capped.get(&secret.role_arn).is_some_and(|refused| secret.cadence.session() >= *refused)
}

/// How many secrets and grants there are.
pub fn size(settings: &Settings) -> (usize, usize) {
    (settings.secrets.len(), settings.secrets.iter().map(|watched| watched.grants.len()).sum())
}
