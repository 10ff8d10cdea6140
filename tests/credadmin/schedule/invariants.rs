//! Design.md's invariants 1 to 3 over the pure plan, and what the daemon's loop rests on. Coverage is the oracle's.

use credadmin::cadence::Cadence;
use credadmin::grant::Grant;
use credadmin::schedule::coverage::Coverage;
use credadmin::schedule::plan::{Plan, horizon, plan, sessions};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::cases::{Case, case};
use super::oracle::after;
use super::{cadence, grants, seeded};

fn shortest(case: &Case) -> SignedDuration {
    SignedDuration::from_secs(if case.cadence.exact { 30 } else { 900 })
}

/// Instants at which something could go wrong between `from` and `until`: on edges and grid points and a nanosecond before.
fn instants(case: &Case, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut instants = case.calendar(from, until).edges();
    let mut grid_point = case.cadence.grid_point(from);
    while grid_point < until {
        instants.push(grid_point);
        grid_point = after(grid_point, case.cadence.step());
    }
    let before = |t: &Timestamp| t.checked_sub(SignedDuration::from_nanos(1)).unwrap();
    instants.extend(instants.iter().map(before).collect::<Vec<_>>());
    instants.retain(|t| from <= *t && *t < until);
    instants.sort();
    instants.truncate(12);
    instants
}

/// The plan at `t`, as the daemon asks for it.
fn plan_at<'a>(t: Timestamp, rhythm: &Cadence, grants: &'a [Grant]) -> Plan<'a> {
    plan(t, rhythm, &Coverage::between(grants, t, horizon(t, rhythm)))
}

proptest! {
    #![proptest_config(seeded(600))]

    #[test]
    fn invariant_1_no_session_ends_after_its_coverage(case in case(), length in 1_i64..50_000, late in 0.0..1.0_f64) {
        let (from, until) = (case.now(), after(case.now(), length));
        let (rhythm, grants, truth) = (cadence(&case.cadence), grants(&case.grants), case.calendar(from, until));
        for session in sessions(from, until, &rhythm, &grants) {
            let end = truth.end_at(session.at).expect("issued inside coverage");
            prop_assert!(session.ends <= end);
            // Issued on time or at any moment after: by the session policy, or without one by STS's duration alone.
            let life = session.ends.duration_since(session.at).as_nanos() as f64;
            let issued = session.at.checked_add(SignedDuration::from_nanos((life * late) as i64)).unwrap();
            if !case.cadence.exact && session.ends.duration_since(issued) >= rhythm.shortest() {
                prop_assert!(after(issued, rhythm.duration_seconds(issued, session.ends)) <= end);
            }
        }
    }

    #[test]
    fn invariant_2_steady_state_never_has_less_than_the_lead_left(case in case(), length in 1_i64..50_000) {
        let (from, until) = (case.now(), after(case.now(), length));
        let (grants, truth) = (grants(&case.grants), case.calendar(from, until));
        let sessions = sessions(from, until, &cadence(&case.cadence), &grants);
        let stretches = truth.stretches();
        for t in instants(&case, from, until) {
            let Some((opens, closes)) = stretches.iter().find(|span| span.0 <= t && t < span.1) else { continue };
            if closes.duration_since(*opens.max(&from)) <= shortest(&case) {
                continue; // Not worth a session from its beginning.
            }
            let in_place = sessions.iter().rfind(|session| session.at <= t);
            let ends = in_place.map(|session| session.ends).filter(|ends| *ends > t);
            let enough = |ends: Timestamp| ends == *closes || ends.duration_since(t) >= SignedDuration::from_secs(case.cadence.lead);
            prop_assert!(ends.is_some_and(enough), "at {}: {:?} of coverage until {}", t, ends, closes);
        }
    }

    #[test]
    fn invariant_3_nothing_planned_outside_coverage(case in case(), length in 1_i64..50_000) {
        let (from, until) = (case.now(), after(case.now(), length));
        let (rhythm, grants, truth) = (cadence(&case.cadence), grants(&case.grants), case.calendar(from, until));
        for session in sessions(from, until, &rhythm, &grants) {
            prop_assert!(from <= session.at && session.at < until && session.at < session.ends);
            prop_assert!(truth.end_at(session.at).is_some(), "issued at {}", session.at);
        }
        for t in instants(&case, from, until) {
            let (plan, open) = (plan_at(t, &rhythm, &grants), truth.end_at(t).is_some());
            prop_assert_eq!(plan.grants.is_empty(), !open);
            prop_assert!(open || plan.ends.is_none() && plan.closes.is_none());
        }
    }

    #[test]
    fn look_again_is_later_than_now_and_the_first_change(case in case(), between in prop::array::uniform3(0.0..1.0_f64)) {
        let (now, rhythm, grants) = (case.now(), cadence(&case.cadence), grants(&case.grants));
        let plan = |t| plan_at(t, &rhythm, &grants);
        let seen = |plan: Plan| (plan.grants.iter().map(|grant| grant.name.clone()).collect::<Vec<_>>(), plan.ends, plan.closes);
        let (before, look_again) = (seen(plan(now)), plan(now).look_again);
        prop_assert!(look_again.is_none_or(|t| t > now));
        let end = look_again.unwrap_or(after(now, 400 * 86_400));
        let life = end.duration_since(now).as_nanos() as f64;
        let mut instants: Vec<_> =
            between.iter().map(|part| now.checked_add(SignedDuration::from_nanos((life * part) as i64)).unwrap()).collect();
        instants.push(end.checked_sub(SignedDuration::from_nanos(1)).unwrap());
        for t in instants {
            let (names, ends, closes) = seen(plan(t));
            // With so little left the session is not issued any more; the one in place lives on.
            let worth = before.1.filter(|ends| ends.duration_since(t) >= shortest(&case));
            prop_assert_eq!((names, ends, closes), (before.0.clone(), worth, before.2), "at {}", t);
        }
        if look_again.is_some() {
            prop_assert_ne!(seen(plan(end)), before);
        }
    }

    #[test]
    fn the_duration_is_exact_from_900_seconds_on(case in case(), late in 0.0..1.0_f64) {
        let (now, rhythm, grants) = (case.now(), cadence(&case.cadence), grants(&case.grants));
        let Some(ends) = plan_at(now, &rhythm, &grants).ends else { return Ok(()) };
        let life = ends.duration_since(now).as_nanos() as f64;
        let issued = now.checked_add(SignedDuration::from_nanos((life * late) as i64)).unwrap();
        for t in [now, issued] {
            let (whole, duration) = (ends.duration_since(t).as_secs(), rhythm.duration_seconds(t, ends));
            prop_assert!((900..=case.cadence.session).contains(&duration));
            prop_assert_eq!(duration, whole.max(900));
        }
    }
}

#[test]
fn grants_of_other_secrets_do_not_matter() {
    let table =
        |name: &str| format!("[secrets.{name}]\nsecret_id = \"{name}\"\nrole_arn = \"arn:aws:iam::123456789012:role/{name}\"\n");
    let grant = |name: &str, secret: &str, hour: i64| {
        format!("[grants.{name}]\nsecret = \"{secret}\"\ncron = \"0 {hour} * * *\"\nduration = \"2h\"\n")
    };
    let now = super::at("2026-12-01T00:00:00Z");
    let told = |text: String| {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("credadmin.toml"), text).unwrap();
        let settings = credadmin::config::load(&place.path().join("credadmin.toml"), now).unwrap();
        let watched = settings.secrets.iter().find(|watched| watched.secret.name.as_str() == "one").unwrap();
        let sessions = sessions(now, after(now, 86_400), &watched.secret.cadence, &watched.grants);
        sessions.iter().map(|session| (session.at, session.ends, session.grants.len())).collect::<Vec<_>>()
    };
    let alone = told(table("one") + &grant("a", "one", 8));
    let among = told(table("one") + &table("two") + &grant("a", "one", 8) + &grant("b", "two", 9) + &grant("c", "two", 7));
    assert!(!alone.is_empty());
    assert_eq!(alone, among);
}
