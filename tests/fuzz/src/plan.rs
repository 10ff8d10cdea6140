//! Whether a plan keeps to the invariants: judged at instants around every edge, against coverage that is looked for plainly.

use credadmin::config::Watched;
use credadmin::grant::{Grant, Window};
use credadmin::schedule::coverage::Coverage;
use credadmin::schedule::plan::{horizon, plan, sessions};
use credadmin::schedule::quota::{BUDGET, DAY};
use jiff::{SignedDuration, Timestamp};

/// How far a plan is looked at.
const AHEAD: SignedDuration = SignedDuration::from_hours(60);
/// How many edges of a grant are looked at.
const EDGES: usize = 6;
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Judges what is planned for a secret from `now` on, and around the edges of each window that opens once.
pub fn obeys(watched: &Watched, now: Timestamp) {
    let cadence = &watched.secret.cadence;
    assert!(watched.grants.iter().all(|grant| grant.secret == watched.secret.name));
    let mut instants = vec![now];
    for grant in watched.grants.iter() {
        let edges = match &grant.window {
            Window::Once(span) => vec![span.opens, span.closes],
            window => window.spans(now, after(now, AHEAD)).0.iter().flat_map(|span| [span.opens, span.closes]).collect(),
        };
        for edge in edges.into_iter().take(EDGES) {
            let around = [-cadence.session(), -cadence.lead(), SECOND * -30, -SECOND, SignedDuration::ZERO, SECOND];
            instants.extend(around.into_iter().map(|by| after(edge, by)));
            instants.extend([cadence.grid_point(edge), after(cadence.grid_point(edge), cadence.step())]);
        }
    }
    instants.iter().for_each(|t| at(watched, *t));
    let planned = sessions(now, after(now, AHEAD), cadence, &watched.grants);
    for (i, session) in planned.iter().enumerate() {
        let end = end_at(&watched.grants, session.at, after(session.at, cadence.session()));
        assert!(end.is_some_and(|end| session.at < session.ends && session.ends <= end), "{session:?} {end:?}");
        let day = planned[..=i].iter().filter(|earlier| session.at.duration_since(earlier.at) < DAY).count();
        assert!(day <= BUDGET, "{day} versions in the day up to {}", session.at);
    }
}

/// Judges the plan at one instant.
fn at(watched: &Watched, t: Timestamp) {
    let (cadence, grants) = (&watched.secret.cadence, &watched.grants);
    let until = horizon(t, cadence);
    let planned = plan(t, cadence, &Coverage::between(grants.iter(), t, until));
    let open: Vec<&str> = grants.iter().filter(|grant| closes(grant, t, until).is_some()).map(|it| it.name.as_str()).collect();
    let names: Vec<&str> = planned.grants.iter().map(|grant| grant.name.as_str()).collect();
    assert_eq!(names, open, "open at {t}");
    assert!(planned.look_again.is_none_or(|next| next > t), "looks again at {:?}, at {t}", planned.look_again);
    let Some(end) = end_at(grants, t, until) else {
        assert_eq!(planned.ends, None, "planned outside coverage at {t}");
        return;
    };
    match planned.ends {
        None => assert!(end.duration_since(t) < cadence.shortest(), "covered at {t} until {end}, and nothing is planned"),
        Some(ends) => {
            let life = ends.duration_since(t);
            assert!(ends <= end, "a session until {ends}, beyond coverage until {end}, at {t}");
            assert!(life >= cadence.shortest() && life <= cadence.session(), "{life:?} at {t}");
            assert!(ends == end || life >= cadence.lead(), "only {life:?} left at {t}, covered until {end}");
        }
    }
}

/// The end of the coverage that `t` lies in, as far as `until`: of what is open then, of what is open at that end, and so on.
fn end_at(grants: &[Grant], t: Timestamp, until: Timestamp) -> Option<Timestamp> {
    let mut end = t;
    while end < until {
        match grants.iter().filter_map(|grant| closes(grant, end, until)).max() {
            Some(later) => end = later,
            None => break,
        }
    }
    (end > t).then_some(end)
}

fn closes(grant: &Grant, t: Timestamp, until: Timestamp) -> Option<Timestamp> {
    let span = match &grant.window {
        Window::Once(span) => Some(*span),
        window => window.spans(t, until).0.first().copied(),
    };
    span.filter(|span| span.opens <= t && t < span.closes).map(|span| span.closes)
}

fn after(t: Timestamp, by: SignedDuration) -> Timestamp {
    t.saturating_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}
