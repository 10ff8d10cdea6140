//! What came of a visit: what is published now, and until when that is good enough.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{DESCRIBE_LAG, Moment, Settled, Watch};
use crate::aws::Description;
use crate::grant::Name;
use crate::instant::after;
use crate::journal::Event;
use crate::schedule::token;
use crate::schedule::verdict::Wanted;
use crate::visit::{Done, Visit};

impl Watch {
    /// Takes in what came of a visit; `chance` is uniform in 0..1.
    pub fn record(&mut self, visit: Visit, at: Moment, chance: f64, tell: &mut impl FnMut(Event)) {
        self.in_flight = None;
        self.look_now();
        if visit.errand.secret != self.secret {
            // The config has changed meanwhile: the next look starts from what is there then. What was handed out lives on.
            self.seen.at = None;
            if let Ok(Done::Published { session, .. }) = visit.outcome {
                self.alive_until = self.alive_until.max(Some(session.ends));
                if visit.errand.secret.secret_id == self.secret.secret_id {
                    self.writes.note(at.elapsed, !token::is_over(&session.version_id));
                }
                tell(Event::Published { secret: visit.errand.secret, session });
            }
            return self.tell_alive(at, tell);
        }
        if let Some(description) = &visit.seen {
            self.notice(description, &visit.errand.grants, at, tell);
        }
        tell(Event::Looked { secret: Arc::clone(&self.secret), done: format!("{:?}", visit.outcome) });
        match visit.outcome {
            Ok(done) => {
                self.recover(at, tell);
                if let Some(wanted) = visit.errand.wanted {
                    self.settle(done, wanted, at, tell);
                }
            }
            Err(trouble) => self.fail(trouble, &visit.errand, at, chance, tell),
        }
        self.tell_alive(at, tell);
    }

    /// A session is alive though no window is open: one that was under way as its grant was taken away, or one from before this
    /// process. Told once of each.
    fn tell_alive(&mut self, at: Moment, tell: &mut impl FnMut(Event)) {
        let alive = self.alive_until.filter(|until| self.open.is_empty() && *until > at.now);
        if let Some(lives_until) = alive.filter(|_| alive != self.seen.lives_on) {
            self.seen.lives_on = alive;
            tell(Event::Cut { secret: Arc::clone(&self.secret), lives_until });
        }
    }

    /// What the description shows beside the plan, each said once.
    fn notice(&mut self, description: &Description, grants: &[Name], at: Moment, tell: &mut impl FnMut(Event)) {
        let secret = || Arc::clone(&self.secret);
        if description.rotation && !self.seen.rotation {
            tell(Event::RotationOn { secret: secret() });
        }
        let current = description.staged.current.as_deref();
        if current.is_none() && !self.seen.empty {
            tell(Event::SecretEmpty { secret: secret() });
        }
        self.seen.rotation = description.rotation;
        self.seen.empty = current.is_none();
        self.seen.at = Some(at.elapsed);
        let Some(version) = current else {
            return;
        };
        // DescribeSecret may be a minute behind: of what was just written, the one who wrote it knows better.
        let is_behind = self.writes.last().is_some_and(|write| at.elapsed.since(write) < DESCRIBE_LAG);
        match token::ends(version) {
            Some(_) if is_behind => {}
            Some(ends) => self.reads(version.to_owned(), ends),
            None => self.notice_stranger(version, grants, is_behind, at, tell),
        }
    }

    /// What is in place is no session of credadmin's.
    fn notice_stranger(&mut self, version: &str, grants: &[Name], is_behind: bool, at: Moment, tell: &mut impl FnMut(Event)) {
        let denied_before = token::denied_before(version);
        if !is_behind || denied_before.is_some() {
            self.reads_no_session();
        }
        if self.seen.stranger.as_deref() == Some(version) {
            return;
        }
        self.writes.note(at.elapsed, false);
        self.seen.stranger = Some(version.to_owned());
        if let Some(denied_before) = denied_before {
            // Those handed out before may live on: a tombstone alone denies nothing.
            let (secret, version_id, grants) = (Arc::clone(&self.secret), version.to_owned(), grants.to_vec());
            tell(Event::Revoked { secret, version_id, denied_before, grants });
        }
    }

    /// This version has been written; answers whether that is news.
    fn knows_written(&mut self, version_id: String, at: Moment) -> bool {
        let news = self.written.as_ref().is_none_or(|(known, _)| *known != version_id);
        if news {
            self.written = Some((version_id, at.elapsed));
        }
        news
    }

    /// Readers get this version of credadmin's now.
    fn reads(&mut self, version_id: String, dies: Timestamp) {
        self.alive_until = self.alive_until.max(Some(dies));
        self.published = Some((version_id, dies));
    }

    /// Readers get nothing of use now: whoever goes on failing tells that.
    fn reads_no_session(&mut self) {
        if self.published.take().is_some()
            && let Some(failing) = &mut self.failing
        {
            failing.tell_again();
        }
    }

    fn settle(&mut self, done: Done, Wanted { ends, is_last }: Wanted, at: Moment, tell: &mut impl FnMut(Event)) {
        let secret = Arc::clone(&self.secret);
        let mut good_until = ends;
        let unseen = std::mem::take(&mut self.seen.unseen);
        match done {
            Done::Looked => return,
            Done::Waits { until } => good_until = until,
            Done::InPlace { version_id } => {
                if self.knows_written(version_id.clone(), at) || unseen {
                    tell(Event::InPlace { secret, version_id: version_id.clone(), ends });
                }
                self.reads(version_id, ends);
                self.seen.lapsed = false;
            }
            Done::Unseen { planned } => {
                self.knows_written(planned, at);
                self.seen.unseen = true;
            }
            Done::Superseded { planned, current } => {
                let lapses = token::ends(&current);
                // Then less than the lead is left of it; and then so little that no other is made that ends with it.
                let cadence = &self.secret.cadence;
                let left = |time| lapses.and_then(|lapses| lapses.checked_sub(time).ok());
                let last = left(cadence.shortest()).map(|it| after(it, SignedDuration::from_millis(1)));
                good_until = left(cadence.lead()).into_iter().chain(last).find(|it| *it > at.now).unwrap_or(ends).min(ends);
                if self.seen.superseded_by.as_deref() != Some(&current) {
                    self.seen.superseded_by = Some(current.clone());
                    if let Some(lives_until) = lapses.filter(|dies| is_last && *dies > ends) {
                        tell(Event::Cut { secret: Arc::clone(&secret), lives_until });
                    }
                    tell(match is_strangers(&current) {
                        true => Event::Drift { secret, version_id: current, replaced: false },
                        false => Event::Superseded { secret, version_id: current },
                    });
                }
                self.knows_written(planned, at);
            }
            Done::Published { session, over } => {
                if let Some(version_id) = over.filter(|version| is_strangers(version)) {
                    tell(Event::Drift { secret: Arc::clone(&secret), version_id, replaced: true });
                }
                if let Some(lives_until) = self.alive_until.filter(|until| is_last && *until > ends) {
                    tell(Event::Cut { secret: Arc::clone(&secret), lives_until });
                }
                self.writes.note(at.elapsed, !token::is_over(&session.version_id));
                self.knows_written(session.version_id.clone(), at);
                self.reads(session.version_id.clone(), session.ends);
                self.seen.lapsed = false;
                self.seen.superseded_by = None;
                tell(Event::Published { secret, session });
            }
        }
        self.settled = Some(Settled { ends, good_until });
    }
}

/// Whether a version is neither a session nor a tombstone of credadmin's.
fn is_strangers(version_id: &str) -> bool {
    token::ends(version_id).is_none() && token::denied_before(version_id).is_none()
}
