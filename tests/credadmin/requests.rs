//! `credadmin request`, `approve`, `deny`, `withdraw` and `requests`, the real binary, as several users of this host.
//!
//! Only root can be several users, and tests are run as root wherever it counts: in CI. Elsewhere each test says that it was not
//! made. The users are such as every Debian has: daemon asks, bin and sys approve, games is a stranger.

mod drop_in;
mod evidence;
pub mod journal;
mod killed;
mod meanwhile;
mod refused;
mod signed;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use nix::unistd::{Gid, Uid, chown};
use serde_json::Value;

use crate::check::SECRET;
use crate::harness::{Credadmin, run_to_end};

/// Who asks.
pub const ALICE: &str = "daemon";
/// Who approves.
pub const BOB: &str = "bin";
/// Who approves too, by a group.
const CAROL: &str = "sys";
/// Who may do nothing.
pub const MALLORY: &str = "games";
/// A group that all of them are given: it reads the config and writes requests.
const STAFF: u32 = 54_321;

/// What most tests allow.
pub const RULES: &str = "approvers = ['bin', 'group:sys']\nlongest_window = '8h'\nlatest_start = '14d'\nmost_at_once = 2\n";

/// A host with a config, a directory of requests, and people.
pub struct House {
    pub credadmin: Credadmin,
    /// Whether all of them are in the group that may write drop-ins.
    pub all_drop_in: bool,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Whether this can be tested here.
pub fn are_several_users() -> bool {
    let root = Uid::effective().is_root();
    if !root {
        eprintln!("NOT TESTED: not root, so that nobody else can ask or approve here");
    }
    root
}

impl House {
    /// With these rules for the secret `s`, and more of the config.
    pub fn new(rules: &str, more: &str) -> Self {
        let credadmin = Credadmin::new("").env("TZ", "UTC").write("requests/decided/x", "").write("grants.d/x", "");
        let requests = credadmin.path("requests");
        let signers = credadmin.path("allowed_signers");
        credadmin.rewrite(
            "credadmin.toml",
            &format!(
                "region = 'eu-central-1'\ngrants_group = 'bin'\n[requests]\ndirectory = '{}'\nallowed_signers = '{}'\n{SECRET}\
                 [secrets.s.requests]\n{rules}{more}",
                requests.display(),
                signers.display()
            ),
        );
        let house = Self { credadmin, all_drop_in: true };
        for (path, mode, group) in [
            ("", 0o750, STAFF),
            ("credadmin.toml", 0o640, STAFF),
            ("requests", 0o3770, STAFF),
            ("requests/decided", 0o3770, STAFF),
            // bin is a group of user bin; whoever else approves here writes drop-ins by it too.
            ("grants.d", 0o2775, 2),
        ] {
            house.give(path, mode, group);
        }
        house.credadmin.remove("requests/decided/x");
        house.credadmin.remove("grants.d/x");
        house
    }

    fn give(&self, path: &str, mode: u32, group: u32) {
        let path = self.credadmin.path(path);
        chown(&path, None, Some(Gid::from_raw(group))).expect("root may");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("root may");
    }

    /// The command, as this user.
    pub fn command(&self, user: &str, args: &[&str]) -> Command {
        let inner = self.credadmin.command(args);
        let mut command = Command::new("setpriv");
        let groups = format!("--groups={}", if self.all_drop_in { format!("{STAFF},2") } else { STAFF.to_string() });
        let user = [format!("--reuid={user}"), format!("--regid={user}"), groups];
        command.args(user).arg("--").arg(inner.get_program()).args(inner.get_args()).env_clear();
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    pub fn run(&self, user: &str, args: &[&str]) -> Said {
        self.said(run_to_end(self.command(user, args)))
    }

    /// The same with something to read.
    pub fn answer(&self, user: &str, args: &[&str], text: &str) -> Said {
        let mut command = self.command(user, args);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program to run");
        // Whoever needs no answer may have ended.
        drop(child.stdin.take().expect("piped").write_all(text.as_bytes()));
        self.said(child.wait_with_output().expect("its output"))
    }

    /// Without the directory, and without the warning of hosts that have no journal.
    fn said(&self, output: Output) -> Said {
        let text = |bytes: Vec<u8>| {
            let text =
                String::from_utf8(bytes).expect("UTF-8").replace(&*self.credadmin.path("").to_string_lossy(), "/etc/credadmin/");
            let lines = text.lines().filter(|line| !line.starts_with("warning: the journal can't be reached"));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        Said { code: output.status.code().expect("a status"), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Asks for the secret from tomorrow on, and answers with the id.
    pub fn asked(&self, user: &str, more: &[&str]) -> String {
        let said = self.ask(user, more);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.trim_end().to_owned()
    }

    pub fn ask(&self, user: &str, more: &[&str]) -> Said {
        let args = ["request", "s", "--from", &in_hours(24), "--for", "4h", "--reason", "quarter-end figures"];
        self.run(user, &[&args[..], more].concat())
    }

    pub fn approve(&self, user: &str, id: &str) -> Said {
        self.run(user, &["approve", id, "--yes"])
    }

    pub fn drop_in(&self, id: &str) -> PathBuf {
        self.credadmin.path(&format!("grants.d/{id}.toml"))
    }

    pub fn pending(&self, id: &str) -> PathBuf {
        self.credadmin.path(&format!("requests/{id}.toml"))
    }

    /// Each request and where it stands.
    pub fn states(&self) -> Vec<(String, String)> {
        let said = self.run("root", &["requests", "--all", "--format", "json"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let line = |line: &str| {
            let json: Value = serde_json::from_str(line).expect("JSON");
            (json["id"].as_str().expect("an id").to_owned(), json["state"].as_str().expect("a state").to_owned())
        };
        said.out.lines().map(line).collect()
    }

    /// Where one stands.
    pub fn state(&self, id: &str) -> String {
        self.states().into_iter().find(|(other, _)| other == id).map(|(_, state)| state).unwrap_or_default()
    }
}

/// An instant so many hours from now, on the hour.
pub fn in_hours(hours: i64) -> String {
    let now = credadmin::clock::Clock::system().now().as_second();
    jiff::Timestamp::from_second(now - now.rem_euclid(3600) + hours * 3600).expect("an instant").to_string()
}

#[test]
fn what_one_asks_for_and_another_approves_is_a_drop_in_with_its_evidence() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let said = house.ask(ALICE, &["--ticket", "OPS-1234"]);
    let id = said.out.trim_end().to_owned();
    let (from, until) = (in_hours(24), in_hours(28));
    assert_eq!(
        (said.code, said.err),
        (
            0,
            format!("asked: s from {from} until {until}, 4h. It opens nothing before one of these approves it: bin, group:sys\n")
        )
    );
    assert_eq!(house.states(), [(id.clone(), "pending".to_owned())]);
    let request = fs::read_to_string(house.pending(&id)).expect("a request");
    let asked = request.split("asked = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("when").to_owned();
    assert_eq!(
        request,
        format!(
            "[request]\nsecret = \"s\"\nfrom = \"{from}\"\nuntil = \"{until}\"\nreason = \"quarter-end figures\"\nticket = \"OPS-1234\"\nasked = \"{asked}\"\n"
        )
    );

    let said = house.answer(BOB, &["approve", &id], "yes\n");
    assert_eq!(said.code, 0, "{}", said.err);
    let local = |t: &str| t.parse::<jiff::Timestamp>().expect("an instant").strftime("%a %F %H:%M:%S UTC").to_string();
    assert_eq!(
        said.err,
        format!(
            "{id}\n  secret  s\n  from    {from} ({})\n  until   {until} ({}), 4h\n  by      daemon (user 1), asked at {asked}\n  \
             reason  quarter-end figures\n  ticket  OPS-1234\nApprove exactly this? It opens access. Type yes:\n\
             approved: /etc/credadmin/grants.d/{id}.toml; the daemon takes it within a second\n",
            local(&from),
            local(&until)
        )
    );
    assert_eq!(house.state(&id), "approved");
    let drop_in = fs::read_to_string(house.drop_in(&id)).expect("a drop-in");
    let table: toml::Table = toml::from_str(&drop_in).expect("TOML");
    let grant = &table["grants"][&id];
    for (key, value) in [
        ("secret", "s"),
        ("from", &from),
        ("until", &until),
        ("requested_by", "daemon"),
        ("approved_by", "bin"),
        ("reason", "quarter-end figures"),
        ("ticket", "OPS-1234"),
    ] {
        assert_eq!(grant[key].as_str(), Some(value), "{key}");
    }
    let evidence = &grant["evidence"];
    assert_eq!(evidence["request"].as_str(), Some(request.as_str()));
    assert_eq!((evidence["applicant_uid"].as_integer(), evidence["approver_uid"].as_integer()), (Some(1), Some(2)));
    assert!(!drop_in.contains("role"), "it names no role");

    // Whoever runs the daemon's loader finds it good.
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");
    assert!(said.out.contains("  s (SensitiveS3): 1 grant; closed, opens "), "{said:?}");
    let decided = fs::read_to_string(house.credadmin.path(&format!("requests/decided/{id}.2.toml"))).expect("a record");
    assert!(decided.contains("verdict = \"approved\"\nby = \"bin\"\n"), "{decided}");
    let said = house.run(ALICE, &["requests", "--all"]);
    assert!(said.out.contains("  state   approved by bin at "), "{said:?}");
    assert_eq!(house.run(ALICE, &["requests"]).out, "", "nothing waits");
}

#[test]
fn denied_and_withdrawn_requests_are_kept_with_who_and_why() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let (one, two) = (house.asked(ALICE, &[]), house.asked(MALLORY, &[]));
    let said = house.run(CAROL, &["deny", &one, "--reason", "not before the audit"]);
    assert_eq!((said.code, said.err), (0, format!("denied: {one}\n")), "an approver by group");
    let said = house.run(MALLORY, &["withdraw", &two]);
    assert_eq!((said.code, said.err), (0, format!("withdrawn: {two}\n")));
    assert_eq!((house.state(&one), house.state(&two)), ("denied".to_owned(), "withdrawn".to_owned()));
    assert!(!house.pending(&two).exists(), "its owner can remove it");
    let said = house.run(ALICE, &["requests", "--all"]);
    assert!(said.out.contains("  state   denied by sys at ") && said.out.contains(", \"not before the audit\"\n"), "{said:?}");

    for id in [&one, &two] {
        let said = house.approve(BOB, id);
        assert!(said.code == 1 && said.err.contains(" already, by "), "{said:?}");
        assert!(!house.drop_in(id).exists());
    }
    let said = house.run(ALICE, &["withdraw", &one]);
    assert!(said.err.starts_with(&format!("error: {one} is denied already, by sys at ")), "{said:?}");
}

/// As the packages have it: those who ask see neither grants.d nor what is in it.
#[test]
fn who_asks_needs_not_see_the_drop_ins() {
    if !are_several_users() {
        return;
    }
    let house = House { all_drop_in: false, ..House::new(RULES, "") };
    house.give("grants.d", 0o2770, 2);
    let id = house.asked(ALICE, &[]);
    assert_eq!(house.approve(BOB, &id).code, 0, "bin is in its own group");
    let said = house.run(ALICE, &["requests", "--all"]);
    let state = said.out.lines().find(|line| line.starts_with("  state")).expect("its state");
    assert!(state.starts_with("  state   approved by bin at ") && state.ends_with('Z'), "{said:?}");
    let id = house.asked(ALICE, &[]);
    let says =
        "the daemon would not take it: /etc/credadmin/grants.d: permission denied; wanted: a directory that credadmin may read";
    let said = house.approve(CAROL, &id);
    assert!(said.code == 78 && said.err.ends_with(&format!("error: {id}: {says}; nothing is approved\n")), "{said:?}");
    // And who is not one of them at all, nothing.
    house.give("", 0o755, STAFF);
    house.give("credadmin.toml", 0o644, STAFF);
    house.give("requests", 0o3770, 0);
    let said = house.ask(MALLORY, &[]);
    let says = "error: /etc/credadmin/requests/decided can't be used: Permission denied (os error 13); wanted: to be a member of the \
                group of those who ask and approve\n";
    assert_eq!((said.code, said.err.as_str()), (78, says));
}

#[test]
fn what_was_taken_away_is_not_approved_again() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &[]);
    assert_eq!(house.approve(BOB, &id).code, 0);
    fs::remove_file(house.drop_in(&id)).expect("whoever may write grants.d may");
    let said = house.approve(CAROL, &id);
    assert!(
        said.code == 1 && said.err.ends_with("; its drop-in is gone or not in force: if it was taken away, ask again\n"),
        "{said:?}"
    );
    assert!(!house.drop_in(&id).exists());
}

#[test]
fn of_two_who_decide_at_once_one_wins_and_the_other_is_told() {
    if !are_several_users() {
        return;
    }
    for _ in 0..5 {
        let house = House::new(RULES, "");
        let id = house.asked(ALICE, &[]);
        let spawn = |user: &str, args: &[&str]| {
            house
                .command(user, args)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("a program")
        };
        let both = [
            spawn(BOB, &["approve", &id, "--yes"]),
            spawn(CAROL, &["approve", &id, "--yes"]),
            spawn(CAROL, &["deny", &id, "--reason", "no"]),
        ];
        let said: Vec<Said> = both.into_iter().map(|child| house.said(child.wait_with_output().expect("an end"))).collect();
        assert_eq!(said.iter().filter(|said| said.code == 0).count(), 1, "{said:?}");
        assert!(said.iter().filter(|said| said.code != 0).all(|said| said.err.contains(&format!("error: {id} is "))), "{said:?}");
        let denied = house.state(&id) == "denied";
        assert_eq!((denied, house.drop_in(&id).exists()), (said[2].code == 0, said[2].code != 0));
    }
}
