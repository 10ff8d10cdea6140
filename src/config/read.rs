//! Reading one table key by key: what is there, what is missing, and what is not known.

use figment::value::{Dict, Value};

use super::document::Part;
use super::fault::Fault;
use super::merged::Merged;

/// A table of the config being read. Every key asked for is known; [`Table::finish`] refuses the rest.
pub struct Table<'a> {
    merged: &'a Merged,
    path: Vec<&'a str>,
    dict: &'a Dict,
    known: Vec<&'static str>,
    /// What was wrong so far.
    pub faults: Vec<Fault>,
}

impl<'a> Table<'a> {
    /// The table at `path`.
    pub fn new(merged: &'a Merged, path: Vec<&'a str>, dict: &'a Dict) -> Self {
        Self { merged, path, dict, known: Vec::new(), faults: Vec::new() }
    }

    /// The value of `key`, if it is there. `parse` answers with what is wanted where the value is not good.
    pub fn optional<T>(&mut self, key: &'static str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        self.known.push(key);
        let value = self.dict.get(key)?;
        match parse(value) {
            Ok(value) => Some(value),
            Err(wanted) => {
                self.refuse(key, &wanted);
                None
            }
        }
    }

    /// The value of `key`, which has to be there.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        if !self.dict.contains_key(key) {
            self.missing(key, example);
        }
        self.optional(key, parse)
    }

    /// Whether `key` is there.
    pub fn has(&self, key: &str) -> bool {
        self.dict.contains_key(key)
    }

    /// Adds the mistake that `key`, which is there, has a value that is not good.
    pub fn refuse(&mut self, key: &str, wanted: &str) {
        let found = self.dict.get(key).map_or_else(String::new, show);
        let place = self.merged.place(&self.at(key), Part::Value);
        let name = self.at(key).join(".");
        self.faults.push(Fault::error(format!("{name} is {found}"), wanted, place));
    }

    /// Adds the mistake that `key` is not there, unless it may be where a source could not be read.
    pub fn missing(&mut self, key: &str, example: &str) {
        if !self.merged.complete {
            return;
        }
        let place = self.merged.place(&self.path, Part::Key);
        self.faults.push(Fault::error(format!("{} has no {key}", self.name()), format!("wanted: {key} = {example}"), place));
    }

    /// Refuses every key that was not asked for: a key that is not known may be a misspelt limit.
    pub fn finish(mut self) -> Vec<Fault> {
        for key in self.dict.keys().filter(|key| !self.known.contains(&key.as_str())) {
            let place = self.merged.place(&self.at(key), Part::Key);
            let found = match self.path.is_empty() {
                true => format!("unknown key {key}"),
                false => format!("{} has an unknown key {key}", self.name()),
            };
            self.faults.push(Fault::error(found, format!("wanted: one of {}", self.known.join(", ")), place));
        }
        self.faults
    }

    fn at<'b>(&'b self, key: &'b str) -> Vec<&'b str> {
        self.path.iter().copied().chain([key]).collect()
    }

    fn name(&self) -> String {
        self.path.join(".")
    }
}

/// A value as the admin wrote it.
pub fn show(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, yes) => yes.to_string(),
        Value::Num(_, number) => number.to_i128().map_or_else(
            || number.to_u128().map_or_else(|| format!("{}", number.to_f64().unwrap_or(f64::NAN)), |n| n.to_string()),
            |n| n.to_string(),
        ),
        Value::Array(..) => "a list".into(),
        Value::Dict(..) => "a table".into(),
        Value::Char(_, c) => format!("{:?}", c.to_string()),
        Value::Empty(..) => "empty".into(),
    }
}
