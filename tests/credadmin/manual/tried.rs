//! What the pages say, tried on the real binary: defaults, limits, and every example.

use std::process::{Command, Output};

use super::page::{example, keys};
use super::{HIDDEN, Texts};
use crate::harness::{Credadmin, run_to_end};

/// What `--help` shows for these would wait for AWS, or for other people, or need a journal that is not everywhere.
const NEED_AWS: [&str; 14] = [
    "run",
    "audit",
    "status",
    "revoke",
    "doctor",
    "console",
    "consumer process",
    "consumer exec",
    "consumer serve",
    "request",
    "requests",
    "approve",
    "deny",
    "withdraw",
];
/// What is said of a key, and in the complaint about a bad value.
const LIMITS: [(&str, &str); 7] = [
    ("source_identity", "2 to 64 letters, digits and _+=,.@-, not beginning with aws:"),
    ("external_id", "2 to 1224 letters, digits and _+=,.@:/-"),
    ("tags", "at most 50"),
    ("tags", "keys of 1 to 128 and values of up to 256 letters, digits, blanks and _.:/=+-@"),
    ("bucket", "3 to 63 lower-case letters, digits and -."),
    ("cron", "0 22 * * MON-FRI"),
    ("time_zone", "Europe/Berlin"),
];
const SECRET: &str = "[secrets.s]\nsecret_id = 's'\nrole_arn = 'arn:aws:iam::123456789012:role/S'\n";
const GRANT: &str = "[grants.g]\nsecret = 's'\ncron = '0 22 * * *'\nduration = '5h'\n";

/// The binary, without a config of its own.
pub fn alone(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_credadmin"));
    command.args(args).env_clear();
    run_to_end(command)
}

pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// A default that is written out changes nothing of the plan.
pub fn defaults(texts: &Texts) -> Vec<String> {
    let keys = keys(&texts.config);
    let default =
        |name: &str| keys.values().flatten().find(|key| key.name == name).and_then(|key| key.default.strip_prefix("default: "));
    let plan = |more_of_secret: &str, more_of_grant: &str| {
        let config = format!("region = 'eu-central-1'\n{SECRET}{more_of_secret}\n{GRANT}{more_of_grant}\n");
        let arguments = ["plan", "--at", "2026-12-01T00:00:00Z", "--for", "3d", "--format", "json"];
        text(Credadmin::new(&config).run_to_end(&arguments).stdout)
    };
    let usual = plan("", "");
    let mut wrong = Vec::new();
    for name in ["session_duration", "refresh_lead", "session_policy", "time_zone"] {
        let line = format!("{name} = '{}'", default(name).unwrap_or_default());
        let spelt_out = if name == "time_zone" { plan("", &line) } else { plan(&line, "") };
        if spelt_out != usual || usual.is_empty() {
            wrong.push(format!("not the default: {line}"));
        }
    }
    // No plan shows as whom AWS is called.
    let credentials = format!("({:?}, Credentials::InstanceRole)", default("credentials").unwrap_or_default());
    if ![credentials.as_str(), "unwrap_or(Credentials::InstanceRole)"].iter().all(|code| texts.shapes.contains(code)) {
        wrong.push("not the default: credentials".into());
    }
    wrong
}

/// The complaint about a bad value names the same limits.
pub fn limits(texts: &Texts) -> Vec<String> {
    let keys = keys(&texts.config);
    let mut config = String::new();
    for table in ["Outside of tables", "[secrets.NAME]", "[grants.NAME]", "[mail]", "[notify]"] {
        config += &if table.starts_with('[') { table.to_lowercase() } else { String::new() };
        config.extend(keys.get(table).into_iter().flatten().map(|key| format!("\n{} = '!'", key.name)).chain(["\n".into()]));
    }
    // A table in a table can't be beside what is none.
    let mut nested = format!("{SECRET}[secrets.s.requests]");
    nested.extend(keys.get("[secrets.NAME.requests]").into_iter().flatten().map(|key| format!("\n{} = '!'", key.name)));
    let said: String = [config, nested].map(|config| text(Credadmin::new(&config).run_to_end(&["check"]).stderr)).concat();
    let is_about =
        |complaint: &str, name: &str| complaint.split(" is ").next().is_some_and(|key| key.split('.').next_back() == Some(name));
    let complained = |name: &str, limit: &str| said.split("error: ").any(|part| is_about(part, name) && part.contains(limit));
    let mut wrong = Vec::new();
    for key in keys.values().flatten() {
        let words: Vec<String> = key.kind.split(" or ").map(|word| format!("{word:?}")).collect();
        let kind = if words.len() > 1 { words.join(" or ") } else { key.kind.to_owned() };
        if (words.len() > 1 || kind.contains(" to ")) && !complained(key.name, &kind) {
            wrong.push(format!("{}: check does not say {kind}", key.name));
        }
        for (_, limit) in LIMITS.iter().filter(|(name, _)| *name == key.name) {
            if !complained(key.name, limit) || !key.said.contains(limit) {
                wrong.push(format!("{}: the page or check does not say {limit}", key.name));
            }
        }
    }
    wrong
}

/// A window of that length is too short, and a second more is not.
pub fn shortest(texts: &Texts) -> Vec<String> {
    let said = said_of(texts, "session_policy");
    let opens = |policy: &str, seconds: u32| {
        let grant = format!("[grants.g]\nsecret = 's'\ncron = '0 22 * * *'\nduration = '{seconds}s'\n");
        let config = format!("region = 'eu-central-1'\n{SECRET}session_policy = '{policy}'\n{grant}");
        let arguments = ["plan", "--at", "2026-12-01T00:00:00Z", "--format", "json"];
        !Credadmin::new(&config).run_to_end(&arguments).stdout.is_empty()
    };
    let mut wrong = Vec::new();
    for (policy, length, seconds) in [("on", "30s", 30), ("off", "15m", 900)] {
        let line = format!("With {policy}, windows of {length} and less do not open");
        if !said.contains(&line) {
            wrong.push(format!("the page lacks: {line}"));
        }
        if opens(policy, seconds) || !opens(policy, seconds + 1) {
            wrong.push(format!("not so: {line}"));
        }
    }
    wrong
}

/// Cron lines as the page has them.
pub fn cron_lines(texts: &Texts) -> Vec<String> {
    const LINES: [(&str, &str); 6] = [
        ("8-18/2", "0 8-18/2 * * *"),
        ("15W", "0 22 15W * ?"),
        ("FRI#2", "0 22 ? * FRI#2"),
        ("FRIL", "0 22 * * FRIL"),
        ("5L", "0 22 * * 5L"),
        ("7 is Sunday", "0 22 * * 7"),
    ];
    let said = said_of(texts, "cron");
    let lacks = LINES.iter().filter(|(form, _)| !said.contains(form));
    let mut wrong: Vec<String> = lacks.map(|(form, _)| format!("cron: the page lacks {form}")).collect();
    let grant =
        |(i, (_, line)): (usize, &(&str, &str))| format!("[grants.g{i}]\nsecret = 's'\ncron = '{line}'\nduration = '1h'\n");
    let grants: String = LINES.iter().enumerate().map(grant).collect();
    let check = Credadmin::new(&format!("{SECRET}{grants}")).run_to_end(&["check"]);
    if !check.status.success() {
        wrong.push(format!("cron: check refuses {}", text(check.stderr)));
    }
    wrong
}

fn said_of(texts: &Texts, name: &str) -> String {
    keys(&texts.config).into_values().flatten().find(|key| key.name == name).map(|key| key.said).unwrap_or_default()
}

/// The example config is valid, and with it each command of `--help` and of the page does what it is there for.
pub fn examples(texts: &Texts) -> Vec<String> {
    let config = example(&texts.config);
    let credadmin = Credadmin::new(config);
    let mut wrong = Vec::new();
    if config.is_empty() || !credadmin.run_to_end(&["check"]).status.success() {
        wrong.push("check refuses the example".to_owned());
    }
    let of_page = texts.tool.lines().filter_map(|line| line.strip_prefix(".Dl "));
    for (name, help) in texts.helps.iter().filter(|(name, _)| !["", "help"].contains(&name.as_str())) {
        let of_help: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("Example: ")).collect();
        if of_help.len() != 1 {
            wrong.push(format!("{name}: not one example in --help"));
        }
        for line in of_help.into_iter().chain(of_page.clone()) {
            let ours = line.split(['|', '>', '&']).next().unwrap_or_default().split_once("credadmin ");
            let args: Vec<&str> = ours.map(|(_, args)| args.split_whitespace().collect()).unwrap_or_default();
            let own: Vec<&str> = name.split(' ').collect();
            if !args.starts_with(&own) {
                continue;
            }
            // Help is printed only where what stands before it is right.
            let output = match NEED_AWS.contains(&name.as_str()) {
                // Behind `--` it would be another's.
                true => alone(&[args.split(|arg| *arg == "--").next().unwrap_or_default(), &["--help"]].concat()),
                false if name == HIDDEN => alone(&args),
                false => credadmin.run_to_end(&args),
            };
            if !output.status.success() || output.stdout.is_empty() {
                wrong.push(format!("does not work: {line}"));
            }
        }
    }
    wrong
}
