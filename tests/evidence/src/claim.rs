//! One claim: its command run, and its figure read.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;

use crate::{ROOT, Told};

/// `figure` that counts tests.
const TESTS: &str = "tests";

/// claims.toml
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// In the order of the page.
    pub claim: Vec<Claim>,
}

/// One of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// To ask for it.
    pub name: String,
    /// In words.
    pub says: String,
    /// What shows it again, for sh, at the root of the tree.
    pub command: String,
    /// `tests`, or the text before the figure.
    pub figure: String,
}

/// What came of it.
pub struct Shown {
    /// Whether the command ended well, and its figure was there.
    pub passed: bool,
    /// For the page.
    pub result: String,
}

impl Claim {
    /// Runs the command; what it said is kept in target/evidence.
    ///
    /// # Errors
    /// If it can't be run at all.
    #[expect(clippy::disallowed_methods, reason = "it tells how long a command really took")]
    pub fn run(&self, commit: &str) -> Told<Shown> {
        let began = Instant::now();
        let output = Command::new("sh").arg("-c").arg(&self.command).current_dir(ROOT).output()?;
        let seconds = began.elapsed().as_secs();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let kept = Path::new(ROOT).join("target/evidence");
        fs::create_dir_all(&kept)?;
        fs::write(kept.join(format!("{}.log", self.name)), &said)?;
        let figure = figure(&self.figure, &said);
        let passed = output.status.success() && figure.is_some();
        let verdict = if passed { "pass" } else { "**FAIL**" };
        let figure = figure.unwrap_or_else(|| "no figure".into());
        Ok(Shown { passed, result: format!("{verdict}: {figure}; {seconds} s; {commit}") })
    }
}

/// The figure in what a command said; none where nothing was shown.
fn figure(wanted: &str, said: &str) -> Option<String> {
    if wanted != TESTS {
        let (_, figure) = said.lines().rev().find_map(|line| line.split_once(wanted))?;
        return Some(figure.replace('|', "/"));
    }
    let mut counts = [0; 3];
    for line in said.lines() {
        if let Some(counted) = line.strip_prefix("test result: ") {
            for (count, what) in counts.iter_mut().zip([" passed", " failed", " ignored"]) {
                let before = counted.split(what).next().and_then(|text| text.rsplit(' ').next());
                *count += before.and_then(|number| number.parse().ok()).unwrap_or(0);
            }
        } else if line.starts_with("host: ") && line.contains(" ... ") {
            counts[usize::from(line.contains(" ... FAILED"))] += 1;
        }
    }
    let [passed, failed, ignored] = counts;
    let ignored = if ignored > 0 { format!(", {ignored} ignored") } else { String::new() };
    (passed + failed > 0).then(|| format!("{passed} passed, {failed} failed{ignored}"))
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn tests_are_counted_and_none_is_no_figure() {
        let libtest = "test result: ok. 12 passed; 1 failed; 2 ignored; 0 measured; 3 filtered out; finished in 1.00s\n";
        assert_eq!(figure("tests", &libtest.repeat(2)).as_deref(), Some("24 passed, 2 failed, 4 ignored"));
        let host = "host: 2 scenarios in a systemd of their own\nhost: a::b ... ok (1.0 s)\nhost: a::c ... FAILED (1.0 s)\n";
        assert_eq!(figure("tests", host).as_deref(), Some("1 passed, 1 failed"));
        assert_eq!(figure("tests", "test result: ok. 0 passed; 0 failed; 0 ignored; finished in 0.00s"), None);
        assert_eq!(figure("tests", "host: SKIPPED, nothing was tested\n"), None);
    }

    #[test]
    fn a_figure_is_what_follows_its_text_in_the_last_line() {
        assert_eq!(figure("exposure ", "    exposure 1.2\n    exposure 1.0\nend\n").as_deref(), Some("1.0"));
        assert_eq!(figure("exposure ", "nothing"), None);
    }
}
