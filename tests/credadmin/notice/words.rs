//! What a notice is made of, who is told, and what nobody can make of it.

use std::sync::Arc;

use credadmin::config::{Requests, Watched, load};
use credadmin::history::Entry;
use credadmin::notice::{Letter, Mail, Notice, Templates, people};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{CLOSED, FAILING, OPENED, REQUESTED, REVOCATION};

const CONFIG: &str = "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'S'\nrole_arn = 'arn:aws:iam::123456789012:role/S'\n\
    [grants.once]\nsecret = 's3'\nfrom = '2026-12-01T08:00:00Z'\nuntil = '2026-12-01T18:00:00Z'\nrequested_by = 'jane'\nreason = 'q4'\n\
    [grants.nightly]\nsecret = 's3'\ncron = '0 22 * * *'\nduration = '2h'\ntime_zone = 'Europe/Berlin'\n\
    requested_by = 'Max@Example.org'\napproved_by = 'nobody'\n\
    [mail]\nfrom = 'c@example.com'\nconfiguration_set = 'c'\npeople = { jane = 'jane@example.com' }\nalways = ['s@example.com']\n\
    secrets = { other = ['o@example.com'] }\n\
    [secrets.other]\nsecret_id = 'O'\nrole_arn = 'arn:aws:iam::123456789012:role/S'\n\
    [secrets.other.requests]\napprovers = ['jane', 'group:security', 'signer:bob@example.com']\n";

fn settings() -> (Arc<[Watched]>, Mail, Requests) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("credadmin.toml");
    std::fs::write(&path, CONFIG).expect("a file");
    let settings = load(&path, "2026-11-25T00:00:00Z".parse().expect("an instant")).expect("a valid config");
    (settings.secrets.into(), settings.telling.mail.expect("mail"), settings.requests)
}

fn entry(at: &str, message_id: &str, fields: Value) -> Entry {
    let at: Timestamp = at.parse().expect("an instant");
    let mut line = json!({ "MESSAGE_ID": message_id, "MESSAGE": "said", "__REALTIME_TIMESTAMP": at.as_microsecond().to_string(),
        "__CURSOR": "s=1", "_HOSTNAME": "a", "SECRET": "s3" });
    line.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
    Entry::parse(&line.to_string()).expect("an entry").expect("of use")
}

fn notice(at: &str, message_id: &str, fields: Value) -> Notice {
    Notice::of(&entry(at, message_id, fields), &settings().0).expect("news")
}

/// Hosts have clocks, journals and restarts of their own.
#[test]
fn a_window_is_called_the_same_on_every_host_and_each_window_differently() {
    let opened = |at: &str, grant: &str| notice(at, OPENED, json!({ "GRANT": grant })).key("x");
    let closed = |at: &str, fields: Value| notice(at, CLOSED, fields).key("x");
    let once = opened("2026-12-01T08:00:00.01Z", "once");
    assert_eq!(once, opened("2026-12-01T08:00:03Z", "once"));
    assert_eq!(once, opened("2026-12-01T17:59:59Z", "once"), "a daemon that starts again");
    let night = opened("2026-12-01T21:00:00.5Z", "nightly");
    assert_eq!(night, opened("2026-12-01T22:59:59Z", "nightly"));
    assert_ne!(night, opened("2026-12-02T21:00:00.5Z", "nightly"), "the next night");
    assert_ne!(night, closed("2026-12-01T23:00:00.5Z", json!({ "GRANT": "nightly" })));
    let over = closed("2026-12-01T23:00:00.1Z", json!({ "GRANT": "nightly", "EXPIRATION": "2026-12-01T22:59:59Z" }));
    assert_eq!(over, closed("2026-12-01T23:00:04Z", json!({ "GRANT": "nightly" })));
    assert_ne!(over, closed("2026-12-02T23:00:04Z", json!({ "GRANT": "nightly" })));
    assert_ne!(notice("2026-12-01T08:00:00Z", OPENED, json!({ "GRANT": "once" })).key("y"), once, "to somebody else");
    assert!(once.len() == 64 && once.bytes().all(|b| b.is_ascii_hexdigit()));
    let failing = |at: &str, code: &str| notice(at, FAILING, json!({ "GRANT": "once, nightly", "ERROR_CODE": code })).key("x");
    assert_eq!(failing("2026-12-01T08:01:00Z", "A"), failing("2026-12-01T08:59:00Z", "A"));
    assert_ne!(failing("2026-12-01T08:01:00Z", "A"), failing("2026-12-01T08:01:00Z", "B"));
    assert_ne!(failing("2026-12-01T08:59:00Z", "A"), failing("2026-12-01T09:01:00Z", "A"));
}

#[test]
fn the_people_of_a_grant_are_those_of_the_entry_or_of_the_config() {
    let (watched, mail, requests) = settings();
    let about = |message_id: &str, fields: Value| {
        let people = people(&notice("2026-12-01T09:00:00Z", message_id, fields), &mail, &watched, &requests);
        let words = |set: std::collections::BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
        (words(people.addresses), people.requester, words(people.unknown))
    };
    let of = |fields: Value| about(OPENED, fields);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(of(json!({ "GRANT": "once" })), ("jane@example.com s@example.com".into(), some("jane@example.com"), "".into()));
    assert_eq!(
        of(json!({ "GRANT": "nightly" })),
        ("Max@Example.org s@example.com".into(), some("Max@Example.org"), "nobody".into())
    );
    let by_entry = json!({ "GRANT": "once", "REQUESTED_BY": "a@b.example", "APPROVED_BY": "jane" });
    assert_eq!(of(by_entry), ("a@b.example jane@example.com s@example.com".into(), some("a@b.example"), "".into()));
    let both = ("Max@Example.org jane@example.com s@example.com".into(), None, "nobody".into());
    assert_eq!(of(json!({ "GRANT": "once, nightly" })), both, "nobody is the requester of several");
    // A request is for those who may approve it to know of.
    let asked = json!({ "SECRET": "other", "GRANT": "req", "REQUESTED_BY": "a@b.example" });
    let told = "a@b.example bob@example.com jane@example.com o@example.com s@example.com";
    assert_eq!(about(REQUESTED, asked.clone()), (told.into(), some("a@b.example"), "group:security".into()));
    assert_eq!(of(asked).0, "a@b.example o@example.com s@example.com");
    let revoked = about(REVOCATION, json!({ "SECRET": "s3, other", "GRANT": "once" }));
    assert_eq!(revoked.0, "jane@example.com o@example.com s@example.com", "the people of all secrets that are revoked");
    for evil in ["a@b.example, c@d.example", "Jane <a@b.example>", "a@b.example\r\nBcc: c@d.example", "a b@c.example"] {
        let (addresses, requester, unknown) = of(json!({ "GRANT": "gone", "REQUESTED_BY": evil }));
        assert_eq!((addresses.as_str(), requester), ("s@example.com", None), "{evil}");
        assert!(!unknown.contains(char::is_control), "{unknown:?}");
    }
}

/// Of the Deny's instant an entry tells only if there is a Deny.
#[test]
fn access_that_could_not_be_revoked_is_not_called_revoked() {
    let subject = |fields: Value| {
        let notice = notice("2026-12-01T09:00:00Z", REVOCATION, fields);
        Letter::of(&notice, None, &TimeZone::UTC, &Templates::built_in()).expect("a letter").subject
    };
    let denied = json!({ "GRANT": "once", "EXPIRATION": "2026-12-01T09:00:30Z" });
    assert_eq!(subject(denied), "[credadmin] access to s3 is revoked");
    assert_eq!(subject(json!({ "GRANT": "once" })), "[credadmin] access to s3 is NOT revoked, though somebody tried");
}

#[test]
fn what_people_write_ends_no_header_and_is_no_html() {
    let evil = "<img src=x>\r\nBcc: x@y.example\u{1b}[2J{{ said }}";
    let fields =
        json!({ "GRANT": "once", "SECRET": evil, "REQUESTED_BY": evil, "REASON": evil, "TICKET": evil, "_HOSTNAME": evil });
    let notice = notice("2026-12-01T09:00:00Z", OPENED, fields);
    let letter = Letter::of(&notice, None, &TimeZone::UTC, &Templates::built_in()).expect("a letter");
    assert!(!letter.subject.contains(char::is_control) && letter.subject.chars().count() <= 150, "{:?}", letter.subject);
    assert!(
        !letter.text.contains('\u{1b}') && !letter.text.contains("\nBcc") && !letter.text.contains('\r'),
        "{:?}",
        &*letter.text
    );
    assert!(!letter.html.contains("<img") && letter.html.contains("&lt;img src=x&gt;"), "{:?}", &*letter.html);
    assert!(letter.text.contains("{{ said }}"), "nothing that is filled in is a template");
}
