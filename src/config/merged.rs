//! Documents and, over them, the environment, merged by figment, with the way back to where a key stands.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::Serialized;
use figment::value::Dict;

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
    pub fn new(main: &Path, documents: Vec<Document>, environment: Environment, complete: bool) -> Self {
        let figment = together(&documents).merge(&environment);
        Self { root: extract(&figment), complete, main: main.into(), documents, environment }
    }

    /// The same with drop-ins over it, for the grants that they name.
    pub fn with(&self, drop_ins: Vec<Document>) -> Merged {
        let base = Figment::from(Serialized::defaults(&self.root));
        let figment = base.merge(together(&drop_ins));
        Self {
            root: extract(&figment),
            complete: self.complete,
            main: self.main.clone(),
            documents: drop_ins,
            environment: Environment::default(),
        }
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
fn together(documents: &[Document]) -> Figment {
    match documents {
        [] => Figment::new(),
        [document] => Figment::from(document),
        _ => {
            let (earlier, later) = documents.split_at(documents.len() / 2);
            together(earlier).merge(together(later))
        }
    }
}

fn extract(figment: &Figment) -> Dict {
    figment.extract().expect("a dictionary of values takes any dictionary")
}
