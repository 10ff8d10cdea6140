//! What all journals together tell, secret by secret.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::entry::Entry;
use super::kind::Kind;
use super::lane::Lane;
use super::revocation::{Revocation, Tombstone};
use super::strangers::{Stranger, Strangers, Unit};
use super::watch::{Lost, Watch};

/// Everything that was told by the unit, and by whoever revoked, of as many hosts as there are journals of.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By the secret's name in the config, and its name or ARN in Secrets Manager.
    pub lanes: BTreeMap<(String, String), Lane>,
    /// The daemons' runs, as they began.
    pub watches: Vec<Watch>,
    /// Events that are missing.
    pub lost: Vec<Lost>,
    /// Tombstones of which nobody says that the sessions before them were denied: these count until their own end.
    pub undenied: Vec<Tombstone>,
    strangers: Strangers,
}

impl Ledger {
    /// Of these entries, in any order.
    pub fn of(mut entries: Vec<Entry>, unit: &Unit) -> Self {
        entries.sort_by_key(|entry| entry.at);
        let mut ledger = Self::default();
        // Who asked and approved stands in what the daemon says of it.
        for entry in entries.iter().filter(|entry| !entry.kind.is_of_people()) {
            match unit.wrote(entry) {
                true => ledger.take(entry, unit),
                false => ledger.strangers.count(entry),
            }
        }
        ledger.revoke(&entries, unit);
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
            Kind::Revoked => self.undenied.extend(Tombstone::of(entry)),
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

    /// Whoever revoked says whether the role denies what it issued before: in all secrets that have sessions of it. It is believed
    /// of root. Anybody can have the daemon's program say it, on a config and an AWS of their own: of others than root it is
    /// believed where the unit has found what they have put into the secret.
    fn revoke(&mut self, entries: &[Entry], unit: &Unit) {
        let program = |entry: &Entry| Some((entry.host.clone(), entry.program.clone()?));
        let daemons: BTreeSet<_> = entries.iter().filter(|entry| unit.wrote(entry)).filter_map(program).collect();
        let tombstones = self.undenied.clone();
        for entry in entries {
            let Some(revocation) = Revocation::of(entry) else { continue };
            let is_the_daemons = program(entry).is_some_and(|program| daemons.contains(&program));
            let is_seen = is_the_daemons && tombstones.iter().any(|tombstone| revocation.has_put(tombstone));
            if entry.uid != Some(0) && !is_seen {
                self.strangers.count(entry);
                continue;
            }
            for session in self.lanes.values_mut().flat_map(|lane| &mut lane.sessions) {
                revocation.cut(session);
            }
            self.undenied.retain(|tombstone| !revocation.explains(tombstone));
        }
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
