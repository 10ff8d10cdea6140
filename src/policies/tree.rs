//! A value that JSON and Terraform's language both can say. Its tables keep their order, for whoever reads them.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// One after the other.
    List(Vec<Tree>),
    /// By name.
    Table(Vec<(String, Tree)>),
}

impl Tree {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A table.
    pub fn table(entries: Vec<(&str, Tree)>) -> Self {
        Self::Table(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A list of texts, or the text alone if there is one only: as policies are usually written.
    pub fn one_or_more(texts: &[String]) -> Self {
        match texts {
            [one] => Self::text(one),
            _ => Self::List(texts.iter().map(|text| Self::text(text)).collect()),
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(list) => serializer.collect_seq(list),
            Self::Table(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}
