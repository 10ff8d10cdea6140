//! What came of a scenario, on its way from inside to outside: a file with a line of JSON for each.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::Told;

/// The last line: nothing is missing.
const END: &str = "end";

/// What came of one scenario.
pub struct Outcome {
    pub scenario: String,
    pub seconds: f64,
    /// What it measured or saw, for those who read along.
    pub figures: Vec<String>,
    /// What is wrong, and what the journal had to say.
    pub failure: Option<(String, String)>,
}

/// The inside's end of it.
pub struct Reporter(File);

impl Reporter {
    /// # Errors
    /// If the file can't be made.
    pub fn create(path: &Path) -> Told<Self> {
        Ok(Self(OpenOptions::new().create(true).append(true).open(path)?))
    }

    /// # Errors
    /// If it can't be written.
    pub fn tell(&mut self, outcome: &Outcome) -> Told {
        let failure = outcome.failure.as_ref();
        let line = json!({
            "scenario": outcome.scenario, "seconds": outcome.seconds, "figures": outcome.figures,
            "error": failure.map(|(error, _)| error), "journal": failure.map(|(_, journal)| journal),
        });
        Ok(writeln!(self.0, "{line}")?)
    }

    /// # Errors
    /// If it can't be written.
    pub fn end(mut self) -> Told {
        Ok(writeln!(self.0, "{}", json!(END))?)
    }
}

/// The outcomes in the whole lines of `text`, and whether these are all that there will be.
///
/// # Errors
/// If they are not what a [`Reporter`] writes.
pub fn read(text: &str) -> Told<(Vec<Outcome>, bool)> {
    let (mut outcomes, mut ended) = (Vec::new(), false);
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        match serde_json::from_str(line)? {
            Value::String(end) if end == END => ended = true,
            line => outcomes.push(outcome(&line)),
        }
    }
    Ok((outcomes, ended))
}

fn outcome(line: &Value) -> Outcome {
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    let figures = line["figures"].as_array().into_iter().flatten();
    Outcome {
        scenario: text("scenario").unwrap_or_default(),
        seconds: line["seconds"].as_f64().unwrap_or_default(),
        figures: figures.filter_map(|figure| Some(figure.as_str()?.to_owned())).collect(),
        failure: text("error").map(|error| (error, text("journal").unwrap_or_default())),
    }
}
