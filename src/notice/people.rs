//! Who is told of a notice by mail.

use std::collections::BTreeSet;

use super::news::News;
use super::read::{Notice, grant};
use super::settings::Mail;
use crate::config::{Requests, Watched, is_address};
use crate::grant::Name;
use crate::requests::Person;

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

/// Those who asked for the grants and who approved them, by the entry or else by the config; of a request those who may approve
/// it; and those whom the config names.
pub fn people(notice: &Notice, mail: &Mail, watched: &[Watched], requests: &Requests) -> People {
    let mut people = People::default();
    // What was revoked may be several secrets.
    let secrets = || notice.secret.iter().flat_map(|secrets| secrets.split(", "));
    let others = notice
        .grants
        .iter()
        .skip(1)
        .filter_map(|name| grant(watched, name))
        .flat_map(|grant| [grant.papers.requested_by.as_deref(), grant.papers.approved_by.as_deref()]);
    let first = [notice.requested_by.as_deref(), notice.approved_by.as_deref()];
    let approvers = secrets()
        .filter(|_| notice.news == News::Requested)
        .filter_map(|secret| requests.rules.get(&Name::parse(secret)?))
        .flat_map(|rules| &rules.approvers)
        .map(|person| match person {
            Person::User(name) | Person::Signer(name) => name.clone(),
            Person::Group(_) => person.to_string(),
        });
    for name in first.into_iter().chain(others).flatten().map(str::to_owned).chain(approvers) {
        match address_of(&name, mail) {
            Some(address) => drop(people.addresses.insert(address)),
            None => drop(people.unknown.insert(name)),
        }
    }
    people.requester =
        notice.requested_by.as_deref().filter(|_| notice.grants.len() == 1).and_then(|name| address_of(name, mail));
    let of_secrets = secrets().filter_map(|secret| mail.secrets.get(secret)).flatten();
    people.addresses.extend(mail.always.iter().chain(of_secrets).cloned());
    people
}

fn address_of(name: &str, mail: &Mail) -> Option<String> {
    mail.people.get(name).cloned().or_else(|| is_address(name).then(|| name.to_owned()))
}
