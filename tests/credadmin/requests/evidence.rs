//! What `credadmin check` says of drop-ins whose evidence does not show what it should. The daemon opens them all the same.

use std::fs;

use credadmin::clock::Clock;
use credadmin::revoke::close;
use nix::unistd::{Uid, chown};

use super::signed::{approve, asked, house, key, keys};
use super::{ALICE, BOB, House, RULES, are_several_users};

const END: &str = " in the evidence of drop-ins: the daemon does not look at it, and their windows open all the same; remove what is not meant\n";

/// What check says of the drop-in with `from` in it replaced by `to`.
fn changed(house: &House, id: &str, from: &str, to: &str) -> String {
    let path = house.drop_in(id);
    let good = fs::read_to_string(&path).expect("a drop-in");
    assert!(good.contains(from), "{from} in {good}");
    fs::write(&path, good.replacen(from, to, 1)).expect("root may");
    let said = house.run("root", &["check"]);
    fs::write(&path, good).expect("root may");
    assert_eq!(said.code, 78, "{from} -> {to}: {said:?}");
    said.err.replace(id, "ID")
}

#[test]
fn each_lie_in_a_drop_in_is_a_mistake_with_file_line_and_key() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &["--ticket", "OPS-1"]);
    assert_eq!(house.approve(BOB, &id).code, 0);
    let until = super::in_hours(28);
    let said = changed(&house, &id, &format!("until = \"{until}\""), "until = \"9999-01-01T00:00:00Z\"");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], format!("error: grants.ID: the window was asked for until {until}"));
    assert_eq!(lines[1].trim(), "--> /etc/credadmin/grants.d/ID.toml:5:9");
    assert!(lines[4].contains("^ wanted: no later end than that"), "{said}");
    // One mistake, and a warning that it is longer than the limits are.
    assert!(said.contains("warning: grants.ID: the window is ") && said.ends_with(&format!("\n1 mistake{END}")), "{said}");
    for (from, to, says) in [
        ("requested_by = \"daemon\"", "requested_by = \"games\"", "grants.ID: the evidence is of a request by daemon"),
        ("approved_by = \"bin\"", "approved_by = \"root\"", "grants.ID: approved_by is not the approver of the approval"),
        ("reason = \"quarter-end figures\"", "reason = \"x\"", "grants.ID: the reason is not that of the request"),
        ("approver_uid = 2", "approver_uid = 1", "grants.ID: user 1 asked for it and approves it: another person has to"),
        ("approver_uid = 2", "approver_uid = 5", "grants.ID: bin may not approve requests for s"),
        ("\\nticket = \\\"OPS-1\\\"", "\\nticket = \\\"OPS-2\\\"", "grants.ID: the approval is of another request"),
        ("[request]\\n", "[grants]\\n", "grants.ID: not a request: unknown field `grants`, expected `request`"),
    ] {
        let said = changed(&house, &id, from, to);
        assert!(said.contains(&format!("error: {says}\n")) && said.contains("--> /etc/credadmin/grants.d/ID.toml:"), "{said}");
    }
    // Its shape is for the loader, and so for the daemon too.
    for (from, to, says) in [
        ("applicant_uid = 1", "applicant_uid = \"daemon\"", "grants.ID.evidence.applicant_uid is \"daemon\""),
        ("applicant_uid = 1", "role_arn = \"x\"", "grants.ID.evidence has an unknown key role_arn"),
        ("approval = ", "approval_ = ", "grants.ID.evidence has no approval"),
    ] {
        let said = changed(&house, &id, from, to);
        assert!(said.contains(&format!("error: {says}\n")), "{said}");
        assert!(said.contains("as absent, and every grant that") && !said.contains(END), "{said}");
    }
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");

    // Whoever else may write there, writes as themselves.
    let owner = |uid| chown(&house.drop_in(&id), Some(Uid::from_raw(uid)), None).expect("root may");
    owner(5);
    let said = house.run("root", &["check"]);
    let says = format!("error: grants.{id}: the file belongs to user 5, and user 2 approved it\n");
    assert!(said.code == 78 && said.err.starts_with(&says), "{said:?}");
    owner(2);

    // Cut short by another drop-in, as whoever ends it early does.
    let cut = format!("[grants.{id}]\nuntil = \"{}\"\n", super::in_hours(25));
    fs::write(house.credadmin.path("grants.d/zz-cut.toml"), cut).expect("root may");
    house.give("grants.d/zz-cut.toml", 0o640, 2);
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");
}

#[test]
fn what_was_revoked_before_it_opened_is_in_order() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &[]);
    assert_eq!(house.approve(BOB, &id).code, 0);
    let (main, now) = (house.credadmin.path("credadmin.toml"), Clock::system().now());
    let settings = credadmin::config::load(&main, now).expect("a valid config");
    let mut grants = settings.secrets.iter().flat_map(|watched| watched.grants.iter());
    let grant = grants.find(|grant| grant.name.as_str() == id).expect("what was approved");
    let place = close(&main, grant, now, "bob: a leak").expect("closed");
    assert_eq!(place.path, house.drop_in(&id));
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && !said.err.contains("error: "), "{said:?}");
}

/// A user is an approver by a number, and whoever writes the file can write that.
#[test]
fn an_approval_in_the_name_of_a_user_that_another_signs_counts_by_whose_file_it_is() {
    if !are_several_users() {
        return;
    }
    let house = House::new("approvers = ['bin', 'signer:bob@example.com']\n", "");
    keys(&house, &[(ALICE, "alice@example.com"), (BOB, "bob@example.com"), (BOB, "mallory@example.com")]);
    let owner = |id: &str, uid| chown(&house.drop_in(id), Some(Uid::from_raw(uid)), None).expect("root may");
    let id = asked(&house);
    let said = house.run(BOB, &["approve", &id, "--yes", "--sign", &key(&house, "mallory@example.com"), "--as", "bin"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(house.run("root", &["check"]).code, 0, "it is bin's file");
    owner(&id, 5);
    let said = house.run("root", &["check"]);
    let says = format!("error: grants.{id}: the file belongs to user 5, and user 2 approved it\n");
    assert!(said.code == 78 && said.err.starts_with(&says), "{said:?}");
    owner(&id, 2);

    // What the approver signed, anybody may bring in.
    let id = asked(&house);
    assert_eq!(approve(&house, BOB, &id, "bob@example.com").code, 0);
    owner(&id, 5);
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");
}

#[test]
fn signatures_are_verified_and_where_they_are_required_nothing_goes_without() {
    if !are_several_users() {
        return;
    }
    let house = house();
    let id = asked(&house);
    assert_eq!(approve(&house, BOB, &id, "bob@example.com").code, 0);
    let good = fs::read_to_string(house.drop_in(&id)).expect("a drop-in");
    let digits = good.split("approval_signature = \"-----BEGIN SSH SIGNATURE-----\\n").nth(1).expect("a signature");
    let said = changed(&house, &id, &digits[200..210], "AAAAAAAAAA");
    assert!(said.contains("error: grants.ID: the signature does not hold: "), "{said}");
    let line = good.lines().find(|line| line.starts_with("approval_signature")).expect("a line");
    let said = changed(&house, &id, line, "");
    assert!(said.contains("error: grants.ID: secrets.s.requests.signatures is \"required\"\n"), "{said}");
    assert!(said.contains("error: grants.ID: bob@example.com may not approve requests for s\n"), "{said}");

    let allowed = house.credadmin.path("allowed_signers");
    let text = fs::read_to_string(&allowed).expect("signers");
    fs::write(&allowed, text.replace("bob@example.com ssh", "robert@example.com ssh")).expect("root may");
    let said = house.run("root", &["check"]);
    assert!(said.code == 78 && said.err.contains("bob@example.com may not approve requests for s\n"), "{said:?}");
    fs::remove_file(&allowed).expect("root may");
    let said = house.run("root", &["check"]);
    let says =
        "the signature does not hold: /etc/credadmin/allowed_signers: no such file; wanted: a file that credadmin may read\n";
    assert!(said.code == 78 && said.err.contains(says), "{said:?}");
    fs::write(&allowed, text).expect("root may");
    house.give("allowed_signers", 0o640, super::STAFF);

    let bare = "[grants.bare]\nsecret = 's'\nfrom = '2099-12-01T08:00:00Z'\nuntil = '2099-12-01T18:00:00Z'\n";
    fs::write(house.credadmin.path("grants.d/bare.toml"), bare).expect("root may");
    house.give("grants.d/bare.toml", 0o640, 2);
    let said = house.run("root", &["check"]);
    let says = "error: grants.bare has no evidence, and secrets.s.requests.signatures is \"required\"\n";
    assert!(said.code == 78 && said.err.starts_with(says) && said.err.ends_with(&format!("1 mistake{END}")), "{said:?}");
    assert!(said.out.contains("2 grants"), "the daemon takes both");
}

#[test]
fn names_that_this_host_does_not_know_are_a_warning_of_check_alone() {
    if !are_several_users() {
        return;
    }
    let house = House::new("approvers = ['bin', 'group:nosuchgroup', 'signer:x']\napplicants = ['nosuchuser']\n", "");
    let said = house.run("root", &["check"]);
    assert_eq!(said.code, 0, "{said:?}");
    for says in ["warning: there is no group nosuchgroup on this host\n", "warning: there is no user nosuchuser on this host\n"] {
        assert!(
            said.err.contains(says) && said.err.contains("nobody may ask or approve by this name until there is"),
            "{said:?}"
        );
    }
    assert!(!house.run("root", &["plan"]).err.contains("nosuch"), "the loader does not ask for names");
}
