//! Many drop-ins, and hostile ones.

use credadmin::config::Sources;
use credadmin::schedule::plan::sessions;
use jiff::{SignedDuration, Timestamp};

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

/// So many windows on one day, each for a session of its own, from midnight on.
fn windows(count: usize) -> String {
    (0..count)
        .map(|i| {
            format!(
                "[grants.a{i}]\nsecret = \"s\"\nfrom = \"2027-02-01T{:02}:{:02}:00Z\"\nuntil = \"2027-02-01T{:02}:{:02}:31Z\"\n",
                i / 4,
                i % 4 * 15,
                i / 4,
                i % 4 * 15
            )
        })
        .collect()
}

/// Ninety-five openings on one day are five too many: the last ones of that day are left out, and nothing else is.
#[test]
fn drop_ins_over_the_budget_are_left_out_alone() {
    let innocent = "[grants.zz]\nsecret = \"s\"\nfrom = 2027-06-01T08:00:00Z\nuntil = 2027-06-01T10:00:00Z\n";
    let day: Timestamp = DAY.parse().expect("an instant");
    let credadmin = credadmin().write("grants.d/50.toml", &windows(95)).write("grants.d/60.toml", innocent);
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

/// What opens last on that day is left out, whichever file it is in.
#[test]
fn the_budget_of_a_day_can_be_used_up_before_the_grant_of_another_drop_in() {
    let late = "[grants.late]\nsecret = \"s\"\nfrom = 2027-02-01T23:00:00Z\nuntil = 2027-02-01T23:10:00Z\n";
    let credadmin = credadmin().write("grants.d/10-late.toml", late).write("grants.d/50.toml", &windows(90));
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    let settings = sources.settings(DAY.parse().expect("an instant")).expect("valid");
    let left_out: Vec<&str> =
        settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| remark.found.as_str()).collect();
    let [remark] = left_out[..] else { panic!("one: {left_out:?}") };
    assert!(remark.starts_with("with grants.late, secrets.s would get more than 90 versions between "), "{remark}");
    assert_eq!(settings.secrets[0].grants.len(), 2 + 90);
}

/// What is taken of drop-ins beside a valid main file, by name; and the mistakes. What is taken keeps to the budget for a month.
fn taken(text: &str) -> (Vec<String>, Vec<String>) {
    let credadmin = credadmin().write("grants.d/50.toml", text);
    let mut sources = Sources::read(&credadmin.path("credadmin.toml")).expect("sources");
    let now: Timestamp = DAY.parse().expect("an instant");
    let settings = sources.settings(now).expect("valid");
    let [watched] = &settings.secrets[..] else { panic!("one secret") };
    let issued = sessions(now, now + MONTH, &watched.secret.cadence, &watched.grants);
    let issued: Vec<Timestamp> = issued.iter().map(|session| session.at).collect();
    for (first, too_many) in issued.iter().zip(issued.iter().skip(90)) {
        assert!(too_many.duration_since(*first) >= SignedDuration::from_hours(24), "over the budget at {too_many}");
    }
    let mistakes = settings.remarks.iter().filter(|remark| remark.is_error()).map(|remark| remark.found.clone()).collect();
    (watched.grants.iter().map(|grant| grant.name.to_string()).collect(), mistakes)
}

const MONTH: SignedDuration = SignedDuration::from_hours(24 * 31);

/// One by one, each with another look at the whole year, they would keep the daemon from its work until it is killed for that.
#[test]
fn thousands_of_windows_in_one_drop_in_are_answered() {
    let first: Timestamp = "2026-12-03T00:00:00Z".parse().expect("an instant");
    let window = |i: i64| {
        let opens = first + SignedDuration::from_mins(i);
        let closes = opens + SignedDuration::from_secs(40);
        format!("[grants.w{i:04}]\nsecret = \"s\"\nfrom = \"{opens}\"\nuntil = \"{closes}\"\n")
    };
    let (grants, mistakes) = taken(&(0..5000).map(window).collect::<String>());
    // The first of each day.
    let kept = (0..90).chain(1440..1440 + 90).map(|i| format!("w{i:04}"));
    assert_eq!(grants, ["main".to_owned(), "other".to_owned()].into_iter().chain(kept).collect::<Vec<_>>());
    assert_eq!(mistakes.iter().filter(|found| *found == "secrets.s has 5001 dropped-in grants").count(), 1);
    let too_much = mistakes.iter().filter(|found| found.contains(", secrets.s would get more than 90 versions between "));
    // With `other`, 2,000 are looked at.
    assert_eq!((too_much.count(), mistakes.len()), (1999 - 180, 1 + 1999 - 180));
}

#[test]
fn cron_lines_that_open_on_one_day_of_the_year_are_answered() {
    let line = |i: i32| {
        let cron = format!("{} {} 3 12 *", i % 60, i / 60);
        format!("[grants.y{i:03}]\nsecret = \"s\"\ncron = \"{cron}\"\nduration = \"40s\"\n")
    };
    let (grants, mistakes) = taken(&(0..300).map(line).collect::<String>());
    let kept = (0..90).map(|i| format!("y{i:03}"));
    assert_eq!(grants, ["main".to_owned(), "other".to_owned()].into_iter().chain(kept).collect::<Vec<_>>());
    assert_eq!(mistakes.len(), 210);
}

/// On each of ten days two grants are too much together. Of the first seven the one that opens last is left out.
#[test]
fn after_a_week_of_days_over_the_budget_no_more_drop_ins_are_taken() {
    let first: Timestamp = "2026-12-03T00:00:00Z".parse().expect("an instant");
    let pair = |i: i64| {
        let opens = first + SignedDuration::from_hours(48 * i);
        let closes = opens + SignedDuration::from_hours(24);
        let grant = |name: &str, minutes: &str| {
            format!(
                "[grants.{name}{i}]\nsecret = \"s\"\ncron = \"{minutes} * * * *\"\nduration = \"1m\"\n\
                 not_before = \"{opens}\"\nnot_after = \"{closes}\"\n"
            )
        };
        grant("a", "*/20") + &grant("b", "10-59/20")
    };
    let (grants, mistakes) = taken(&(0..10).map(pair).collect::<String>());
    assert_eq!(grants, ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "main", "other"]);
    assert_eq!(mistakes.len(), 7 + 6, "{mistakes:?}");
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
