//! From disturbances to what is done when: each begins, and most of them end.

use jiff::SignedDuration;

use crate::disturbance::{Content, Disturbance, What};
use crate::ills::Ill;
use crate::story::{Story, Window};

/// One thing that is done to the account or to its hosts, at one moment.
#[derive(Clone, Debug)]
pub enum Action {
    /// Calls begin to go wrong; the disturbance's number tells which end it.
    Fall(usize, Ill),
    /// They are well again.
    Heal(usize),
    /// DescribeSecret is behind by so much; the number is the disturbance's.
    Lag(usize, SignedDuration),
    /// It is not, as far as that disturbance goes.
    NoLag(usize),
    /// Quotas of one request a second, or AWS's own.
    Quota(bool),
    /// A daemon starts, after whatever became of the one before.
    Start(usize),
    /// kill -9.
    Kill(usize),
    /// The process dies at the so-manieth await point of its calls.
    Doom(usize, usize),
    /// SIGTERM.
    Stop(usize),
    /// SIGSTOP.
    Freeze(usize),
    /// SIGCONT.
    Thaw(usize),
    /// All hosts sleep for so long.
    Suspend(SignedDuration),
    /// The host's clock is set by so much.
    Step(usize, SignedDuration),
    /// SIGHUP.
    Reload(usize),
    /// The main file is overwritten with nonsense, or put right.
    Spoil(usize, bool),
    /// A grant of the main file, on that host.
    Edit(usize, usize, Option<Window>),
    /// The tags of a secret, on that host.
    Retag(usize, usize),
    /// A drop-in of that number, for that secret, on that host.
    DropIn(usize, usize, usize, Content),
    /// A stranger writes.
    Stranger(usize),
    /// An administrator revokes.
    Tombstone(usize),
    /// Marked for deletion, or restored.
    Delete(usize, bool),
    /// Rotation on, or off.
    Rotate(usize, bool),
    /// Owned by a service, or not.
    Own(usize, bool),
}

/// How often a clock that drifts is a little more wrong.
const DRIFTS: SignedDuration = SignedDuration::from_mins(10);

/// All that is done in a story, in order; with the number of the disturbance that it comes of.
pub fn actions(story: &Story) -> Vec<(SignedDuration, usize, Action)> {
    let mut actions = Vec::new();
    for (number, disturbance) in story.disturbances.iter().enumerate() {
        let hosts = story.hosts.len();
        actions.extend(expand(disturbance, number, hosts).into_iter().map(|(at, action)| (at, number, action)));
    }
    actions.sort_by_key(|(at, ..)| *at);
    actions
}

fn expand(disturbance: &Disturbance, number: usize, hosts: usize) -> Vec<(SignedDuration, Action)> {
    let at = disturbance.at;
    let each = |lag: &SignedDuration, action: &dyn Fn(usize) -> Action, then: bool| -> Vec<(SignedDuration, Action)> {
        let host = |host| {
            let at = at + *lag * host as i32;
            // Whoever reloads does so a moment after the file is there.
            let reload = then.then(|| (at + SignedDuration::from_millis(200), Action::Reload(host)));
            [(at, action(host))].into_iter().chain(reload)
        };
        (0..hosts).flat_map(host).collect()
    };
    match &disturbance.what {
        What::Ill(ill, span) => vec![(at, Action::Fall(number, ill.clone())), (at + *span, Action::Heal(number))],
        What::Lag(by, span) => vec![(at, Action::Lag(number, *by)), (at + *span, Action::NoLag(number))],
        What::Quota(span) => vec![(at, Action::Quota(true)), (at + *span, Action::Quota(false))],
        What::Kill(host, down) => vec![(at, Action::Kill(*host)), (at + *down, Action::Start(*host))],
        What::Crash(host, point, down) => vec![(at, Action::Doom(*host, *point)), (at + *down, Action::Start(*host))],
        What::Stop(host, down) => vec![(at, Action::Stop(*host)), (at + *down, Action::Start(*host))],
        What::Freeze(host, span) => vec![(at, Action::Freeze(*host)), (at + *span, Action::Thaw(*host))],
        What::Suspend(span) => vec![(at, Action::Suspend(*span))],
        What::Step(host, by, span) => vec![(at, Action::Step(*host, *by)), (at + *span, Action::Step(*host, -*by))],
        What::Drift(host, by, span) => {
            let times = (span.as_secs() / DRIFTS.as_secs()) as i32;
            let steps = (0..times).map(|i| (at + DRIFTS * i, Action::Step(*host, *by)));
            steps.chain([(at + *span, Action::Step(*host, -(*by * times)))]).collect()
        }
        What::Reload(host) => vec![(at, Action::Reload(*host))],
        What::BadReload(host) => {
            let after = |ms| at + SignedDuration::from_millis(ms);
            vec![(at, Action::Spoil(*host, true)), (after(1), Action::Reload(*host)), (after(1000), Action::Spoil(*host, false))]
        }
        What::Edit(grant, window, lag) => each(lag, &|host| Action::Edit(host, *grant, window.clone()), true),
        What::Retag(secret, lag) => each(lag, &|host| Action::Retag(host, *secret), true),
        What::DropIn(file, secret, content, lag) => {
            each(lag, &|host| Action::DropIn(host, *file, *secret, content.clone()), false)
        }
        What::Stranger(secret, times) => {
            (0..*times).map(|i| (at + SignedDuration::from_mins(1) * i as i32, Action::Stranger(*secret))).collect()
        }
        What::Tombstone(secret) => vec![(at, Action::Tombstone(*secret))],
        What::Deleted(secret, span) => vec![(at, Action::Delete(*secret, true)), (at + *span, Action::Delete(*secret, false))],
        What::Rotation(secret, span) => vec![(at, Action::Rotate(*secret, true)), (at + *span, Action::Rotate(*secret, false))],
        What::Owned(secret, span) => vec![(at, Action::Own(*secret, true)), (at + *span, Action::Own(*secret, false))],
    }
}
