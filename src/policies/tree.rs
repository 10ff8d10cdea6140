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
    /// A table.
    pub fn table<const N: usize>(entries: [(&str, Tree); N]) -> Self {
        Self::Table(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A table without those entries that are not there.
    pub fn present<const N: usize>(entries: [(&str, Option<Tree>); N]) -> Self {
        Self::Table(entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }

    /// A list of texts.
    pub fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::List(texts.into_iter().map(Self::from).collect())
    }

    /// The same, but the text alone if there is one only: as policies are usually written.
    pub fn one_or_more(texts: &[String]) -> Self {
        match texts {
            [one] => Self::from(one.as_str()),
            _ => Self::texts(texts),
        }
    }
}

impl<T: Into<String>> From<T> for Tree {
    fn from(text: T) -> Self {
        Self::Text(text.into())
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
