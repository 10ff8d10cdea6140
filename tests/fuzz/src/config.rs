//! The main file. Refused: with at least one mistake, each at a place that is there. Taken: as it is written, with a plan that keeps
//! to the invariants.

use std::cell::RefCell;

use jiff::Timestamp;

use crate::files::Files;
use crate::{plan, written};

pub const WORDS: &[&str] = &[
    "[secrets.s]\n",
    "[secrets.t]\nsecret_id = \"T\"\nrole_arn = \"arn:aws:iam::123456789012:role/T\"\n",
    "[grants.x]\nsecret = \"s\"\nfrom = \"2026-12-01T08:00:00Z\"\nuntil = \"2026-12-01T10:00:00Z\"\n",
    "[grants.y]\nsecret = \"t\"\ncron = \"0 22 * * MON-FRI\"\nduration = \"2h\"\n",
    "[grants.z]\n",
    "[secrets.s.requests]\napprovers = [\"bob\"]\n",
    "[grants.x.evidence]\n",
    "region = \"eu-central-1\"\n",
    "credentials = \"default-chain\"\n",
    "session_duration = \"2h\"\n",
    "refresh_lead = \"15m\"\n",
    "session_policy = \"off\"\n",
    "source_identity = \"credadmin\"\n",
    "external_id = \"x\"\n",
    "tags = { team = \"billing\" }\n",
    "bucket = \"sensitive\"\n",
    "console_destination = \"https://s3.console.aws.amazon.com/s3/buckets/b\"\n",
    "longest_window = \"8h\"\n",
    "hours = { cron = \"0 8 * * *\", duration = \"10h\", time_zone = \"Europe/Berlin\" }\n",
    "signatures = \"required\"\n",
    "most_at_once = 2\n",
    "time_zone = \"Europe/Berlin\"\n",
    "not_before = \"2026-12-02T00:00:00Z\"\n",
    "not_after = \"2026-12-03T00:00:00Z\"\n",
    "reason = \"quarter end\"\n",
    "secret = \"s\"\n",
    "from = \"2026-12-01T08:00:00Z\"\n",
    "until = 2026-12-01T18:00:00+01:00\n",
    "cron = \"*/30 * * * *\"\n",
    "duration = \"29s\"\n",
    "0 0 29 2 *",
    "*/7 1-3 * * *",
    "0 0 L * *",
    "0 0 * * FRI#2",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "1h",
    "16m",
    "15m",
    "12h",
    "1s",
    "366d",
    "30s",
    "off",
    "on",
    "-9999-01-01T00:00:00Z",
    "9999-12-30T22:00:00Z",
    "2026-12-01T08:00:00.5Z",
    "\"\"\"",
    "'",
    "\u{0}",
    "\u{1b}",
    "ü",
    "{",
    "]",
    "# ",
];

thread_local!(static FILES: RefCell<Option<Files>> = const { RefCell::new(None) });

pub fn run(data: &[u8]) {
    FILES.with_borrow_mut(|files| {
        let files = files.get_or_insert_with(|| Files::new(""));
        files.write("credadmin.toml", data);
        let now: Timestamp = "2026-11-30T23:59:59.5Z".parse().expect("an instant");
        let Ok(settings) = files.load(now) else { return };
        let text = std::str::from_utf8(data).expect("what is no UTF-8 is refused");
        written::agrees(&written::table(text).expect("what is no TOML is refused"), &settings);
        settings.secrets.iter().for_each(|watched| plan::obeys(watched, now));
    });
}
