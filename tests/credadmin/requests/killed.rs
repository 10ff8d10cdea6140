//! An approval that is killed at each of its system calls that change a file: the request is pending or its drop-in is there, or
//! both; and whoever approves it again completes it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{ALICE, BOB, House, RULES, are_several_users};

/// Whether a call that a process is about to make changes a file, by what the kernel says of it.
fn changes_a_file(pid: Pid) -> bool {
    let said = fs::read_to_string(format!("/proc/{pid}/syscall")).expect("a traced process");
    let hex = |text: &str| i64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or_default();
    let words: Vec<&str> = said.split_whitespace().collect();
    let call: libc::c_long = words[0].parse().expect("the number of a call");
    match call {
        libc::SYS_openat => hex(words[3]) & i64::from(libc::O_CREAT) != 0,
        libc::SYS_write => hex(words[1]) > 2,
        libc::SYS_renameat2 | libc::SYS_unlinkat | libc::SYS_fsync | libc::SYS_fchmod | libc::SYS_fchown => true,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_unlink => true,
        _ => false,
    }
}

/// Approves, and kills that before its `n`th call that changes a file; answers whether there was one.
fn killed(house: &House, id: &str, n: usize) -> bool {
    // As root, whom whatever runs the tests lets trace.
    let mut command = house.command("root", &["approve", id]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("a program to run");
    let pid = Pid::from_raw(child.id().try_into().expect("a pid"));
    // It has changed nothing before it is answered.
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("Type yes") {
        line.clear();
        assert!(said.read_line(&mut line).expect("text") > 0, "it ended before it asked");
    }
    ptrace::seize(pid, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL).expect("it may be traced");
    ptrace::interrupt(pid).expect("it is traced");
    child.stdin.take().expect("piped").write_all(b"yes\n").expect("it reads");
    let mut changes = 0;
    let was_killed = loop {
        match waitpid(pid, Some(WaitPidFlag::__WALL)).expect("it is traced") {
            WaitStatus::Exited(_, code) => {
                assert_eq!(code, 0, "an approval that nobody kills");
                break false;
            }
            WaitStatus::PtraceSyscall(_) => {
                let enters = ptrace::syscall_info(pid).expect("a call").op == libc::PTRACE_SYSCALL_INFO_ENTRY;
                changes += usize::from(enters && changes_a_file(pid));
                if enters && changes == n {
                    kill(pid, Signal::SIGKILL).expect("it is ours");
                    while !matches!(waitpid(pid, Some(WaitPidFlag::__WALL)), Ok(WaitStatus::Signaled(..)) | Err(_)) {}
                    break true;
                }
            }
            WaitStatus::Signaled(..) => panic!("somebody else killed it"),
            _ => {}
        }
        ptrace::syscall(pid, None).expect("it goes on");
    };
    // It has been waited for already.
    drop(child.wait());
    was_killed
}

#[test]
fn wherever_it_is_killed_nothing_is_lost_and_the_next_one_completes_it() {
    if !are_several_users() {
        return;
    }
    let (mut pending, mut granted, mut points) = (0, 0, 0);
    for n in 1.. {
        let house = House::new(&RULES.replace("'bin',", "'bin', 'root',"), "");
        let id = house.asked(ALICE, &[]);
        let was_killed = killed(&house, &id, n);
        let (waits, is_there) = (house.pending(&id).exists(), house.drop_in(&id).exists());
        assert!(waits || is_there, "{n}: neither");
        assert_eq!(house.state(&id), if is_there { "approved" } else { "pending" }, "{n}");
        let said = house.run("root", &["check"]);
        let warned = said.err.is_empty() || said.err.starts_with("warning: secrets.s has no grant");
        assert!(said.code == 0 && warned, "{n}: {said:?}");
        if !was_killed {
            break;
        }
        points += 1;
        pending += usize::from(!is_there);
        granted += usize::from(is_there);
        let said = house.approve(BOB, &id);
        let done = said.code == 0 || said.err.starts_with(&format!("error: {id} is approved already, by root at "));
        assert!(done, "{n}: {said:?}");
        if is_there && said.code == 0 {
            assert!(said.err.ends_with("; what was left to do is done\n"), "{n}: {said:?}");
        }
        assert_eq!(house.state(&id), "approved", "{n}");
        let decided = fs::read_dir(house.credadmin.path("requests/decided")).expect("a directory").map_while(Result::ok);
        let records = decided.filter(|entry| entry.file_name().to_string_lossy().ends_with(".toml")).count();
        assert_eq!(records, 1, "{n}");
        let said = house.run("root", &["check"]);
        assert!(said.code == 0 && said.err.is_empty(), "{n}: {said:?}");
    }
    // Before the drop-in is there and after it: a draft, its owner, mode, text and sync, its name; the record; the request.
    assert!(pending >= 5 && granted >= 8, "{points} points: {pending} before, {granted} after");
}
