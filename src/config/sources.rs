//! What the files and the environment say, word for word, and where each key stands.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::providers::Env;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use toml::de::{DeTable, DeValue};

use super::drop_ins::DropIns;
use super::fault::{Fault, Faults, Place};
use super::{Settings, checks, file, shapes};
use jiff::Timestamp;

/// The main file, `conf.d` and the environment, as they were when they were read.
///
/// Kept so that drop-ins can be looked at again without the main file: that is read again on SIGHUP only.
#[derive(Clone, Debug)]
pub struct Sources {
    main: PathBuf,
    texts: Vec<(PathBuf, Arc<str>)>,
    drop_ins: DropIns,
}

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

impl Sources {
    /// Reads the main file and `conf.d` beside it.
    ///
    /// # Errors
    /// Every file that can't be read or trusted.
    pub fn read(main: &Path) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        let beside = main.parent().unwrap_or(Path::new("."));
        let conf_d = file::list(&beside.join("conf.d"), None).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        for path in std::iter::once(main.to_path_buf()).chain(conf_d) {
            match file::read(&path, None, true) {
                Ok(text) => texts.push((path, text.into())),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            let drop_ins = DropIns::new(beside.join("grants.d"));
            return Ok(Self { main: main.into(), texts, drop_ins });
        }
        Err(Faults(faults))
    }

    /// The main file.
    pub fn main(&self) -> &Path {
        &self.main
    }

    /// The drop-ins.
    pub fn drop_ins(&self) -> &DropIns {
        &self.drop_ins
    }

    /// The settings that these sources and the drop-ins of this moment make. `now` judges which grants are over.
    ///
    /// # Errors
    /// Every mistake in the main file, `conf.d` and the environment.
    pub fn settings(&mut self, now: Timestamp) -> Result<Settings, Faults> {
        let mut faults = Vec::new();
        let mut documents = Vec::new();
        for (path, text) in &self.texts {
            let (document, errors) = Document::parse(path.clone(), Arc::clone(text));
            documents.push(document);
            faults.extend(errors);
        }
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        let merged = Merged::new(documents);
        let draft = shapes::read(&merged, &mut faults);
        if !faults.is_empty() {
            // Checks between tables would only tell of what follows from these.
            return Err(Faults(faults));
        }
        checks::settings(draft, &merged, &mut self.drop_ins, now)
    }
}

/// Documents and, over them, the environment, merged by figment, with the way back to where a key stands.
pub struct Merged {
    /// What they say together.
    pub root: Dict,
    documents: Vec<Document>,
    variables: Vec<(String, Vec<String>)>,
}

/// What of a key a mistake is in.
#[derive(Clone, Copy)]
pub enum Part {
    /// The key itself, or the header of a table.
    Key,
    /// Its value.
    Value,
}

impl Merged {
    fn new(documents: Vec<Document>) -> Self {
        let env = environment();
        let variables = env
            .iter()
            .map(|(path, _)| path.as_str().split('.').map(str::to_owned).collect::<Vec<_>>())
            .map(|path| (format!("{PREFIX}{}", path.join("__").replace('-', "_").to_uppercase()), path))
            .collect();
        let figment = documents.iter().fold(Figment::new(), |figment, document| figment.merge(document));
        Self { root: extract(&figment.merge(env)), documents, variables }
    }

    /// The same with drop-ins over it, for the grants that they name.
    pub fn with(&self, drop_ins: Vec<Document>) -> Merged {
        let base = figment::providers::Serialized::defaults(&self.root);
        let figment = drop_ins.iter().fold(Figment::from(base), |figment, document| figment.merge(document));
        Self { root: extract(&figment), documents: drop_ins, variables: Vec::new() }
    }

    /// Where a key stands: in the last source that has it.
    pub fn place(&self, path: &[&str], part: Part) -> Place {
        if let Some((name, _)) = self.variables.iter().find(|(_, variable)| variable.iter().eq(path)) {
            return Place::Variable(name.clone());
        }
        let (document, span) = (0..=path.len())
            .rev()
            .find_map(|depth| {
                let shorter = &path[..depth];
                let part = if depth == path.len() { part } else { Part::Key };
                self.documents.iter().rev().find_map(|document| Some((document, document.span(shorter, part)?)))
            })
            .expect("every document has a root, and there is a main file");
        Place::Text { path: document.path.clone(), text: Arc::clone(&document.text), span }
    }
}

const PREFIX: &str = "CREDADMIN_";

/// `CREDADMIN_SECRETS__SENSITIVE_S3__ROLE_ARN`: names have no underscore, so one in a variable stands for their hyphen.
fn environment() -> Env {
    Env::prefixed(PREFIX).map(|key| {
        let key = key.as_str().to_lowercase();
        let mut parts: Vec<String> = key.split("__").map(str::to_owned).collect();
        if let [room, name, ..] = &mut parts[..]
            && matches!(room.as_str(), "secrets" | "grants")
        {
            *name = name.replace('_', "-");
        }
        parts.join(".").into()
    })
}

fn extract(figment: &Figment) -> Dict {
    figment.extract().expect("a dictionary of values takes any dictionary")
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

    /// The keys at its top.
    pub fn rooms(&self) -> Vec<String> {
        self.dict.keys().cloned().collect()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A place in it.
    pub fn place(&self, path: &[&str], part: Part) -> Option<Place> {
        let span = self.span(path, part)?;
        Some(Place::Text { path: self.path.clone(), text: Arc::clone(&self.text), span })
    }

    fn span(&self, path: &[&str], part: Part) -> Option<Range<usize>> {
        if path.is_empty() {
            return Some(0..0);
        }
        let path: Vec<String> = path.iter().map(|name| name.to_string()).collect();
        let spans = self.spans.get(&path)?;
        Some(match part {
            Part::Key => spans.key.clone(),
            Part::Value => spans.value.clone(),
        })
    }
}

impl Provider for &Document {
    fn metadata(&self) -> Metadata {
        Metadata::from("TOML file", &*self.path)
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
