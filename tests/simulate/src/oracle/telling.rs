//! From what was done to a host: which windows were in force there, and when something was wrong.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::past::{Host, InForce};
use crate::calendar::{Span, spans, union};
use crate::config::Main;
use crate::disturbance::Content;
use crate::ills::{How, Ill};
use crate::run::Records;
use crate::story::{Story, Window};
use crate::timeline::Action;

/// How long late requests are on their way, at most: there, and the answer back.
const LATE: SignedDuration = SignedDuration::from_mins(12);
/// So far a clock may be off and be as good as right.
const RIGHT: SignedDuration = SignedDuration::from_secs(2);

/// A host while the past is told.
struct Telling {
    file: Main,
    main: Main,
    drop_ins: BTreeMap<usize, (usize, Content)>,
    spoilt: bool,
    up: bool,
    frozen: bool,
    reload_waits: bool,
    down_since: Option<Timestamp>,
    frozen_since: Option<Timestamp>,
    offset: SignedDuration,
    off_since: Option<Timestamp>,
}

/// The past of the host of that number.
pub fn host(story: &Story, records: &Records, number: usize) -> Host {
    let lead = story.secrets.iter().map(|secret| (secret.number, story.lead(number, secret))).collect();
    let written = story.secrets.iter().map(|secret| (secret.number, story.written_lead(number, secret))).collect();
    let mut host = Host { lead, written_lead: written, offsets: vec![(Timestamp::MIN, SignedDuration::ZERO)], ..Host::default() };
    let main = Main::of(story, number);
    let mut now = Telling {
        file: main.clone(),
        main,
        drop_ins: BTreeMap::new(),
        spoilt: false,
        up: false,
        frozen: false,
        reload_waits: false,
        down_since: None,
        frozen_since: None,
        offset: SignedDuration::ZERO,
        off_since: None,
    };
    let mut ills: BTreeMap<usize, (Timestamp, Ill)> = BTreeMap::new();
    let mut quotas: Vec<Timestamp> = Vec::new();
    let mut calendar = HashMap::new();
    for (at, _, action) in &records.done {
        let at = *at;
        match action {
            Action::Fall(id, ill) if ill.host.is_none_or(|only| only == number) => drop(ills.insert(*id, (at, ill.clone()))),
            Action::Heal(id) => {
                if let Some((since, ill)) = ills.remove(id) {
                    host.fell_ill((since, at), &ill);
                }
            }
            Action::Quota(true) => quotas.push(at),
            // Which of several it is makes no difference to their union.
            Action::Quota(false) => host.ill.extend(quotas.pop().map(|since| (since, at))),
            Action::Suspend(span) => {
                host.ill.push((at, at + *span));
                host.stalled.push((at, at + *span));
            }
            other => host.happens(other, number, at, story, &mut now),
        }
        if matches!(action, Action::Start(_) | Action::Reload(_) | Action::Thaw(_) | Action::DropIn(..)) {
            host.note(story, &now, at, &mut calendar);
        }
    }
    let end = story.end() + LATE;
    ills.into_values().for_each(|(since, ill)| host.fell_ill((since, end), &ill));
    host.ill.extend(quotas.into_iter().map(|since| (since, end)));
    host.ill.extend(now.down_since.map(|since| (since, end)));
    for since in [now.frozen_since, now.off_since].into_iter().flatten() {
        host.ill.push((since, end));
        host.stalled.push((since, end));
    }
    host.ill = union(std::mem::take(&mut host.ill));
    host.stalled = union(std::mem::take(&mut host.stalled));
    host
}

impl Host {
    fn fell_ill(&mut self, (from, until): Span, ill: &Ill) {
        if ill.how.harms() {
            self.ill.push((from, until));
        }
        if matches!(ill.how, How::Late(_) | How::Again(_)) {
            self.stalled.push((from, until + LATE));
        }
    }

    fn happens(&mut self, action: &Action, number: usize, at: Timestamp, story: &Story, now: &mut Telling) {
        match action {
            Action::Start(host) if *host == number => {
                now.up = true;
                now.main.clone_from(&now.file);
                self.ill.extend(now.down_since.take().map(|since| (since, at)));
                // A new process is not stopped, and no signal waits for it.
                self.thaw(now, at);
                now.reload_waits = false;
            }
            Action::Kill(host) | Action::Stop(host) if *host == number => {
                now.up = false;
                now.down_since = now.down_since.or(Some(at));
            }
            // It may go on for a while, or for good; it is not to be relied on.
            Action::Doom(host, _) if *host == number => now.down_since = now.down_since.or(Some(at)),
            Action::Freeze(host) if *host == number => {
                now.frozen = true;
                now.frozen_since = now.frozen_since.or(Some(at));
            }
            Action::Thaw(host) if *host == number => {
                self.thaw(now, at);
                if std::mem::take(&mut now.reload_waits) && now.up && !now.spoilt {
                    now.main.clone_from(&now.file);
                }
            }
            Action::Step(host, by) if *host == number => {
                now.offset += *by;
                self.offsets.push((at, now.offset));
                let is_off = now.offset.abs() > RIGHT;
                match now.off_since {
                    None if is_off => now.off_since = Some(at),
                    Some(since) if !is_off => {
                        self.ill.push((since, at));
                        self.stalled.push((since, at));
                        now.off_since = None;
                    }
                    _ => {}
                }
            }
            Action::Reload(host) if *host == number => match (now.frozen, now.spoilt) {
                (true, _) => now.reload_waits = true,
                (false, false) if now.up => now.main.clone_from(&now.file),
                _ => {}
            },
            Action::Spoil(host, spoilt) if *host == number => now.spoilt = *spoilt,
            Action::Edit(host, grant, window) if *host == number => now.file.edit(story, *grant, window.clone()),
            Action::Retag(host, secret) if *host == number => now.file.retag(*secret),
            Action::DropIn(host, file, secret, content) if *host == number => {
                now.drop_ins.insert(*file, (*secret, content.clone()));
            }
            _ => {}
        }
    }

    fn thaw(&mut self, now: &mut Telling, at: Timestamp) {
        now.frozen = false;
        if let Some(since) = now.frozen_since.take() {
            self.ill.push((since, at));
            self.stalled.push((since, at));
        }
    }

    /// Takes down what is in force now, where it has changed.
    fn note(&mut self, story: &Story, now: &Telling, at: Timestamp, calendar: &mut HashMap<Window, Vec<Span>>) {
        let mut windows: BTreeMap<usize, Vec<&Window>> = BTreeMap::new();
        now.main.grants.values().for_each(|(secret, window)| windows.entry(*secret).or_default().push(window));
        let dropped: Vec<(usize, Window)> = now
            .drop_ins
            .values()
            .filter_map(|(secret, content)| match content {
                Content::Window(from, until) => Some((*secret, Window::Once(*from, *until))),
                Content::Bad | Content::Gone => None,
            })
            .collect();
        dropped.iter().for_each(|(secret, window)| windows.entry(*secret).or_default().push(window));
        for secret in &story.secrets {
            let windows = windows.remove(&secret.number).unwrap_or_default();
            let tags = now.main.tags.get(&secret.number).copied().unwrap_or_default();
            let known = self.in_force.entry(secret.number).or_default();
            if known.last().is_some_and(|last| last.tags == tags && last.windows.iter().eq(windows.iter().copied())) {
                continue;
            }
            let day = SignedDuration::from_hours(24);
            let mut open = Vec::new();
            for window in &windows {
                let when =
                    calendar.entry((*window).clone()).or_insert_with(|| spans(window, story.start - day, story.end() + day));
                open.extend(when.iter().copied());
            }
            let windows = windows.into_iter().cloned().collect();
            known.push(InForce { since: at, open: union(open).into(), tags, windows });
        }
    }
}
