//! The drop-in that is made: whose it is, that the daemon takes it, and what is said where it would not.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use nix::unistd::{Gid, chown};

use super::{ALICE, BOB, House, RULES, are_several_users};
use crate::harness::PATIENCE;
use crate::story::{Beside, minutes};

#[test]
fn it_is_of_the_group_that_the_daemon_trusts_and_as_readable_as_the_config() {
    if !are_several_users() {
        return;
    }
    for (config, wanted) in [(0o640, 0o640), (0o644, 0o644)] {
        let house = House::new(&RULES.replace("'bin',", "'bin', 'root',"), "");
        house.give("credadmin.toml", config, super::STAFF);
        for user in [BOB, "root"] {
            let id = house.asked(ALICE, &["--ticket", user]);
            assert_eq!(house.approve(user, &id).code, 0);
            let metadata = fs::metadata(house.drop_in(&id)).expect("a drop-in");
            let owner = if user == BOB { 2 } else { 0 };
            assert_eq!((metadata.mode() & 0o7777, metadata.uid(), metadata.gid()), (wanted, owner, 2), "{user}");
        }
        let left = fs::read_dir(house.credadmin.path("grants.d")).expect("a directory").count();
        assert_eq!(left, 2, "nothing else is there");
    }
}

#[test]
fn where_the_daemon_would_not_take_it_nothing_is_approved() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &[]);
    let unchanged = |says: &str| {
        let said = house.approve(BOB, &id);
        assert!(said.code != 0 && said.err.lines().last().is_some_and(|line| line == says), "{said:?}");
        assert_eq!(house.state(&id), "pending");
        assert_eq!(fs::read_dir(house.credadmin.path("grants.d")).expect("a directory").count(), 0);
    };
    let grants = house.credadmin.path("grants.d");
    let mode = |mode| fs::set_permissions(&grants, fs::Permissions::from_mode(mode)).expect("root may");
    mode(0o2777);
    unchanged(&format!(
        "error: {id}: the daemon would not take it: /etc/credadmin/grants.d: others than its owner can write it (mode 2777); wanted: chmod go-w; \
         nothing is approved"
    ));
    mode(0o2755);
    unchanged(&format!(
        "error: /etc/credadmin/grants.d/{id}.toml can't be written: Permission denied (os error 13); nothing is approved"
    ));
    mode(0o2775);
    let path = house.credadmin.path("credadmin.toml");
    let config = fs::read_to_string(&path).expect("a config");
    fs::write(&path, config.replace("grants_group = 'bin'\n", "")).expect("root may");
    chown(&grants, None, Some(Gid::from_raw(0))).expect("root may");
    mode(0o755);
    unchanged(&format!(
        "error: /etc/credadmin/grants.d/{id}.toml can't be written: the config names no grants_group, so the daemon takes drop-ins \
         from root alone; nothing is approved"
    ));
    // A session a minute: more versions than Secrets Manager takes.
    let often = "session_duration = '16m'\nrefresh_lead = '15m'\n[secrets.s.requests]";
    fs::write(&path, config.replace("[secrets.s.requests]", often)).expect("root may");
    chown(&grants, None, Some(Gid::from_raw(2))).expect("root may");
    mode(0o2775);
    let said = house.approve(BOB, &id);
    let says = format!(
        "error: {id}: the daemon would not take it: /etc/credadmin/grants.d/{id}.toml:2:9: with grants.{id}, secrets.s would get more than 90 versions between "
    );
    assert!(said.code == 78 && said.err.lines().last().is_some_and(|line| line.starts_with(&says)), "{said:?}");
    assert_eq!((house.state(&id).as_str(), house.drop_in(&id).exists()), ("pending", false));
    // And with the config as it was, it is approved.
    fs::write(&path, config).expect("root may");
    assert_eq!(house.approve(BOB, &id).code, 0);
}

#[test]
fn the_daemon_opens_what_was_approved() {
    if !are_several_users() {
        return;
    }
    let aws = Beside::new(&["SensitiveS3"]);
    let house = House::new(RULES, "");
    let credadmin = aws.environment.iter().fold(house.credadmin, |credadmin, (name, value)| credadmin.env(name, value));
    let house = House { credadmin, all_drop_in: true };
    let daemon = house.credadmin.run();
    daemon.wait_for_line("started: ", PATIENCE);
    let said = house.run(ALICE, &["request", "s", "--for", "2h", "--reason", "now", "--ticket", "OPS-1"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let id = said.out.trim_end();
    assert_eq!(house.approve(BOB, id).code, 0);
    let line = daemon.wait_for_line("window opened: ", PATIENCE);
    assert!(line.contains(&format!("grant {id} of secret s")), "{line}");
    assert!(line.ends_with(", requested by daemon, approved by bin, ticket OPS-1"), "{line}");
    daemon.wait_for_line("session published in s", PATIENCE);
    let session = aws.world.sessions().pop().expect("a session");
    assert!(session.requested_seconds <= minutes(60).as_secs(), "{session:?}");
}
