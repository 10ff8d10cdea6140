//! One row: a session, and one of the windows that it was issued in.

use jiff::Timestamp;
use serde::Serialize;

use crate::grant::Span;
use crate::history::{Lane, Ledger, Session, Window};

/// Access of one session for one grant, as CSV and JSON print it: a stable interface. A session that was issued for several
/// grants has a row for each, because other people stand behind each; a window without any session has a row without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The secret's name in the config.
    pub secret: String,
    /// Its name or ARN in Secrets Manager.
    pub secret_id: String,
    /// The grant; `None` if no journal tells which.
    pub grant: Option<String>,
    /// Who asked.
    pub requested_by: Option<String>,
    /// Who said yes.
    pub approved_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is written down.
    pub ticket: Option<String>,
    /// When the window opened, or when a daemon that started found it open.
    pub opened: Option<Timestamp>,
    /// When it closed; `None` if it is open, or if no journal tells.
    pub closed: Option<Timestamp>,
    /// The role.
    pub role_arn: Option<String>,
    /// What CloudTrail calls the session by.
    pub access_key_id: Option<String>,
    /// The role session name.
    pub role_session_name: Option<String>,
    /// AssumeRole's SourceIdentity.
    pub source_identity: Option<String>,
    /// When the session was published.
    pub issued: Option<Timestamp>,
    /// When its access ended, or will end.
    pub ends: Option<Timestamp>,
    /// `expiration`, or `revoked` if it was ended before.
    pub ended_by: Option<&'static str>,
    /// The version of the secret.
    pub version_id: Option<String>,
    /// The host that published it.
    pub published_by: Option<String>,
    /// The hosts that found it in its place.
    pub found_by: Vec<String>,
}

/// Every row whose session, or else whose window, has a moment in `[span.opens, span.closes)`, by secret and in the order of
/// time.
pub fn rows(ledger: &Ledger, span: &Span) -> Vec<Row> {
    let mut rows = Vec::new();
    for ((name, secret_id), lane) in &ledger.lanes {
        let own = Row { secret: name.clone(), secret_id: secret_id.clone(), ..Row::default() };
        let mut with_session = vec![false; lane.windows.len()];
        let mut of_lane: Vec<Row> = Vec::new();
        for session in &lane.sessions {
            let windows = windows(lane, session);
            windows.iter().filter_map(|(_, index)| *index).for_each(|index| with_session[index] = true);
            // One that ended in the moment in which it began gave access to nobody.
            if session.span().intersect(span).is_some() {
                of_lane.extend(windows.into_iter().map(|(grant, index)| {
                    let row = Row { grant, ..own.clone() }.of_session(session);
                    index.map_or(row.clone(), |index| row.of_window(&lane.windows[index]))
                }));
            }
        }
        for (window, _) in lane.windows.iter().zip(with_session).filter(|(_, has_session)| !has_session) {
            if window.span(span.closes).intersect(span).is_some() {
                of_lane.push(own.clone().of_window(window));
            }
        }
        of_lane.sort_by(|a, b| a.key().cmp(&b.key()));
        rows.extend(of_lane);
    }
    rows
}

/// A session's grants, each with its window if that is known.
fn windows(lane: &Lane, session: &Session) -> Vec<(Option<String>, Option<usize>)> {
    let index = |window: &Window| lane.windows.iter().position(|each| std::ptr::eq(each, window));
    let mut windows: Vec<_> = lane.windows_of(session).map(|window| (Some(window.grant.clone()), index(window))).collect();
    for grant in &session.grants {
        if !windows.iter().any(|(known, _)| known.as_ref() == Some(grant)) {
            windows.push((Some(grant.clone()), None));
        }
    }
    if windows.is_empty() {
        windows.push((None, None));
    }
    windows
}

impl Row {
    fn key(&self) -> (Option<Timestamp>, &Option<String>, Option<Timestamp>) {
        (self.opened, &self.grant, self.issued.or(self.ends))
    }

    fn of_session(self, session: &Session) -> Self {
        Self {
            role_arn: Some(session.role_arn.clone()).filter(|arn| !arn.is_empty()),
            access_key_id: session.access_key_id.clone(),
            role_session_name: session.session_name.clone(),
            source_identity: session.source_identity.clone(),
            issued: session.published.as_ref().map(|(at, _)| *at),
            ends: Some(session.ends()),
            ended_by: Some(if session.ends() < session.expires { "revoked" } else { "expiration" }),
            version_id: Some(session.version_id.clone()),
            published_by: session.published.as_ref().map(|(_, teller)| teller.clone()),
            found_by: session.found_by.iter().cloned().collect(),
            ..self
        }
    }

    fn of_window(self, window: &Window) -> Self {
        Self {
            grant: Some(window.grant.clone()),
            requested_by: window.requested_by.clone(),
            approved_by: window.approved_by.clone(),
            reason: window.reason.clone(),
            ticket: window.ticket.clone(),
            opened: window.opened,
            closed: window.closed,
            ..self
        }
    }
}
