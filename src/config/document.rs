//! What one file says, word for word, and where each key stands in it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use figment::value::{Dict, Value};
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Place};

/// The text of one file, parsed.
pub struct Document {
    path: PathBuf,
    text: Arc<str>,
    dict: Dict,
    /// Found where a mistake asks for the first place: of 10,000 grants they take more memory than all that is kept of them.
    spans: OnceCell<Spans>,
}

/// Where each key stands, and its value.
type Spans = HashMap<Vec<String>, (Range<usize>, Range<usize>)>;

/// What of a key a mistake is in.
#[derive(Clone, Copy)]
pub enum Part {
    /// The key itself, or the header of a table.
    Key,
    /// Its value.
    Value,
}

impl Document {
    /// Parses `text` as far as it goes, with all its syntax errors.
    pub fn parse(path: PathBuf, text: Arc<str>) -> (Self, Vec<Fault>) {
        let (table, errors) = DeTable::parse_recoverable(&text);
        let faults = errors.iter().map(|error| {
            let place = Place::Text { path: path.clone(), text: Arc::clone(&text), span: error.span().unwrap_or(0..0) };
            Fault::error("not valid TOML", error.message(), place)
        });
        let faults = faults.collect();
        let dict = dict(table.get_ref());
        (Self { path, text, dict, spans: OnceCell::new() }, faults)
    }

    /// The names of the tables under `room`: what the file is about, even where it can't be read to its end.
    pub fn names(&self, room: &str) -> Vec<String> {
        let tables = self.dict.get(room).and_then(Value::as_dict);
        tables.into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }

    /// The keys at its top, with their values.
    pub fn rooms(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.dict.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// What it says, to be merged with others; it then says nothing any more, but still knows its places.
    pub fn take(&mut self) -> Dict {
        std::mem::take(&mut self.dict)
    }

    /// All of it, as a place.
    pub fn file(&self) -> Place {
        Place::File(self.path.clone())
    }

    /// A place in it.
    pub fn place(&self, path: &[&str], part: Part) -> Option<Place> {
        let path: Vec<String> = path.iter().map(|name| name.to_string()).collect();
        let (key, value) = self.spans.get_or_init(|| spans(&self.text)).get(&path)?;
        let span = match part {
            Part::Key => key.clone(),
            Part::Value => value.clone(),
        };
        Some(Place::Text { path: self.path.clone(), text: Arc::clone(&self.text), span })
    }
}

fn spans(text: &str) -> Spans {
    fn walk(table: &DeTable<'_>, path: &mut Vec<String>, spans: &mut Spans) {
        for (key, value) in table {
            path.push(key.get_ref().to_string());
            spans.insert(path.clone(), (key.span(), value.span()));
            if let DeValue::Table(table) = value.get_ref() {
                walk(table, path, spans);
            }
            path.pop();
        }
    }
    let mut spans = Spans::new();
    walk(DeTable::parse_recoverable(text).0.get_ref(), &mut Vec::new(), &mut spans);
    spans
}

fn dict(table: &DeTable<'_>) -> Dict {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect()
}

/// A date without quotes is as good as one in quotes.
fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.to_string()),
        DeValue::Integer(number) => number.as_str().parse::<i64>().map_or_else(|_| number.as_str().into(), Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or_else(|_| number.as_str().into(), Value::from),
        DeValue::Boolean(yes) => Value::from(*yes),
        DeValue::Datetime(instant) => Value::from(instant.to_string()),
        DeValue::Array(values) => Value::from(values.iter().map(|value| plain(value.get_ref())).collect::<Vec<_>>()),
        DeValue::Table(table) => Value::from(dict(table)),
    }
}
