//! Requests and approvals signed with real keys by the real ssh-keygen.

use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::SignedDuration;

use super::{ALICE, BOB, CAROL, House, MALLORY, RULES, are_several_users, in_hours};
use crate::harness::run_to_end;

pub const STRICT: &str = "approvers = ['signer:bob@example.com']\napplicants = ['signer:alice@example.com', 'signer:bob@example.com']\nsignatures = 'required'\n";

/// Makes a key for each of these users, by the first word of a principal, and lets them sign.
pub fn keys(house: &House, people: &[(&str, &str)]) {
    fs::create_dir(house.credadmin.path("keys")).expect("a directory");
    house.give("keys", 0o755, super::STAFF);
    let mut allowed = String::from("# Who may sign.\n");
    for (user, principal) in people {
        let path = key(house, principal);
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", principal, "-f", &path]);
        let made = run_to_end(command);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut command = Command::new("chown");
        command.args([user, path.as_str()]);
        assert!(run_to_end(command).status.success());
        allowed += &format!("{principal} {}", fs::read_to_string(format!("{path}.pub")).expect("a public key"));
    }
    fs::write(house.credadmin.path("allowed_signers"), allowed).expect("root may");
    house.give("allowed_signers", 0o640, super::STAFF);
}

pub fn key(house: &House, principal: &str) -> String {
    house.credadmin.path("keys").join(principal.split('@').next().expect("a word")).to_string_lossy().into_owned()
}

/// alice asks and bob approves, and mallory has a key too.
pub fn house() -> House {
    let house = House::new(STRICT, "");
    keys(&house, &[(ALICE, "alice@example.com"), (BOB, "bob@example.com"), (MALLORY, "mallory@example.com")]);
    house
}

pub fn asked(house: &House) -> String {
    house.asked(ALICE, &["--sign", &key(house, "alice@example.com")])
}

pub fn approve(house: &House, user: &str, id: &str, principal: &str) -> super::Said {
    house.run(user, &["approve", id, "--yes", "--sign", &key(house, principal), "--as", principal])
}

#[test]
fn the_papers_are_of_the_signers_and_check_believes_them() {
    if !are_several_users() {
        return;
    }
    let house = house();
    let id = asked(&house);
    let said = house.run(BOB, &["requests"]);
    assert!(said.out.contains("  by      alice@example.com (user 1, signed with SHA256:"), "{said:?}");
    let said = approve(&house, BOB, &id, "bob@example.com");
    assert_eq!(said.code, 0, "{}", said.err);
    let table: toml::Table = toml::from_str(&fs::read_to_string(house.drop_in(&id)).expect("a drop-in")).expect("TOML");
    let grant = &table["grants"][&id];
    assert_eq!(
        (grant["requested_by"].as_str(), grant["approved_by"].as_str()),
        (Some("alice@example.com"), Some("bob@example.com"))
    );
    for name in ["request_signature", "approval_signature"] {
        assert!(
            grant["evidence"][name].as_str().is_some_and(|text| text.starts_with("-----BEGIN SSH SIGNATURE-----\n")),
            "{name}"
        );
    }
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");

    // The evidence convinces whoever has the allowed signers, without credadmin.
    let evidence = &grant["evidence"];
    for (what, namespace, principal) in
        [("request", "credadmin-request", "alice@example.com"), ("approval", "credadmin-approval", "bob@example.com")]
    {
        let write = |name: &str, text: &str| {
            let path = house.credadmin.path(name);
            fs::write(&path, text).expect("root may");
            path.to_string_lossy().into_owned()
        };
        let text = write(what, evidence[what].as_str().expect("text"));
        let signature = write("sig", evidence[&format!("{what}_signature")].as_str().expect("a signature"));
        let allowed = house.credadmin.path("allowed_signers").to_string_lossy().into_owned();
        let verify = format!("ssh-keygen -Y verify -f {allowed} -I {principal} -n {namespace} -s {signature} <{text}");
        let mut command = Command::new("sh");
        command.args(["-c", &verify]);
        assert!(run_to_end(command).status.success(), "{verify}");
    }
}

#[test]
fn what_is_not_signed_as_it_has_to_be_is_refused() {
    if !are_several_users() {
        return;
    }
    let house = house();
    let said = house.ask(ALICE, &[]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: requests for s have to be signed: add --sign KEY\n"));
    let said = house.ask(MALLORY, &["--sign", &key(&house, "mallory@example.com")]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            1,
            "error: mallory@example.com may not ask for s: its applicants are signer:alice@example.com, signer:bob@example.com\n"
        )
    );
    let said = house.ask(MALLORY, &["--sign", "/nonexistent"]);
    assert!(said.code == 1 && said.err.ends_with("error: ssh-keygen does not sign with /nonexistent\n"), "{said:?}");
    assert_eq!(house.states(), []);

    let id = asked(&house);
    let bobs = house.asked(BOB, &["--sign", &key(&house, "bob@example.com")]);
    let refused = |said: super::Said, id: &str, says: &str| {
        assert_eq!((said.code, said.err.lines().last()), (1, Some(format!("error: {id}: {says}").as_str())), "{said:?}");
        assert!(!house.drop_in(id).exists());
    };
    refused(
        house.approve(BOB, &id),
        &id,
        "the request is signed and the approval is not: sign it too, so that the two signers can be compared",
    );
    // Who is an approver by a key alone has none to say no with.
    let says = "bin may not deny requests for s: its approvers are signer:bob@example.com";
    refused(house.run(BOB, &["deny", &id, "--reason", "x"]), &id, says);
    let says = "mallory@example.com may not approve requests for s: its approvers are signer:bob@example.com";
    refused(approve(&house, MALLORY, &id, "mallory@example.com"), &id, says);
    // By the name of another: the key says whose it is.
    let said =
        house.run(MALLORY, &["approve", &id, "--yes", "--sign", &key(&house, "mallory@example.com"), "--as", "bob@example.com"]);
    refused(said, &id, "the approval is by bob@example.com, and that is neither who signed it nor this user");
    refused(approve(&house, BOB, &bobs, "bob@example.com"), &bobs, "user 2 asked for it and approves it: another person has to");
    // Root brings it in, and it is still bob's own.
    let says = "bob@example.com asked for it and approves it: another person has to";
    refused(approve(&house, "root", &bobs, "bob@example.com"), &bobs, says);
    refused(
        approve(&house, "root", &id, "alice@example.com"),
        &id,
        "alice@example.com asked for it and approves it: another person has to",
    );

    // A signature of another text, and one of another namespace.
    let sig = house.pending(&id).with_extension("toml.sig");
    let good = fs::read_to_string(&sig).expect("a signature");
    let other = fs::read_to_string(house.pending(&bobs).with_extension("toml.sig")).expect("a signature");
    fs::write(&sig, other).expect("root may");
    let said = approve(&house, BOB, &id, "bob@example.com");
    assert!(said.err.starts_with(&format!("error: {id}: the signature of the request does not hold: ")), "{said:?}");
    fs::write(&sig, "no signature\n").expect("root may");
    let said = approve(&house, BOB, &id, "bob@example.com");
    assert!(said.err.starts_with(&format!("error: {id}: the signature of the request does not hold: ")), "{said:?}");
    fs::write(&sig, good).expect("root may");
    // Nobody is an allowed signer any more.
    let allowed = house.credadmin.path("allowed_signers");
    let text = fs::read_to_string(&allowed).expect("signers");
    fs::write(&allowed, "# nobody\n").expect("root may");
    let said = approve(&house, BOB, &id, "bob@example.com");
    assert!(said.err.starts_with(&format!("error: {id}: the signature of the request does not hold: ")), "{said:?}");
    // Whoever writes that file decides who signs.
    fs::write(&allowed, &text).expect("root may");
    house.give("allowed_signers", 0o666, super::STAFF);
    let said = approve(&house, BOB, &id, "bob@example.com");
    let says = "/etc/credadmin/allowed_signers: others than its owner can write it (mode 0666); wanted: chmod go-w";
    assert_eq!(said.err, format!("error: {id}: the signature of the request does not hold: {says}\n"));
    house.give("allowed_signers", 0o640, super::STAFF);
    assert_eq!(approve(&house, BOB, &id, "bob@example.com").code, 0, "and so it is");
}

/// ssh-keygen as it was before 9.1: it takes no time but 14 digits. The real one is the next on the PATH.
const OLD: &str = r#"#!/bin/sh
for argument; do
    case $argument in
    -Overify-time=??????????????) ;;
    -Overify-time=*) echo 'Invalid "verify-time" option' >&2; exit 255 ;;
    esac
done
PATH=${PATH#*:}
exec ssh-keygen "$@"
"#;

#[test]
fn signatures_hold_by_an_older_ssh_keygen_too_and_until_their_keys_expire_in_any_zone() {
    if !are_several_users() {
        return;
    }
    // It is summer in one of the first two on nearly every day.
    for zone in ["America/New_York", "Australia/Sydney", "Asia/Kathmandu"] {
        let House { credadmin, all_drop_in } = house();
        let path = format!("{}:{}", credadmin.path("old").display(), std::env::var("PATH").expect("a PATH"));
        let credadmin = credadmin.write("old/ssh-keygen", OLD).env("PATH", &path).env("TZ", zone);
        let house = House { credadmin, all_drop_in };
        for name in ["old", "old/ssh-keygen"] {
            house.give(name, 0o755, super::STAFF);
        }
        let allowed = house.credadmin.path("allowed_signers");
        let text = fs::read_to_string(&allowed).expect("signers");
        // So many minutes from now, of which an hour too much would be seen.
        let valid = |after: i64, before: i64| {
            let in_minutes = |minutes| {
                let at = credadmin::clock::Clock::system().now() + SignedDuration::from_mins(minutes);
                at.strftime("%Y%m%d%H%M%SZ").to_string()
            };
            let valid = format!(" valid-after=\"{}\",valid-before=\"{}\" ssh-", in_minutes(after), in_minutes(before));
            fs::write(&allowed, text.replace(" ssh-", &valid)).expect("root may");
        };
        valid(-30, 30);
        let id = asked(&house);
        let said = approve(&house, BOB, &id, "bob@example.com");
        assert_eq!(said.code, 0, "{zone}: {said:?}");
        let said = house.run("root", &["check"]);
        assert!(said.code == 0 && said.err.is_empty(), "{zone}: {said:?}");
        for (after, before) in [(-90, -30), (30, 90)] {
            valid(after, before);
            let said = house.run("root", &["check"]);
            assert!(said.code == 78 && said.err.contains("the signature does not hold: "), "{zone}: {said:?}");
        }
    }
}

#[test]
fn one_key_under_two_names_is_one_person() {
    if !are_several_users() {
        return;
    }
    let house = house();
    let alices = fs::read_to_string(format!("{}.pub", key(&house, "alice@example.com"))).expect("a key");
    let allowed = house.credadmin.path("allowed_signers");
    let id = asked(&house);
    fs::write(&allowed, format!("alice@example.com,bob@example.com {alices}")).expect("root may");
    let said =
        house.run("root", &["approve", &id, "--yes", "--sign", &key(&house, "alice@example.com"), "--as", "bob@example.com"]);
    assert!(said.code == 1 && said.err.contains(" asked for it and approves it: another person has to"), "{said:?}");
    // A pattern is the name of nobody.
    fs::write(&allowed, format!("*@example.com {alices}")).expect("root may");
    let said = approve(&house, "root", &id, "bob@example.com");
    assert!(said.err.contains("the signature of the request does not hold: "), "{said:?}");
}

#[test]
fn an_approval_can_be_signed_elsewhere_and_brought_in_by_anybody_who_may_write_drop_ins() {
    if !are_several_users() {
        return;
    }
    let house = house();
    let id = asked(&house);
    let digest = credadmin::requests::request::sha256(&fs::read_to_string(house.pending(&id)).expect("a request"));
    let statement = house.credadmin.path("approval");
    let sign = |digest: &str, namespace: &str| {
        let text = format!("[approval]\nsha256 = \"{digest}\"\napprover = \"bob@example.com\"\nat = \"{}\"\n", in_hours(0));
        fs::write(&statement, text).expect("a file");
        drop(fs::remove_file(statement.with_extension("sig")));
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f", &key(&house, "bob@example.com")]).arg(&statement);
        assert!(run_to_end(command).status.success());
    };
    let bring = || house.run("root", &["approve", &id, "--yes", "--approval", &statement.to_string_lossy()]);
    sign(&digest.replace('a', "b"), "credadmin-approval");
    assert!(bring().err.ends_with(&format!("error: {id}: the approval is of another request\n")));
    sign(&digest, "credadmin-request");
    assert!(
        bring().err.contains(&format!("error: {id}: the signature of the approval does not hold: ")),
        "a request is no approval"
    );
    assert!(Path::new(&house.pending(&id)).exists() && !house.drop_in(&id).exists());
    sign(&digest, "credadmin-approval");
    let said = bring();
    assert_eq!(said.code, 0, "{said:?}");
    let said = house.run("root", &["check"]);
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");
}

#[test]
fn a_user_may_sign_too_and_is_then_called_by_the_key() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    keys(&house, &[(ALICE, "alice@example.com"), (BOB, "bob@example.com")]);
    let id = asked(&house);
    // bin is named as a user: signed as such, the approval is the user's.
    let said = house.run(BOB, &["approve", &id, "--yes", "--sign", &key(&house, "bob@example.com"), "--as", "bin"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(house.run("root", &["check"]).code, 0);
    let id = house.asked(CAROL, &["--ticket", "unsigned"]);
    let said = house.run(BOB, &["approve", &id, "--yes", "--sign", &key(&house, "bob@example.com"), "--as", "bin"]);
    assert!(said.err.ends_with(
        "the approval is signed and the request is not: ask for a signed request, so that the two signers can be compared\n"
    ));
}
