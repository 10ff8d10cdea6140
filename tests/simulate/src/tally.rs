//! What stories add up to.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::calendar::{spans, union};
use crate::oracle::{Breach, Verdict, judge};
use crate::run::run;
use crate::story::{Story, Window};

/// What one story, or many, came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many stories.
    pub stories: usize,
    /// Years of a secret's life.
    pub secret_years: f64,
    /// Years of a daemon's life.
    pub daemon_years: f64,
    /// By how many hosts, and whether on one config: stories.
    pub hosts: BTreeMap<(usize, bool), usize>,
    /// Stories in which clocks were changed in a zone of a window, while that grant was there.
    pub clock_changes: usize,
    /// Windows of the main files.
    pub windows: usize,
    /// Requests that AWS took.
    pub calls: usize,
    /// Sessions issued.
    pub sessions: usize,
    /// Versions that daemons wrote.
    pub versions: usize,
    /// Sessions issued and never published.
    pub lost: usize,
    /// Time in which readers had to have a session.
    pub judged: SignedDuration,
    /// Time in which the whole lead had to be left.
    pub with_lead: SignedDuration,
    /// How often each disturbance was met.
    pub met: BTreeMap<String, u64>,
    /// What did not hold: of each story that failed, the first, with the story's seed.
    pub failed: Vec<(u64, Breach)>,
}

/// Lets a story happen, judges it, and counts.
pub fn live(story: &Story) -> Tally {
    let records = run(story, None);
    let Verdict { breaches, versions, lost, judged, with_lead } = judge(story, &records);
    let same = story.hosts.iter().all(|host| *host == story.hosts[0]);
    let first = breaches.into_iter().min_by_key(|breach| breach.at);
    Tally {
        stories: 1,
        secret_years: story.secret_years(),
        daemon_years: story.hosts.len() as f64 * story.length.as_secs_f64() / (365.0 * 86_400.0),
        hosts: [((story.hosts.len(), same), 1)].into(),
        clock_changes: usize::from(story.grants.iter().any(|grant| clocks_change(story, &grant.window))),
        windows: story.grants.iter().map(|grant| union(spans(&grant.window, story.start, story.end())).len()).sum(),
        calls: records.calls,
        sessions: records.sessions.len(),
        versions,
        lost,
        judged,
        with_lead,
        met: records.met,
        failed: first.map(|breach| (story.seed, breach)).into_iter().collect(),
    }
}

fn clocks_change(story: &Story, window: &Window) -> bool {
    let Window::Again(again) = window else { return false };
    let zone = jiff::tz::TimeZone::get(again.zone).expect("an IANA zone");
    zone.to_offset(story.start) != zone.to_offset(story.end())
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.stories += other.stories;
        self.secret_years += other.secret_years;
        self.daemon_years += other.daemon_years;
        self.clock_changes += other.clock_changes;
        self.windows += other.windows;
        self.calls += other.calls;
        self.sessions += other.sessions;
        self.versions += other.versions;
        self.lost += other.lost;
        self.judged += other.judged;
        self.with_lead += other.with_lead;
        for (hosts, stories) in other.hosts {
            *self.hosts.entry(hosts).or_default() += stories;
        }
        for (kind, times) in other.met {
            *self.met.entry(kind).or_default() += times;
        }
        self.failed.extend(other.failed);
    }
}
