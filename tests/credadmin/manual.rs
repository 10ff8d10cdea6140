//! The manual pages are held to the code, both ways: what can be typed, set or sent is in them, and nothing else is.
//!
//! `--help` is the real binary's, and the defaults, limits and examples are tried on it.

mod page;
mod tried;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use page::{Key, Words, heads, items, keys, names, section, subsections, words_after};
use tried::text;

use crate::secrets::source::product;
pub use tried::alone;

/// `--help` does not list it: it is for the packages.
const HIDDEN: &str = "completions";
/// Of all programs, of clap, and of a second SIGINT or SIGTERM.
const COMMON_CODES: [&str; 4] = ["0", "2", "130", "143"];
/// Those that src/cli/surroundings.rs is not about.
const OTHER_VARIABLES: &str = "CREDADMIN_... RUST_LOG TZ AWS_REGION AWS_ENDPOINT_URL AWS_ENDPOINT_URL_SIGNIN AWS_EC2_METADATA_SERVICE_ENDPOINT \
                               NO_COLOR CLICOLOR_FORCE COLUMNS LC_ALL LC_CTYPE LANG XDG_RUNTIME_DIR NOTIFY_SOCKET WATCHDOG_USEC JOURNAL_STREAM \
                               LISTEN_PID LISTEN_FDS";
/// The texts that have to agree.
#[derive(Clone)]
struct Texts {
    shapes: String,
    cli: String,
    surroundings: String,
    /// The commands that look whether they may start in them.
    refusing: Words,
    signals: String,
    /// `--help` of each sub-command, and of none.
    helps: BTreeMap<String, String>,
    /// credadmin.8
    tool: String,
    /// credadmin.toml.5
    config: String,
}

fn texts() -> Texts {
    let sources: BTreeMap<String, String> = product().into_iter().collect();
    let help = |args: &[&str]| text(alone(args).stdout);
    let top = help(&["--help"]);
    let helps = listed(&top).into_iter().chain([HIDDEN]).flat_map(|name| {
        let own = help(&[name, "--help"]);
        let parts: Vec<_> =
            listed(&own).into_iter().map(|part| (format!("{name} {part}"), help(&[name, part, "--help"]))).collect();
        if parts.is_empty() { vec![(name.to_owned(), own)] } else { parts }
    });
    Texts {
        shapes: ["shapes", "requests", "evidence", "telling"].map(|name| sources[&format!("config/{name}.rs")].as_str()).concat(),
        cli: sources.iter().filter(|(name, _)| name.starts_with("cli/")).map(|(_, text)| text.as_str()).collect(),
        surroundings: sources["cli/surroundings.rs"].clone(),
        refusing: words(
            sources
                .iter()
                .filter(|(_, code)| code.contains("Surroundings::of_this_process()"))
                .filter_map(|(name, _)| name.strip_prefix("cli/")?.split(['/', '.']).next()),
        ),
        signals: sources["signals.rs"].clone(),
        helps: helps.chain([(String::new(), top.clone()), ("help".into(), String::new())]).collect(),
        tool: page::read("credadmin.8"),
        config: page::read("credadmin.toml.5"),
    }
}

/// The sub-commands in a help, but for that of help itself.
fn listed(help: &str) -> Vec<&str> {
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    list.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

/// All sub-commands, as clap knows them, in order.
pub fn commands() -> Vec<String> {
    texts().helps.into_keys().filter(|name| !["", "help"].contains(&name.as_str())).collect()
}

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Words {
    words.into_iter().map(str::to_owned).collect()
}

fn differ(what: &str, page: &Words, code: &Words) -> Vec<String> {
    let lacks = code.difference(page).map(|word| format!("{what}: the page lacks {word}"));
    lacks.chain(page.difference(code).map(|word| format!("{what}: there is no {word}"))).collect()
}

/// `-h, --help` and `--for <DURATION>  …`; not the options in an example.
fn options(help: &str) -> Words {
    words_after(&help.lines().filter(|line| line.trim_start().starts_with('-')).collect::<Vec<_>>().join("\n"), " --")
}

fn wrong_commands(texts: &Texts) -> Vec<String> {
    let described = subsections(section(&texts.tool, "COMMANDS"));
    let stanzas = section(&texts.tool, "SYNOPSIS").split("\n.Nm\n.Cm ").skip(1);
    let synopsis: BTreeMap<&str, &str> = stanzas.map(|stanza| stanza.split_once('\n').unwrap_or((stanza, ""))).collect();
    let known = words(texts.helps.keys().map(String::as_str).filter(|name| !name.is_empty()));
    let mut wrong = differ("COMMANDS", &words(described.keys().copied()), &known);
    wrong.extend(differ("SYNOPSIS", &words(synopsis.keys().copied()), &known));
    let general = options(&texts.helps[""]);
    wrong.extend(differ("DESCRIPTION", &words_after(section(&texts.tool, "DESCRIPTION"), "Fl -"), &general));
    for (name, help) in texts.helps.iter().filter(|(name, _)| !name.is_empty()) {
        let body = described.get(name.as_str()).copied().unwrap_or_default();
        let own: Words = options(help).difference(&general).cloned().collect();
        wrong.extend(differ(name, &words_after(&heads(body), "Fl -"), &own));
        wrong.extend(differ(name, &words_after(synopsis.get(name.as_str()).unwrap_or(&""), "Fl -"), &own));
        wrong.extend(help.lines().flat_map(|line| wrong_values(line, body)).map(|what| format!("{name}: {what}")));
    }
    wrong
}

/// `[default: text] [possible values: text, json]` of an option, or of an argument, are with it in the page.
fn wrong_values(help: &str, body: &str) -> Vec<String> {
    let option = words_after(help, " --").pop_first();
    let item =
        items(body).into_iter().find(|(head, _)| option.as_ref().is_some_and(|name| words_after(head, "Fl -").contains(name)));
    let text = item.map_or(body, |(_, text)| text);
    let told: BTreeSet<&str> = text.split_whitespace().collect();
    let is_told = |label: &str, value: &str| match label {
        "default" => [".Cm", ".Pa"].iter().any(|request| text.contains(&format!("default\n{request} {value} "))),
        _ => told.contains(value),
    };
    let values = help.split('[').skip(1).filter_map(|part| part.split(']').next()?.split_once(": "));
    let values = values.flat_map(|(label, values)| values.split(", ").map(move |value| (label, value)));
    values
        .filter(|(label, value)| !is_told(label, value))
        .map(|(label, value)| format!("the page lacks {label}: {value}"))
        .collect()
}

/// Exit status, signals and environment.
fn wrong_surroundings(texts: &Texts) -> Vec<String> {
    let heads = heads(section(&texts.tool, "EXIT STATUS"));
    let codes = &words_after(&texts.cli, "u8 = ") | &words(COMMON_CODES);
    let mut wrong = differ("EXIT STATUS", &words(heads.split([' ', ',', '\n']).filter(|code| !code.is_empty())), &codes);

    let handled = texts.signals.split("Signals::new([").nth(1).and_then(|rest| rest.split(']').next()).expect("the signals");
    wrong.extend(differ("SIGNALS", &names(section(&texts.tool, "SIGNALS"), "Dv"), &words(handled.split(", "))));

    let literals = |code: &str| {
        let is_name = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        words(code.split('"').skip(1).step_by(2).filter(is_name))
    };
    let stray = texts.surroundings.split("const STRAY").nth(1).and_then(|rest| rest.split("];").next()).expect("the strays");
    let stray = literals(stray);
    let (other, ignored) = section(&texts.tool, "ENVIRONMENT").split_once("\nIgnored").unwrap_or_default();
    wrong.extend(differ("ENVIRONMENT, ignored", &names(ignored, "Ev"), &stray));
    let (other, refused) = other.split_once("\nRefused").unwrap_or_default();
    wrong.extend(differ("ENVIRONMENT", &names(other, "Ev"), &words(OTHER_VARIABLES.split(' '))));
    let decide = &(&literals(&texts.surroundings) - &stray) | &words(["HTTPS_PROXY"]);
    wrong.extend(differ("ENVIRONMENT, refused", &names(refused, "Ev"), &decide));
    let known = words(texts.helps.keys().filter_map(|name| name.split(' ').next()));
    wrong.extend(differ("ENVIRONMENT, refused by", &(&names(refused, "Cm") & &known), &texts.refusing));
    wrong
}

/// Each key is in the table that it is read from, and is called required where it is.
fn wrong_keys(texts: &Texts) -> Vec<String> {
    let keys = keys(&texts.config);
    let mut wrong = Vec::new();
    let tables: [(&str, &[&str]); 8] = [
        ("Outside of tables", &["pub fn read("]),
        ("[secrets.NAME]", &["fn secret("]),
        ("[grants.NAME]", &["fn grant(", "fn window("]),
        ("[requests]", &["pub fn desk("]),
        ("[secrets.NAME.requests]", &["pub fn rules("]),
        ("[grants.NAME.evidence]", &["fn evidence_of("]),
        ("[mail]", &["fn mail("]),
        ("[notify]", &["fn notify("]),
    ];
    for (table, functions) in tables {
        let is_read_here = |code: &&str| functions.iter().any(|function| code.contains(&format!("\n{function}")));
        let code: String = texts.shapes.split("\n}\n").filter(is_read_here).collect();
        let told: &[Key] = keys.get(table).map(Vec::as_slice).unwrap_or_default();
        let required = words_after(&code, "required(\"");
        let mut all = words(told.iter().map(|key| key.name));
        if table == "Outside of tables" {
            all.extend(keys.keys().filter_map(|table| Some(table.strip_prefix('[')?.split(['.', ']']).next()?.to_owned())));
        }
        wrong.extend(differ(table, &all, &(&words_after(&code, "optional(\"") | &required)));
        let told_required = told.iter().filter(|key| key.default == "required").map(|key| key.name);
        wrong.extend(differ(&format!("{table}, required"), &words(told_required), &required));
    }
    wrong
}

fn wrong(texts: &Texts) -> Vec<String> {
    let rules = [
        wrong_commands,
        wrong_surroundings,
        wrong_keys,
        tried::defaults,
        tried::limits,
        tried::shortest,
        tried::cron_lines,
        tried::examples,
    ];
    rules.iter().flat_map(|rule| rule(texts)).collect()
}

fn is_bash(script: &str) -> bool {
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("bash");
    bash.stdin.take().expect("piped").write_all(script.as_bytes()).expect("written");
    bash.wait().expect("it ends").success()
}

#[test]
fn the_pages_say_what_the_code_does() {
    assert_eq!(wrong(&texts()), [""; 0]);
}

#[test]
fn completions_name_each_sub_command() {
    let helps = texts().helps;
    for shell in ["bash", "zsh", "fish"] {
        let output = alone(&["completions", shell]);
        let script = text(output.stdout);
        assert!(output.status.success(), "{shell}");
        for name in helps.keys() {
            assert!(name.split(' ').all(|part| script.contains(part)) && script.len() > 1000, "{shell}: {name}");
        }
        if shell == "bash" {
            assert!(is_bash(&script));
            assert!(!is_bash(&script[..script.len() / 2]), "bash -n takes anything");
        }
    }
    assert_eq!(alone(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn each_of_these_rules_can_be_broken() {
    let texts = texts();
    type Place = fn(&mut Texts) -> &mut String;
    let tool: Place = |texts| &mut texts.tool;
    let config: Place = |texts| &mut texts.config;
    let shapes: Place = |texts| &mut texts.shapes;
    let cli: Place = |texts| &mut texts.cli;
    let surroundings: Place = |texts| &mut texts.surroundings;
    let signals: Place = |texts| &mut texts.signals;
    let plan: Place = |texts| texts.helps.get_mut("plan").expect("its help");
    for (place, from, to, says) in [
        (tool, "\n.Ss status", "\n.Ss state", "COMMANDS: the page lacks status"),
        (tool, "\n.Ss status", "\n.Ss state", "COMMANDS: there is no state"),
        (tool, ".Nm\n.Cm status", ".Nm\n.Cm state", "SYNOPSIS: the page lacks status"),
        (tool, ".Op Fl -at Ar instant\n", "", "plan: the page lacks at"),
        (tool, ".It Fl -at Ar instant", ".It Fl -since Ar instant", "plan: there is no since"),
        (tool, ".It Fl V , Fl -version", ".It Fl V", "DESCRIPTION: the page lacks version"),
        (tool, ".Cm 24h .", ".Cm 12h .", "plan: the page lacks default: 24h"),
        (tool, ".Cm fish ,", ".Cm tcsh ,", "completions: the page lacks possible values: fish"),
        (plan, "  --for <", "  --time <", "plan: the page lacks time"),
        (plan, "text, json]", "text, yaml]", "plan: the page lacks possible values: yaml"),
        (plan, "Example: ", "As in: ", "plan: not one example"),
        (plan, "--for 7d", "--for 7000d", "does not work: credadmin plan"),
        (tool, ".Dl credadmin check &&", ".Dl credadmin check --all &&", "does not work: credadmin check --all"),
        (tool, "credadmin status --format json", "credadmin status --json", "does not work: credadmin status --json"),
        (tool, ".It 71", ".It 70", "EXIT STATUS: the page lacks 71"),
        (cli, "EX_IOERR: u8 = 74", "EX_IOERR: u8 = 73", "EXIT STATUS: there is no 74"),
        (tool, ".It Dv SIGUSR1", ".It Dv SIGUSR2", "SIGNALS: there is no SIGUSR2"),
        (signals, "SIGHUP, SIGUSR1]", "SIGHUP, SIGUSR1, SIGUSR2]", "SIGNALS: the page lacks SIGUSR2"),
        (tool, ".It Ev AWS_PROFILE ,", ".It Ev", "ignored: the page lacks AWS_PROFILE"),
        (tool, ", ALL_PROXY , all_proxy", ", ALL_PROXY", "refused: the page lacks all_proxy"),
        (tool, ".Cm run ,\n.Cm notify ,", ".Cm run ,", "ENVIRONMENT, refused by: the page lacks notify"),
        (tool, ".It Ev RUST_LOG", ".It Ev LOG_LEVEL", "ENVIRONMENT: there is no LOG_LEVEL"),
        (surroundings, "\"AWS_ROLE_ARN\",", "", "ignored: there is no AWS_ROLE_ARN"),
        (config, ".It Cm ticket", ".It Cm tickets", "[grants.NAME]: there is no tickets"),
        (config, "[grants.NAME]\nWhen", "[windows.NAME]\nWhen", "Outside of tables: there is no windows"),
        (config, "Ar ARN Pq required", "Ar ARN Pq default: none", "[secrets.NAME], required: the page lacks role_arn"),
        (shapes, "optional(\"tags\"", "optional(\"labels\"", "[secrets.NAME]: there is no tags"),
        (shapes, "optional(\"region\"", "required(\"region\"", "Outside of tables, required: the page lacks region"),
        (shapes, "unwrap_or(Credentials::InstanceRole)", "unwrap_or(Credentials::DefaultChain)", "default: credentials"),
        (config, "default: 1h", "default: 2h", "not the default: session_duration"),
        (config, "default: 20m", "default: 30m", "not the default: refresh_lead"),
        (config, "default: on", "default: off", "not the default: session_policy"),
        (config, "default: UTC", "default: Europe/Berlin", "not the default: time_zone"),
        (config, "default: instance-role", "default: default-chain", "not the default: credentials"),
        (config, "refresh_lead No = 15m to 12h", "refresh_lead No = 10m to 12h", "refresh_lead: check does not say 10m"),
        (config, "1s to 366d", "1s to 365d", "duration: check does not say 1s to 365d"),
        (config, "on or off", "yes or no", "session_policy: check does not say"),
        (config, "2 to 64 letters", "2 to 32 letters", "source_identity: the page or check"),
        (config, "windows of 30s and less", "windows of 20s and less", "the page lacks: With on, windows of 30s"),
        (config, "or 15W,", "or 16W,", "cron: the page lacks 15W"),
        (config, ".It Cm latest_start", ".It Cm latest_end", "[secrets.NAME.requests]: there is no latest_end"),
        (config, "required or optional", "always or never", "signatures: check does not say"),
        (config, ".It Cm approver_uid", ".It Cm approver", "[grants.NAME.evidence]: there is no approver"),
        (config, "duration = \"2h\"\n", "", "check refuses the example"),
        (config, ".Bd -literal", ".Bd -ragged", "check refuses the example"),
    ] {
        let mut broken = texts.clone();
        let text = place(&mut broken);
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
        let news = wrong(&broken);
        assert!(news.iter().any(|what| what.contains(says)), "{from} -> {to}: {news:?}");
    }
}
