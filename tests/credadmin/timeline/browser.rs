//! The page in a real browser, beside pictures that somebody has looked at. If they are to change: the new ones are in
//! target/pictures; look at them, and put them into tests/credadmin/timeline/pictures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use credadmin::timeline::{html, svg};
use tempfile::TempDir;

use super::picture::Picture;
use super::scene::{hostile, scene};
use crate::harness::run_slowly;

/// Chromium's, for dark. It has no option of its own for it.
const DARK: &str = "--blink-settings=preferredColorScheme=0";

/// By how many pixels a window is higher than what is looked at: a window begins with the bar of a browser, and on a busy machine the
/// picture is taken before what that bar had covered, the lowest 87 pixels, is painted.
const SPARE: u32 = 200;

/// A browser without a screen, with a profile of its own.
struct Browser(TempDir);

impl Browser {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn command(&self, args: &[&str], page: &str, extension: &str) -> Command {
        let path = self.0.path().join(format!("page.{extension}"));
        fs::write(&path, page).expect("a file");
        let mut command = Command::new("chromium");
        // It is our own page, and root's browser has no sandbox.
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-dev-shm-usage",
        ]);
        command.args(["--force-device-scale-factor=1", "--font-render-hinting=none"]);
        command.arg(format!("--user-data-dir={}", self.0.path().join("profile").display()));
        command.env("HOME", self.0.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
        command.args(args).arg(format!("file://{}", path.display()));
        command
    }

    fn screenshot(&self, (width, height): (u32, u32), args: &[&str], page: &str, extension: &str) -> Picture {
        let to = self.0.path().join("screen.png");
        let size = format!("--window-size={width},{}", height + SPARE);
        let screenshot = format!("--screenshot={}", to.display());
        let output = run_slowly(self.command(&[args, &[&size, &screenshot]].concat(), page, extension));
        assert!(to.exists(), "no picture: {}", String::from_utf8_lossy(&output.stderr));
        Picture::read(&to).top(height)
    }

    /// What it makes of a page, as HTML.
    fn document(&self, page: &str) -> String {
        let output = run_slowly(self.command(&["--dump-dom"], page, "html"));
        String::from_utf8(output.stdout).expect("text")
    }
}

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/credadmin/timeline/pictures").join(name)
}

/// The squares in which what a browser shows is not as it was.
fn changed(name: &str, screenshot: &Picture) -> Option<String> {
    let new = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    fs::create_dir_all(&new).expect("a directory");
    screenshot.write(&new.join(name));
    let differences = match kept(name).exists() {
        true => Picture::read(&kept(name)).differences(screenshot),
        false => return Some(format!("there is no {name} yet")),
    };
    (differences.len() > 3).then(|| format!("{name} differs in the squares {differences:?}; see target/pictures/{name}"))
}

#[test]
fn the_page_looks_as_it_did() {
    let browser = Browser::new();
    let page = html(&scene()).replace("<details>", "<details open>");
    let changed = [
        changed("light.png", &browser.screenshot((1000, 860), &[], &page, "html")),
        changed("dark.png", &browser.screenshot((1000, 860), &[DARK], &page, "html")),
        changed("phone.png", &browser.screenshot((360, 1500), &[], &page, "html")),
        changed("picture.png", &browser.screenshot((960, 400), &[], &svg(&scene()), "svg")),
    ];
    assert_eq!(changed.into_iter().flatten().collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_shape_that_is_left_out_is_seen() {
    let browser = Browser::new();
    let page = html(&scene()).replace("<details>", "<details open>");
    for class in ["gap", "coming", "session", "idle"] {
        let without = page.replace(&format!("<rect class=\"{class}\" x"), "<rect class=\"hidden\" width=\"0\" x");
        assert_ne!(without, page);
        let style = without.replace("</style>", ".hidden{display:none}</style>");
        let screenshot = browser.screenshot((1000, 860), &[], &style, "html");
        let differences = Picture::read(&kept("light.png")).differences(&screenshot);
        assert!(differences.len() > 3, "{class}: {differences:?}");
    }
}

/// Chromium's own parser is asked, not ours.
#[test]
fn nothing_that_somebody_wrote_becomes_a_part_of_the_page() {
    let browser = Browser::new();
    let elements = |document: &str| {
        let names = document.split('<').skip(1).filter_map(|rest| rest.split([' ', '>', '\n']).next());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with(['/', '!'])).map(str::to_owned).collect();
        names.sort();
        names
    };
    let usual = elements(&browser.document(&html(&scene())));
    let mut found = elements(&browser.document(&html(&hostile())));
    // One remark more.
    let one = found.iter().position(|name| name == "li").expect("a remark");
    found.remove(one);
    assert_eq!(found, usual);
}
