//! Documents and, over them, the environment, merged by figment, with the way back to where a key stands.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::document::{Document, Part};
use super::environment::Environment;
use super::fault::Place;

/// What the sources say together.
pub struct Merged {
    /// All of it.
    pub root: Dict,
    /// Whether every source could be read to its end. Where one could not, nothing can be called missing.
    pub complete: bool,
    main: PathBuf,
    documents: Vec<Document>,
    environment: Environment,
}

impl Merged {
    /// Merges `documents`, later over earlier, and `environment` over them.
    pub fn new(main: &Path, mut documents: Vec<Document>, environment: Environment, complete: bool) -> Self {
        let files = documents.iter_mut().map(Document::take);
        let root = together(files.chain(environment.said()).collect());
        Self { root, complete, main: main.into(), documents, environment }
    }

    /// The same with drop-ins over it: of the grants, only those that they name.
    pub fn with(&self, mut drop_ins: Vec<Document>) -> Merged {
        let grants = self.root.get("grants").and_then(Value::as_dict);
        let named = drop_ins.iter().flat_map(|document| document.names("grants"));
        let under: Dict = named.filter_map(|name| Some((name.clone(), grants?.get(&name)?.clone()))).collect();
        let rest = self.root.iter().filter(|(room, _)| *room != "grants").map(|(room, value)| (room.clone(), value.clone()));
        let base = rest.chain([("grants".into(), Value::from(under))]).collect();
        let root = together(std::iter::once(base).chain(drop_ins.iter_mut().map(Document::take)).collect());
        let environment = Environment::default();
        Self { root, complete: self.complete, main: self.main.clone(), documents: drop_ins, environment }
    }

    /// Where a key stands, in the last source that has it; else, the table that it would stand in.
    pub fn place(&self, path: &[&str], part: Part) -> Place {
        let place = (1..=path.len()).rev().find_map(|depth| {
            let shorter = &path[..depth];
            let part = if depth == path.len() { part } else { Part::Key };
            let variable = |name: Option<&str>| name.map(|name| Place::Variable(name.into()));
            variable(self.environment.sets(shorter))
                .or_else(|| self.documents.iter().rev().find_map(|document| document.place(shorter, part)))
                .or_else(|| variable(self.environment.touches(shorter)))
        });
        place.unwrap_or_else(|| Place::File(self.main.clone()))
    }
}

/// Later over earlier. By halves, because each merge goes through all the tables of both sides.
fn together(mut said: Vec<Dict>) -> Dict {
    if said.len() < 2 {
        return said.pop().unwrap_or_default();
    }
    let later = said.split_off(said.len() / 2);
    let merged = Figment::from(Said::new(together(said))).merge(Said::new(together(later)));
    let mut profiles = merged.data().expect("no provider here fails");
    profiles.remove(&Profile::Default).unwrap_or_default()
}

/// What a source says, handed over and not copied: figment asks a provider once.
struct Said(Cell<Dict>);

impl Said {
    fn new(dict: Dict) -> Self {
        Self(Cell::new(dict))
    }
}

impl Provider for Said {
    fn metadata(&self) -> Metadata {
        Metadata::named("config")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.0.take())]))
    }
}
