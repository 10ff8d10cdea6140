//! One cell, from its window's start to past its end: what readers had at every moment, and what the journal said.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use credadmin::journal::{Event, Journal, Record, Relay};
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Operation, World};
use tracing_subscriber::layer::SubscriberExt;

use super::cells::{Cell, Ill};
use crate::story::{Host, ONE_DAY, START, Story, seconds};

/// All of these are counted from the window's start. The secret is refreshed at 7 min 19 s and every 40 minutes after.
///
/// Until then there is no first session.
pub const FIRST_HEAL: SignedDuration = SignedDuration::from_mins(5);
/// Seven minutes before a refresh; what is published lives for another 27 min 19 s.
pub const FALLS_ILL: SignedDuration = SignedDuration::from_mins(80);
/// An hour later.
pub const HEALS: SignedDuration = SignedDuration::from_mins(140);
/// Just before the last refresh, from which on sessions end with the window.
const FALLS_ILL_AGAIN: SignedDuration = SignedDuration::from_mins(165);
/// The window's end: 20 minutes after that refresh.
pub const ENDS: SignedDuration = SignedDuration::from_secs(187 * 60 + 30);
/// After the window's end: whatever was to be done is still wanted, but too late.
const HEALS_AGAIN: SignedDuration = SignedDuration::from_mins(192);
/// The end of the story.
const OVER: SignedDuration = SignedDuration::from_mins(220);
/// The host's own credentials live for six hours. In cells of the metadata service all but the start comes so much later, by
/// whole refreshes, so that they end where other calls fall ill.
const LATER: SignedDuration = SignedDuration::from_mins(7 * 40);
/// How often it is looked what readers get.
pub const EVERY: SignedDuration = SignedDuration::from_secs(20);

/// What readers had at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub at: SignedDuration,
    /// Whether the secret held a session that was good for something.
    pub alive: bool,
}

/// All that was seen of a cell.
pub struct Seen {
    pub looks: Vec<Look>,
    /// What the journal said, and by which look.
    pub said: Vec<(SignedDuration, Record)>,
    /// What the journal would say besides of what libraries logged, at whatever level.
    pub libraries: Vec<Record>,
    /// When the fault of an hour really began: with the call, where it comes with one.
    pub began: SignedDuration,
    pub healed: SignedDuration,
    /// When the window ended.
    pub ends: Timestamp,
    pub world: World,
}

/// Runs it.
pub async fn run(cell: Cell) -> Seen {
    fastrand::seed(7); // For what the SDK leaves to chance.
    // As the daemon has it; but what it takes in is heard apart.
    let (journal, mut libraries) = Journal::handed_to(1 << 16);
    let relaying = tracing::subscriber::set_default(tracing_subscriber::registry().with(Relay::new(journal)));
    let later = if cell.is_of_metadata() { LATER } else { SignedDuration::ZERO };
    let start: Timestamp = START.parse().expect("an instant");
    let ends = start + ENDS + later + cell.ill.sleep();
    let story = Story::new(&ONE_DAY.replace("2026-12-02T08:00:00Z", &ends.to_string())).await;
    let mut course =
        Course { cell, story, passed: -later, reader: Arc::default(), said: Vec::new(), heard: 0, began: Arc::default() };
    let from_the_start = matches!(cell.ill, Ill::Wire(_));
    if from_the_start {
        course.falls_ill(cell.call);
    }
    let mut host = course.story.daemon().await;
    course.until(FIRST_HEAL - later, EVERY, &mut host).await;
    if from_the_start {
        course.heals();
    }
    course.until(FIRST_HEAL + seconds(240) - later, EVERY, &mut host).await;
    course.until(FALLS_ILL, SignedDuration::from_mins(5), &mut host).await;
    course.falls_ill(cell.call);
    course.until(HEALS, EVERY, &mut host).await;
    let (began, healed) = course.heals();
    course.until(FALLS_ILL_AGAIN, EVERY, &mut host).await;
    // Own credentials are not fetched again now.
    course.falls_ill(if cell.is_of_metadata() { Operation::DescribeSecret } else { cell.call });
    course.until(HEALS_AGAIN, EVERY, &mut host).await;
    course.heals();
    course.until(OVER, EVERY, &mut host).await;
    assert!(matches!(host.stop().await.last(), Some(Event::Stopped { .. })), "{}: hangs", cell.name());
    drop(relaying);
    let libraries = libraries.new_ones().map(|event| event.record()).collect();
    let looks = course.reader.looks.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Seen { looks, said: course.said, libraries, began, healed, ends, world: course.story.world }
}

/// A cell under way.
struct Course {
    cell: Cell,
    story: Story,
    /// By the clock that nobody sets.
    passed: SignedDuration,
    reader: Arc<Reader>,
    said: Vec<(SignedDuration, Record)>,
    heard: usize,
    /// When it last fell ill, in seconds.
    began: Arc<AtomicI64>,
}

/// Who looks, also while the host sleeps.
#[derive(Default)]
struct Reader {
    looks: Mutex<Vec<Look>>,
    /// For how many seconds the host has slept.
    slept: AtomicI64,
}

impl Reader {
    /// Looks at what the secret holds, `ago` before now.
    fn look(&self, world: &World, at: SignedDuration, ago: SignedDuration) {
        let alive = world.versions("SensitiveS3").last().is_some_and(|version| {
            let value: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
            let key = value["sessionId"].as_str().expect("a key id");
            world.live_end(key).is_some_and(|end| world.now() - ago < end)
        });
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).push(Look { at, alive });
    }
}

impl Course {
    /// Lets time go by, and looks now and then.
    async fn until(&mut self, end: SignedDuration, every: SignedDuration, host: &mut Host) {
        while self.passed < end {
            let step = every.min(end - self.passed);
            self.story.pass(step).await;
            self.passed += step;
            let at = self.passed + seconds(self.reader.slept.load(Ordering::Relaxed));
            self.reader.look(&self.story.world, at, SignedDuration::ZERO);
            let events = host.events();
            self.said.extend(events[self.heard..].iter().map(|event| (at, event.record())));
            self.heard = events.len();
        }
    }

    fn falls_ill(&self, call: Operation) {
        let world = self.story.world.clone();
        self.began.store(self.passed.as_secs(), Ordering::Relaxed);
        if let Ill::Wire(fault) = self.cell.ill {
            return world.fail(call, fault(call), usize::MAX);
        }
        let (clock, ahead, ill, passed) = (self.story.clock.clone(), self.story.aws_ahead(), self.cell.ill, self.passed);
        let (began, reader, armed) = (Arc::clone(&self.began), Arc::clone(&self.reader), clock.elapsed());
        let seen_by = world.clone();
        world.when_next(call, move || {
            let at = passed + clock.elapsed().since(armed) + seconds(reader.slept.load(Ordering::Relaxed));
            began.store(at.as_secs(), Ordering::Relaxed);
            ill.strikes(&clock, &ahead, 1);
            let looks = ill.sleep().as_secs() / EVERY.as_secs();
            (1..=looks).for_each(|n| reader.look(&seen_by, at + EVERY * n as i32, ill.sleep() - EVERY * n as i32));
            reader.slept.fetch_add(ill.sleep().as_secs(), Ordering::Relaxed);
        });
    }

    /// Answers with when it fell ill, and when it was over.
    fn heals(&self) -> (SignedDuration, SignedDuration) {
        self.story.world.heal();
        let began = seconds(self.began.load(Ordering::Relaxed));
        self.cell.ill.strikes(&self.story.clock, &self.story.aws_ahead(), -1);
        (began, if self.cell.ill.sleep().is_zero() { self.passed } else { began + self.cell.ill.sleep() })
    }
}
