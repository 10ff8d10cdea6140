//! What one file says, word for word, and where each key stands in it.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Place};

/// The text of one file, parsed.
pub struct Document {
    path: PathBuf,
    text: Arc<str>,
    dict: Dict,
    spans: HashMap<Vec<String>, Spans>,
}

struct Spans {
    key: Range<usize>,
    value: Range<usize>,
}

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
        let mut spans = HashMap::new();
        let dict = dict(table.get_ref(), &mut Vec::new(), &mut spans);
        (Self { path, text, dict, spans }, faults)
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

    /// A place in it.
    pub fn place(&self, path: &[&str], part: Part) -> Option<Place> {
        let path: Vec<String> = path.iter().map(|name| name.to_string()).collect();
        let spans = self.spans.get(&path)?;
        let span = match part {
            Part::Key => spans.key.clone(),
            Part::Value => spans.value.clone(),
        };
        Some(Place::Text { path: self.path.clone(), text: Arc::clone(&self.text), span })
    }
}

impl Provider for &Document {
    fn metadata(&self) -> Metadata {
        Metadata::from("TOML file", Path::new(&self.path))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

fn dict(table: &DeTable<'_>, path: &mut Vec<String>, spans: &mut HashMap<Vec<String>, Spans>) -> Dict {
    let mut dict = Dict::new();
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        spans.insert(path.clone(), Spans { key: key.span(), value: value.span() });
        dict.insert(key.get_ref().to_string(), plain(value.get_ref(), path, spans));
        path.pop();
    }
    dict
}

/// A date without quotes is as good as one in quotes.
fn plain(value: &DeValue<'_>, path: &mut Vec<String>, spans: &mut HashMap<Vec<String>, Spans>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.to_string()),
        DeValue::Integer(number) => number.as_str().parse::<i64>().map_or_else(|_| number.as_str().into(), Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or_else(|_| number.as_str().into(), Value::from),
        DeValue::Boolean(yes) => Value::from(*yes),
        DeValue::Datetime(instant) => Value::from(instant.to_string()),
        DeValue::Array(values) => {
            Value::from(values.iter().map(|value| plain(value.get_ref(), path, &mut HashMap::new())).collect::<Vec<_>>())
        }
        DeValue::Table(table) => Value::from(dict(table, path, spans)),
    }
}
