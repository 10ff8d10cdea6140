//! Grants, closed in files: what the daemon's own loader then makes of them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;

use credadmin::clock::Clock;
use credadmin::config::load;
use credadmin::grant::Grant;
use credadmin::revoke::close;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{MAIN, open};
use crate::harness::Credadmin;

const WHY: &str = "alice (uid 1000), arn:aws:iam::123456789012:user/admin";
const NIGHTLY: &str = "[grants.nightly]\nsecret = 's3'\ncron = '* * * * *'\nduration = '2h'\n";

fn now() -> Timestamp {
    Clock::system().now()
}

/// The grant of that name, if the loader takes it.
fn grant(credadmin: &Credadmin, name: &str) -> Option<Grant> {
    let settings = load(&credadmin.path("credadmin.toml"), now()).expect("a valid config");
    settings.secrets.iter().flat_map(|watched| watched.grants.iter()).find(|grant| grant.name.as_str() == name).cloned()
}

fn is_open(credadmin: &Credadmin, name: &str) -> bool {
    grant(credadmin, name).is_some_and(|grant| !grant.window.spans(now(), now()).0.is_empty())
}

/// Closes it; answers with the file that says so, or why none does.
fn closed(credadmin: &Credadmin, name: &str) -> Result<(String, Option<String>), String> {
    let grant = grant(credadmin, name).expect("a grant");
    let place = close(&credadmin.path("credadmin.toml"), &grant, now(), WHY)?;
    let file = place.path.strip_prefix(credadmin.path("")).expect("beside the main file").to_string_lossy().into_owned();
    Ok((file, place.own))
}

fn files(credadmin: &Credadmin) -> Vec<String> {
    let entries = fs::read_dir(credadmin.path("grants.d")).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_drop_in_gets_the_end_and_its_other_grants_go_on() {
    let text = open("a", "s3").0 + &open("b", "s3").0 + NIGHTLY;
    let credadmin = Credadmin::new(MAIN).write("grants.d/10-first.toml", &text);
    let path = credadmin.path("grants.d/10-first.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    for name in ["a", "nightly"] {
        assert!(is_open(&credadmin, name));
        assert_eq!(closed(&credadmin, name), Ok(("grants.d/10-first.toml".into(), None)));
        assert!(!is_open(&credadmin, name) && is_open(&credadmin, "b"), "{}", fs::read_to_string(&path).expect("text"));
        assert!(grant(&credadmin, name).is_some_and(|grant| grant.window.is_over(now())), "for good");
    }
    assert_eq!((files(&credadmin).len(), fs::metadata(&path).expect("there").mode() & 0o7777), (1, 0o640));
}

#[test]
fn a_grant_of_the_main_file_or_of_conf_d_gets_a_drop_in_over_it() {
    let main = format!("{MAIN}{}", open("a", "s3").0);
    let credadmin = Credadmin::new(&main).write("conf.d/20-more.toml", NIGHTLY);
    let main_file = credadmin.path("credadmin.toml");
    let (file, own) = closed(&credadmin, "a").expect("closed");
    assert_eq!((file.as_str(), own), ("grants.d/90-revoked-a.toml", Some(format!("{}:8:9", main_file.display()))));
    let (file, own) = closed(&credadmin, "nightly").expect("closed");
    let conf = credadmin.path("conf.d/20-more.toml");
    assert_eq!((file.as_str(), own), ("grants.d/90-revoked-nightly.toml", Some(format!("{}:1:9", conf.display()))));
    assert!(!is_open(&credadmin, "a") && !is_open(&credadmin, "nightly"));
    let mode = fs::metadata(credadmin.path("grants.d/90-revoked-a.toml")).expect("there").mode();
    assert_eq!(mode & 0o7777, fs::metadata(&main_file).expect("there").mode() & 0o644, "whoever reads the one, reads the other");
    assert_eq!(fs::read_to_string(main_file).expect("text"), main, "which stays as it is");
    credadmin.remove("grants.d/90-revoked-a.toml");
    assert!(is_open(&credadmin, "a"), "as it is said");
}

#[test]
fn of_several_drop_ins_the_one_that_counts_gets_it() {
    let (first, _) = open("a", "s3");
    let later = "[grants.a]\nuntil = '2199-01-01T00:00:00Z'\n";
    let credadmin = Credadmin::new(MAIN).write("grants.d/10-first.toml", &first).write("grants.d/20-longer.toml", later);
    assert_eq!(closed(&credadmin, "a"), Ok(("grants.d/20-longer.toml".into(), None)));
    assert_eq!(fs::read_to_string(credadmin.path("grants.d/10-first.toml")).expect("text"), first);
    assert!(!is_open(&credadmin, "a"));
}

#[test]
fn what_has_not_opened_yet_does_not_open() {
    let text = "[grants.a]\nsecret = 's3'\nfrom = '2198-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'\n";
    let credadmin = Credadmin::new(MAIN).write("grants.d/10-first.toml", text);
    closed(&credadmin, "a").expect("closed");
    assert!(grant(&credadmin, "a").is_some_and(|grant| grant.window.is_over(now())));
}

#[test]
fn what_the_loader_would_not_take_is_put_back_as_it_was() {
    let (other, _) = open("b", "s3");
    // At any time of day, no window is open in the second that it would be closed after.
    let hour = (now().to_zoned_datetime(TimeZone::UTC).hour() + 12) % 24;
    let never =
        format!("[grants.a]\nsecret = 's3'\ncron = '0 {hour} * * *'\nduration = '2h'\nnot_before = '2198-01-01T00:00:00Z'\n");
    let text = never + &other;
    let credadmin = Credadmin::new(MAIN).write("grants.d/10-first.toml", &text);
    let path = credadmin.path("grants.d/10-first.toml");
    let why = closed(&credadmin, "a").expect_err("it would never fire");
    assert!(why.starts_with(&format!("{} was written and is as before: ", path.display())), "{why}");
    assert!(why.contains("grants.a never fires"), "{why}");
    assert_eq!((fs::read_to_string(&path).expect("text"), files(&credadmin).len()), (text, 1));
    assert!(is_open(&credadmin, "b"), "no other grant is disturbed");
}
