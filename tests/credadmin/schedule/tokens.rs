//! Design.md's invariant 4, as far as it rests on the token: one for each session, whoever plans it.

use credadmin::grant::Secret;
use credadmin::schedule::token::{denied_before, ends, is_over, session, token, tombstone};
use jiff::Timestamp;
use proptest::prelude::*;

use super::oracle::Cadence;
use super::{at, secret, seeded};

/// Ways in which one session differs from another.
const CHANGES: [fn(&mut Secret); 7] = [
    |secret| secret.secret_id.push('2'),
    |secret| secret.role_arn.push('2'),
    |secret| secret.session_policy = !secret.session_policy,
    |secret| secret.source_identity = Some("alice".into()),
    |secret| secret.external_id = Some("alice".into()),
    |secret| drop(secret.tags.insert("team".into(), "billing".into())),
    |secret| drop(secret.tags.insert("teambilling".into(), String::new())),
];

fn base() -> Secret {
    secret(&Cadence { name: "sensitive-s3", session: 3600, lead: 1200, exact: true })
}

fn instants() -> impl Strategy<Value = Timestamp> {
    (1_700_000_000_i64..2_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn over() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), Just(Some("a-stranger-wrote-this-version-000001".to_owned())), Just(Some("b".repeat(32)))]
}

proptest! {
    #![proptest_config(seeded(500))]

    #[test]
    fn invariant_4_one_token_for_each_planned_session(
        a in (prop::sample::subsequence((0..CHANGES.len()).collect::<Vec<_>>(), 0..=3), instants(), over()),
        b in (prop::sample::subsequence((0..CHANGES.len()).collect::<Vec<_>>(), 0..=3), instants(), over()),
        same_instant in any::<bool>(),
    ) {
        let make = |changes: &[usize], instant: Timestamp, over: &Option<String>| {
            let mut secret = base();
            changes.iter().for_each(|change| CHANGES[*change](&mut secret));
            token(&secret, instant, over.as_deref())
        };
        let instant = if same_instant { a.1 } else { b.1 };
        let (one, other) = (make(&a.0, a.1, &a.2), make(&b.0, instant, &b.2));
        prop_assert_eq!(one == other, (&a.0, a.1, &a.2) == (&b.0, instant, &b.2));
        prop_assert_eq!(session(&one) == session(&other), (&a.0, a.1) == (&b.0, instant), "whatever it takes the place of");
        prop_assert_eq!(&one, &make(&a.0, a.1, &a.2), "whoever makes it");
        prop_assert!((32..=64).contains(&one.len()), "aws-facts §6");
        prop_assert!(one.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        prop_assert_eq!(ends(&one), Some(a.1));
    }

    #[test]
    fn no_other_text_is_taken_for_a_token(cut in 0..59_usize, with in "[g-z_ -]") {
        let token = token(&base(), at("2026-12-01T08:51:12Z"), None);
        prop_assert_eq!((ends(&token[..cut]), session(&token[..cut])), (None, None));
        prop_assert_eq!(ends(&format!("{token}0")), None);
        let mangled = format!("{}{with}{}", &token[..cut], &token[cut + 1..]);
        prop_assert!(mangled == token || ends(&mangled).is_none(), "{}", mangled);
    }
}

#[test]
fn each_change_of_what_defines_a_session_changes_the_token() {
    let at = at("2026-12-01T08:51:12Z");
    let mut tokens = std::collections::BTreeSet::from([token(&base(), at, None), token(&base(), at, Some("x"))]);
    for change in CHANGES {
        let mut secret = base();
        change(&mut secret);
        tokens.insert(token(&secret, at, None));
    }
    assert_eq!(tokens.len(), CHANGES.len() + 2);
}

#[test]
fn a_version_tells_whether_it_was_published_over_another() {
    let of = |over| token(&base(), at("2026-12-01T08:51:12Z"), over);
    assert_eq!(
        [of(None), of(Some("x")), of(Some("")), "a-stranger-wrote-this-version-000001".into()].map(|version| is_over(&version)),
        [false, true, true, false]
    );
}

#[test]
fn what_does_not_define_the_session_leaves_the_token_alone() {
    // Two daemons in the middle of a rollout that only moves the refresh lead, or renames a table, agree on each end.
    let renamed = secret(&Cadence { name: "renamed", session: 7200, lead: 900, exact: true });
    let at = at("2026-12-01T08:51:12Z");
    assert_eq!(token(&base(), at, None), token(&renamed, at, None));
}

#[test]
fn a_tombstone_tells_its_stamp_and_is_no_session() {
    let stamp = at("2026-12-01T08:51:12Z");
    let one = tombstone(stamp, 1 << 32);
    assert_eq!(one, "credadmin-closed-20261201T085112Z-000000000000000000000001");
    assert_eq!((denied_before(&one), ends(&one), (32..=64).contains(&one.len())), (Some(stamp), None, true));
    assert_ne!(one, tombstone(stamp, 2 << 32));
    assert_eq!(tombstone(stamp, u128::MAX).len(), 58);
    let session = token(&base(), stamp, Some(&one));
    assert_eq!((denied_before(&session), ends(&session)), (None, Some(stamp)));
    for cut in 0..one.len() {
        assert_eq!(denied_before(&one[..cut]), None, "{cut}");
    }
    assert_eq!(denied_before(&format!("{one}0")), None);
}
