//! Many drop-ins, and hostile ones.

use credadmin::config::Sources;
use jiff::Timestamp;

use super::{DAY, credadmin, grant, open};
use crate::check::{SECRET, check};
use crate::harness::Credadmin;

#[test]
fn a_thousand_drop_ins_are_taken() {
    let credadmin = credadmin();
    for i in 0..1000 {
        credadmin.rewrite(&format!("grants.d/{i}.toml"), &grant(&format!("g{i}"), "20:30", "22:00"));
    }
    let said = check(&credadmin);
    assert!(said.contains("  s (SensitiveS3): 1002 grants; "), "{said}");
    assert_eq!(open(&credadmin).len(), 1002);
}

/// Ninety-five openings on one day are five too many: the last ones of that day are left out, and nothing else is.
#[test]
fn drop_ins_over_the_budget_are_left_out_alone() {
    let windows: String = (0..95)
        .map(|i| {
            format!(
                "[grants.a{i}]\nsecret = \"s\"\nfrom = \"2027-02-01T{:02}:{:02}:00Z\"\nuntil = \"2027-02-01T{:02}:{:02}:31Z\"\n",
                i / 4,
                i % 4 * 15,
                i / 4,
                i % 4 * 15
            )
        })
        .collect();
    let innocent = "[grants.zz]\nsecret = \"s\"\nfrom = 2027-06-01T08:00:00Z\nuntil = 2027-06-01T10:00:00Z\n";
    let day: Timestamp = DAY.parse().expect("an instant");
    let credadmin = credadmin().write("grants.d/50.toml", &windows).write("grants.d/60.toml", innocent);
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    let settings = sources.settings(day).expect("valid");
    let left_out: Vec<String> =
        settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| remark.found.clone()).collect();
    assert_eq!(left_out.len(), 5, "{left_out:?}");
    for (remark, name) in left_out.iter().zip(["a90", "a91", "a92", "a93", "a94"]) {
        let found = format!("with grants.{name}, secrets.s would get more than 90 versions between 2027-01-31T");
        assert!(remark.starts_with(&found), "{remark}");
    }
    assert_eq!(settings.secrets[0].grants.len(), 2 + 90 + 1);
}

/// Whoever may drop files in may not stop the daemon for longer than the others can wait, nor write on the admin's screen.
#[test]
fn hostile_drop_ins_are_answered() {
    let every_minute = |duration: &str| format!("[grants.x]\nsecret = \"s\"\ncron = \"* * * * *\"\nduration = \"{duration}\"\n");
    let texts = [
        "x = ".to_owned() + &"[".repeat(20_000),
        "x = ".to_owned() + &"{a = ".repeat(10_000),
        "[".to_owned() + &"a.".repeat(100_000) + "b]",
        "[grants.\"\\u001b]0;owned\\u0007\\nerror: \\u009b2J\"]\n".to_owned(),
        every_minute("29s"),
        every_minute("31s"),
        every_minute("2h"),
    ];
    for text in texts {
        let credadmin = credadmin().write("grants.d/50\u{1b}[2J\n.toml", &text);
        let output = credadmin.run_to_end(&["check"]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said:?}");
        let open = open(&credadmin);
        assert!(open.contains_key("main") && open.contains_key("other"), "{open:?}");
    }
}

/// A grant that is closed for a mistake may be the one that joined the windows of another.
#[test]
fn what_a_closed_grant_joined_is_counted_without_it() {
    let main = format!(
        "{SECRET}[grants.always]\nsecret = \"s\"\nfrom = 2001-12-01T00:00:00Z\nuntil = 2099-12-01T00:00:00Z\n\
         [grants.often]\nsecret = \"s\"\ncron = \"*/15 * * * *\"\nduration = \"1m\"\n"
    );
    let credadmin = Credadmin::new(&main);
    assert!(check(&credadmin).ends_with("---- exit status 0\n"));
    let credadmin = credadmin.write("grants.d/50.toml", "[grants.always]\nuntill = 2026-12-02T00:00:00Z\n");
    let said = check(&credadmin);
    assert!(said.contains("error: secrets.s would get more than 90 versions between "), "{said}");
}
