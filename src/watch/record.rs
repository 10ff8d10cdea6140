//! What came of a visit: what is published now, and until when that is good enough.

use std::sync::Arc;

use jiff::Timestamp;

use super::{DESCRIBE_LAG, Moment, Settled, Watch};
use crate::aws::Description;
use crate::grant::Name;
use crate::journal::Event;
use crate::schedule::token;
use crate::visit::{Done, Visit};

impl Watch {
    /// Takes in what came of a visit; `chance` is uniform in 0..1.
    pub fn record(&mut self, visit: Visit, at: Moment, chance: f64, tell: &mut impl FnMut(Event)) {
        self.in_flight = false;
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
            return;
        }
        if let Some(description) = &visit.seen {
            self.notice(description, &visit.errand.grants, at, tell);
        }
        tell(Event::Looked { secret: Arc::clone(&self.secret), done: format!("{:?}", visit.outcome) });
        match visit.outcome {
            Ok(done) => {
                self.recover(at, tell);
                if let Some(ends) = visit.errand.ends {
                    self.settle(done, ends, at, tell);
                }
            }
            Err(trouble) => self.fail(trouble, &visit.errand, at, chance, tell),
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
        match token::ends(version) {
            // DescribeSecret may be a minute behind: of what was just written, the one who wrote it knows better.
            Some(_) if self.writes.last().is_some_and(|write| at.elapsed.since(write) < DESCRIBE_LAG) => {}
            Some(ends) => self.reads(version.to_owned(), ends),
            None if self.seen.stranger.as_deref() == Some(version) => {}
            None => {
                self.writes.note(at.elapsed, false);
                self.seen.stranger = Some(version.to_owned());
                if let Some(denied_before) = token::denied_before(version) {
                    // Readers get no session any more. Those handed out before may live on: a tombstone alone denies nothing.
                    self.published = None;
                    let (version_id, grants) = (version.to_owned(), grants.to_vec());
                    tell(Event::Revoked { secret: secret(), version_id, denied_before, grants });
                }
            }
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

    fn settle(&mut self, done: Done, ends: Timestamp, at: Moment, tell: &mut impl FnMut(Event)) {
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
                let runs_out = lapses.and_then(|lapses| lapses.checked_sub(self.secret.cadence.lead()).ok());
                good_until = runs_out.filter(|runs_out| *runs_out > at.now).unwrap_or(ends).min(ends);
                if self.seen.superseded_by.as_deref() != Some(&current) {
                    self.seen.superseded_by = Some(current.clone());
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
                if let Some(lives_until) = self.alive_until.filter(|until| *until > ends && *until > at.now) {
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
