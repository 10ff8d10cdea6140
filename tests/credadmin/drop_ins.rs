//! `grants.d`: who may drop what there, and what a mistake there closes. A mistake may shorten access, and never lengthens it.

mod many;
mod remembered;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use nix::sys::stat::Mode;
use nix::unistd::{Gid, Group, Uid, chown, mkfifo};
use serde_json::Value;

use crate::check::{SECRET, check, files::mode};
use crate::harness::Credadmin;

const DAY: &str = "2026-12-01T00:00:00Z";
/// Cuts `main`, a grant of the main file, from 18:00 to 09:00.
const CUT: &str = "[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n";

fn grant(name: &str, from: &str, until: &str) -> String {
    format!("[grants.{name}]\nsecret = \"s\"\nfrom = \"2026-12-01T{from}:00Z\"\nuntil = \"2026-12-01T{until}:00Z\"\n")
}

/// `main` is open from 08:00 to 18:00, and `other`, a drop-in, from 20:00 to 21:00.
fn credadmin() -> Credadmin {
    Credadmin::new(&format!("{SECRET}{}", grant("main", "08:00", "18:00")))
        .write("grants.d/90-other.toml", &grant("other", "20:00", "21:00"))
}

/// Each grant with the end of its last session on that day, as `plan` has it.
fn open(credadmin: &Credadmin) -> BTreeMap<String, String> {
    let output = credadmin.run_to_end(&["plan", "--at", DAY, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut open = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let ends = line["ends"].as_str().expect("an end");
        let ends = ends.trim_start_matches("2026-12-01T").trim_end_matches(":00Z").to_owned();
        for grant in line["grants"].as_array().expect("grants") {
            open.insert(grant.as_str().expect("a name").to_owned(), ends.clone());
        }
    }
    open
}

fn opens(wanted: &[(&str, &str)]) -> BTreeMap<String, String> {
    wanted.iter().map(|(name, until)| ((*name).to_owned(), (*until).to_owned())).collect()
}

#[test]
fn a_drop_in_adds_extends_and_cuts_short() {
    let credadmin = credadmin();
    assert_eq!(open(&credadmin), opens(&[("main", "18:00"), ("other", "21:00")]));
    credadmin.rewrite("grants.d/10-extend.toml", "[grants.main]\nuntil = \"2026-12-01T19:00:00Z\"\nreason = \"more to do\"\n");
    assert_eq!(open(&credadmin)["main"], "19:00");
    credadmin.rewrite("grants.d/20-cut.toml", CUT);
    assert_eq!(open(&credadmin)["main"], "09:00", "the later name has the last word");
    credadmin.remove("grants.d/20-cut.toml");
    assert_eq!(open(&credadmin)["main"], "19:00");
    credadmin.remove("grants.d/10-extend.toml");
    credadmin.remove("grants.d/90-other.toml");
    assert_eq!(open(&credadmin), opens(&[("main", "18:00")]));
}

#[test]
fn the_last_word_on_a_key_is_that_of_the_environment_then_conf_d_then_the_main_file() {
    let until = |time: &str| format!("[grants.main]\nuntil = \"2026-12-01T{time}:00Z\"\n");
    let credadmin = credadmin();
    assert_eq!(open(&credadmin)["main"], "18:00");
    credadmin.rewrite("conf.d/20.toml", &until("12:00"));
    credadmin.rewrite("conf.d/10.toml", &until("11:00"));
    assert_eq!(open(&credadmin)["main"], "12:00", "by the names of the files, not by their age");
    let credadmin = credadmin.env("CREDADMIN_GRANTS__MAIN__UNTIL", "2026-12-01T13:00:00Z");
    assert_eq!(open(&credadmin)["main"], "13:00");
    credadmin.rewrite("grants.d/10.toml", &until("14:00"));
    assert_eq!(open(&credadmin)["main"], "14:00");
}

#[test]
fn a_bad_drop_in_closes_the_grants_that_it_names_and_no_other() {
    let texts: [(&str, &[u8]); 22] = [
        ("a quote is missing", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\n"),
        ("a quote is missing before", b"x = \"\n[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("text never ends", b"[grants.new]\nreason = \"\"\"\n[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("text never ends, in quotes", b"x = '''\n[ \"grants\" . 'main' ]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("a bracket is missing", b"[grants.main\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("a bracket too many", b"[[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("a list never ends", b"x = [\ngrants.main.until = \"2026-12-01T09:00:00Z\"\n"),
        ("a list of tables", b"[[grants.main]]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("a number", b"grants.main = 5\n"),
        ("a table twice", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n[grants.main]\nuntil = \"2026-12-01T18:00:00Z\"\n"),
        ("not UTF-8", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\nreason = \"Pr\xfcfung\"\n"),
        ("a zero byte", b"\0[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("a role", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n[secrets.s]\nrole_arn = \"arn:aws:iam::123456789012:role/Admin\"\n"),
        ("a table that sets nothing", b"[grants.main]\n"),
        ("a table that sets nothing beside it", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n[grants.new]"),
        ("an unknown key", b"[grants.main]\nuntill = \"2026-12-01T09:00:00Z\"\n"),
        ("an end before the start", b"[grants.main]\nuntil = \"2026-12-01T07:00:00Z\"\n"),
        ("both kinds of window", b"[grants.main]\ncron = \"0 22 * * *\"\nduration = \"1h\"\n"),
        ("a secret that is none", b"[grants.main]\nsecret = \"t\"\n"),
        ("a mistake in the grant beside it", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n[grants.new]\nsecret = \"t\"\n"),
        ("a grant of no secret beside it", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n[grants.new]\nsecret = \"t\"\nfrom = \"2026-12-01T08:00:00Z\"\nuntil = \"2026-12-01T09:00:00Z\"\n"),
        ("a grant that never fires beside it", b"[grants.main]\nuntil = \"2026-12-01T09:00:00Z\"\n[grants.new]\nsecret = \"s\"\ncron = \"0 1 29 2 *\"\nduration = \"1h\"\nnot_before = \"2026-12-01T00:00:00Z\"\nnot_after = \"2027-12-01T00:00:00Z\"\n"),
    ];
    for (what, text) in texts {
        let credadmin = credadmin().write("grants.d/50.toml", "");
        fs::write(credadmin.path("grants.d/50.toml"), text).expect("a file");
        assert_eq!(open(&credadmin), opens(&[("other", "21:00")]), "{what}");
        let said = check(&credadmin);
        assert!(said.contains("/etc/credadmin/grants.d/50.toml") && said.ends_with("exit status 78\n"), "{what}:\n{said}");
        assert!(!said.contains("90-other"), "{what}:\n{said}");
    }
}

/// Found as the tests were written: `grants = 5` took every other drop-in's word away, silently.
#[test]
fn what_is_closed_for_a_mistake_that_two_files_make_together_is_told() {
    let two = "[grants.other]\ncron = \"0 1 * * *\"\n[grants.main]\nreason = \"more to do\"\n";
    let credadmin = credadmin().write("grants.d/50-two.toml", two);
    assert_eq!(open(&credadmin), opens(&[]));
    let output = credadmin.run_to_end(&["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("grants.other has no duration\n") && said.contains("90-other.toml:1:9"), "{said}");
    assert!(said.contains("grants.main is closed\n") && said.contains("50-two.toml:3:9"), "{said}");
    assert!(said.contains("wanted: no mistake in grants.other, which the same drop-in names"), "{said}");
}

#[test]
fn a_drop_in_without_tables_takes_no_word_from_another() {
    for text in ["grants = 5\n", "[[grants]]\nx = 1\n", "grants = []\n"] {
        let credadmin = credadmin().write("grants.d/10.toml", CUT).write("grants.d/50.toml", text);
        assert_eq!(open(&credadmin), opens(&[("main", "09:00"), ("other", "21:00")]));
        assert!(check(&credadmin).contains("wanted: only [grants.NAME] tables here"));
    }
}

#[test]
fn a_drop_in_that_others_can_write_closes_its_grants() {
    for bits in [0o666, 0o620, 0o602] {
        let credadmin = credadmin().write("grants.d/50.toml", &format!("{CUT}{}", grant("new", "22:00", "23:00")));
        mode(&credadmin.path("grants.d/50.toml"), bits);
        assert_eq!(open(&credadmin), opens(&[("other", "21:00")]));
        assert!(check(&credadmin).contains(&format!("others than its owner can write it (mode {bits:04o})")));
    }
}

#[test]
fn a_directory_that_others_can_write_closes_every_grant_in_it() {
    let credadmin = credadmin().write("grants.d/50.toml", &CUT.replace("main", "of-nobody"));
    mode(&credadmin.path("grants.d"), 0o777);
    assert_eq!(open(&credadmin), opens(&[("main", "18:00")]));
    credadmin.rewrite("grants.d/60.toml", CUT);
    mode(&credadmin.path("grants.d"), 0o1777);
    assert_eq!(open(&credadmin), opens(&[]));
    let said = check(&credadmin);
    assert_eq!(
        said.matches("others than its owner can write it (mode 1777)\n--> /etc/credadmin/grants.d\n").count(),
        1,
        "{said}"
    );
}

#[test]
fn what_is_no_drop_in_is_not_looked_at() {
    let credadmin = credadmin();
    for name in [".hidden.toml", "50.toml~", "50.toml.bak", "50.TOML", "50", "README"] {
        credadmin.rewrite(&format!("grants.d/{name}"), CUT);
        mode(&credadmin.path(&format!("grants.d/{name}")), 0o666);
    }
    symlink("/dev/null", credadmin.path("grants.d/60-masked.toml")).expect("a link");
    assert_eq!(open(&credadmin), opens(&[("main", "18:00"), ("other", "21:00")]));
    assert!(check(&credadmin).ends_with("exit status 0\n"));
}

/// Masked, as users of systemd know it: what is there instead is nothing, and no mistake.
#[test]
fn a_link_to_dev_null_masks_a_file() {
    for target in ["/dev/null", "../../../../../../../../dev/null", "../mask"] {
        let credadmin = credadmin().write("conf.d/50.toml", "region = 1\n").write("grants.d/50.toml", CUT);
        symlink("/dev/null", credadmin.path("mask")).expect("a link");
        assert_eq!(credadmin.run_to_end(&["check"]).status.code(), Some(78), "not masked yet");
        for name in ["conf.d/50.toml", "grants.d/50.toml"] {
            credadmin.remove(name);
            symlink(target, credadmin.path(name)).expect("a link");
        }
        assert_eq!(open(&credadmin), opens(&[("main", "18:00"), ("other", "21:00")]), "{target}");
        let said = check(&credadmin);
        assert!(said.ends_with("exit status 0\n") && !said.contains("50.toml"), "{target}: {said}");
    }
}

#[test]
fn what_is_no_file_is_refused_and_disturbs_no_other() {
    let credadmin = credadmin();
    credadmin.rewrite("elsewhere.toml", &grant("new", "22:00", "23:00"));
    symlink(credadmin.path("elsewhere.toml"), credadmin.path("grants.d/10-link.toml")).expect("a link");
    mkfifo(&credadmin.path("grants.d/20-fifo.toml"), Mode::S_IRUSR).expect("a FIFO");
    fs::create_dir(credadmin.path("grants.d/30-directory.toml")).expect("a directory");
    credadmin.rewrite("grants.d/40-large.toml", "");
    let large = fs::OpenOptions::new().write(true).open(credadmin.path("grants.d/40-large.toml")).expect("a file");
    large.set_len((16 << 20) + 1).expect("a length");
    assert_eq!(open(&credadmin), opens(&[("main", "18:00"), ("other", "21:00")]));
    let said = check(&credadmin);
    for (file, found) in [
        ("10-link", "a symbolic link"),
        ("20-fifo", "not a regular file"),
        ("30-directory", "not a regular file"),
        ("40-large", "16777217 bytes"),
    ] {
        assert!(said.contains(&format!("error: {found}\n--> /etc/credadmin/grants.d/{file}.toml\n")), "{said}");
    }
    assert!(said.contains("\n4 mistakes: these drop-ins count as absent, and every grant that they name is closed\n"), "{said}");
}

/// Files of another group or user can be made by root only, and tests are run as root wherever it counts: in CI.
#[test]
fn a_group_that_is_named_may_write_drop_ins_and_no_other() {
    if !Uid::effective().is_root() {
        eprintln!("not root: no file can be given to another group here, so that this is not tested");
        return;
    }
    let group = Group::from_name("daemon").expect("groups can be read").expect("a group that every Debian has");
    let (ours, theirs) = (group.gid, Gid::from_raw(54321));
    let (root, stranger) = (Uid::from_raw(0), Uid::from_raw(54321));
    let cases = [
        (root, ours, 0o660, true),
        (stranger, ours, 0o660, true),
        (stranger, ours, 0o640, true),
        (root, theirs, 0o640, true),
        (root, theirs, 0o660, false),
        (stranger, theirs, 0o640, false),
        (root, ours, 0o662, false),
    ];
    for (owner, gid, bits, taken) in cases {
        let main = format!("grants_group = \"daemon\"\n{SECRET}{}", grant("main", "08:00", "18:00"));
        let credadmin = Credadmin::new(&main).write("grants.d/50.toml", CUT);
        let (directory, file) = (credadmin.path("grants.d"), credadmin.path("grants.d/50.toml"));
        chown(&directory, None, Some(ours)).expect("root may");
        mode(&directory, 0o2770);
        chown(&file, Some(owner), Some(gid)).expect("root may");
        mode(&file, bits);
        let wanted = if taken { opens(&[("main", "09:00")]) } else { opens(&[]) };
        assert_eq!(open(&credadmin), wanted, "owner {owner}, group {gid}, mode {bits:o}");
    }
    let credadmin = credadmin().write("grants.d/50.toml", CUT);
    chown(&credadmin.path("grants.d/50.toml"), None, Some(ours)).expect("root may");
    mode(&credadmin.path("grants.d/50.toml"), 0o660);
    assert_eq!(open(&credadmin), opens(&[("other", "21:00")]), "no group is named");
}
