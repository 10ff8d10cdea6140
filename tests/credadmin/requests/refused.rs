//! What is refused, in which words, and that nothing has changed then.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use credadmin::requests::Id;
use credadmin::requests::decision::{Decision, Verdict};
use nix::unistd::{Gid, Uid, chown};

use super::{ALICE, BOB, CAROL, House, MALLORY, RULES, Said, are_several_users, in_hours};
use crate::harness::run_to_end;

/// Refused so, and with nothing pending and nothing granted.
fn nothing_is_asked(house: &House, said: &Said, code: i32, err: &str) {
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (code, "", format!("error: {err}\n").as_str()));
    assert_eq!(house.states(), []);
}

#[test]
fn what_is_beyond_the_limits_is_not_asked_for() {
    if !are_several_users() {
        return;
    }
    let rules = "approvers = ['bin']\napplicants = ['daemon', 'group:sys']\nlongest_window = '8h'\nlatest_start = '2d'\n";
    let house = House::new(rules, "hours = { cron = '0 0 * * *', duration = '24h' }\n");
    let ask = |user: &str, args: &[&str]| house.run(user, &[&["request"], args].concat());
    let (soon, later) = (in_hours(1), in_hours(100));
    for (user, args, code, says) in [
        (ALICE, vec!["s", "--for", "8h 1s", "--reason", "x"], 1, "the window is 8h 1s long; longest_window of s is 8h"),
        (ALICE, vec!["t", "--for", "1h", "--reason", "x"], 2, "the config has no [secrets.t]; these can be: s"),
        (
            ALICE,
            vec!["s", "--for", "1h", "--reason", "a\nb"],
            2,
            "reason is \"a\\nb\"; wanted: one line of 1 to 1000 characters, none of them unseen",
        ),
        (
            ALICE,
            vec!["s", "--for", "1h", "--reason", "x", "--ticket", ""],
            2,
            "ticket is \"\"; wanted: one line of 1 to 200 characters, none of them unseen",
        ),
        (
            ALICE,
            vec!["s", "--from", &soon, "--until", &soon, "--reason", "x"],
            2,
            "until is not later than from: the window ends before it starts",
        ),
        (
            ALICE,
            vec!["s", "--from", "2020-01-01T08:00:00Z", "--for", "1h", "--reason", "x"],
            1,
            "the window ended at 2020-01-01T09:00:00Z",
        ),
        (MALLORY, vec!["s", "--for", "1h", "--reason", "x"], 1, "games may not ask for s: its applicants are daemon, group:sys"),
    ] {
        nothing_is_asked(&house, &ask(user, &args), code, says);
    }
    let said = ask(ALICE, &["s", "--from", &later, "--for", "1h", "--reason", "x"]);
    assert!(
        said.code == 1
            && said.err.starts_with(&format!("error: the window opens at {later}; latest_start of s is 2d from now, "))
    );
    assert_eq!(house.states(), []);
    assert_eq!(ask(CAROL, &["s", "--from", &soon, "--for", "1h", "--reason", "x"]).code, 0, "an applicant by group");

    let house = House::new("approvers = ['bin']\nhours = { cron = '0 0 1 1 *', duration = '1s' }\n", "");
    nothing_is_asked(&house, &house.ask(ALICE, &[]), 1, "the window does not lie within one window of the hours of s");
    let house =
        House::new("approvers = ['bin']\n", "[secrets.other]\nsecret_id = 'O'\nrole_arn = 'arn:aws:iam::123456789012:role/O'\n");
    let said = house.run(ALICE, &["request", "other", "--for", "1h", "--reason", "x"]);
    nothing_is_asked(&house, &said, 2, "other can't be asked for: the config has no [secrets.other.requests]; these can be: s");
}

#[test]
fn most_at_once_counts_what_waits_where_it_is_asked_and_what_is_approved_where_it_is_approved() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let (one, two) = (house.asked(ALICE, &[]), house.asked(MALLORY, &[]));
    let says = "3 windows of s would be open at once; most_at_once is 2";
    let said = house.ask(CAROL, &[]);
    assert_eq!((said.code, said.err), (1, format!("error: {says}\n")));
    // What others ask for keeps nobody from being approved.
    assert_eq!(house.run(MALLORY, &["withdraw", &two]).code, 0);
    let three = house.asked(CAROL, &[]);
    assert_eq!((house.approve(BOB, &one).code, house.approve(BOB, &three).code), (0, 0));
    let said = house.ask(MALLORY, &[]);
    assert_eq!((said.code, said.err), (1, format!("error: {says}\n")));
}

#[test]
fn nobody_approves_their_own_and_nobody_else_approves() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let (alices, bobs) = (house.asked(ALICE, &[]), house.asked(BOB, &[]));
    let by_sudo = " (with sudo everybody is root, so that nobody could tell who it was: do it as yourself, or sign)";
    for (user, id, says) in [
        (BOB, &bobs, "user 2 asked for it and approves it: another person has to".to_owned()),
        (ALICE, &alices, "user 1 asked for it and approves it: another person has to".to_owned()),
        (MALLORY, &alices, "games may not approve requests for s: its approvers are bin, group:sys".to_owned()),
        ("root", &alices, format!("root may not approve requests for s{by_sudo}: its approvers are bin, group:sys")),
    ] {
        let said = house.approve(user, id);
        assert_eq!((said.code, said.err), (1, format!("error: {id}: {says}\n")));
        assert_eq!(house.state(id), "pending");
    }
    // What sudo says of who called it is a variable that root sets.
    let mut sudo = house.command("root", &["approve", &alices, "--yes"]);
    sudo.env("SUDO_UID", "2").env("SUDO_USER", "bin");
    let output = run_to_end(sudo);
    assert_eq!((output.status.code(), house.state(&alices).as_str()), (Some(1), "pending"));
    for (user, args, says) in [
        (MALLORY, vec!["deny", &alices, "--reason", "x"], "games may not deny requests for s: its approvers are bin, group:sys"),
        (BOB, vec!["withdraw", &alices], "it is a request of user 1, and yours is 2: an approver can deny it"),
        ("root", vec!["withdraw", &alices], "it is a request of user 1, and yours is 0: an approver can deny it"),
    ] {
        let said = house.run(user, &args);
        assert_eq!((said.code, said.err), (1, format!("error: {alices}: {says}\n")));
        assert_eq!(house.state(&alices), "pending");
    }
    assert_eq!(house.approve(CAROL, &bobs).code, 0, "another approver");
    let said = house.answer(BOB, &["approve", &alices], "y\n");
    assert!(said.code == 1 && said.err.ends_with("error: not confirmed; nothing is changed\n"), "{said:?}");
    assert_eq!(house.run("root", &["deny", &alices, "--reason", "x"]).code, 0, "root could as well remove it");
    let said = house.approve(BOB, "req-20261201-00000000000000000000000000000000");
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: there is no request req-20261201-00000000000000000000000000000000; credadmin requests lists those that are pending\n"
        )
    );
    assert_eq!(house.approve(BOB, "../../etc/passwd").code, 2);
}

/// A record of a decision is a file that anybody can write who can ask: it counts by whose it is.
#[test]
fn nobody_denies_or_withdraws_by_writing_a_record() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let (id, another) = (house.asked(ALICE, &[]), house.asked(ALICE, &["--ticket", "x"]));
    assert_eq!(house.run(BOB, &["deny", &another, "--reason", "x"]).code, 0);
    let record = fs::read_to_string(house.credadmin.path(&format!("requests/decided/{another}.2.toml"))).expect("a record");
    let request = fs::read_to_string(house.pending(&id)).expect("a request").replace('"', "\\\"").replace('\n', "\\n");
    let start = record.split("request = ").next().expect("a start").replace(&another, &id);
    for verdict in ["denied", "withdrawn", "approved"] {
        let record = format!("{}request = \"{request}\"\napplicant_uid = 5\n", start.replace("denied", verdict));
        // Of whoever wrote it, by the name of another, and by their own.
        for name in [format!("{id}.2.toml"), format!("{id}.5.toml")] {
            let path = house.credadmin.path(&format!("requests/decided/{name}"));
            fs::write(&path, &record).expect("root may");
            chown(&path, Some(Uid::from_raw(5)), Some(Gid::from_raw(60))).expect("root may");
            assert_eq!(house.state(&id), "pending", "{verdict}: {name}");
            // Nor is it in the way of an approval.
            let said = house.run(BOB, &["approve", &id]);
            assert!(said.err.ends_with("error: not confirmed; nothing is changed\n"), "{verdict}: {name}: {said:?}");
            fs::remove_file(&path).expect("root may");
        }
    }
    // Nor does it stand in the way of those who decide.
    let path = house.credadmin.path(&format!("requests/decided/{id}.1.toml"));
    fs::write(&path, format!("{start}request = \"{request}\"\napplicant_uid = 1\n")).expect("root may");
    chown(&path, Some(Uid::from_raw(1)), None).expect("root may");
    let said = house.run(ALICE, &["withdraw", &id]);
    let says =
        format!("error: /etc/credadmin/requests/decided/{id}.1.toml is there already and says otherwise: root can remove it");
    assert_eq!((said.code, said.err), (74, format!("{says}; nothing is changed\n")));
    assert_eq!(house.state(&id), "pending");
    // bin's own counts, so that this test can fail.
    let path = house.credadmin.path(&format!("requests/decided/{id}.2.toml"));
    fs::write(&path, format!("{start}request = \"{request}\"\napplicant_uid = 1\n")).expect("root may");
    chown(&path, Some(Uid::from_raw(2)), None).expect("root may");
    assert_eq!(house.state(&id), "denied");
}

/// A record of a decision of that request, in the words of whoever writes it.
fn record(house: &House, id: &str, verdict: Verdict, by: &str, applicant_uid: u32) -> String {
    let decision = Decision {
        id: Id::parse(id).expect("an id"),
        verdict,
        by: by.into(),
        at: in_hours(0).parse().expect("an instant"),
        why: None,
        request: fs::read_to_string(house.pending(id)).expect("a request"),
        applicant_uid,
    };
    decision.text()
}

/// Puts a file of this user beneath the directory of requests.
fn put(house: &House, user: u32, name: &str, text: &str) {
    let path = house.credadmin.path("requests").join(name);
    fs::write(&path, text).expect("root may");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("root may");
    chown(&path, Some(Uid::from_raw(user)), None).expect("root may");
}

/// Where an approver's record would be, anybody who may ask can put one before: valid, and with the same verdict.
#[test]
fn a_record_of_another_in_the_way_does_not_take_the_place_of_a_denial_or_an_approval() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    for (verdict, plants) in [(Verdict::Denied, "denied"), (Verdict::Approved, "approved")] {
        let id = house.asked(ALICE, &["--ticket", plants]);
        put(&house, 5, &format!("decided/{id}.2.toml"), &record(&house, &id, verdict, "bin", 1));
        let said = house.run(BOB, &["requests"]);
        let says = format!("warning: not a decision: decided/{id}.2.toml: it belongs to user 5, and its name is not {id}.5\n");
        assert!(said.code == 0 && said.err.contains(&says), "{said:?}");
        let said = match verdict {
            Verdict::Denied => house.run(BOB, &["deny", &id, "--reason", "x"]),
            _ => house.approve(BOB, &id),
        };
        assert_eq!((said.code, house.state(&id).as_str()), (0, plants), "{said:?}");
        if verdict == Verdict::Approved {
            fs::remove_file(house.drop_in(&id)).expect("whoever may write grants.d may");
        }
        let said = house.approve(CAROL, &id);
        assert!(said.code == 1 && said.err.starts_with(&format!("error: {id} is {plants} already, by bin at ")), "{said:?}");
        assert!(!house.drop_in(&id).exists());
    }
}

#[test]
fn nothing_that_others_put_there_acts_on_the_terminal_of_an_approver() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let (id, another) = (house.asked(ALICE, &[]), house.asked(ALICE, &["--ticket", "x"]));
    put(&house, 5, "\u{1b}]52;c;\u{7}\nerror: all is lost.toml", "");
    let key = "[request]\n\"\\u001b]52;c;\\u0007\\nerror: all is lost\" = 1\n";
    put(&house, 5, "req-20261201-00000000000000000000000000000000.toml", key);
    put(&house, 1, &format!("decided/{id}.1.toml"), &record(&house, &id, Verdict::Withdrawn, "\u{1b}[2J", 1));
    // Whose file it is says who it was.
    put(&house, 1, &format!("decided/{another}.1.toml"), &record(&house, &another, Verdict::Withdrawn, "root", 1));

    let listed = house.run(BOB, &["requests", "--all"]);
    assert!(listed.code == 0 && listed.out.contains("  state   withdrawn by daemon at "), "{listed:?}");
    assert!(listed.err.contains(&format!("warning: not a decision: decided/{id}.1.toml: ")), "{listed:?}");
    assert_eq!(listed.err.lines().count(), 3, "{listed:?}");
    assert!(listed.err.lines().all(|line| line.starts_with("warning: not a ")), "{listed:?}");
    let shown = house.run(BOB, &["approve", "req-20261201-00000000000000000000000000000000"]);
    assert!(shown.code == 1 && shown.err.contains("not a request: unknown field "), "{shown:?}");
    let refused = house.approve(BOB, &another);
    assert!(refused.err.contains(" is withdrawn already, by daemon at "), "{refused:?}");
    for said in [listed, shown, refused] {
        assert!(!format!("{}{}", said.out, said.err).contains(|c: char| c.is_control() && c != '\n'), "{said:?}");
    }
    assert_eq!(house.approve(BOB, &id).code, 0, "what is no decision is in nobody's way");
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_no_request() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &[]);
    let (path, text) = (house.pending(&id), fs::read_to_string(house.pending(&id)).expect("a request"));
    let role = text.replace("secret =", "role_arn = \"arn:aws:iam::123456789012:role/Admin\"\nsecret =");
    for (text, says) in [
        (text.replace("quarter-end", "Quarter-end"), "its text is that of req-"),
        (role, "not a request: unknown field `role_arn`, expected one of `secret`, `from`, `until`, `reason`, `ticket`, `asked`"),
        ("x".repeat((64 << 10) + 1), "longer than 64 KiB"),
    ] {
        fs::write(&path, text).expect("its owner can");
        let said = house.approve(BOB, &id);
        assert!(said.code == 1 && said.err.starts_with(&format!("error: {id}.toml: {says}")), "{said:?}");
        let said = house.run(BOB, &["requests"]);
        assert!(said.code == 0 && said.err.starts_with(&format!("warning: not a request: {id}.toml: {says}")), "{said:?}");
    }
    fs::write(&path, &text).expect("its owner can");
    // Whoever else may write it can have moved it there from elsewhere, with words of their own.
    for mode in [0o660, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("root may");
        let says = "others than its owner can write it, and may have; wanted: mode 0640";
        assert_eq!(house.approve("root", &id).err, format!("error: {id}.toml: {says}\n"));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("root may");
    let elsewhere = house.credadmin.path("requests/elsewhere");
    fs::hard_link(&path, &elsewhere).expect("root may");
    assert_eq!(house.approve(BOB, &id).err, format!("error: {id}.toml: a file with more than one name\n"));
    fs::remove_file(&path).expect("root may");
    symlink(&elsewhere, &path).expect("a link");
    assert_eq!(house.approve(BOB, &id).err, format!("error: {id}.toml: a symbolic link\n"));
    fs::remove_file(&path).expect("root may");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    assert_eq!(house.approve("root", &id).err, format!("error: {id}.toml: not a regular file\n"));
    fs::remove_file(&path).expect("root may");
    // Whoever puts it there is who asks.
    fs::rename(&elsewhere, &path).expect("root may");
    chown(&path, Some(Uid::from_raw(2)), None).expect("root may");
    assert_eq!(house.approve(BOB, &id).err, format!("error: {id}: user 2 asked for it and approves it: another person has to\n"));
}

#[test]
fn a_directory_where_others_could_replace_requests_is_not_used() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    for name in ["requests", "requests/decided"] {
        let path = house.credadmin.path(name);
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("root may");
        mode(0o2770);
        let said = house.ask(ALICE, &[]);
        let says =
            format!("error: whoever writes in /etc/credadmin/{name} can take away what others wrote there: wanted: chmod +t\n");
        assert_eq!((said.code, said.err), (78, says));
        mode(0o3770);
        chown(&path, Some(Uid::from_raw(5)), None).expect("root may");
        let said = house.ask(ALICE, &[]);
        assert_eq!(
            (said.code, said.err),
            (78, format!("error: /etc/credadmin/{name} belongs to user 5: wanted: root as its owner\n"))
        );
        chown(&path, Some(Uid::from_raw(0)), None).expect("root may");
    }
    let house = House::new(RULES, "");
    fs::remove_dir(house.credadmin.path("requests/decided")).expect("root may");
    let said = house.ask(ALICE, &[]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            78,
            "error: /etc/credadmin/requests/decided can't be used: No such file or directory (os error 2); wanted: the directory \
             that systemd-tmpfiles --create credadmin.conf makes\n"
        )
    );
}

/// Four eyes hold for what is in the directory, whatever the limits were when it was asked for.
#[test]
fn limits_are_judged_again_where_it_is_approved() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &[]);
    let path = house.credadmin.path("credadmin.toml");
    let config = fs::read_to_string(&path).expect("a config");
    for (from, to, says) in [
        ("'8h'", "'3h'", "the window is 4h long; longest_window of s is 3h"),
        ("approvers =", "applicants = ['bin']\napprovers =", "daemon may not ask for s: its applicants are bin"),
        (
            "approvers = ['bin',",
            "signatures = 'required'\napprovers = ['signer:x', 'bin',",
            "requests for s have to be signed, and this one is not",
        ),
    ] {
        fs::write(&path, config.replace(from, to)).expect("root may");
        let said = house.approve(BOB, &id);
        assert_eq!((said.code, said.err), (1, format!("error: {id}: {says}\n")));
        assert!(!house.drop_in(&id).exists());
        // Whoever looks what waits is told so.
        let said = house.run(BOB, &["requests"]);
        assert!(said.code == 0 && said.out.contains(&format!("\n  trouble {says}\n")), "{said:?}");
    }
    fs::write(&path, &config).expect("root may");
    assert_eq!(house.approve(BOB, &id).code, 0);
}
