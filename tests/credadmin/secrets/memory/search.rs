//! The memory of another process, searched for secrets: each mapping that it can write to, read as root from /proc.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What is looked for at a time, in bytes. A secret is found by any one of its pieces, so also where only a part of it is left:
/// any part of 31 bytes holds a whole piece.
const PIECE: usize = 16;
/// Pieces of one copy are no further apart than what is encoded in between.
const APART: usize = 64;
/// How much of what stands before a copy is looked at, to know what it is part of.
const BEFORE: usize = 24;

/// A secret, and what its copies are called.
#[derive(Clone)]
pub struct Secret {
    pub name: &'static str,
    pub value: String,
}

/// How often each secret was found, by its name and by what it is part of there.
pub type Copies = BTreeMap<(&'static str, &'static str), usize>;

/// What can stand before a copy, and what it is part of then.
const PARTS_OF: [(&[u8], &str); 6] = [
    (b"<SecretAccessKey>", "STS's answer"),
    (b"<SessionToken>", "STS's answer"),
    (b"\\\"sessionKey\\\":\\\"", "the body of PutSecretValue"),
    (b"\\\"sessionToken\\\":\\\"", "the body of PutSecretValue"),
    (b"\"sessionKey\":\"", "the secret's value"),
    (b"\"sessionToken\":\"", "the secret's value"),
];

/// Searches a process for these secrets; it stands still meanwhile. Text that `canary` is part of every one of them is no piece.
pub fn search(process: u32, secrets: &[Secret], canary: &str) -> Copies {
    let pid = Pid::from_raw(process.try_into().expect("a pid"));
    let mut pieces = HashMap::new();
    for secret in secrets {
        assert!(secret.value.starts_with(canary) && secret.value.len() >= canary.len() + PIECE, "{}: no secret", secret.name);
        let percent_encoded: String = secret.value.chars().map(encoded).collect();
        for form in [&secret.value, &percent_encoded] {
            let last = form.len() - PIECE;
            for offset in (canary.len()..last).step_by(PIECE).chain([last]) {
                let piece: [u8; PIECE] = form.as_bytes()[offset..offset + PIECE].try_into().expect("its length");
                // What is the same in both forms is looked for once.
                if form == &secret.value || piece.contains(&b'%') {
                    pieces.insert(piece, (secret.name, offset));
                }
            }
        }
    }
    kill(pid, Signal::SIGSTOP).expect("it runs");
    let memory = read(process);
    kill(pid, Signal::SIGCONT).expect("it runs");
    let mut counted = Copies::new();
    for mapping in memory {
        let mut last = HashMap::new();
        for (at, window) in mapping.windows(PIECE).enumerate() {
            let Some((name, offset)) = pieces.get(window) else { continue };
            if last.insert(name, at).is_some_and(|before| at <= before + PIECE + APART) {
                continue; // More of the same copy.
            }
            let before = &mapping[at.saturating_sub(offset + BEFORE)..at.saturating_sub(*offset)];
            let part =
                PARTS_OF.iter().find(|(it, _)| before.ends_with(it)).map_or("itself, or what is left of it", |(_, part)| part);
            *counted.entry((*name, part)).or_default() += 1;
        }
    }
    counted
}

/// `+`, `/` and `=` are all that AWS's secret parts have of what is encoded.
fn encoded(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.into() } else { format!("%{:02X}", u32::from(c)) }
}

/// What it can write to: only there can a secret be.
fn read(process: u32) -> Vec<Vec<u8>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("a process, read as root");
    let memory = File::open(format!("/proc/{process}/mem")).expect("a process, read as root");
    let mut read = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).expect("an address"));
        let mut bytes = vec![0; (to - from) as usize];
        memory.read_exact_at(&mut bytes, from).unwrap_or_else(|error| panic!("{line} can't be read: {error}"));
        read.push(bytes);
    }
    assert!(read.iter().map(Vec::len).sum::<usize>() > 1 << 20, "the whole process");
    read
}
