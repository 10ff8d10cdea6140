//! This program again, in another mode and a process of its own. It answers each line with a line of JSON, and ends when
//! nobody can ask it any more.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::Told;

/// Variables for a process; nothing else is passed on to it.
pub type Environment = Vec<(String, String)>;

/// The process.
pub struct Servant {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Servant {
    /// Starts it.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn start(arguments: &[String], environment: &Environment) -> Told<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take().ok_or("no stdin")?;
        let from = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Self { child, to, from })
    }

    /// Asks it.
    ///
    /// # Errors
    /// If it is gone, or if it answers `{"error": …}`.
    pub fn ask(&mut self, question: &str) -> Told<Value> {
        writeln!(self.to, "{question}")?;
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(format!("no answer to {question:?}").into());
        }
        let answer: Value = serde_json::from_str(&line)?;
        match answer.get("error") {
            Some(error) => Err(format!("{question:?}: {error}").into()),
            None => Ok(answer),
        }
    }
}

impl Drop for Servant {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to kill, and nothing to report.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The other side: answers every line that comes in.
///
/// # Errors
/// If lines can be neither read nor written.
pub fn answer(mut answer: impl FnMut(&str) -> Told<Value>) -> Told {
    for line in std::io::stdin().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }));
        println!("{answer}");
    }
    Ok(())
}
