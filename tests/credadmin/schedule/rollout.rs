//! Several daemons at one secret: they agree where they plan the same, and come to rest where they do not.

use credadmin::schedule::token;
use credadmin::schedule::verdict::Verdict;
use jiff::Timestamp;
use proptest::prelude::*;

use super::oracle::{Cadence, after};
use super::staging::{Daemon, Staging};
use super::{at, secret, seeded};

const RHYTHM: Cadence = Cadence { name: "sensitive-s3", session: 3600, lead: 1200, exact: true };

fn now() -> Timestamp {
    at("2026-12-01T08:00:00Z")
}

/// A daemon on a config of its own: configs differ in the role.
fn daemon(config: u8, minutes: i64) -> Daemon {
    let mut secret = secret(&RHYTHM);
    secret.role_arn = format!("arn:aws:iam::123456789012:role/Access{config}");
    Daemon::new(secret, after(now(), minutes * 60))
}

/// With the session that it wants, coverage ends.
fn last(mut daemon: Daemon) -> Daemon {
    daemon.is_last = true;
    daemon
}

/// Who does what: looks, writes, or restarts.
fn interleaving(daemons: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((0..daemons, prop_oneof![5 => Just(0_u8), 5 => Just(1), 1 => Just(2)]), 0..40)
}

fn run(daemons: &mut [Daemon], staging: &mut Staging, now: Timestamp, steps: &[(usize, u8)]) {
    for (who, what) in steps {
        match what {
            0 => drop(daemons[*who].look(staging, now)),
            1 => daemons[*who].write(staging),
            _ => daemons[*who].restart(),
        }
    }
}

/// Each daemon looks and writes a few times more; nothing is written in the last of these rounds.
fn come_to_rest(daemons: &mut [Daemon], staging: &mut Staging, now: Timestamp) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for round in 0..5 {
        let before = staging.writes.len();
        verdicts = daemons
            .iter_mut()
            .map(|daemon| {
                let verdict = daemon.look(staging, now);
                daemon.write(staging);
                verdict
            })
            .collect();
        assert!(round < 2 || staging.writes.len() == before, "still writing: {:?}", staging.writes);
    }
    verdicts
}

proptest! {
    #![proptest_config(seeded(1000))]

    #[test]
    fn invariant_4_daemons_with_one_plan_publish_it_once(steps in interleaving(3), foreign in any::<bool>()) {
        let mut staging = Staging::default();
        if foreign {
            staging.put("a-stranger-wrote-this-version-000001");
        }
        let mut daemons = [daemon(0, 50), daemon(0, 50), daemon(0, 50)];
        run(&mut daemons, &mut staging, now(), &steps);
        let verdicts = come_to_rest(&mut daemons, &mut staging, now());
        prop_assert_eq!(verdicts, [Verdict::InPlace, Verdict::InPlace, Verdict::InPlace]);
        prop_assert_eq!(staging.writes.len(), 1 + usize::from(foreign));
        prop_assert_eq!(token::ends(&staging.current.unwrap()), Some(daemons[0].ends));
    }

    #[test]
    fn a_rollout_with_three_configs_comes_to_rest(steps in interleaving(3), minutes in prop::array::uniform3(41_i64..=60)) {
        let mut staging = Staging::default();
        let mut daemons = [daemon(0, minutes[0]), daemon(1, minutes[1]), daemon(2, minutes[2])];
        run(&mut daemons, &mut staging, now(), &steps);
        let verdicts = come_to_rest(&mut daemons, &mut staging, now());
        let in_place = verdicts.iter().filter(|verdict| **verdict == Verdict::InPlace).count();
        prop_assert_eq!(in_place, 1);
        prop_assert_eq!(staging.writes.len(), 3, "each plan once: {:?}", staging.writes);
    }

    #[test]
    fn of_two_plans_that_run_out_the_longer_stays(steps in interleaving(2), minutes in prop::array::uniform2(1_i64..=60)) {
        let mut staging = Staging::default();
        let mut daemons = [daemon(0, minutes[0]), daemon(1, minutes[1])];
        run(&mut daemons, &mut staging, now(), &steps);
        come_to_rest(&mut daemons, &mut staging, now());
        prop_assert!(staging.writes.len() <= 3, "{:?}", staging.writes);
        let (shorter, longer) = (daemons[0].ends.min(daemons[1].ends), daemons[0].ends.max(daemons[1].ends));
        let current = token::ends(&staging.current.unwrap()).unwrap();
        prop_assert!(current == longer || shorter > after(now(), RHYTHM.lead), "less than the lead is left");
    }

    #[test]
    fn a_stranger_is_written_over_once_by_daemons_that_agree(steps in interleaving(2), strangers in 1..4_usize) {
        let mut staging = Staging::default();
        let mut daemons = [daemon(0, 50), daemon(0, 50)];
        run(&mut daemons, &mut staging, now(), &steps);
        come_to_rest(&mut daemons, &mut staging, now());
        for i in 0..strangers {
            let before = staging.writes.len();
            staging.put(&format!("a-stranger-wrote-this-version-00000{i}"));
            run(&mut daemons, &mut staging, now(), &steps);
            let verdicts = come_to_rest(&mut daemons, &mut staging, now());
            prop_assert_eq!(verdicts, [Verdict::InPlace, Verdict::InPlace]);
            prop_assert!(staging.writes.len() <= before + 3, "{:?}", &staging.writes[before..]);
        }
    }

    #[test]
    fn a_session_that_outlives_the_coverage_is_replaced_once(steps in interleaving(2), minutes in 21_i64..50) {
        let mut staging = Staging::default();
        let mut daemons = [last(daemon(0, minutes)), last(daemon(0, minutes))];
        run(&mut daemons, &mut staging, now(), &steps);
        come_to_rest(&mut daemons, &mut staging, now());
        // Extended, and taken back.
        let mut extended = last(daemon(0, 50));
        let publishes = matches!(extended.look(&staging, now()), Verdict::Publish { .. });
        prop_assert!(publishes);
        extended.write(&mut staging);
        run(&mut daemons, &mut staging, now(), &steps);
        let verdicts = come_to_rest(&mut daemons, &mut staging, now());
        prop_assert_eq!(verdicts, [Verdict::InPlace, Verdict::InPlace]);
        prop_assert_eq!(staging.writes.len(), 3, "{:?}", staging.writes);
        prop_assert_eq!(token::ends(&staging.current.unwrap()), Some(daemons[0].ends));
    }

    #[test]
    fn two_who_never_agree_on_the_end_come_to_rest(steps in interleaving(2), minutes in prop::array::uniform2(1_i64..=60)) {
        let mut staging = Staging::default();
        let mut daemons = [last(daemon(0, minutes[0])), last(daemon(0, minutes[1]))];
        run(&mut daemons, &mut staging, now(), &steps);
        for _ in 0..6 {
            run(&mut daemons, &mut staging, now(), &[(0, 0), (0, 1), (1, 0), (1, 1)]);
        }
        let before = staging.writes.len();
        run(&mut daemons, &mut staging, now(), &[(0, 0), (0, 1), (1, 0), (1, 1)]);
        prop_assert_eq!(staging.writes.len(), before, "{:?}", staging.writes);
        prop_assert!(before <= 5, "{:?}", staging.writes);
    }

    #[test]
    fn a_lapsed_version_of_another_plan_is_replaced_once(steps in interleaving(2), short in 5_i64..20, late in 0_i64..600) {
        let mut staging = Staging::default();
        let mut old = daemon(1, short);
        let mut daemons = [daemon(0, 50), daemon(0, 50)];
        for daemon in [&mut daemons[0], &mut old] {
            let verdict = daemon.look(&staging, now());
            let publishes = matches!(verdict, Verdict::Publish { .. });
            prop_assert!(publishes);
            daemon.write(&mut staging);
        }
        prop_assert_eq!(token::ends(staging.current.as_ref().unwrap()), Some(old.ends));
        // The old daemon is gone. What it left runs out, and lapses.
        let now = after(old.ends, late);
        run(&mut daemons, &mut staging, now, &steps);
        let verdicts = come_to_rest(&mut daemons, &mut staging, now);
        prop_assert_eq!(verdicts, [Verdict::InPlace, Verdict::InPlace]);
        prop_assert_eq!(staging.writes.len(), 3, "ours, theirs, ours once more: {:?}", staging.writes);
        prop_assert_eq!(token::ends(&staging.current.unwrap()), Some(daemons[0].ends));
    }
}

#[test]
fn ours_comes_back_where_another_plan_has_pushed_it_off_the_labels() {
    for restarted in [false, true] {
        let mut staging = Staging::default();
        let mut ours = daemon(0, 50);
        // A canary on another config publishes twice and is taken away.
        for daemon in [&mut ours, &mut daemon(1, 5), &mut daemon(1, 10)] {
            assert!(matches!(daemon.look(&staging, now()), Verdict::Publish { .. }));
            daemon.write(&mut staging);
        }
        if restarted {
            ours.restart();
        }
        let verdicts = come_to_rest(std::slice::from_mut(&mut ours), &mut staging, after(now(), 300));
        assert_eq!(verdicts, [Verdict::InPlace], "restarted: {restarted}");
        assert_eq!(token::ends(&staging.current.unwrap()), Some(ours.ends));
    }
}

#[test]
fn whose_session_was_written_over_by_a_shorter_one_waits_until_no_such_one_is_made() {
    let mut staging = Staging::default();
    let (mut long, mut short) = (last(daemon(0, 50)), last(daemon(0, 30)));
    for daemon in [&mut short, &mut long] {
        assert!(matches!(daemon.look(&staging, now()), Verdict::Publish { .. }));
        daemon.write(&mut staging);
    }
    assert!(matches!(short.look(&staging, now()), Verdict::Publish { .. }), "the longer one outlives its coverage");
    short.write(&mut staging);
    let shortest = long.secret.cadence.shortest().as_secs();
    for (left, publishes) in [(RHYTHM.lead, false), (shortest, false), (shortest - 1, true), (0, true), (-60, true)] {
        let verdict = long.look(&staging, after(short.ends, -left));
        assert_eq!(matches!(verdict, Verdict::Publish { .. }), publishes, "{left} s before its end");
    }
}

#[test]
fn what_was_written_just_now_is_not_written_again_because_it_does_not_show_yet() {
    let mut staging = Staging::default();
    let (mut ours, mut other) = (daemon(0, 50), daemon(1, 5));
    assert!(matches!(other.look(&staging, now()), Verdict::Publish { .. }));
    other.write(&mut staging);
    let planned = token::token(&ours.secret, ours.ends, None);
    ours.knows_written(planned.clone(), false);
    assert_eq!(ours.look(&staging, now()), Verdict::Unseen { planned });
}

#[test]
fn what_a_stranger_wrote_is_not_written_over_because_the_session_in_its_place_does_not_show_yet() {
    let mut staging = Staging::default();
    staging.put("a-stranger-wrote-this-version-000001");
    let mut ours = daemon(0, 50);
    // It was described before the stranger came: he wrote first.
    let planned = token::token(&ours.secret, ours.ends, None);
    ours.knows_written(planned.clone(), false);
    assert_eq!(ours.look(&staging, now()), Verdict::Unseen { planned: planned.clone() });
    // A minute later he came last.
    ours.knows_written(planned, true);
    let over = token::token(&ours.secret, ours.ends, Some("a-stranger-wrote-this-version-000001"));
    assert_eq!(ours.look(&staging, now()), Verdict::Publish { version_id: over });
}

#[test]
fn a_session_is_known_whatever_it_took_the_place_of() {
    let mut staging = Staging::default();
    let mut ours = daemon(0, 50);
    // By what DescribeSecret said, a stranger was in place, who carries no label any more.
    let over = token::token(&ours.secret, ours.ends, Some("a-stranger-wrote-this-version-000001"));
    staging.put(&token::token(&ours.secret, after(now(), 60), None));
    staging.put(&over);
    assert_eq!(ours.look(&staging, now()), Verdict::InPlace);
    // Nor is it published again while another plan's session lives in its place.
    let mut other = daemon(1, 45);
    assert!(matches!(other.look(&staging, now()), Verdict::Publish { .. }));
    other.write(&mut staging);
    ours.restart();
    assert_eq!(ours.look(&staging, now()), Verdict::Superseded { planned: over });
}

#[test]
fn a_label_moved_back_by_an_operator_is_not_fought_over() {
    let stranger = "a-stranger-wrote-this-version-000001";
    let mut staging = Staging::default();
    staging.put(stranger);
    let mut daemon = daemon(0, 50);
    come_to_rest(std::slice::from_mut(&mut daemon), &mut staging, now());
    let move_back = |staging: &mut Staging| staging.previous = staging.current.replace(stranger.to_owned());
    // It can not be told from a version that a stranger has just written: that is written over, once.
    move_back(&mut staging);
    come_to_rest(std::slice::from_mut(&mut daemon), &mut staging, now());
    assert_eq!(staging.current, Some(token::token(&daemon.secret, daemon.ends, Some(stranger))));
    move_back(&mut staging);
    let superseded = Verdict::Superseded { planned: token::token(&daemon.secret, daemon.ends, Some(stranger)) };
    assert_eq!(daemon.look(&staging, now()), superseded);
    // Either is enough: to remember that it was written, or to see it.
    staging.previous = None;
    assert_eq!(daemon.look(&staging, now()), superseded);
    staging.previous = Some(token::token(&daemon.secret, daemon.ends, Some(stranger)));
    daemon.restart();
    assert_eq!(daemon.look(&staging, now()), superseded);
}

#[test]
fn a_session_of_the_window_before_is_followed_at_once() {
    let mut staging = Staging::default();
    let mut yesterday = daemon(0, 50);
    come_to_rest(std::slice::from_mut(&mut yesterday), &mut staging, now());
    let mut today = daemon(0, 24 * 60 + 50);
    let verdict = today.look(&staging, after(now(), 24 * 3600));
    assert_eq!(verdict, Verdict::Publish { version_id: token::token(&today.secret, today.ends, None) });
}

#[test]
fn of_two_plans_that_run_out_at_the_same_time_the_one_in_place_stays() {
    for mut daemons in [[daemon(0, 10), daemon(1, 10)], [last(daemon(0, 10)), last(daemon(1, 10))]] {
        let mut staging = Staging::default();
        for daemon in &mut daemons {
            assert!(matches!(daemon.look(&staging, now()), Verdict::Publish { .. }));
            daemon.write(&mut staging);
        }
        let planned = token::token(&daemons[0].secret, daemons[0].ends, None);
        assert_eq!(come_to_rest(&mut daemons, &mut staging, now()), [Verdict::Superseded { planned }, Verdict::InPlace]);
        assert_eq!(staging.writes.len(), 2);
    }
}
