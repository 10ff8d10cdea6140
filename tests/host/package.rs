//! The packages: where they are, and dpkg and rpm, which install them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::container;

/// What `packaging/build` makes, and what tests/run makes of the same binary, to be upgraded to.
const MADE: [&str; 2] = ["packages", "packages-next"];
/// Its version.
pub const NEXT: &str = "99.0.0";
/// Away from what is compared before and after, and gone with the machine.
const RPM_DATABASE: &str = "/run/rpm";
const DPKG_KNOWS_IT: &str = "/var/lib/dpkg/info/credadmin.list";
/// What packages put files in.
const ROOMS: [&str; 5] = ["/etc", "/opt", "/srv", "/usr", "/var"];
/// What changes there whoever is installed: logs, the index of man pages, and dpkg's own.
const RESTLESS: [&str; 3] = ["/var/log", "/var/cache/man", "/var/lib/dpkg"];

/// The directories of packages, outside, and what they are called inside; nothing if they are not all there.
pub fn made() -> Option<[(&'static str, PathBuf); 2]> {
    let made = MADE.map(|name| (name, Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(name)));
    made.iter().all(|(_, directory)| directory.is_dir()).then_some(made)
}

/// The package of this kind, inside.
pub fn given(kind: &str) -> PathBuf {
    only(MADE[0], kind)
}

/// The one to upgrade to.
pub fn next(kind: &str) -> PathBuf {
    only(MADE[1], kind)
}

fn only(directory: &str, kind: &str) -> PathBuf {
    let listed = fs::read_dir(container::given(directory)).expect("packages");
    let mut found =
        listed.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|e| e == kind));
    match (found.next(), found.next()) {
        (Some(path), None) => path,
        (first, second) => panic!("one .{kind} is wanted in {directory}, not {first:?} and {second:?}"),
    }
}

/// `dpkg …`, which has to succeed. If it asks whether to keep a config, it is told to.
pub fn dpkg(arguments: &[&str]) -> String {
    run("dpkg", arguments)
}

/// `rpm …`, likewise: on a Debian, which knows nothing of what it requires.
pub fn rpm(arguments: &[&str]) -> String {
    run("rpm", &[&["--dbpath", RPM_DATABASE], arguments].concat())
}

/// Removes whatever package is installed.
pub fn erase() {
    if Path::new(DPKG_KNOWS_IT).exists() {
        dpkg(&["--purge", "credadmin"]);
    }
    if Path::new(RPM_DATABASE).exists() && rpm(&["-qa"]).contains("credadmin") {
        rpm(&["-e", "credadmin"]);
    }
}

/// What a program prints, whatever is asked on its standard input having the default as its answer. It has to succeed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    // One that asks nothing may be over already.
    drop(child.stdin.take().expect("piped").write_all(b"\n"));
    let output = child.wait_with_output().expect("it ends");
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{said}{error}", output.status);
    said.into_owned()
}

/// Every path there is where packages put files.
pub fn listing() -> BTreeSet<String> {
    let mut arguments = Vec::from(ROOMS);
    for path in RESTLESS {
        arguments.extend(["-path", path, "-prune", "-o"]);
    }
    arguments.push("-print");
    run("find", &arguments).lines().map(str::to_owned).collect()
}
