//! The Deny on older sessions, as the AWS console puts it (aws-facts §4).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::instant::{after, whole};

/// The name of the inline policy: the console's own, so that either finds the other's.
pub const POLICY: &str = "AWSRevokeOlderSessions";
/// How far ahead the stamp lies, for a session that was issued before the policy is in effect: as far as the console's.
const AHEAD: SignedDuration = SignedDuration::from_secs(30);

/// Before which instant sessions are denied from now on, by AWS's clock: half a minute from now, to the whole second; or the
/// stamp that is there, if it is later: one that was taken back would let denied sessions live again.
pub fn stamp(aws_now: Timestamp, there: Option<Timestamp>) -> Timestamp {
    let stamp = whole(after(aws_now, AHEAD + SignedDuration::from_millis(999)));
    there.map_or(stamp, |there| there.max(stamp))
}

/// The policy.
pub fn document(denied_before: Timestamp) -> String {
    let condition = json!({"DateLessThan": {"aws:TokenIssueTime": denied_before.to_string()}});
    let statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
    json!({"Version": "2012-10-17", "Statement": statement}).to_string()
}

/// The latest stamp of a policy of that name that is there.
pub fn read(document: &str) -> Option<Timestamp> {
    let document: Value = serde_json::from_str(document).ok()?;
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let stamps = statements.iter().filter_map(|it| it["Condition"]["DateLessThan"]["aws:TokenIssueTime"].as_str()?.parse().ok());
    stamps.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_stamp_is_half_a_minute_ahead_and_never_earlier_than_the_one_that_is_there() {
        for (now, there, stamped) in [
            ("2026-12-01T08:00:00Z", None, "2026-12-01T08:00:30Z"),
            ("2026-12-01T08:00:00.001Z", None, "2026-12-01T08:00:31Z"),
            ("2026-12-01T08:00:00.999Z", Some("2026-12-01T07:00:00Z"), "2026-12-01T08:00:31Z"),
            ("2026-12-01T08:00:00Z", Some("2026-12-01T08:00:31Z"), "2026-12-01T08:00:31Z"),
        ] {
            assert_eq!(stamp(at(now), there.map(at)), at(stamped), "{now}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_so_is_the_consoles() {
        let written = document(at("2026-01-31T17:00:00Z"));
        let of_facts = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",
            "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-31T17:00:00Z"}}}}"#;
        let as_value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(as_value(&written), as_value(of_facts));
        assert_eq!(read(&written), Some(at("2026-01-31T17:00:00Z")));
        let of_console = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],
            "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-31T17:00:00.123Z"}}}]}"#;
        assert_eq!(read(of_console), Some(at("2026-01-31T17:00:00.123Z")));
        for other in ["", "{}", r#"{"Statement":[]}"#, r#"{"Statement":{"Condition":{"DateLessThan":{"aws:CurrentTime":"x"}}}}"#]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
