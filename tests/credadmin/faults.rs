//! Everything that AWS can answer but "yes", over real HTTP: what the daemon does, when it tries again, and what it says.
//!
//! Each sentence is judged by what a tired operator needs: which secret, what it means for access, what to do. And it is said
//! once per change of state, however many tries there are.

mod answers;
mod instance;
mod many;
mod matrix;
mod rows;
mod states;
mod stop;
mod table;
mod taken_away;

use credadmin::journal::Record;
use jiff::SignedDuration;
use strict_aws::{Call, Operation};
use tracing::Level;

use crate::story::Story;

/// `MESSAGE_ID` of a failure like any other.
const FAILING: &str = "bd96beff48f27f8a2e97d9433e432138";
/// … of a secret that is not there.
const NO_SECRET: &str = "2c1e295c1163b0d2fe8bdd79945feb11";
/// … of one that is scheduled for deletion.
const DELETED: &str = "97376561ab3518d7ef3ede5e3974b5fb";
/// … of one that can't be written.
const NOT_WRITABLE: &str = "9eab0d93f546671c8d8d068e1252d17d";

/// How soon a failure is tried again: the bounds of `schedule/backoff.rs`, in numbers of our own.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tries {
    /// Exponential from 1 s to 1 min, with full jitter, never under 0.1 s.
    Soon,
    /// Every 2 to 3 minutes.
    Slowly,
    /// After 15 to 17 minutes.
    AfterQuota,
}

impl Tries {
    /// The least and the longest wait after the `n`-th failure, from 1.
    fn bounds(self, n: usize) -> (f64, f64) {
        match self {
            Self::Soon => (0.1, 2_f64.powi(n.min(7) as i32 - 1).clamp(0.1, 60.0)),
            Self::Slowly => (120.0, 180.0),
            Self::AfterQuota => (900.0, 1020.0),
        }
    }

    /// Judges the waits between these calls, which failed one after the other.
    fn judge(self, calls: &[Call], what: &str) {
        for (n, pair) in calls.windows(2).enumerate() {
            let wait = pair[1].at.duration_since(pair[0].at).as_secs_f64();
            let (least, longest) = self.bounds(n + 1);
            // Half a second for HTTP, which takes no virtual time but for what is lost in waiting for a turn.
            assert!(
                least - 0.01 <= wait && wait <= longest + 0.5,
                "{what}: wait {} was {wait} s, not {least} to {longest}",
                n + 1
            );
        }
    }
}

/// Those of the story's calls for `operation` that ended with `code`.
fn failed(story: &Story, operation: Operation, code: &str) -> Vec<Call> {
    story.calls(operation).into_iter().filter(|call| call.error.as_deref() == Some(code)).collect()
}

/// A failure's record says it all: level, id, secret, cause, access, remedy.
fn judge_sentence(record: &Record, id: &str, cause: &str, access: &str, remedy: &str) {
    assert_eq!((record.level, record.message_id), (Level::ERROR, id), "{}", record.message);
    for part in ["failing for sensitive-s3 (SensitiveS3): ", cause, access, remedy, "next try in "] {
        assert!(record.message.contains(part), "no {part:?} in {}", record.message);
    }
    assert_eq!(record.fields.secret_id.as_deref(), Some("SensitiveS3"));
    assert!(record.message.len() < 900, "a sentence, not a page: {}", record.message);
}

/// Two hours, in which every failure repeats itself often.
const LONG: SignedDuration = SignedDuration::from_hours(2);
