//! What can't be done: each in exact words, with what it means for access and what to do; and what can be, is done all the same.

use credadmin::schedule::token::{denied_before, ends};
use strict_aws::{ApiError, Fault, Operation};

use super::{MAIN, REVOKER, Scene, open, said};
use crate::harness::{PATIENCE, run_slowly};

/// May close secrets, and deny nothing: with it nothing has to be waited for.
const CLOSER: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["secretsmanager:DescribeSecret","secretsmanager:ListSecretVersionIds","secretsmanager:PutSecretValue"],
  "Resource":"*"}]}"#;

fn scene(policies: &[&str]) -> Scene {
    Scene::new(MAIN, &open("quarter-end", "s3").0, policies)
}

/// Nothing has been done: neither in AWS nor in a file.
fn assert_nothing_done(scene: &Scene) {
    assert!(scene.calls(Operation::PutSecretValue).is_empty() && scene.calls(Operation::PutRolePolicy).is_empty());
    assert!(!scene.file("grants.d/10-first.toml").contains("credadmin revoke"));
}

#[test]
fn a_dry_run_says_all_of_it_and_changes_nothing() {
    let scene = scene(&[REVOKER]);
    let said = scene.revoke(&["s3", "--dry-run"]);
    assert_eq!(said.code, 0, "{}", said.words);
    let policy: serde_json::Value = serde_json::from_str(&said.out).expect("the policy");
    let stamp = policy["Statement"]["Condition"]["DateLessThan"]["aws:TokenIssueTime"].as_str().expect("a stamp").to_owned();
    assert_eq!((&policy["Statement"]["Effect"], &policy["Statement"]["Action"]), (&"Deny".into(), &"*".into()));
    assert!(said.words.contains(&format!("every session of the role issued before {stamp} or so will be denied, for ever")));
    assert!(said.words.contains("secret s3 (SensitiveS3) gets a tombstone: it has no value\n"), "{}", said.words);
    assert_nothing_done(&scene);

    // A Deny that is there and reaches further stays.
    let later = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2199-01-01T00:00:00Z"}}}}"#;
    scene.world().put_role_policy("SensitiveS3Access", "AWSRevokeOlderSessions", later);
    let further = scene.revoke(&["s3", "--dry-run"]);
    assert!(further.out.contains("\"2199-01-01T00:00:00Z\""), "{}", further.out);
    let stays =
        "a Deny is there already that reaches until 2199-01-01T00:00:00Z: it stays, and no session issued before is good\n";
    assert!(further.words.contains(stays), "{}", further.words);
    let kept = scene.revoke(&["s3", "--dry-run", "--keep-grants"]);
    assert!(!kept.words.contains("will be closed") && kept.words.contains("s3 stays open for quarter-end: "), "{}", kept.words);
}

#[test]
fn what_is_not_there_or_not_confirmed_is_not_done() {
    let both = format!("{MAIN}{}", open("s3", "s3").0);
    let scene = Scene::new(&both, &open("quarter-end", "s3").0, &[REVOKER]);
    for (arguments, words) in [
        (
            &["nobody", "--yes"][..],
            "error: the config has no secret and no grant nobody; secrets: s3, second; grants: quarter-end, s3; nothing is done\n",
        ),
        (&["s3", "--yes"], "error: the config has [secrets.s3] and [grants.s3]: say secrets.s3 or grants.s3; nothing is done\n"),
        (
            &["grants.second", "--yes"],
            "error: the config has no secret and no grant grants.second; secrets: s3, second; grants: quarter-end, s3; nothing is done\n",
        ),
    ] {
        let said = scene.revoke(arguments);
        assert_eq!((said.code, said.words.as_str()), (2, words));
    }
    for name in ["secrets.s3", "grants.s3", "quarter-end"] {
        let said = scene.revoke(&[name]);
        assert_eq!(said.code, 2, "{}", said.words);
        let asked = "error: there is no terminal to ask on: --yes does it, --dry-run does not; nothing is done\n";
        assert!(said.words.ends_with(asked), "{}", said.words);
    }
    assert_nothing_done(&scene);
}

#[test]
fn the_instances_own_role_is_not_taken_and_no_keys_are_said() {
    let scene = scene(&[REVOKER]);
    let command = scene.credadmin.command(&["revoke", "s3", "--yes"]);
    let instance = said(run_slowly(command));
    assert_eq!(instance.code, 2, "{}", instance.words);
    assert!(instance.words.starts_with("error: AWS is called as arn:aws:sts::123456789012:assumed-role/CredAdmin/i-"));
    assert!(
        instance.words.ends_with(
            ": an instance's role, and revoking is an administrator's: --profile NAME, or keys in the environment (--instance-role \
             takes it all the same); nothing is done\n"
        ),
        "{}",
        instance.words
    );
    let mut command = scene.credadmin.command(&["revoke", "s3", "--yes"]);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let nobody = said(run_slowly(command));
    assert_eq!(nobody.code, 1, "{}", nobody.words);
    assert!(nobody.words.starts_with("error: sts:GetCallerIdentity failed with NoCredentials: "), "{}", nobody.words);
    assert!(
        nobody.words.ends_with(
            "; revoke takes an administrator's own credentials: --profile NAME, or keys in the environment; nothing is done\n"
        ),
        "{}",
        nobody.words
    );
    assert_nothing_done(&scene);
}

/// A role's name is all that IAM is told: it could be that of another role.
#[test]
fn credentials_of_another_account_are_not_taken() {
    let other = MAIN.replace("arn:aws:iam::123456789012", "arn:aws:iam::210987654321");
    let scene = Scene::new(&other, &open("quarter-end", "s3").0, &[REVOKER]);
    let said = scene.revoke(&["s3", "--yes"]);
    let words = "error: AWS is called as arn:aws:iam::123456789012:user/admin, and the role is \
                 arn:aws:iam::210987654321:role/SensitiveS3Access: take credentials of the role's account; nothing is done\n";
    assert_eq!((said.code, said.words.as_str()), (2, words));
    assert_nothing_done(&scene);
}

#[test]
fn a_profile_is_taken_before_keys_of_the_environment() {
    let scene = scene(&[REVOKER]);
    let keys = &scene.keys;
    let file =
        format!("[chief]\naws_access_key_id = {}\naws_secret_access_key = {}\n", keys.access_key_id, keys.secret_access_key);
    scene.credadmin.rewrite("keys", &file);
    let mut command = scene.credadmin.command(&["revoke", "s3", "--dry-run", "--profile", "chief"]);
    let other = scene.world().add_user("other", &[]);
    command.env("AWS_ACCESS_KEY_ID", &other.access_key_id).env("AWS_SECRET_ACCESS_KEY", &other.secret_access_key);
    command.env("AWS_SHARED_CREDENTIALS_FILE", scene.credadmin.path("keys"));
    let said = said(run_slowly(command));
    assert_eq!(said.code, 0, "{}", said.words);
    assert!(said.words.contains(", as arn:aws:iam::123456789012:user/admin\n"), "{}", said.words);
}

/// iam-identity-center-team#255, #398: a revocation that failed said nothing, or that it was done.
#[test]
fn complaint_03_a_revocation_fails_silently_or_says_that_it_was_done() {
    let scene = scene(&[CLOSER]);
    let daemon = scene.credadmin.run();
    daemon.wait_for_line("session published in s3", PATIENCE);
    drop(daemon);
    let until = ends(&scene.versions("SensitiveS3")[0]).expect("a session");
    scene.world().forget_secret("Second");
    // Two refusals are not the end of it.
    let throttled = Fault::Answer(ApiError::new(400, "ThrottlingException", "Rate exceeded"));
    scene.world().fail_for(Operation::PutSecretValue, "SensitiveS3", throttled, 2);

    let said = scene.revoke(&["s3", "--yes"]);
    assert_eq!(said.code, 1);
    let tombstone = scene.versions("SensitiveS3").pop().expect("a version");
    let stamp = denied_before(&tombstone).expect("a tombstone");
    let words = &said.words;
    let denied = format!(
        "NOT DONE: no Deny on arn:aws:iam::123456789012:role/SensitiveS3Access: iam:PutRolePolicy failed with AccessDenied: User: \
         arn:aws:iam::123456789012:user/admin is not authorized to perform: iam:PutRolePolicy on resource: role SensitiveS3Access \
         because no identity-based policy allows the iam:PutRolePolicy action\n  access: sessions that were handed out live until \
         their own end (that of s3 until {until}); fresh ones may be issued while a window is open\n  to do: aws iam \
         put-role-policy --role-name SensitiveS3Access --policy-name AWSRevokeOlderSessions --policy-document \
         '{{\"Statement\":{{\"Action\":\"*\",\"Condition\":{{\"DateLessThan\":{{\"aws:TokenIssueTime\":\"{stamp}\"}}}},\
         \"Effect\":\"Deny\",\"Resource\":\"*\"}},\"Version\":\"2012-10-17\"}}'\n"
    );
    assert!(words.contains("whether such a Deny is there already can't be read: iam:GetRolePolicy failed with AccessDenied"));
    assert!(words.contains(&denied), "{words}");
    assert!(words.ends_with("\n2 of it NOT DONE: see above\n"), "{words}");
    let gone = "NOT DONE: no tombstone in second (Second): secretsmanager:DescribeSecret failed with ResourceNotFoundException: ";
    let means = "\n  access: what readers of second get is not known\n  to do: aws secretsmanager put-secret-value --secret-id \
                 'Second' --client-request-token credadmin-closed-";
    assert!(words.contains(gone) && words.contains(means), "{words}");
    assert!(words.contains(&format!("tombstone {tombstone} in s3 (SensitiveS3)\n")), "{words}");
    assert!(scene.file("grants.d/10-first.toml").contains("was closed at"), "the grant is closed all the same");
}

#[test]
fn a_network_that_goes_down_half_way_is_told_with_what_was_done_before() {
    let scene = scene(&[REVOKER]);
    scene.world().fail(Operation::PutRolePolicy, Fault::Refuse, 1);
    let said = scene.revoke(&["grants.quarter-end", "--yes"]);
    assert_eq!(said.code, 1);
    let words = &said.words;
    for line in [
        "\ntombstone credadmin-closed-",
        "NOT DONE: no Deny on arn:aws:iam::123456789012:role/SensitiveS3Access: iam:PutRolePolicy failed with NoConnection: ",
        "\n  access: sessions that were handed out live until their own end; fresh ones may be issued while a window is open\n",
        "\n1 of it NOT DONE: see above\n",
    ] {
        assert!(words.contains(line), "no {line:?} in\n{words}");
    }
    assert_eq!(scene.versions("SensitiveS3").len(), 1);
}

#[test]
fn a_drop_in_that_cannot_be_written_is_said_and_access_is_ended_all_the_same() {
    let scene = scene(&[CLOSER]);
    // Where the text would be made before it is renamed: not even root can replace a directory that is not empty by a file.
    std::fs::create_dir_all(scene.credadmin.path("grants.d/.10-first.toml.new/x")).expect("a directory");
    let said = scene.revoke(&["quarter-end", "--yes"]);
    assert_eq!(said.code, 1);
    let path = scene.credadmin.path("grants.d/10-first.toml");
    let start = format!("NOT DONE: grant quarter-end is not closed: {} can't be written: ", path.display());
    assert!(said.words.contains(&start), "{}", said.words);
    assert!(said.words.contains("\n  access: fresh sessions follow while its window is open\n  to do: give [grants.quarter-end] its end, until or not_after = \""));
    assert_eq!(scene.versions("SensitiveS3").len(), 1, "the tombstone");
}
