//! What is just inside of a boundary and what is just outside, where no file in `bad/` tells.

use super::{SECRET, check};
use crate::harness::Credadmin;

#[test]
fn secrets_whose_names_begin_alike_are_two() {
    let other = |name: &str| {
        let arn = format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3{name}");
        let role = "arn:aws:iam::123456789012:role/SensitiveS3Access";
        check(&Credadmin::new(&format!("{SECRET}[secrets.other]\nsecret_id = \"{arn}\"\nrole_arn = \"{role}\"\n")))
    };
    assert!(other("-AbCdEf").ends_with("---- exit status 78\n"), "an ARN ends in a hyphen and six characters");
    for name in ["-Archive", "-Old", "Archive"] {
        assert!(other(name).ends_with("---- exit status 0\n"), "{name}:\n{}", other(name));
    }
}

/// The one that is missing may join the windows of the other.
#[test]
fn versions_are_not_counted_where_a_grant_has_a_mistake() {
    let always = "[grants.always]\nsecret = \"s\"\nfrom = 2026-12-01T00:00:00Z\n";
    let often = "[grants.often]\nsecret = \"s\"\ncron = \"*/15 * * * *\"\nduration = \"1m\"\n";
    let said = check(&Credadmin::new(&format!("{SECRET}{always}{often}")));
    assert!(said.contains("\n1 mistake: the config is refused\n"), "{said}");
    let said = check(&Credadmin::new(&format!("{SECRET}{often}")));
    assert!(said.contains("secrets.s would get more than 90 versions"), "{said}");
}

#[test]
fn every_form_of_a_cron_line_is_taken() {
    for line in [
        "0-59/60 */24 1-31 JAN-dec 0-7",
        "10-20/11 07 * * *",
        "*/20,5 8,20 ? * mon,Wed-FRI/2,SAT-SUN",
        "0 22 L,15W,1w * ?",
        "0 22 * 3,6,9,12 FRI#5,0L,sun#l,6l",
        "0 9 1-31/2 * MON",
    ] {
        let grant = format!("[grants.g]\nsecret = \"s\"\ncron = \"{line}\"\nduration = \"1h\"\n");
        let said = check(&Credadmin::new(&format!("{SECRET}{grant}")));
        assert!(said.ends_with("---- exit status 0\n"), "{line}:\n{said}");
    }
}

#[test]
fn tags_may_hold_every_character_that_sts_takes() {
    let said = check(&Credadmin::new(&format!("{SECRET}tags = {{ \"Cost centre_.:/=+-@\" = \"ü 7_.:/=+-@\" }}\n")));
    assert!(said.ends_with("---- exit status 0\n"), "{said}");
}

#[test]
fn each_part_of_a_secrets_arn_is_looked_at() {
    for at in
        ["aws:secretsmanager:eu-central-1:12345678901", "aws:secretsmanager::123456789012", "x:secretsmanager:x:123456789012"]
    {
        let said = check(&Credadmin::new(&SECRET.replace("\"SensitiveS3\"", &format!("\"arn:{at}:secret:S\""))));
        assert!(said.contains("wanted: the name of a secret in AWS Secrets Manager"), "{at}:\n{said}");
    }
}

/// Once a window is open, a moment of it is over.
#[test]
fn a_window_of_just_the_shortest_session_will_not_open_and_a_little_longer_one_may_not() {
    let (will_not, may_not) = ("this window will not open\n", "this window may not open\n");
    for (policy, length, told) in [
        ("on", 29, Some(will_not)),
        ("on", 30, Some(will_not)),
        ("on", 31, Some(may_not)),
        ("on", 35, Some(may_not)),
        ("on", 36, None),
        ("on", 900, None),
        ("off", 899, Some(will_not)),
        ("off", 900, Some(will_not)),
        ("off", 901, Some(may_not)),
        ("off", 960, Some(may_not)),
        ("off", 961, None),
    ] {
        let grant = format!("[grants.g]\nsecret = \"s\"\ncron = \"0 22 * * *\"\nduration = \"{length}s\"\n");
        let said = check(&Credadmin::new(&format!("{SECRET}session_policy = \"{policy}\"\n{grant}")));
        assert!(said.ends_with("---- exit status 0\n"), "{said}");
        for words in [will_not, may_not] {
            assert_eq!(said.contains(words), told == Some(words), "{policy}, {length} s:\n{said}");
        }
    }
}
