//! What the value of a secret means at a moment, and for how long it need not be read again. Pure.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::refusal::{Closed, Refusal};
use super::value::{Content, Session, read};

/// How long a session is handed out without a look at the secret: after that at the latest a newer one, or a revocation, is seen.
pub const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// The same while there is nothing to hand out, or soon will not be: a window that opens is seen by then.
pub const FRESH_AT_THE_EDGE: SignedDuration = SignedDuration::from_secs(5);

/// What Secrets Manager answered, and when it was asked.
pub struct Held {
    /// When.
    pub read_at: Timestamp,
    /// The value; `None` where the secret had none.
    pub value: Option<Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("read_at", &self.read_at).finish_non_exhaustive()
    }
}

impl Held {
    /// What it is at `now`.
    ///
    /// # Errors
    /// Why it is no session to be handed out.
    pub fn judge(&self, now: Timestamp) -> Result<Session, Refusal> {
        let value = self.value.as_ref().ok_or(Refusal::Closed(Closed::NeverOpened))?;
        match read(value).map_err(Refusal::Unreadable)? {
            Content::Session(session) if session.ends > now => Ok(session),
            Content::Session(Session { ends: since, opens_next, .. }) => {
                Err(Refusal::Closed(Closed::Ended { since, opens_next, now }))
            }
            Content::Tombstone { since, reason } => Err(Refusal::Closed(Closed::Revoked { since, reason })),
        }
    }

    /// Wipes the keys of a session that is over at `now`: the rest says the same. Answers with what is left of one that is not.
    pub fn wipe_what_is_over(&mut self, now: Timestamp) -> Option<SignedDuration> {
        let Ok(Content::Session(session)) = read(self.value.as_ref()?) else { return None };
        if session.ends > now {
            return Some(session.ends.duration_since(now));
        }
        self.value = Some(Zeroizing::new(session.without_keys().as_bytes().to_vec()));
        None
    }

    /// Whether it need not be read again at `now`.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let good_for = match (self.judge(now), self.judge(self.read_at)) {
            (Ok(session), _) if session.ends.duration_since(now) >= FRESH => FRESH,
            // It has ended since: whether another has taken its place is not known.
            (Err(_), Ok(_)) => return false,
            _ => FRESH_AT_THE_EDGE,
        };
        // A clock that was set back says nothing of its age.
        let age = now.duration_since(self.read_at);
        !age.is_negative() && age < good_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-12-01T{text}Z").parse().expect("an instant")
    }

    fn held(read_at: &str, ends: &str) -> Held {
        let value = format!(r#"{{"sessionId":"A","sessionKey":"k","sessionToken":"t","expiration":"{}"}}"#, at(ends));
        Held { read_at: at(read_at), value: Some(Zeroizing::new(value.into_bytes())) }
    }

    #[test]
    fn a_session_is_handed_out_until_the_very_instant_of_its_end() {
        let held = held("08:00:00", "09:00:00");
        assert!(held.judge(at("08:59:59.999")).is_ok());
        assert_eq!(
            held.judge(at("09:00:00")).unwrap_err().to_string(),
            "closed since 2026-12-01T09:00:00Z: the session in the secret has ended, and none has taken its place"
        );
    }

    #[test]
    fn keys_are_wiped_when_their_session_is_over_and_nothing_else_changes() {
        let mut held = held("08:00:00", "09:00:00");
        let keys = |held: &Held| String::from_utf8(held.value.as_ref().unwrap().to_vec()).unwrap().contains("\"k\"");
        assert_eq!(held.wipe_what_is_over(at("08:59:59")), Some(SignedDuration::from_secs(1)));
        assert!(keys(&held));
        let before = held.judge(at("09:00:00")).unwrap_err().to_string();
        assert_eq!(held.wipe_what_is_over(at("09:00:00")), None);
        assert!(!keys(&held));
        assert_eq!(held.judge(at("09:00:00")).unwrap_err().to_string(), before);
        assert!(!held.is_fresh(at("09:00:00")));
        // What is no session stays as it is.
        let mut tombstone = Held { read_at: at("08:00:00"), value: Some(Zeroizing::new(br#"{"state":"closed"}"#.to_vec())) };
        assert_eq!(tombstone.wipe_what_is_over(at("09:00:00")), None);
        assert_eq!(tombstone.judge(at("09:00:00")).unwrap_err().to_string(), "closed: revoked");
    }

    #[test]
    fn debug_shows_nothing_of_a_value() {
        assert_eq!(format!("{:?}", held("08:00:00", "09:00:00")), "Held { read_at: 2026-12-01T08:00:00Z, .. }");
    }

    #[test]
    fn what_was_read_is_good_for_a_minute_and_for_seconds_at_the_edges() {
        let closed = Held { read_at: at("08:00:00"), value: None };
        for (held, now, is_fresh) in [
            (&held("08:00:00", "09:00:00"), "08:00:59.9", true),
            (&held("08:00:00", "09:00:00"), "08:01:00", false),
            // The last minute of a session.
            (&held("08:00:00", "08:01:30"), "08:00:30", true),
            (&held("08:00:00", "08:01:30"), "08:00:30.1", false),
            (&held("08:00:31", "08:01:30"), "08:00:35.9", true),
            (&held("08:00:31", "08:01:30"), "08:00:36", false),
            // It ended after it was read.
            (&held("08:00:00", "08:00:02"), "08:00:01.9", true),
            (&held("08:00:00", "08:00:02"), "08:00:02", false),
            // It had ended before.
            (&held("08:00:00", "07:00:00"), "08:00:04.9", true),
            (&held("08:00:00", "07:00:00"), "08:00:05", false),
            (&closed, "08:00:04.9", true),
            (&closed, "08:00:05", false),
            // A clock that was set back.
            (&held("08:00:00", "09:00:00"), "07:59:59", false),
        ] {
            assert_eq!(held.is_fresh(at(now)), is_fresh, "{held:?} at {now}");
        }
    }
}
