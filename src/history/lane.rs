//! What all journals together tell of one secret.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::entry::Entry;
use super::kind::Kind;
use super::session::Session;
use super::trouble::{Failure, Mark};
use super::window::{APART, Window};

/// STS makes none that are longer (aws-facts §3).
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);

/// What is told of one secret, each in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// The windows.
    pub windows: Vec<Window>,
    /// The sessions.
    pub sessions: Vec<Session>,
    /// When it was failing.
    pub failures: Vec<Failure>,
    /// What else is to be marked.
    pub marks: Vec<Mark>,
}

impl Lane {
    /// The windows of a session: for each of its grants the last that was open as it was issued, by its own clock or else by
    /// another host's. For each grant that there is, if its own are not known.
    pub fn windows_of<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a Window> {
        let at = session.span().opens;
        let names: BTreeSet<&str> = match session.grants.is_empty() {
            true => self.windows.iter().map(|window| window.grant.as_str()).collect(),
            false => session.grants.iter().map(String::as_str).collect(),
        };
        names.into_iter().filter_map(move |grant| {
            let open = |apart| self.windows.iter().rfind(|window| window.grant == grant && window.was_open(at, apart));
            open(SignedDuration::ZERO).or_else(|| open(APART))
        })
    }

    pub(super) fn take(&mut self, entry: &Entry, teller: &str) {
        match entry.kind {
            Kind::Opened => self.open(entry, teller),
            Kind::Closed => self.close(entry, teller),
            Kind::Published | Kind::InPlace => {
                self.recover(entry.at, teller);
                self.publish(entry, teller);
            }
            Kind::WellAgain => self.recover(entry.at, teller),
            Kind::Failing => self.fail(entry, teller),
            Kind::Superseded | Kind::Cut | Kind::Lapsed | Kind::Drift | Kind::Revoked => {
                self.marks.push(Mark { at: entry.at, kind: entry.kind, message: entry.message.clone() });
            }
            Kind::Started | Kind::Stopped | Kind::EventsLost | Kind::Ending => {}
            // Of people: the ledger passes them over.
            Kind::Requested | Kind::Approved | Kind::Denied | Kind::Withdrawn | Kind::Revocation => {}
        }
    }

    fn open(&mut self, entry: &Entry, teller: &str) {
        let grant = entry.field("GRANT").unwrap_or_default();
        let new = Window::opened(entry, grant, teller);
        let access = self.last_access(grant);
        let goes_on = |window: &Window| {
            let ended = window.closed.or(window.to_close.filter(|to_close| *to_close < entry.at));
            // A daemon that starts tells again of what it finds open. If there was no access in between, that may be another.
            let is_near = |t: Timestamp| entry.at.duration_since(t) <= APART;
            let last = window.opened.into_iter().chain(access).max();
            window.is_like(&new)
                && ended.is_none_or(|t| is_near(t) && !window.told_by.contains(teller))
                && last.is_some_and(|t| t > entry.at || is_near(t))
        };
        match self.windows.iter_mut().rfind(|window| window.grant == grant) {
            Some(window) if goes_on(window) => {
                window.told_by.insert(teller.to_owned());
                window.to_close = new.to_close.or(window.to_close);
            }
            before => {
                if let Some(window) = before.filter(|window| window.closed.is_none()) {
                    window.heard_until = window.opened.into_iter().chain(access).max().map(|heard| heard.min(entry.at));
                }
                self.windows.push(new);
            }
        }
    }

    /// When the last session ends that was issued for a grant so far.
    pub(super) fn last_access(&self, grant: &str) -> Option<Timestamp> {
        self.sessions.iter().filter(|session| session.grants.iter().any(|name| name == grant)).map(Session::ends).max()
    }

    fn close(&mut self, entry: &Entry, teller: &str) {
        let grant = entry.field("GRANT").unwrap_or_default();
        let is_it = |window: &Window| {
            window.grant == grant && window.closed.is_none_or(|closed| entry.at.duration_since(closed) <= APART)
        };
        let window = match self.windows.iter().rposition(is_it) {
            Some(index) => &mut self.windows[index],
            None => {
                self.windows.push(Window::unknown(grant));
                self.windows.last_mut().expect("pushed")
            }
        };
        window.told_by.insert(teller.to_owned());
        window.closed = window.closed.or(Some(entry.at));
        window.access_ended = window.access_ended.max(entry.instant("EXPIRATION"));
    }

    fn publish(&mut self, entry: &Entry, teller: &str) {
        let (Some(version_id), Some(expires)) = (entry.field("SECRET_VERSION_ID"), entry.instant("EXPIRATION")) else { return };
        let field = |name| entry.field(name).map(str::to_owned);
        // No session is longer than that, so nobody tells of an older one.
        let is_recent = |session: &Session| entry.at.duration_since(session.heard_of) <= LONGEST_SESSION + APART;
        let recent = self.sessions.iter().enumerate().rev().take_while(|(_, session)| is_recent(session));
        let known = recent.filter(|(_, session)| session.version_id == version_id).map(|(index, _)| index).next();
        let index = known.unwrap_or_else(|| {
            self.sessions.push(Session {
                version_id: version_id.to_owned(),
                role_arn: field("ROLE_ARN").unwrap_or_default(),
                grants: Vec::new(),
                access_key_id: None,
                session_name: None,
                source_identity: field("SOURCE_IDENTITY"),
                published: None,
                heard_of: entry.at,
                found_by: Default::default(),
                expires,
                revoked: None,
            });
            self.sessions.len() - 1
        });
        let session = &mut self.sessions[index];
        if entry.kind == Kind::InPlace {
            session.found_by.insert(teller.to_owned());
            return;
        }
        // Sent twice, because an answer was lost, it is published once.
        session.published.get_or_insert_with(|| (entry.at, teller.to_owned()));
        session.grants = entry.names("GRANT").map(str::to_owned).collect();
        session.access_key_id = field("ACCESS_KEY_ID");
        session.session_name = field("ROLE_SESSION_NAME");
        for grant in session.grants.clone() {
            self.hear_of(&grant, entry.at, teller);
        }
    }

    /// A session was issued for a grant, so its window was open, whether its opening is told or not.
    fn hear_of(&mut self, grant: &str, at: Timestamp, teller: &str) {
        if !self.windows.iter().any(|window| window.grant == grant && window.was_open(at, APART)) {
            let told_by = [teller.to_owned()].into();
            self.windows.push(Window { heard_from: Some(at), told_by, ..Window::unknown(grant) });
        }
    }

    fn fail(&mut self, entry: &Entry, teller: &str) {
        self.recover(entry.at, teller);
        let message = entry.message.clone();
        self.failures.push(Failure { teller: teller.to_owned(), began: entry.at, over: None, message });
    }

    /// Who fails in another way, or succeeds, or ends, fails no more as before.
    pub(super) fn recover(&mut self, at: Timestamp, teller: &str) {
        let failing = self.failures.iter_mut().filter(|failure| failure.teller == teller && failure.over.is_none());
        failing.for_each(|failure| failure.over = Some(at));
    }
}
