//! How long somebody may stay who signs in now.

use jiff::{SignedDuration, Timestamp};

use crate::config::Watched;
use crate::grant::{Name, Secret, Span};
use crate::instant::{after, before, whole};
use crate::schedule::coverage::Coverage;
use crate::session::SKEW_BOUND;

/// A session of an open window, from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The grants open.
    pub grants: Vec<Name>,
    /// From when on by AWS's clock, and until when: the end of the window, or of the longest session.
    pub life: Span,
    /// Whether the window goes on after it.
    pub window_goes_on: bool,
}

/// What somebody may have of a secret's window now; `None` outside. It may be too short for a session.
pub fn stay(watched: &Watched, now: Timestamp) -> Option<Stay> {
    let Watched { secret, grants, .. } = watched;
    let longest = longest(secret, now);
    let back = before(now, SKEW_BOUND);
    // A second further, so that an end up to there is known to be one.
    let coverage = Coverage::between(grants.iter(), back, after(longest, SignedDuration::from_secs(1)));
    let end = coverage.end_at(now)?;
    let opens = coverage.stretches().iter().find(|span| span.contains(now)).map_or(back, |span| span.opens);
    Some(Stay {
        grants: coverage.grants_at(now).iter().map(|grant| grant.name.clone()).collect(),
        life: Span { opens, closes: end.min(longest) },
        window_goes_on: end > longest,
    })
}

/// When the longest session of a secret ends that is had now, in whole seconds.
fn longest(secret: &Secret, now: Timestamp) -> Timestamp {
    after(whole(now), secret.cadence.session())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cadence::Cadence;
    use crate::grant::{Grant, Papers, Window};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// A secret with sessions of an hour, and grants with these windows.
    fn watched(windows: &[(&str, &str)]) -> Watched {
        let secret = Secret {
            name: name("s"),
            secret_id: "S".into(),
            role_arn: "arn:aws:iam::123456789012:role/S".into(),
            cadence: Cadence::new("s", SignedDuration::from_hours(1), SignedDuration::from_mins(20), true),
            session_policy: true,
            source_identity: None,
            tags: Default::default(),
            external_id: None,
        };
        let grant = |(i, (opens, closes)): (usize, &(&str, &str))| Grant {
            name: name(&format!("g{i}")),
            secret: name("s"),
            window: Window::Once(Span { opens: at(opens), closes: at(closes) }),
            papers: Papers::default(),
        };
        let grants = windows.iter().enumerate().map(grant).collect::<Vec<_>>();
        Watched { secret: Arc::new(secret), grants: grants.into(), page: Default::default() }
    }

    #[test]
    fn who_signs_in_stays_until_the_window_or_the_longest_session_ends() {
        let windows = &[("2026-12-01T08:00:00Z", "2026-12-01T09:30:00Z"), ("2026-12-01T09:30:00Z", "2026-12-01T10:00:00Z")];
        let watched = watched(windows);
        for (now, closes, goes_on) in [
            ("2026-12-01T08:00:00Z", Some("2026-12-01T09:00:00Z"), true),
            ("2026-12-01T08:45:00.9Z", Some("2026-12-01T09:45:00Z"), true),
            ("2026-12-01T08:59:59Z", Some("2026-12-01T09:59:59Z"), true),
            ("2026-12-01T09:00:00Z", Some("2026-12-01T10:00:00Z"), false),
            ("2026-12-01T09:59:59.9Z", Some("2026-12-01T10:00:00Z"), false),
            ("2026-12-01T07:59:59.9Z", None, false),
            ("2026-12-01T10:00:00Z", None, false),
        ] {
            let stay = stay(&watched, at(now));
            assert_eq!(stay.as_ref().map(|stay| stay.life.closes), closes.map(at), "{now}");
            assert_eq!(stay.is_some_and(|stay| stay.window_goes_on), goes_on, "{now}");
        }
    }

    #[test]
    fn a_window_that_opened_just_now_has_to_be_open_by_awss_clock_too() {
        let watched = watched(&[("2026-12-01T08:00:00Z", "2026-12-01T09:30:00Z")]);
        let opens = |now| stay(&watched, at(now)).unwrap().life.opens;
        assert_eq!(opens("2026-12-01T08:00:01Z"), at("2026-12-01T08:00:00Z"));
        assert_eq!(opens("2026-12-01T09:00:00Z"), at("2026-12-01T09:00:00Z") - SKEW_BOUND);
        assert_eq!(stay(&watched, at("2026-12-01T08:30:00Z")).unwrap().grants, [name("g0")]);
    }
}
