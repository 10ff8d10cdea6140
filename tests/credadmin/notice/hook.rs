//! `notify.command`: what the program gets, and how it ends.

use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::{Host, OPENED, account, config, until};
use crate::harness::PATIENCE;

/// A config whose program is this script of sh.
fn running(script: &str, more: &str) -> String {
    config(&format!("[notify]\ncommand = ['/bin/sh', '-c', '''{script}''', 'it', '#security']\n{more}")).0
}

#[test]
fn the_program_gets_one_line_of_json_and_nothing_of_the_notifiers_environment() {
    let aws = account();
    let files = tempfile::tempdir().expect("a directory");
    let at = |name: &str| files.path().join(name);
    let script = format!(
        "cat > {0}/line; env > {0}/env; echo \"$0 $1\" > {0}/args; pwd > {0}/pwd; echo well done",
        files.path().display()
    );
    let host = Host::new(&aws, &running(&script, ""));
    let mut notifier = host.start();
    let reason = "$(touch /tmp/x) 'quoted'\nand more";
    host.says("1", OPENED, "window opened: grant q4 of secret s3", json!({ "REQUESTED_BY": "jane.doe", "REASON": reason }));
    notifier.wait_for_line("notify.command ran: opens of s3 (q4): well done", PATIENCE);
    let line = fs::read_to_string(at("line")).expect("what it was given");
    let said: Value = serde_json::from_str(&line).expect("JSON");
    assert!(line.ends_with("}\n") && line.lines().count() == 1);
    let keys = "approved_by at error_code event grants host message reason requested_by secret ticket until version";
    assert_eq!(said.as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>().join(" "), keys);
    assert_eq!(
        (&said["version"], &said["event"], &said["secret"], &said["grants"]),
        (&json!(1), &json!("opens"), &json!("s3"), &json!(["q4"]))
    );
    assert_eq!(
        (&said["requested_by"], &said["approved_by"]),
        (&json!("jane.doe"), &json!("john.roe")),
        "by the entry, by the config"
    );
    assert_eq!((&said["reason"], &said["ticket"]), (&json!("$(touch /tmp/x) 'quoted' and more"), &Value::Null));
    assert_eq!(fs::read_to_string(at("args")).expect("its arguments"), "it #security\n");
    assert_eq!(fs::read_to_string(at("pwd")).expect("where it ran"), "/\n");
    let environment = fs::read_to_string(at("env")).expect("its environment");
    let mut names: Vec<&str> = environment.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.sort();
    assert_eq!(names, ["LANG", "PATH"], "but for what a shell adds");
    assert!(notifier.stop().success());
    assert_eq!(aws.world.calls().len(), 0, "and AWS has no part in it");
}

#[test]
fn a_program_that_takes_too_long_ends_with_its_children() {
    let aws = account();
    let files = tempfile::tempdir().expect("a directory");
    let pids = files.path().join("pids");
    let script = format!("echo began; sleep 1000 & echo $! >> {0}; echo $$ >> {0}; sleep 1000", pids.display());
    let host = Host::new(&aws, &running(&script, "timeout = '1s'\n"));
    let notifier = host.start();
    host.opens("1");
    let line = notifier
        .wait_for_line("notify.command failed: opens of s3 (q4): /bin/sh took longer than 1s and was ended: began", PATIENCE);
    assert!(line.contains("; access is not affected; next try in "), "{line}");
    let pids = fs::read_to_string(&pids).expect("two processes");
    let pids: Vec<Pid> = pids.lines().take(2).map(|pid| Pid::from_raw(pid.parse().expect("a pid"))).collect();
    assert_eq!(pids.len(), 2);
    for pid in pids {
        // The child's parent is gone, and whoever reaps it now may take a moment.
        let ended = || {
            kill(pid, None) == Err(Errno::ESRCH)
                || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
        };
        let patient = (0..100).any(|_| {
            ended() || {
                std::thread::sleep(Duration::from_millis(50));
                false
            }
        });
        assert!(patient, "{pid} lives on");
    }
    // The same words again are not told again; but that it is given up.
    let line = notifier.wait_for_line("given up", PATIENCE);
    assert!(line.starts_with("notify.command failed") || line.contains("notify.command failed"), "{line}");
    assert_eq!(notifier.lines_with("notify.command failed").len(), 2);
}

#[test]
fn a_program_that_fails_is_told_of_tried_again_and_given_up() {
    let aws = account();
    let files = tempfile::tempdir().expect("a directory");
    let runs = files.path().join("runs");
    let script =
        format!("echo run >> {}; printf 'no\\nnetwork' >&2; head -c 100000 /dev/zero | tr '\\0' x; exit 3", runs.display());
    let host = Host::new(&aws, &running(&script, "events = ['opens']\n"));
    let mut notifier = host.start();
    host.says("1", super::CLOSED, "window closed", json!({}));
    host.opens("2");
    let line = notifier.wait_for_line("given up", PATIENCE);
    assert!(line.contains("/bin/sh ended with exit status: 3: xxx") && line.len() < 1500, "{} {line}", line.len());
    assert_eq!(fs::read_to_string(&runs).expect("its runs").lines().count(), 4);
    assert!(notifier.stop().success());
    let mut again = host.start();
    assert!(again.stop().success());
    assert_eq!(fs::read_to_string(&runs).expect("its runs").lines().count(), 4, "given up is given up");
}

#[test]
fn mail_and_program_do_not_wait_for_each_other() {
    let aws = account();
    let (config, _) = config(&format!("[notify]\ncommand = ['/nowhere/tell']\n{}", super::MAIL));
    let host = Host::new(&aws, &config);
    let notifier = host.start();
    host.opens("1");
    notifier.wait_for_line("notify.command failed: opens of s3 (q4): /nowhere/tell can't be started: No such file", PATIENCE);
    until("both", || aws.world.mails().len() == 2);
}
