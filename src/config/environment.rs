//! `CREDADMIN_SECRETS__SENSITIVE_S3__ROLE_ARN`: keys of the config as variables, over every file but the drop-ins.

use std::ffi::OsString;

use figment::value::{Dict, Value};

const PREFIX: &str = "CREDADMIN_";

/// The variables that are meant for the config.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: Vec<Variable>,
}

#[derive(Clone, Debug)]
struct Variable {
    name: String,
    path: Vec<String>,
    text: String,
}

impl Environment {
    /// Those of `variables` whose names begin with `CREDADMIN_`.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut variables: Vec<Variable> = variables
            .into_iter()
            .filter_map(|(name, text)| {
                let name = name.to_string_lossy().into_owned();
                let path = path(name.strip_prefix(PREFIX)?);
                Some(Variable { name, path, text: text.to_string_lossy().into_owned() })
            })
            .collect();
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        Self { variables }
    }

    /// What each of them says, to be merged in this order.
    pub fn said(&self) -> impl Iterator<Item = Dict> + '_ {
        self.variables.iter().map(|variable| {
            let nested =
                variable.path.iter().rev().fold(value(&variable.text), |inner, key| Dict::from([(key.clone(), inner)]).into());
            nested.into_dict().unwrap_or_default()
        })
    }

    /// The variable that sets the key at `path`.
    pub fn sets(&self, path: &[&str]) -> Option<&str> {
        self.variables.iter().find(|variable| variable.path.iter().eq(path)).map(|variable| variable.name.as_str())
    }

    /// A variable that sets something in the table at `path`.
    pub fn touches(&self, path: &[&str]) -> Option<&str> {
        let inside = |variable: &&Variable| path.iter().zip(&variable.path).filter(|(a, b)| a == b).count() == path.len();
        self.variables.iter().find(inside).map(|variable| variable.name.as_str())
    }
}

/// Names have no underscore, so one in a variable stands for their hyphen.
fn path(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = name.to_lowercase().split("__").map(str::to_owned).collect();
    if let [room, name, ..] = &mut parts[..]
        && matches!(room.as_str(), "secrets" | "grants")
    {
        *name = name.replace('_', "-");
    }
    parts
}

/// Every value is text, but for `{…}`, as tags have it: a secret named 2026 needs no quotes here.
fn value(text: &str) -> Value {
    let parsed: Value = text.parse().unwrap_or_else(|never| match never {});
    if parsed.as_dict().is_some() { parsed } else { Value::from(text) }
}
