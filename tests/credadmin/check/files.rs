//! Whom the config is believed: what others can write, or what is no file at all, is refused.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::unistd::{Gid, Uid, chown};

use super::{SECRET, check};
use crate::harness::Credadmin;

/// Runs `check` on a main file that has become something else, and wants it refused with these words.
fn refused_after(change: impl FnOnce(&Credadmin), words: &[&str]) {
    let credadmin = Credadmin::new(SECRET);
    change(&credadmin);
    let said = check(&credadmin);
    assert!(said.ends_with("\n1 mistake: the config is refused\n---- stdout\n---- exit status 78\n"), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in:\n{said}");
    }
}

/// Sets the mode of a file.
pub fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode to set");
}

#[test]
fn a_main_file_that_is_not_there_is_fatal() {
    refused_after(
        |credadmin| credadmin.remove("credadmin.toml"),
        &["error: no such file\n--> /etc/credadmin/credadmin.toml\n = note: wanted: a file that credadmin may read\n"],
    );
}

#[test]
fn an_empty_main_file_is_a_valid_one_with_nothing_to_do() {
    let said = check(&Credadmin::new(""));
    let wanted = "\n---- stdout\n/etc/credadmin/credadmin.toml: valid\n  no [secrets.NAME] table: there is nothing to do\n---- exit status 0\n";
    assert_eq!(said, wanted);
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    for (bits, shown) in [(0o666, "0666"), (0o664, "0664"), (0o602, "0602"), (0o620, "0620")] {
        refused_after(
            |credadmin| mode(&credadmin.path("credadmin.toml"), bits),
            &[
                &format!("error: others than its owner can write it (mode {shown})\n--> /etc/credadmin/credadmin.toml\n"),
                "wanted: chmod go-w",
            ],
        );
    }
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    for (directory, bits, shown) in [(".", 0o777, "0777"), (".", 0o1777, "1777"), ("conf.d", 0o770, "0770")] {
        refused_after(
            |credadmin| {
                credadmin.rewrite("conf.d/10.toml", "region = \"eu-central-1\"");
                mode(&credadmin.path(directory), bits);
            },
            &[&format!(
                "error: others than its owner can write it (mode {shown})\n--> {}\n",
                Path::new("/etc/credadmin").join(directory).components().collect::<std::path::PathBuf>().display()
            )],
        );
    }
}

/// Files of another user can be made by root only, and tests are run as root wherever it counts: in CI.
#[test]
fn a_file_of_another_owner_is_refused() {
    if !Uid::effective().is_root() {
        eprintln!("not root: no file can be given to another user here, so that this is not tested");
        return;
    }
    let stranger = Some(Uid::from_raw(54321));
    for file in ["credadmin.toml", "conf.d/10.toml", "conf.d"] {
        refused_after(
            |credadmin| {
                credadmin.rewrite("conf.d/10.toml", "region = \"eu-central-1\"");
                chown(&credadmin.path(file), stranger, None::<Gid>).expect("root may");
            },
            &[&format!("error: its owner is user 54321\n--> /etc/credadmin/{file}\n = note: wanted: root as its owner\n")],
        );
    }
}

#[test]
fn what_is_not_a_regular_file_of_text_is_refused() {
    refused_after(
        |credadmin| {
            credadmin.remove("credadmin.toml");
            nix::unistd::mkfifo(&credadmin.path("credadmin.toml"), nix::sys::stat::Mode::S_IRUSR).expect("a FIFO");
        },
        &["error: not a regular file\n"],
    );
    refused_after(
        |credadmin| {
            credadmin.remove("credadmin.toml");
            fs::create_dir(credadmin.path("credadmin.toml")).expect("a directory");
        },
        &["error: not a regular file\n"],
    );
    refused_after(
        |credadmin| fs::write(credadmin.path("credadmin.toml"), b"region = \"\xff\"").expect("bytes"),
        &["error: not UTF-8\n", "wanted: text in UTF-8"],
    );
    refused_after(
        |credadmin| {
            let file = fs::OpenOptions::new().write(true).open(credadmin.path("credadmin.toml")).expect("a file");
            file.set_len((16 << 20) + 1).expect("a length");
        },
        &["error: 16777217 bytes\n", "wanted: 16 MiB at most"],
    );
}

/// A dangling link is no file; one that leads to a file is followed, as a package's `/etc` may be made of links.
#[test]
fn the_main_file_may_be_a_link() {
    let credadmin = Credadmin::new(SECRET);
    fs::rename(credadmin.path("credadmin.toml"), credadmin.path("elsewhere")).expect("moved");
    symlink(credadmin.path("elsewhere"), credadmin.path("credadmin.toml")).expect("a link");
    assert!(check(&credadmin).ends_with("---- exit status 0\n"));
    credadmin.remove("elsewhere");
    assert!(check(&credadmin).contains("error: no such file\n"));
}
