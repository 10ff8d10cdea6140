//! Whose word counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::Entry;

/// The unit that the daemon runs as. Its instances, `credadmin@….service`, count too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit(String);

impl Unit {
    /// By its name, with or without `.service`.
    pub fn new(name: &str) -> Self {
        Self(name.strip_suffix(".service").unwrap_or(name).to_owned())
    }

    /// Whether a process of it wrote the entry, by journald's word.
    pub fn wrote(&self, entry: &Entry) -> bool {
        let name = entry.unit.as_deref().and_then(|unit| unit.strip_suffix(".service"));
        let rest = name.and_then(|name| name.strip_prefix(self.0.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('@') && rest.len() > 1)
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.service", self.0)
    }
}

/// The unit whose process wrote, the user and the program, by journald's word.
pub type Who = (Option<String>, Option<u32>, Option<String>);

/// Entries with credadmin's MESSAGE_IDs that others wrote, or who could not say so. They are never counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The host.
    pub host: String,
    /// Who wrote them.
    pub who: Who,
    /// How many.
    pub entries: usize,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
}

/// Counts them.
#[derive(Clone, Debug, Default)]
pub struct Strangers(BTreeMap<(String, Who), (usize, Timestamp, Timestamp)>);

impl Strangers {
    pub fn count(&mut self, entry: &Entry) {
        let who = (entry.unit.clone(), entry.uid, entry.program.clone());
        let counted = self.0.entry((entry.host.clone(), who)).or_insert((0, entry.at, entry.at));
        *counted = (counted.0 + 1, counted.1.min(entry.at), counted.2.max(entry.at));
    }

    pub fn all(&self) -> Vec<Stranger> {
        let stranger = |((host, who), (entries, first, last)): (&(String, _), &(usize, _, _))| Stranger {
            host: host.clone(),
            who: Clone::clone(who),
            entries: *entries,
            first: *first,
            last: *last,
        };
        self.0.iter().map(stranger).collect()
    }
}

impl std::fmt::Display for Stranger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (unit, uid, program) = &self.who;
        let uid = uid.map_or("?".into(), |uid| uid.to_string());
        let (unit, program) = (unit.as_deref().unwrap_or("no unit"), program.as_deref().unwrap_or("?"));
        let entries = if self.entries == 1 { "1 entry".into() } else { format!("{} entries", self.entries) };
        let when = if self.first == self.last {
            format!("at {:.0}", self.first)
        } else {
            format!("from {:.0} to {:.0}", self.first, self.last)
        };
        write!(f, "{} of {unit}, user {uid}, program {program}, {when}: {entries} in credadmin's name", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_and_its_instances_count_and_nothing_that_looks_like_it() {
        let entry = |unit: &str| {
            let line = format!(
                r#"{{"MESSAGE_ID":"9ae233910e76729493e3f5decbda5468","MESSAGE":"","__REALTIME_TIMESTAMP":"1","_SYSTEMD_UNIT":"{unit}"}}"#
            );
            Entry::parse(&line).unwrap().unwrap()
        };
        let unit = Unit::new("credadmin.service");
        assert_eq!((&unit, unit.to_string().as_str()), (&Unit::new("credadmin"), "credadmin.service"));
        for name in ["credadmin.service", "credadmin@eu.service"] {
            assert!(unit.wrote(&entry(name)), "{name}");
        }
        for name in
            ["user@1000.service", "credadmin2.service", "credadmin@.service", "credadmin.scope", "my-credadmin.service", ""]
        {
            assert!(!unit.wrote(&entry(name)), "{name}");
        }
        assert!(Unit::new("keys@eu").wrote(&entry("keys@eu.service")) && !Unit::new("keys@eu").wrote(&entry("keys@us.service")));
    }
}
