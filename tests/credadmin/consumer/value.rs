//! Whatever a secret holds: it is read without a panic, and nothing of it that is secret comes into an error.

use credadmin::consumer::form;
use credadmin::consumer::value::{Content, read};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;

const CANARY: &str = "CanaryInTheCoalMine";
/// A session, with the canary in all that is secret.
const WHOLE: &str = r#"{"sessionId":"ASIAEXAMPLE","sessionKey":"CanaryInTheCoalMine+key","sessionToken":"CanaryInTheCoalMine+token==","expiration":"2026-12-01T09:00:00Z","role_arn":"arn:aws:iam::123456789012:role/S","grants":["g"],"issued_at":"2026-12-01T08:00:00Z","opens_next":"2026-12-02T08:00:00Z"}"#;
/// What is put into it.
const PIECES: [&str; 18] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "7",
    "\"state\":\"closed\",",
    "\"state\":\"ajar\",",
    "\"since\":",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\u{fffd}",
    "\n",
    "\"sessionKey\":\"CanaryInTheCoalMine+again\",",
];

/// A session with stretches taken out and pieces put in.
fn mutilated() -> impl Strategy<Value = Vec<u8>> {
    vec((any::<Index>(), 0..40_usize, select(&PIECES[..])), 1..4).prop_map(|changes| {
        let mut value = WHOLE.as_bytes().to_vec();
        for (at, length, piece) in changes {
            let at = at.index(value.len() + 1);
            let until = value.len().min(at + length);
            value.splice(at..until, piece.bytes());
        }
        value
    })
}

fn judged(value: &[u8]) -> Result<(), TestCaseError> {
    match read(value) {
        Ok(Content::Session(session)) => {
            let shown = format!("{session:?}");
            prop_assert!(!shown.contains(CANARY), "{}", shown);
            // Whatever passes can be printed in one line, and put into an environment.
            prop_assert!(!form::process(&session).contains('\n'));
            prop_assert!(form::environment(&session).iter().all(|(_, part)| !part.is_empty() && !part.contains('\0')));
        }
        Ok(Content::Tombstone { reason, .. }) => {
            prop_assert!(reason.is_none_or(|reason| reason.chars().all(|c| !c.is_control()) && reason.chars().count() <= 200));
        }
        Err(why) => {
            let told = format!("{why} {why:?}");
            prop_assert!(!told.contains("Canary") && told.is_ascii(), "{}", told);
        }
    }
    Ok(())
}

#[test]
fn the_whole_one_is_read() {
    assert!(matches!(read(WHOLE.as_bytes()), Ok(Content::Session(session)) if session.opens_next.is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(20_261_201),
        failure_persistence: None,
        ..ProptestConfig::with_cases(4000)
    })]

    #[test]
    fn any_bytes_are_read(value in vec(any::<u8>(), 0..300)) {
        judged(&value)?;
    }

    #[test]
    fn any_text_in_braces_is_read(text in ".{0,80}") {
        judged(format!("{{{text}}}").as_bytes())?;
    }

    #[test]
    fn a_session_that_was_tampered_with_is_read(value in mutilated()) {
        judged(&value)?;
    }
}
