//! The lane of one secret.

use jiff::{SignedDuration, Timestamp};

use super::spans::{union, within, without};
use crate::config::Watched;
use crate::grant::Span;
use crate::history;
use crate::schedule::plan::sessions;

/// Between a window's opening and its first session lie the calls that it takes; what is shorter is no gap.
const WORTH_SHOWING: SignedDuration = SignedDuration::from_secs(10);

/// What there is to see of one secret. Everything in it touches the time shown; spans are told whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The secret's name in the config.
    pub name: String,
    /// Its name or ARN in Secrets Manager.
    pub secret_id: String,
    /// When which grant is open, by opening. What lies before now is from the journal, the rest is the plan.
    pub windows: Vec<(Span, String)>,
    /// The sessions, by issue. Each but the first of a stretch is a refresh.
    pub sessions: Vec<Session>,
    /// When windows were or will be open, and no session alive.
    pub gaps: Vec<Span>,
    /// What went wrong, by time.
    pub troubles: Vec<Trouble>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// When it gives access.
    pub span: Span,
    /// Whether it is a plan so far.
    pub is_planned: bool,
    /// Whether it was ended before its time.
    pub is_revoked: bool,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When. A moment has no length.
    pub span: Span,
    /// What, in credadmin's own words.
    pub message: String,
}

impl Lane {
    /// What was told of a secret and what is planned for it, in `span`, as of `now`.
    pub fn of(past: Option<&history::Lane>, plan: Option<&Watched>, span: &Span, now: Timestamp) -> Self {
        let mut lane = Self::default();
        if let Some(past) = past {
            lane.remember(past, now);
        }
        if let Some(watched) = plan.filter(|_| now < span.closes) {
            lane.foresee(watched, now.max(span.opens), span.closes);
        }
        lane.windows.retain(|(window, _)| window.intersect(span).is_some());
        lane.windows = joined(std::mem::take(&mut lane.windows));
        lane.sessions.retain(|session| session.span.intersect(span).is_some());
        lane.sessions.sort_by_key(|session| session.span);
        lane.troubles.retain(|trouble| trouble.span.opens < span.closes && trouble.span.closes >= span.opens);
        lane.troubles.sort_by_key(|trouble| trouble.span);
        let covered = union(lane.windows.iter().map(|(window, _)| *window).collect());
        lane.gaps = without(&within(&covered, span), &lane.alive());
        lane.gaps.retain(|gap| gap.closes.duration_since(gap.opens) >= WORTH_SHOWING);
        lane
    }

    /// When any session is alive, joined.
    pub fn alive(&self) -> Vec<Span> {
        union(self.sessions.iter().map(|session| session.span).collect())
    }

    fn remember(&mut self, past: &history::Lane, now: Timestamp) {
        self.windows.extend(past.windows.iter().map(|window| (window.span(now), window.grant.clone())));
        self.sessions.extend(past.sessions.iter().map(|session| Session {
            span: session.span(),
            is_planned: false,
            is_revoked: session.ends() < session.expires,
        }));
        self.troubles.extend(past.failures.iter().map(|failure| Trouble {
            span: Span { opens: failure.began, closes: failure.over.unwrap_or(now).max(failure.began) },
            message: failure.message.clone(),
        }));
        self.troubles.extend(
            past.marks
                .iter()
                .map(|mark| Trouble { span: Span { opens: mark.at, closes: mark.at }, message: mark.message.clone() }),
        );
    }

    fn foresee(&mut self, watched: &Watched, from: Timestamp, until: Timestamp) {
        for grant in watched.grants.iter() {
            let (spans, _) = grant.window.spans(from, until);
            self.windows.extend(spans.into_iter().map(|span| (span, grant.name.to_string())));
        }
        for planned in sessions(from, until, &watched.secret.cadence, &watched.grants) {
            // The plan says of the one that is there now, too, that it would be issued now.
            if !self.sessions.iter().any(|session| session.span.contains(from) && session.span.closes == planned.ends) {
                let span = Span { opens: planned.at, closes: planned.ends };
                self.sessions.push(Session { span, is_planned: true, is_revoked: false });
            }
        }
    }
}

/// The journal's part of a window and the plan's are one.
fn joined(mut windows: Vec<(Span, String)>) -> Vec<(Span, String)> {
    windows.sort_by(|(a, grant), (b, other)| (grant, a).cmp(&(other, b)));
    let mut joined: Vec<(Span, String)> = Vec::new();
    for (span, grant) in windows {
        match joined.last_mut() {
            Some((last, name)) if *name == grant && span.opens <= last.closes => last.closes = last.closes.max(span.closes),
            _ => joined.push((span, grant)),
        }
    }
    joined.sort();
    joined
}
