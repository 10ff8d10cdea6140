//! The night on which Berlin's clocks go on, half of it over: what the tests of pictures show.

use credadmin::grant::Span;
use credadmin::history::{Ledger, Reach};
use credadmin::journal::Access;
use credadmin::schedule::plan::sessions;
use credadmin::timeline::{Past, Timeline};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::told::{Told, at, closed, in_place, opened, published, started, stopped, watched};

pub const CONFIG: &str = r#"
[secrets.archive]
secret_id = "Archive"
role_arn = "arn:aws:iam::123456789012:role/Archive"
[secrets.sensitive-s3]
secret_id = "SensitiveS3"
role_arn = "arn:aws:iam::123456789012:role/S3"
[grants.evening]
secret = "archive"
cron = "0 20 * * *"
time_zone = "Europe/Berlin"
duration = "2h"
[grants.night]
secret = "sensitive-s3"
cron = "0 0 * * *"
time_zone = "Europe/Berlin"
duration = "3h"
[grants.early]
secret = "sensitive-s3"
cron = "30 2 * * *"
time_zone = "Europe/Berlin"
duration = "4h"
"#;
pub const NOW: &str = "2024-03-31T00:30:00Z";
const FAILING: &str = "bd96beff48f27f8a2e97d9433e432138";

/// What two hosts tell of the evening: one was down for a while, and failed for an hour.
pub fn told() -> Told {
    let secrets = watched(CONFIG, NOW);
    let (archive, evening) = (&secrets[0].secret, &secrets[0].grants[0]);
    let (s3, night) = (&secrets[1].secret, &secrets[1].grants[1]);
    assert_eq!((evening.name.as_str(), night.name.as_str()), ("evening", "night"));
    let mut told = Told::default();
    let day = |time: &str| format!("2024-03-30T{time}Z");
    told.on("a", &day("15:30:00"), &started());
    told.on("a", &day("17:00:00"), &stopped());
    told.on("a", &day("18:20:00"), &started());
    told.on("a", &day("19:00:00"), &opened(archive, evening));
    let denied = "failing for archive (Archive): sts:AssumeRole failed with AccessDenied: not authorized";
    let fields = [("SECRET", "archive".to_owned()), ("SECRET_ID", "Archive".into()), ("GRANT", "evening".into())];
    told.raw("a", "credadmin.service", &day("19:00:02"), FAILING, denied, &fields);
    told.on("a", &day("20:00:00"), &published(archive, &[evening], &day("20:55:00"), 1));
    told.on("a", &day("20:40:00"), &published(archive, &[evening], &day("21:00:00"), 2));
    told.on("a", &day("21:00:00"), &closed(archive, evening, Access::Lapsed { died: Some(at(&day("21:00:00"))) }));
    told.on("a", &day("23:00:00"), &opened(s3, night));
    let planned = sessions(at(&day("23:00:00")), at(NOW), &s3.cadence, &secrets[1].grants);
    for (number, session) in (3..).zip(planned) {
        let (when, ends) = ((session.at + SignedDuration::from_secs(1)).to_string(), session.ends.to_string());
        told.on("a", &when, &published(s3, &[night], &ends, number));
        told.on("b", &when, &in_place(s3, &ends));
    }
    told
}

/// From the afternoon to noon.
pub fn span() -> Span {
    Span { opens: at("2024-03-30T15:00:00Z"), closes: at("2024-03-31T10:00:00Z") }
}

pub fn show(ledger: &Ledger, reach: &Reach) -> Timeline {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    Timeline::new(Some(Past { ledger, reach }), &watched(CONFIG, NOW), span(), at(NOW), zone)
}

pub fn scene() -> Timeline {
    let reach = Reach::from([("a".into(), (at("2024-03-30T15:30:00Z"), at(NOW)))]);
    let mut timeline = show(&told().ledger(), &reach);
    timeline.remarks.push("not from credadmin.service, and not shown: a of user@1000.service: 1 entry".into());
    timeline
}

pub const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&";

/// The same with a secret, a grant and words that want to be more than text.
pub fn hostile() -> Timeline {
    let mut timeline = scene();
    let lane = &mut timeline.lanes[0];
    lane.name = format!("{HOSTILE}{}", "very-long-".repeat(40));
    lane.secret_id = "\u{202e}gnp.exe \u{5e9}\u{5dc}\u{5d5}\u{5dd} ]]> --> </title></svg><script>alert(2)</script>".into();
    lane.windows[0].1 = "</style><script>alert(3)</script>".into();
    lane.troubles[0].message = "\u{0}\u{8}<script>alert(4)</script>\u{ffff}</table>".into();
    timeline.remarks.push("</ul><script>alert(5)</script>".into());
    timeline
}

/// A hundred secrets, refreshed day and night for a week.
pub fn crowd() -> Timeline {
    let mut config = String::new();
    for n in 0..100 {
        config += &format!("[secrets.s{n:02}]\nsecret_id = 'S{n}'\nrole_arn = 'arn:aws:iam::123456789012:role/R'\n");
        config += &format!("[grants.g{n:02}]\nsecret = 's{n:02}'\ncron = '{} {} * * *'\nduration = '20h'\n", n % 60, n % 24);
    }
    let now: Timestamp = at(NOW);
    let span = Span { opens: now, closes: now + SignedDuration::from_hours(7 * 24) };
    Timeline::new(None, &watched(&config, NOW), span, now, TimeZone::UTC)
}
