//! How things stand, in words: for `systemctl status` in one line, and for the journal in one line a secret.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::grant::{Name, Secret};

/// How one secret stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The secret.
    pub secret: &'a Secret,
    /// The grants open now.
    pub open: &'a BTreeSet<Name>,
    /// When the session dies that readers get, as far as is known; it may have died.
    pub published_until: Option<Timestamp>,
    /// The next grant to open, and when it does.
    pub upcoming: Option<&'a (Timestamp, Name)>,
    /// What keeps it from being as planned.
    pub trouble: Option<&'a str>,
}

impl Standing<'_> {
    /// In a sentence.
    pub fn sentence(&self, now: Timestamp, zone: &TimeZone) -> String {
        let mut text = format!("{} ({}): ", self.secret.name, self.secret.secret_id);
        match self.open.is_empty() {
            true => text += "closed",
            false => text += &format!("open for {}", self.open.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")),
        }
        let alive = self.published_until.filter(|until| *until > now);
        match (alive, self.open.is_empty()) {
            (Some(until), _) => text += &format!(", session until {}", moment(until, now, zone)),
            (None, false) => text += ", no session alive",
            (None, true) => {}
        }
        if let Some((opens, grant)) = self.upcoming {
            text += &format!("; next: {grant} opens {}", moment(*opens, now, zone));
        }
        if let Some(trouble) = self.trouble {
            text += &format!("; not as planned: {trouble}");
        }
        text
    }
}

/// How all secrets stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    secrets: usize,
    open: usize,
    failing: usize,
    first_failing: Option<Name>,
    upcoming: Option<(Timestamp, Name)>,
}

impl Sum {
    /// Of all of these.
    pub fn of<'a>(standings: impl Iterator<Item = Standing<'a>>) -> Self {
        let mut sum = Self::default();
        for standing in standings {
            sum.secrets += 1;
            sum.open += usize::from(!standing.open.is_empty());
            if standing.trouble.is_some() {
                sum.failing += 1;
                sum.first_failing.get_or_insert_with(|| standing.secret.name.clone());
            }
            if let Some(upcoming) = standing.upcoming
                && sum.upcoming.as_ref().is_none_or(|(opens, _)| upcoming.0 < *opens)
            {
                sum.upcoming = Some(upcoming.clone());
            }
        }
        sum
    }

    /// In a sentence: `2 of 3 secrets open, 1 failing (billing); next: nightly-report opens 22:00 CET`.
    pub fn sentence(&self, now: Timestamp, zone: &TimeZone) -> String {
        let plural = if self.secrets == 1 { "" } else { "s" };
        let mut text = format!("{} of {} secret{plural} open", self.open, self.secrets);
        if let Some(name) = &self.first_failing {
            let others = if self.failing > 1 { ", …" } else { "" };
            text += &format!(", {} failing ({name}{others})", self.failing);
        }
        match &self.upcoming {
            Some((opens, grant)) => text + &format!("; next: {grant} opens {}", moment(*opens, now, zone)),
            None => text,
        }
    }
}

/// The time of day; with the date, if that is not today's.
fn moment(t: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (t.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()).date());
    let format = if then.date() == today { "%H:%M %Z" } else { "%a %Y-%m-%d %H:%M %Z" };
    then.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::cadence::Cadence;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn secret(called: &str) -> Secret {
        Secret {
            name: name(called),
            secret_id: "SensitiveS3".into(),
            role_arn: "arn:aws:iam::123456789012:role/SensitiveS3Access".into(),
            cadence: Cadence::new(called, SignedDuration::from_hours(1), SignedDuration::from_mins(20), true),
            session_policy: true,
            source_identity: None,
            tags: Default::default(),
            external_id: None,
        }
    }

    #[test]
    fn a_tired_operator_reads_one_line() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let now = at("2026-12-01T12:00:00Z");
        let secrets = [secret("a"), secret("b"), secret("billing")];
        let open = BTreeSet::from([name("quarter-end")]);
        let nightly = (at("2026-12-01T21:00:00Z"), name("nightly-report"));
        let tomorrow = (at("2026-12-02T21:00:00Z"), name("another"));
        let none = BTreeSet::new();
        let standing = |secret, open, until: Option<&str>, upcoming, trouble| Standing {
            secret,
            open,
            published_until: until.map(at),
            upcoming,
            trouble,
        };
        let standings = [
            standing(&secrets[0], &open, Some("2026-12-01T12:30:00Z"), Some(&tomorrow), None),
            standing(&secrets[1], &open, None, Some(&nightly), None),
            standing(&secrets[2], &none, Some("2026-11-30T12:30:00Z"), None, Some("no")),
        ];
        let sum = Sum::of(standings.into_iter()).sentence(now, &berlin);
        assert_eq!(sum, "2 of 3 secrets open, 1 failing (billing); next: nightly-report opens 22:00 CET");
        let each = standings.map(|standing| standing.sentence(now, &berlin));
        assert_eq!(
            each[0],
            "a (SensitiveS3): open for quarter-end, session until 13:30 CET; next: another opens Wed 2026-12-02 22:00 CET"
        );
        assert_eq!(each[1], "b (SensitiveS3): open for quarter-end, no session alive; next: nightly-report opens 22:00 CET");
        assert!(each[2].starts_with("billing (SensitiveS3): closed; not as planned: no"), "{}", each[2]);
    }
}
