//! The planted mistakes of `tests/planted` still apply to the tree. Whether the suite finds them is for `tests/planted/run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As much as the run and its table want of a patch: what is wrong, what it would mean, and where it is expected to be found.
fn is_well_headed(patch: &str) -> bool {
    let mut lines = patch.lines();
    let says_both = lines.next().is_some_and(|line| line.split(": ").filter(|half| !half.trim().is_empty()).count() == 2);
    let expected = lines.next().and_then(|line| line.strip_prefix("Expected of: "));
    says_both
        && expected
            .is_some_and(|place| ["lib ", "credadmin ", "schedule ", "calls "].iter().any(|target| place.starts_with(target)))
}

fn patches(tree: &Path) -> Vec<PathBuf> {
    let files =
        fs::read_dir(tree.join("tests/planted")).expect("the planted mistakes").map(|entry| entry.expect("a file").path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "patch")).collect()
}

#[test]
fn every_mistake_still_applies() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let patches = patches(tree);
    assert!(patches.len() >= 60, "{} are left", patches.len());
    let page = fs::read_to_string(tree.join("docs/planted.md")).expect("the page");
    for patch in patches {
        let text = fs::read_to_string(&patch).expect("a patch");
        assert!(is_well_headed(&text), "{}: its first two lines", patch.display());
        let wrong = text.split(": ").next().expect("what is wrong");
        assert!(page.contains(&format!("| {wrong} |")), "docs/planted.md lacks {}", patch.display());
        let checked = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(tree).output().expect("git");
        assert!(checked.status.success(), "{}: {}", patch.display(), String::from_utf8_lossy(&checked.stderr));
    }
}
