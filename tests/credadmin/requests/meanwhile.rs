//! What changes while an approver reads the request.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use super::{ALICE, BOB, House, RULES, are_several_users};

#[test]
fn what_was_tightened_while_it_was_read_holds() {
    if !are_several_users() {
        return;
    }
    let house = House::new(RULES, "");
    let id = house.asked(ALICE, &[]);
    let path = house.credadmin.path("credadmin.toml");
    let config = fs::read_to_string(&path).expect("a config");
    for (from, to, says) in [
        ("'8h'", "'3h'", "the window is 4h long; longest_window of s is 3h"),
        ("['bin', 'group:sys']", "['sys']", "bin may not approve requests for s: its approvers are sys"),
    ] {
        fs::write(&path, &config).expect("root may");
        let mut command = house.command(BOB, &["approve", &id]);
        let mut approving = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program to run");
        let mut shown = BufReader::new(approving.stderr.take().expect("piped"));
        let asks = |line: &String| line.ends_with("Type yes:");
        assert!(shown.by_ref().lines().map_while(Result::ok).any(|line| asks(&line)), "it asks");
        fs::write(&path, config.replace(from, to)).expect("root may");
        approving.stdin.take().expect("piped").write_all(b"yes\n").expect("it reads");
        let mut err = String::new();
        shown.read_to_string(&mut err).expect("UTF-8");
        let status = approving.wait().expect("its end");
        assert_eq!((status.code(), err), (Some(1), format!("error: {id}: {says}\n")));
        assert!(!house.drop_in(&id).exists() && house.pending(&id).exists());
    }
}
