//! What no cell may do: hang, stay silent, leak, or publish after the end.

use credadmin::journal::Record;
use jiff::SignedDuration;
use tracing::Level;

use super::cells::{Cell, Ill};
use super::run::{ENDS, EVERY, FIRST_HEAL, Look, Seen};
use crate::story::{CANARY, minutes};

/// Ids of events, as docs/events.md has them.
const LAPSED: &str = "90851e5d2550abe544c428e241068575";
const CLOSED: &str = "84ccb55564873a45bbf1f246dfaf607a";
const WELL_AGAIN: &str = "a4a5248f784f4d24b0f5efa77956fc2e";
const STEPPED: &str = "5b0fdd3845a37d77b7debcd396536de1";
/// A change is told once: more lines than these, for three illnesses, are noise.
const MOST_LINES: usize = 14;

impl Seen {
    /// Judges the cell.
    pub fn judge(&self, cell: &Cell) {
        self.never_after_the_end(cell);
        self.never_a_secret(cell);
        self.never_silent(cell);
        self.well_again_in_time(cell);
    }

    /// By AWS's clock, which ends sessions.
    fn never_after_the_end(&self, cell: &Cell) {
        let name = cell.name();
        for session in self.world.sessions() {
            let end = self.world.live_end(&session.access_key_id).expect("it ends");
            // What a host with a wrong clock is given after the end opens nothing from the first moment on.
            let latest = self.ends.max(session.issued_at);
            assert!(end <= latest, "{name}: a session of {} that lives until {end}", session.issued_at);
        }
        for version in self.world.versions("SensitiveS3") {
            assert!(version.created < self.ends, "{name}: published at {}, after the end", version.created);
        }
        for look in self.looks.iter().filter(|look| look.at > self.end_of_the_window(cell)) {
            assert!(!look.alive, "{name}: alive at {:#}, after the end", look.at);
        }
    }

    /// On the clock of those who look, on which AWS's may be wrong.
    fn end_of_the_window(&self, cell: &Cell) -> SignedDuration {
        match cell.ill {
            // Set back while the window ends, it ends everything later by as much, and is right again before.
            Ill::AwsClock(by) if by.is_negative() => ENDS + minutes(5),
            ill => ENDS + ill.sleep(),
        }
    }

    fn never_a_secret(&self, cell: &Cell) {
        for record in self.said.iter().map(|(_, record)| record).chain(&self.libraries) {
            assert!(!format!("{record:?}").contains(CANARY), "{}: a secret was told: {}", cell.name(), record.message_id);
        }
    }

    fn never_silent(&self, cell: &Cell) {
        let told = self.said.iter().filter(|(_, record)| record.level <= Level::WARN).count();
        let all = || self.said.iter().map(|(_, record)| record.message.as_str()).collect::<Vec<_>>().join("\n");
        assert!((1..=MOST_LINES).contains(&told), "{}: {told} warnings and errors:\n{}", cell.name(), all());
        let Some(dead) = self.dead() else { return };
        let by = dead.at.max(self.woke(cell)) + SignedDuration::from_secs(90);
        let is_news = |record: &&Record| match record.message_id {
            STEPPED => true,
            _ => record.level == Level::ERROR,
        };
        let news = self.during(self.began, by).filter(is_news).count();
        assert!(news > 0, "{}: no access from {:#} on, and nobody was told:\n{}", cell.name(), dead.at, all());
        // A host whose clock is a day off closes the window: that is its line then.
        let says_so = |record: &Record| [LAPSED, CLOSED].contains(&record.message_id);
        let lapse_told = self.during(self.began, self.healed + cell.bound()).any(says_so);
        assert!(lapse_told || !cell.ill.sleep().is_zero(), "{}: a lapse without its line:\n{}", cell.name(), all());
    }

    /// When the host could tell anything again.
    fn woke(&self, cell: &Cell) -> SignedDuration {
        if cell.ill.sleep().is_zero() { SignedDuration::ZERO } else { self.healed }
    }

    fn well_again_in_time(&self, cell: &Cell) {
        let in_time = self.healed + cell.bound();
        let after = self.looks.iter().find(|look| look.at >= in_time).expect("it was looked long after");
        assert!(after.alive, "{}: no access {:#} after it healed", cell.name(), cell.bound());
        let failing: Vec<_> = self.during(self.began, in_time).filter(|record| record.message.starts_with("failing")).collect();
        let well = self.during(self.began, in_time).filter(|record| record.message_id == WELL_AGAIN).count();
        assert!(failing.is_empty() || well > 0, "{}: never said to be well again: {failing:#?}", cell.name());
        if self.waited_for_the_first() {
            let in_time = self.first() + FIRST_HEAL + cell.bound();
            let after = self.looks.iter().find(|look| look.at >= in_time).expect("it was looked long after");
            assert!(after.alive, "{}: no first session in time", cell.name());
        }
    }

    /// The first look while it was ill at which there was no access.
    pub fn dead(&self) -> Option<Look> {
        self.looks.iter().find(|look| self.began < look.at && look.at <= self.healed && !look.alive).copied()
    }

    /// Whether there was no session at all while it was ill at the start.
    pub fn waited_for_the_first(&self) -> bool {
        let first = self.first();
        !self.looks.iter().any(|look| look.at < first + FIRST_HEAL && look.alive)
    }

    /// When the window opened.
    fn first(&self) -> SignedDuration {
        self.looks.first().expect("a look").at - EVERY
    }

    /// What the journal said between these two.
    pub fn during(&self, from: SignedDuration, to: SignedDuration) -> impl Iterator<Item = &Record> {
        self.said.iter().filter(move |(at, _)| from < *at && *at <= to).map(|(_, record)| record)
    }
}
