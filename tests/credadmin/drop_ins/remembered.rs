//! What the daemon remembers of drop-ins from one look to the next.

use std::fs;
use std::os::unix::fs::symlink;

use credadmin::config::{Fault, Settings, Sources};
use jiff::Timestamp;

use super::{CUT, DAY, credadmin};
use crate::check::files::mode;

/// The end of `main` in settings, if it is in them.
fn main_until(settings: &Settings) -> Option<Timestamp> {
    let mut grants = settings.secrets.iter().flat_map(|watched| watched.grants.iter());
    let span = match &grants.find(|grant| grant.name.as_str() == "main")?.window {
        credadmin::grant::Window::Once(span) => *span,
        window => panic!("not of this test: {window:?}"),
    };
    Some(span.closes)
}

fn at(time: &str) -> Option<Timestamp> {
    Some(format!("2026-12-01T{time}:00Z").parse().expect("an instant"))
}

fn day() -> Timestamp {
    DAY.parse().expect("an instant")
}

/// As long as the daemon runs, it knows what a file was about that can no longer be read, also over a reload.
#[test]
fn a_drop_in_that_can_no_longer_be_read_still_closes_its_grants() {
    let credadmin = credadmin().write("grants.d/50.toml", CUT);
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("09:00"));
    credadmin.remove("grants.d/50.toml");
    symlink("/etc/hostname", credadmin.path("grants.d/50.toml")).expect("a link");
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), None);
    let mut reloaded = sources.read_again().expect("sources");
    assert_eq!(main_until(&reloaded.settings(day()).expect("valid")), None, "after a reload");
    credadmin.remove("grants.d/50.toml");
    assert_eq!(main_until(&reloaded.settings(day()).expect("valid")), at("18:00"), "what is gone has nothing to say");
}

/// What is left of a file whose writing was broken off is valid TOML, and must not open again what the file cut short.
#[test]
fn a_drop_in_that_was_emptied_still_closes_its_grants() {
    let credadmin = credadmin().write("grants.d/20-cut.toml", CUT);
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("09:00"));
    for (left, found) in [
        ("", "it named grants, and names none any more"),
        ("\n# by jane\n", "it named grants, and names none any more"),
        ("[grants]\n", "it named grants, and names none any more"),
        ("[grants.main]\n", "grants.main sets no key"),
    ] {
        credadmin.rewrite("grants.d/20-cut.toml", left);
        let settings = sources.settings(day()).expect("valid");
        assert_eq!(main_until(&settings), None, "{left:?}");
        let told = |remark: &Fault| remark.is_error() && remark.found == found && remark.one_line().contains("/20-cut.toml");
        assert!(settings.remarks.iter().any(told), "{left:?}: {:?}", settings.remarks);
    }
    credadmin.rewrite("grants.d/20-cut.toml", "");
    let mut reloaded = sources.read_again().expect("sources");
    assert_eq!(main_until(&reloaded.settings(day()).expect("valid")), None, "after a reload");
    credadmin.rewrite("grants.d/20-cut.toml", CUT);
    assert_eq!(main_until(&reloaded.settings(day()).expect("valid")), at("09:00"), "it is whole again");
    credadmin.remove("grants.d/20-cut.toml");
    assert_eq!(main_until(&reloaded.settings(day()).expect("valid")), at("18:00"), "what is gone has nothing to say");
}

#[test]
fn a_drop_in_that_never_named_a_grant_may_be_empty() {
    let credadmin = credadmin().write("grants.d/20.toml", "# to be written\n");
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    for text in ["", "\n", "# still to be written\n"] {
        credadmin.rewrite("grants.d/20.toml", text);
        let settings = sources.settings(day()).expect("valid");
        assert!(main_until(&settings) == at("18:00") && !settings.remarks.iter().any(Fault::is_error), "{text:?}");
    }
}

#[test]
fn a_cut_that_is_broken_off_at_any_byte_lengthens_nothing() {
    let cuts = [
        CUT,
        "# by jane\n[grants.main]\nuntil = 2026-12-01T09:00:00Z # early\nreason = \"cut\"\n",
        "grants.main.until = \"2026-12-01T10:00:00+01:00\"\n",
        "grants = { main = { until = \"2026-12-01T09:00:00Z\" } }\n",
    ];
    let credadmin = credadmin();
    for (cut, length) in cuts.iter().flat_map(|cut| (0..=cut.len()).map(move |length| (cut, length))) {
        credadmin.rewrite("grants.d/20-cut.toml", cut);
        let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
        assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("09:00"), "{cut}");
        fs::write(credadmin.path("grants.d/20-cut.toml"), &cut[..length]).expect("in its place");
        let until = main_until(&sources.settings(day()).expect("valid"));
        assert!(until.is_none() || until == at("09:00"), "{:?}: {until:?}", &cut[..length]);
    }
}

#[test]
fn a_directory_that_can_no_longer_be_listed_closes_what_was_in_it() {
    let credadmin = credadmin().write("grants.d/50.toml", CUT);
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("09:00"));
    fs::rename(credadmin.path("grants.d"), credadmin.path("away")).expect("moved");
    credadmin.rewrite("grants.d", "not a directory");
    let settings = sources.settings(day()).expect("valid");
    assert_eq!(main_until(&settings), None);
    assert!(settings.remarks.iter().any(|remark| remark.one_line().contains("/grants.d: ") && remark.is_error()));
}

/// fcntl(2)'s, of a whole file. Who breaks it, is told of by a signal that nobody minds.
struct Lease(#[expect(dead_code, reason = "it goes with the file")] fs::File);

impl Lease {
    fn on(path: &std::path::Path) -> Self {
        use std::os::fd::AsRawFd;
        const F_SETSIG: libc::c_int = 10; // which the crate has not
        let file = fs::File::options().read(true).write(true).open(path).expect("a file");
        #[expect(unsafe_code, reason = "no crate has this behind a safe interface")]
        // SAFETY: the descriptor is open, and both take a number.
        let taken = unsafe {
            libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG);
            libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK)
        };
        assert_eq!(taken, 0, "a lease: {}", std::io::Error::last_os_error());
        Self(file)
    }
}

/// Whoever opens a file that another process holds a lease on, and does not wait, is refused: nothing of the file changes by it.
#[test]
fn a_drop_in_that_can_not_be_read_for_a_moment_is_read_again() {
    let credadmin = credadmin().write("grants.d/50.toml", CUT);
    let lease = Lease::on(&credadmin.path("grants.d/50.toml"));
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("18:00"), "of this one nobody knows a name yet");
    assert!(sources.drop_ins().have_changed(), "to be looked at again");
    let read_at = sources.drop_ins().read_at().clone();
    let _ = sources.settings(day()).expect("valid");
    assert_eq!(*sources.drop_ins().read_at(), read_at, "nothing new to tell");
    drop(lease);
    assert!(sources.drop_ins().have_changed());
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("09:00"));
    assert!(!sources.drop_ins().have_changed());
}

#[test]
fn every_change_that_matters_changes_the_fingerprint() {
    let credadmin = credadmin().write("grants.d/50.toml", CUT);
    let sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    let mut seen = vec![sources.drop_ins().fingerprint()];
    assert_eq!(sources.drop_ins().fingerprint(), seen[0], "nothing has changed");
    let changes: [(&str, &dyn Fn()); 5] = [
        ("written", &|| credadmin.rewrite("grants.d/50.toml", CUT)),
        ("added", &|| credadmin.rewrite("grants.d/60.toml", CUT)),
        ("removed", &|| credadmin.remove("grants.d/60.toml")),
        ("mode of a file", &|| mode(&credadmin.path("grants.d/50.toml"), 0o666)),
        ("mode of the directory", &|| mode(&credadmin.path("grants.d"), 0o777)),
    ];
    for (what, change) in changes {
        change();
        let now = sources.drop_ins().fingerprint();
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    }
}

/// A plan is counted a year ahead from each first opening. What was valid when it was read stays in force when time shows it to
/// be too large: else the removal of a drop-in, by which access is taken back, would be refused with it.
#[test]
fn a_drop_in_can_be_taken_away_whatever_time_has_made_of_the_main_file() {
    // 72 windows on a 29 February and 72 on a Friday: the next day that is both is in 2036.
    let often = "[grants.leap]\nsecret = \"s\"\ncron = \"*/20 * 29 2 *\"\nduration = \"1m\"\n\
                 [grants.friday]\nsecret = \"s\"\ncron = \"10-59/20 * * * FRI\"\nduration = \"1m\"\n";
    let credadmin = credadmin().write("conf.d/10.toml", often).write("grants.d/50.toml", CUT);
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    assert_eq!(main_until(&sources.settings(day()).expect("valid")), at("09:00"));
    credadmin.remove("grants.d/50.toml");
    let later: Timestamp = "2036-02-28T00:00:00Z".parse().expect("an instant");
    let settings = sources.settings(later).expect("taken, with a remark");
    assert_eq!(main_until(&settings), at("18:00"));
    assert!(settings.remarks.iter().any(|remark| remark.is_error() && remark.found.contains("more than 90 versions")));
    let anew = Sources::read(&credadmin.path("credadmin.toml")).expect("sources").settings(later);
    assert!(anew.is_err(), "read anew, it is refused");
}
