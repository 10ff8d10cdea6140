//! What grants and secrets are made of, to the boundaries: names, spans, and sessions that are capped at an hour.

use credadmin::grant::{Name, Span};

use super::oracle::Cadence;
use super::{at, cadence, secret};

#[test]
fn a_name_is_1_to_64_small_letters_digits_and_hyphens_and_is_shown_as_written() {
    let longest = "n".repeat(64);
    for written in ["a", "7", "-", "sensitive-s3", &longest] {
        let name = Name::parse(written).unwrap();
        assert_eq!([name.as_str(), &name.to_string(), &format!("{name:?}")], [written; 3]);
    }
    for other in ["", "A", "a_b", "a.b", "a b", "ü", &"n".repeat(65)] {
        assert_eq!(Name::parse(other), None, "{other:?}");
    }
}

#[test]
fn spans_that_only_touch_have_nothing_in_common() {
    let span = |opens: &str, closes: &str| Span { opens: at(opens), closes: at(closes) };
    let morning = span("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z");
    for (other, common) in [
        (span("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z"), Some(span("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z"))),
        (span("2026-12-01T11:59:59Z", "2026-12-01T18:00:00Z"), Some(span("2026-12-01T11:59:59Z", "2026-12-01T12:00:00Z"))),
        (span("2026-12-01T12:00:00Z", "2026-12-01T18:00:00Z"), None),
        (span("2026-12-01T13:00:00Z", "2026-12-01T18:00:00Z"), None),
    ] {
        assert_eq!((morning.intersect(&other), other.intersect(&morning)), (common, common));
    }
}

#[test]
fn sessions_over_an_hour_are_capped_at_it_with_a_lead_of_20_minutes_at_most() {
    for exact in [true, false] {
        let rhythm = |session, lead| Cadence { name: "sensitive-s3", session, lead, exact };
        let capped = |session, lead| secret(&rhythm(session, lead)).capped().map(|secret| secret.cadence);
        assert_eq!(capped(3600, 1800), None);
        assert_eq!(capped(3601, 900), Some(cadence(&rhythm(3600, 900))));
        assert_eq!(capped(43_200, 14_400), Some(cadence(&rhythm(3600, 1200))));
    }
}
