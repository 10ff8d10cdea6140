//! `credadmin plan`: a stable interface for machines, a table for people.

use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::check::SECRET;
use crate::harness::Credadmin;

const QUARTER_END: &str = r#"
[secrets.sensitive-s3]
secret_id = "SensitiveS3"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
[secrets.archive]
secret_id = "Archive"
role_arn = "arn:aws:iam::123456789012:role/ArchiveAccess"
[grants.quarter-end]
secret = "sensitive-s3"
from = "2026-12-01T08:00:00Z"
until = "2026-12-01T10:00:00Z"
[grants.audit]
secret = "sensitive-s3"
from = "2026-12-01T09:30:00Z"
until = "2026-12-01T10:30:00Z"
[grants.short]
secret = "archive"
from = "2026-12-01T08:00:00Z"
until = "2026-12-01T08:10:00Z"
"#;

fn plan(credadmin: &Credadmin, args: &[&str]) -> Output {
    credadmin.run_to_end(&[&["plan"], args].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn lines(credadmin: &Credadmin, args: &[&str]) -> Vec<Value> {
    let output = plan(credadmin, &[&["--format", "json"], args].concat());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Word for word: the keys, their order, the order of the lines.
#[test]
fn json_is_one_session_a_line() {
    let output = plan(&Credadmin::new(QUARTER_END), &["--at", "2026-12-01T00:00:00Z", "--format", "json"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(text(&output.stdout), WANTED);
}

const WANTED: &str = r#"{"at":"2026-12-01T08:00:00Z","secret":"archive","grants":["short"],"ends":"2026-12-01T08:10:00Z","duration_seconds":900,"version_id":"credadmin-20261201T081000Z-b1e509b328efa460e0c3000000000000"}
{"at":"2026-12-01T08:00:00Z","secret":"sensitive-s3","grants":["quarter-end"],"ends":"2026-12-01T08:27:19Z","duration_seconds":1639,"version_id":"credadmin-20261201T082719Z-2bdf2076131f1b5005fb000000000000"}
{"at":"2026-12-01T08:07:19Z","secret":"sensitive-s3","grants":["quarter-end"],"ends":"2026-12-01T09:07:19Z","duration_seconds":3600,"version_id":"credadmin-20261201T090719Z-4275ab2ed3205c0e7146000000000000"}
{"at":"2026-12-01T08:47:19Z","secret":"sensitive-s3","grants":["quarter-end"],"ends":"2026-12-01T09:47:19Z","duration_seconds":3600,"version_id":"credadmin-20261201T094719Z-b0d3821d91fd62e3435c000000000000"}
{"at":"2026-12-01T09:27:19Z","secret":"sensitive-s3","grants":["quarter-end"],"ends":"2026-12-01T10:27:19Z","duration_seconds":3600,"version_id":"credadmin-20261201T102719Z-19e91ce6a1b5ee70f634000000000000"}
{"at":"2026-12-01T10:07:19Z","secret":"sensitive-s3","grants":["audit"],"ends":"2026-12-01T10:30:00Z","duration_seconds":1361,"version_id":"credadmin-20261201T103000Z-070379165d23f665c824000000000000"}
"#;

/// `[at, at + for)`: what is issued at its very end is the next plan's first line.
#[test]
fn the_time_planned_is_half_open() {
    let credadmin = Credadmin::new(QUARTER_END);
    let whole = lines(&credadmin, &["--at", "2026-12-01T08:00:00Z", "--for", "3h"]);
    let second = whole.iter().find(|line| line["at"] != "2026-12-01T08:00:00Z").expect("a refresh");
    let at = second["at"].as_str().expect("an instant");
    let until: jiff::Timestamp = at.parse().expect("an instant");
    let seconds = until.duration_since("2026-12-01T08:00:00Z".parse().expect("an instant")).as_secs();
    let before = lines(&credadmin, &["--at", "2026-12-01T08:00:00Z", "--for", &format!("{seconds}s")]);
    let one_more = lines(&credadmin, &["--at", "2026-12-01T08:00:00Z", "--for", &format!("{}s", seconds + 1)]);
    assert_eq!(one_more.len(), before.len() + 1);
    assert_eq!(before, whole[..before.len()]);
    let next = lines(&credadmin, &["--at", at, "--for", "1s"]);
    assert!(next.contains(second) && next.iter().all(|line| line["at"] == at), "{next:?}");
    assert_eq!(lines(&credadmin, &["--at", "2026-12-01T08:00:00Z", "--for", "0s"]), Vec::<Value>::new());
    assert_eq!(lines(&credadmin, &["--at", "2026-12-01T07:00:00Z", "--for", "1h"]), Vec::<Value>::new());
}

#[test]
fn a_window_that_is_open_already_starts_at_once() {
    let lines = lines(&Credadmin::new(QUARTER_END), &["--at", "2026-12-01T08:05:00Z", "--for", "1s"]);
    let told: Vec<(&str, i64)> = lines
        .iter()
        .map(|line| {
            assert_eq!(line["at"], "2026-12-01T08:05:00Z");
            (line["secret"].as_str().expect("a name"), line["duration_seconds"].as_i64().expect("a number"))
        })
        .collect();
    assert_eq!(told[0], ("archive", 900), "five minutes are left: STS makes no session under 15, and the policy cuts this one");
    assert_eq!((told.len(), told[1].0), (2, "sensitive-s3"));
}

#[test]
fn the_lines_are_in_the_order_of_time() {
    let secrets: String = (0..20).map(|i| format!("[secrets.s{i}]\nsecret_id = \"S{i}\"\nrole_arn = \"arn:aws:iam::123456789012:role/R\"\n[grants.g{i}]\nsecret = \"s{i}\"\ncron = \"0 */6 * * *\"\nduration = \"4h\"\n")).collect();
    let lines = lines(&Credadmin::new(&secrets), &["--at", "2026-12-01T00:00:00Z", "--for", "2d"]);
    let keys: Vec<(String, String)> = lines.iter().map(|line| (line["at"].to_string(), line["secret"].to_string())).collect();
    assert!(keys.len() > 20 * 8 * 4 && keys.is_sorted(), "{} lines", keys.len());
}

#[test]
fn the_table_shows_local_time_where_that_is_another() {
    let show = |zone: &str| {
        let output = plan(&Credadmin::new(QUARTER_END).env("TZ", zone), &["--at", "2026-12-01T00:00:00Z", "--for", "9h"]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        text(&output.stdout).to_owned()
    };
    assert_eq!(show("Asia/Kathmandu"), ABROAD);
    assert_eq!(show("UTC"), AT_HOME);
}

const ABROAD: &str = "\
ISSUED (UTC)             ENDS (UTC)               LASTS    SECRET        GRANTS       ISSUED (Asia/Kathmandu)
Tue 2026-12-01 08:00:00  Tue 2026-12-01 08:10:00  10m      archive       short        Tue 2026-12-01 13:45:00
Tue 2026-12-01 08:00:00  Tue 2026-12-01 08:27:19  27m 19s  sensitive-s3  quarter-end  Tue 2026-12-01 13:45:00
Tue 2026-12-01 08:07:19  Tue 2026-12-01 09:07:19  1h       sensitive-s3  quarter-end  Tue 2026-12-01 13:52:19
Tue 2026-12-01 08:47:19  Tue 2026-12-01 09:47:19  1h       sensitive-s3  quarter-end  Tue 2026-12-01 14:32:19

4 sessions (as many versions written) in 9h from 2026-12-01T00:00:00Z
";
const AT_HOME: &str = "\
ISSUED (UTC)             ENDS (UTC)               LASTS    SECRET        GRANTS
Tue 2026-12-01 08:00:00  Tue 2026-12-01 08:10:00  10m      archive       short
Tue 2026-12-01 08:00:00  Tue 2026-12-01 08:27:19  27m 19s  sensitive-s3  quarter-end
Tue 2026-12-01 08:07:19  Tue 2026-12-01 09:07:19  1h       sensitive-s3  quarter-end
Tue 2026-12-01 08:47:19  Tue 2026-12-01 09:47:19  1h       sensitive-s3  quarter-end

4 sessions (as many versions written) in 9h from 2026-12-01T00:00:00Z
";

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    for format in ["text", "json"] {
        let main = format!("{SECRET}[grants.g]\nsecret = \"s\"\ncron = \"0 22 * * *\"\nduration = \"2h\"\n");
        let credadmin = Credadmin::new(&main);
        let mut command = credadmin.command(&["plan", "--for", "366d", "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program to run");
        let mut first = String::new();
        // Dropped with the rest unread: 366 days do not fit into the pipe.
        BufReader::with_capacity(64, child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
        let mut stderr = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("text");
        let status = child.wait().expect("its end");
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
        assert!(first.starts_with(if format == "text" { "ISSUED (UTC) " } else { "{\"at\":" }), "{first}");
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused_with_what_is_wanted() {
    let credadmin = Credadmin::new(QUARTER_END);
    let instant = "wanted: an instant with its offset, such as 2026-12-01T08:00:00Z";
    let length = "wanted: a length of time such as 24h or 7d, 366d at most";
    for (name, value, wanted) in [
        ("--at <INSTANT>", "tomorrow", instant),
        ("--at <INSTANT>", "2026-12-01", instant),
        ("--at <INSTANT>", "2026-12-01T08:00:00", instant),
        ("--at <INSTANT>", "", instant),
        ("--for <DURATION>", "24", length),
        ("--for <DURATION>", "367d", length),
        ("--for <DURATION>", "9000y", length),
        ("--for <DURATION>", "99999999999999999999h", length),
    ] {
        let option = name.split(' ').next().expect("an option");
        let output = plan(&credadmin, &[&format!("{option}={value}")]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
        let found = format!("error: invalid value '{value}' for '{name}': {wanted}\n\nFor more information, try '--help'.\n");
        let empty =
            format!("error: a value is required for '{name}' but none was supplied\n\nFor more information, try '--help'.\n");
        assert!(text(&output.stderr) == found || (value.is_empty() && text(&output.stderr) == empty), "{}", text(&output.stderr));
    }
}

/// At the end of time there is nothing to plan, and nothing to panic about.
#[test]
fn any_instant_can_be_planned_from() {
    let credadmin = Credadmin::new(&format!("{SECRET}[grants.g]\nsecret = \"s\"\ncron = \"0 22 * * *\"\nduration = \"2h\"\n"));
    for at in ["0001-01-01T00:00:00Z", "-009999-01-02T02:00:00Z", "9999-12-30T22:00:00Z", "2026-12-01T22:00:00.123456789+01:00"] {
        let output = plan(&credadmin, &[&format!("--at={at}"), "--for=366d", "--format=json"]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{at}");
    }
}

#[test]
fn a_bad_config_is_refused_and_a_bad_drop_in_told_beside_the_plan() {
    let output = plan(&Credadmin::new("region = 5"), &["--format", "json"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(78), ""));
    assert!(text(&output.stderr).starts_with("error: region is 5\n"));
    let credadmin = Credadmin::new(QUARTER_END).write("grants.d/50.toml", "[grants.quarter-end]\nuntil = 5\n");
    let output = plan(&credadmin, &["--at", "2026-12-01T00:00:00Z", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("error: grants.quarter-end.until is 5\n"));
    assert!(!text(&output.stdout).contains("quarter-end") && text(&output.stdout).contains("audit"));
}

/// Once it is open, less is left of it than any session lasts: none is issued, and so none is planned.
#[test]
fn a_window_of_just_the_shortest_session_has_none() {
    for (policy, shortest) in [("on", 30), ("off", 900)] {
        for (length, sessions) in [(shortest, 0), (shortest + 1, 1)] {
            let grant = format!("[grants.g]\nsecret = \"s\"\ncron = \"0 22 * * *\"\nduration = \"{length}s\"\n");
            let credadmin = Credadmin::new(&format!("{SECRET}session_policy = \"{policy}\"\n{grant}"));
            let output = plan(&credadmin, &["--at", "2026-12-01T00:00:00Z", "--format", "json"]);
            assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(0), sessions), "{policy}, {length} s");
        }
    }
}
