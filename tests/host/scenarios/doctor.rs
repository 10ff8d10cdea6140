//! `credadmin doctor` on a real host: what it makes of the service, its sandbox, the journal and the metadata service.

use std::process::Command;

use serde_json::Value;

use crate::host::{Host, main_file, open};

pub fn doctor_finds_what_an_administrator_has_changed(host: &Host) {
    host.write("credadmin.toml", main_file(&open("quarter-end")));
    let found = doctor(host);
    assert!(of(&found, "unit")[0].contains("is inactive"), "{found:#?}");
    host.start();
    host.wait_until("STATUS", || host.show("StatusText").starts_with("1 of 1"));
    let found = doctor(host);
    for check in ["config", "unit", "sandbox", "metadata", "imdsv1", "identity", "secret", "rotation", "role", "skew"] {
        assert!(!of(&found, check).is_empty(), "no {check} in {found:#?}");
    }
    assert!(of(&found, "unit")[0].contains("credadmin.service is running: 1 of 1 secret open"), "{found:#?}");
    assert_eq!(of(&found, "sandbox"), ["the service is shut in as it is shipped"]);
    assert!(found.iter().all(|finding| finding["verdict"] != "wrong"), "{found:#?}");
    found.iter().filter(|finding| finding["verdict"] != "well").for_each(|finding| host.tell(finding.to_string()));

    host.write_drop_in("20-debugging.conf", "[Service]\nLimitCORE=infinity\nNoNewPrivileges=no\nProtectHome=read-only\n");
    let found = doctor(host);
    let weak = of(&found, "sandbox");
    for change in ["LimitCORE=infinity (shipped: 0)", "ProtectHome=read-only (shipped: yes)"] {
        assert!(weak[0].contains(change), "{weak:?}");
    }
    let finding = found.iter().find(|finding| finding["check"] == "sandbox").expect("it is there");
    assert_eq!(finding["verdict"], "warning");
    assert!(finding["remedy"].as_str().is_some_and(|remedy| remedy.contains("20-debugging.conf")), "{finding}");
}

/// What it finds, asked by root as an operator would. Its exit status says whether anything is wrong.
fn doctor(host: &Host) -> Vec<Value> {
    let mut command = Command::new("credadmin");
    command.args(["doctor", "--format", "json"]).env("AWS_ENDPOINT_URL", &host.account.services);
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let found: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let is_wrong = found.iter().any(|finding| finding["verdict"] == "wrong");
    assert_eq!(output.status.code(), Some(is_wrong.into()), "{said}{}", String::from_utf8_lossy(&output.stderr));
    found
}

/// What it says of that check.
fn of<'a>(found: &'a [Value], check: &str) -> Vec<&'a str> {
    let of_check = found.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| finding["says"].as_str().expect("words")).collect()
}
