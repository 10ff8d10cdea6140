//! Whatever the files hold: the loader answers, its answer can be read, and what it accepts can be planned.

use std::fs;
use std::path::PathBuf;

use credadmin::config::{self, Fault};
use credadmin::schedule::plan::sessions;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tempfile::TempDir;

use super::files::mode;

const VALID: &str = r#"
region = "eu-central-1"
credentials = "default-chain"
[secrets.s]
secret_id = "SensitiveS3"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
session_duration = "1h"
refresh_lead = "20m"
session_policy = "on"
tags = { team = "billing" }
[grants.once]
secret = "s"
from = "2026-12-01T08:00:00Z"
until = 2026-12-01T18:00:00+01:00
reason = "quarter end"
[grants.again]
secret = "s"
cron = "0 22 * * MON-FRI"
duration = "2h"
time_zone = "Europe/Berlin"
not_after = "2027-06-01T00:00:00Z"
"#;

/// What a mistake is made of.
const PIECES: [&str; 40] = [
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "#",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{0}",
    "\u{1b}",
    "ü",
    "\u{1f600}",
    "grants",
    "secrets",
    "[grants.once]\n",
    "[grants.x]\n",
    "[[grants]]\n",
    "x = 5\n",
    "until = 0001-01-01T00:00:00Z\n",
    "\"9999-12-30T00:00:00Z\"",
    "\"366d\"",
    "\"1s\"",
    "\"29s\"",
    "\"15m\"",
    "\"12h\"",
    "\"0 0 29 2 *\"",
    "\"*/7 1-3 * * *\"",
    "\"0 0 L * *\"",
    "\"Pacific/Apia\"",
    "\"off\"",
    "-1",
    "1e999",
];

#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Double(Index, usize),
    SwapLines(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        (any::<Index>(), 1..60_usize).prop_map(|(at, length)| Edit::Double(at, length)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> String {
    edits.iter().fold(text.to_owned(), |text, edit| {
        let chars: Vec<char> = text.chars().collect();
        let cut = |at: &Index, length: usize| {
            let from = at.index(chars.len() + 1);
            (from, (from + length).min(chars.len()))
        };
        match edit {
            Edit::Insert(at, piece) => {
                let (from, _) = cut(at, 0);
                chars[..from].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(&chars[from..]).collect()
            }
            Edit::Remove(at, length) => {
                let (from, to) = cut(at, *length);
                chars[..from].iter().chain(&chars[to..]).collect()
            }
            Edit::Double(at, length) => {
                let (from, to) = cut(at, *length);
                chars[..to].iter().chain(&chars[from..]).collect()
            }
            Edit::SwapLines(a, b) => {
                let mut lines: Vec<&str> = text.lines().collect();
                let (a, b) = (a.index(lines.len().max(1)), b.index(lines.len().max(1)));
                if a.max(b) < lines.len() {
                    lines.swap(a, b);
                }
                lines.join("\n")
            }
        }
    })
}

struct Files(TempDir);

impl Files {
    fn new(main: &[u8], drop_in: &[u8]) -> Self {
        let files = Self(tempfile::tempdir().expect("a temporary directory"));
        fs::create_dir(files.0.path().join("grants.d")).expect("a directory");
        mode(&files.0.path().join("grants.d"), 0o700);
        for (path, bytes) in [(files.main(), main), (files.0.path().join("grants.d/50.toml"), drop_in)] {
            fs::write(&path, bytes).expect("a file");
            mode(&path, 0o600);
        }
        files
    }

    fn main(&self) -> PathBuf {
        self.0.path().join("credadmin.toml")
    }
}

fn readable(faults: &[Fault]) -> Result<(), TestCaseError> {
    for fault in faults {
        prop_assert!(!fault.one_line().contains(char::is_control), "{:?}", fault.one_line());
        prop_assert!(!fault.to_string().contains(|c: char| c.is_control() && c != '\n'), "{:?}", fault.to_string());
    }
    Ok(())
}

/// Loads; what is accepted is planned, from `now` on.
fn judge(files: &Files) -> Result<(), TestCaseError> {
    let now: Timestamp = "2026-11-30T23:59:59.5Z".parse().expect("an instant");
    match config::load(&files.main(), now) {
        Err(faults) => {
            prop_assert!(faults.0.iter().all(Fault::is_error) && !faults.0.is_empty());
            readable(&faults.0)
        }
        Ok(settings) => {
            for watched in &settings.secrets {
                prop_assert!(watched.grants.iter().all(|grant| grant.secret == watched.secret.name));
                for session in sessions(now, now + SignedDuration::from_hours(72), &watched.secret.cadence, &watched.grants) {
                    prop_assert!(session.at < session.ends && !session.grants.is_empty());
                    prop_assert!(session.ends.duration_since(session.at) <= watched.secret.cadence.session());
                }
            }
            readable(&settings.remarks)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn bytes_of_any_kind_are_answered(main in vec(any::<u8>(), 0..200), drop_in in vec(any::<u8>(), 0..200)) {
        judge(&Files::new(&main, &drop_in))?;
        judge(&Files::new(VALID.as_bytes(), &drop_in))?;
    }

    #[test]
    fn pieces_of_toml_in_any_order_are_answered(pieces in vec(select(&PIECES[..]), 0..60)) {
        let text = pieces.concat();
        judge(&Files::new(text.as_bytes(), b""))?;
        judge(&Files::new(VALID.as_bytes(), text.as_bytes()))?;
    }

    #[test]
    fn a_valid_config_with_mistakes_in_it_is_answered(main in vec(edit(), 1..6), drop_in in vec(edit(), 0..6)) {
        let grants = &VALID[VALID.find("[grants").expect("grants in it")..];
        judge(&Files::new(edited(VALID, &main).as_bytes(), edited(grants, &drop_in).as_bytes()))?;
        judge(&Files::new(VALID.as_bytes(), edited(grants, &drop_in).as_bytes()))?;
    }

    /// However a drop-in that cuts a grant short is broken behind its header, that grant is not open for longer.
    #[test]
    fn a_broken_drop_in_never_lengthens_what_it_cuts_short(edits in vec(edit(), 0..4)) {
        let cut = "[grants.once]\nuntil = \"2026-12-01T09:00:00Z\"\n";
        let rest = edited("reason = \"cut\"\n[grants.other]\nsecret = \"s\"\nfrom = 2026-12-01T08:00:00Z\nuntil = 2026-12-01T08:30:00Z\n", &edits);
        // An edit may hold another, later end for it: that is no mistake, but another drop-in.
        prop_assume!(!rest.contains("until = 0001") && rest.matches("until").count() <= 1);
        let files = Files::new(VALID.as_bytes(), format!("{cut}{rest}").as_bytes());
        let now: Timestamp = "2026-12-01T00:00:00Z".parse().expect("an instant");
        let settings = config::load(&files.main(), now).expect("the main file is valid");
        let late: Timestamp = "2026-12-01T10:00:00Z".parse().expect("an instant");
        for grant in settings.secrets.iter().flat_map(|watched| watched.grants.iter()).filter(|grant| grant.name.as_str() == "once") {
            prop_assert!(grant.window.is_over(late), "{rest}");
        }
    }
}
