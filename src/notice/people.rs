//! Who is told of a notice by mail.

use std::collections::BTreeSet;

use super::read::{Notice, grant};
use super::settings::Mail;
use crate::config::{Watched, is_address};

/// The people of a notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Their addresses.
    pub addresses: BTreeSet<String>,
    /// That of whoever asked for the only grant.
    pub requester: Option<String>,
    /// Those of whom no address is known.
    pub unknown: BTreeSet<String>,
}

/// Those who asked for the grants and who approved them, by the entry or else by the config; and those whom the config names.
pub fn people(notice: &Notice, mail: &Mail, watched: &[Watched]) -> People {
    let mut people = People::default();
    let others = notice
        .grants
        .iter()
        .skip(1)
        .filter_map(|name| grant(watched, name))
        .flat_map(|grant| [grant.papers.requested_by.as_deref(), grant.papers.approved_by.as_deref()]);
    let first = [notice.requested_by.as_deref(), notice.approved_by.as_deref()];
    for name in first.into_iter().chain(others).flatten() {
        match address_of(name, mail) {
            Some(address) => drop(people.addresses.insert(address)),
            None => drop(people.unknown.insert(name.to_owned())),
        }
    }
    people.requester =
        notice.requested_by.as_deref().filter(|_| notice.grants.len() == 1).and_then(|name| address_of(name, mail));
    let of_secret = notice.secret.as_ref().and_then(|secret| mail.secrets.get(secret));
    people.addresses.extend(mail.always.iter().chain(of_secret.into_iter().flatten()).cloned());
    people
}

fn address_of(name: &str, mail: &Mail) -> Option<String> {
    mail.people.get(name).cloned().or_else(|| is_address(name).then(|| name.to_owned()))
}
