//! What all journals together tell, secret by secret.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::entry::Entry;
use super::kind::Kind;
use super::session::Session;
use super::strangers::{Stranger, Strangers, Unit};
use super::trouble::{Failure, Mark};
use super::watch::{Lost, Watch};
use super::window::{APART, Window};

/// STS makes none that are longer (aws-facts §3).
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);

/// Everything that was told by the unit, of as many hosts as there are journals of.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By the secret's name in the config, and its name or ARN in Secrets Manager.
    pub lanes: BTreeMap<(String, String), Lane>,
    /// The daemons' runs, as they began.
    pub watches: Vec<Watch>,
    /// Events that are missing.
    pub lost: Vec<Lost>,
    strangers: Strangers,
}

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

impl Ledger {
    /// Of these entries, in any order.
    pub fn of(mut entries: Vec<Entry>, unit: &Unit) -> Self {
        entries.sort_by_key(|entry| entry.at);
        let mut ledger = Self::default();
        // What people did stands in what the daemon says of it: who asked and approved, and that access was revoked.
        for entry in entries.iter().filter(|entry| !entry.kind.is_of_people()) {
            match unit.wrote(entry) {
                true => ledger.take(entry, unit),
                false => ledger.strangers.count(entry),
            }
        }
        ledger.close_unheard();
        ledger
    }

    /// Who else wrote in credadmin's name.
    pub fn strangers(&self) -> Vec<Stranger> {
        self.strangers.all()
    }

    fn take(&mut self, entry: &Entry, unit: &Unit) {
        let teller = teller(entry, unit);
        self.watch(entry, &teller);
        match entry.kind {
            Kind::Started | Kind::Stopped => {
                self.lanes.values_mut().for_each(|lane| lane.recover(entry.at, &teller));
            }
            Kind::EventsLost => {
                self.lost.push(Lost { teller: teller.clone(), at: entry.at, message: entry.message.clone() });
            }
            Kind::Revoked => self.revoke(entry),
            _ => {}
        }
        let (Some(name), Some(secret_id)) = (entry.field("SECRET"), entry.field("SECRET_ID")) else { return };
        self.lanes.entry((name.to_owned(), secret_id.to_owned())).or_default().take(entry, &teller);
    }

    fn watch(&mut self, entry: &Entry, teller: &str) {
        let current = self.watches.iter_mut().rfind(|watch| watch.teller == teller);
        let is_start = entry.kind == Kind::Started;
        match current {
            Some(watch) if !is_start && watch.stopped.is_none() => {
                watch.last_word = entry.at;
                watch.stopped = Some(entry.at).filter(|_| entry.kind == Kind::Stopped);
            }
            current => {
                if let Some(watch) = current.filter(|watch| watch.stopped.is_none()) {
                    watch.replaced = Some(entry.at);
                }
                self.watches.push(Watch {
                    host: entry.host.clone(),
                    teller: teller.to_owned(),
                    started: Some(entry.at).filter(|_| is_start),
                    first_word: entry.at,
                    last_word: entry.at,
                    stopped: Some(entry.at).filter(|_| entry.kind == Kind::Stopped),
                    replaced: None,
                });
            }
        }
    }

    /// A window of which nobody tells any more who could: it is not known how it went on.
    fn close_unheard(&mut self) {
        let mut last: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
        for watch in &self.watches {
            last.insert(&watch.teller, watch.ended());
        }
        for lane in self.lanes.values_mut() {
            let ends: Vec<Option<Timestamp>> = lane.windows.iter().map(|window| lane.last_access(&window.grant)).collect();
            for (window, access) in lane.windows.iter_mut().zip(ends) {
                let ended: Option<Vec<Timestamp>> = window.told_by.iter().map(|teller| *last.get(teller.as_str())?).collect();
                if let Some(ended) = ended.filter(|_| window.closed.is_none() && window.heard_until.is_none()) {
                    window.heard_until = ended.into_iter().chain(access).max();
                }
            }
        }
    }

    /// The role denies what it issued before: in all secrets that have sessions of it.
    fn revoke(&mut self, entry: &Entry) {
        let is_cut = |session: &&mut Session| {
            Some(session.role_arn.as_str()) == entry.field("ROLE_ARN") && session.span().contains(entry.at)
        };
        let sessions = self.lanes.values_mut().flat_map(|lane| &mut lane.sessions);
        sessions.filter(is_cut).for_each(|session| session.revoked = Some(entry.at));
    }
}

/// The host, with the instance of the unit if it is one.
fn teller(entry: &Entry, unit: &Unit) -> String {
    let name = entry.unit.as_deref().unwrap_or_default();
    match name == unit.to_string() {
        true => entry.host.clone(),
        false => format!("{}/{}", entry.host, name.trim_end_matches(".service")),
    }
}

impl Lane {
    /// Of the windows of a session, or the one that would be: for each of its grants the last that was open then. All that
    /// were, if its grants are not known.
    pub fn windows_of<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a Window> {
        let at = session.span().opens;
        let names = |window: &Window| session.grants.is_empty() || session.grants.contains(&window.grant);
        let open = move |window: &&Window| names(window) && window.was_open(at);
        self.windows
            .iter()
            .enumerate()
            .filter(move |(index, window)| {
                open(window) && !self.windows[index + 1..].iter().any(|later| later.grant == window.grant && open(&later))
            })
            .map(|(_, window)| window)
    }

    fn take(&mut self, entry: &Entry, teller: &str) {
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
            Kind::Started
            | Kind::Stopped
            | Kind::Ending
            | Kind::EventsLost
            | Kind::Requested
            | Kind::Approved
            | Kind::Denied
            | Kind::Withdrawn
            | Kind::Revocation => {}
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
    fn last_access(&self, grant: &str) -> Option<Timestamp> {
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
        if !self.windows.iter().any(|window| window.grant == grant && window.was_open(at)) {
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
    fn recover(&mut self, at: Timestamp, teller: &str) {
        let failing = self.failures.iter_mut().filter(|failure| failure.teller == teller && failure.over.is_none());
        failing.for_each(|failure| failure.over = Some(at));
    }
}
