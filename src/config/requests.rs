//! Who may ask and who may approve: the `[requests]` table, and `[secrets.NAME.requests]` of each secret.

use std::collections::BTreeMap;

use figment::value::{Dict, Value};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::document::Part;
use super::fault::{Fault, Place};
use super::merged::Merged;
use super::read::Table;
use super::shapes::LONGEST_WINDOW;
use super::{cron, values};
use crate::grant::{Name, Recurrence, Span, Window};
use crate::requests::{Desk, Person, Rules};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// All that the config says of requests. The daemon does without.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Where they are.
    pub desk: Desk,
    /// The rules of each secret that can be asked for.
    pub rules: BTreeMap<Name, Rules>,
    /// Everybody who is named, and where.
    pub people: Vec<(Person, Place)>,
}

impl Requests {
    /// A warning for each user and group that this host does not know. It asks the name service, which may take its time.
    pub fn unknown(&self, accounts: &impl crate::requests::Accounts) -> Vec<Fault> {
        let unknown = |person: &Person| match person {
            Person::User(name) => accounts.uid(name).is_none().then(|| format!("there is no user {name} on this host")),
            Person::Group(name) => (!accounts.has_group(name)).then(|| format!("there is no group {name} on this host")),
            Person::Signer(_) => None,
        };
        let faults = self.people.iter().filter_map(|(person, place)| Some((unknown(person)?, place)));
        faults
            .map(|(found, place)| Fault::warning(found, "nobody may ask or approve by this name until there is", place.clone()))
            .collect()
    }
}

/// Reads the `[requests]` table.
pub fn desk(merged: &Merged, faults: &mut Vec<Fault>) -> Desk {
    let mut desk = Desk::default();
    if let Some(dict) = merged.root.get("requests").and_then(Value::as_dict) {
        let mut table = Table::new(merged, vec!["requests"], dict);
        if let Some(path) = table.optional("directory", path) {
            desk.directory = path.into();
        }
        if let Some(path) = table.optional("allowed_signers", path) {
            desk.allowed_signers = path.into();
        }
        faults.extend(table.finish());
    }
    desk
}

/// Reads `[secrets.NAME.requests]`, if it is there.
pub fn rules(merged: &Merged, name: &Name, secret: &Dict, requests: &mut Requests, faults: &mut Vec<Fault>) {
    let Some(dict) = secret.get("requests").and_then(Value::as_dict) else { return };
    let mut table = Table::new(merged, vec!["secrets", name.as_str(), "requests"], dict);
    let approvers = table.required("approvers", "[\"bob\", \"group:security\"]", people);
    let applicants = table.optional("applicants", people);
    let longest_window = table.optional("longest_window", length);
    let latest_start = table.optional("latest_start", length);
    let most_at_once = table.optional("most_at_once", count);
    let signatures = table.optional("signatures", |value| values::one_of(value, &[("required", true), ("optional", false)]));
    let hours = table.optional("hours", |value| value.as_dict().map(|_| ()).ok_or_else(|| HOURS.into()));
    let hours = hours.and_then(|()| self::hours(merged, name, dict.get("hours")?.as_dict()?, &mut table));
    let signatures_required = signatures.unwrap_or(false);
    let signs = |approvers: &[Person]| approvers.iter().any(|person| matches!(person, Person::Signer(_)));
    if signatures_required && approvers.as_deref().is_some_and(|approvers| !signs(approvers)) {
        table.refuse("approvers", "wanted: a signer, such as \"signer:bob@example.com\", where signatures are required");
    }
    let before = faults.len();
    faults.extend(table.finish());
    let (Some(approvers), true) = (approvers, faults.len() == before) else { return };
    for (key, named) in [("approvers", Some(&approvers)), ("applicants", applicants.as_ref())] {
        let place = || merged.place(&["secrets", name.as_str(), "requests", key], Part::Value);
        requests.people.extend(named.into_iter().flatten().map(|person| (person.clone(), place())));
    }
    let rules = Rules { approvers, applicants, longest_window, latest_start, most_at_once, hours, signatures_required };
    requests.rules.insert(name.clone(), rules);
}

const HOURS: &str = "wanted: a table such as { cron = \"0 8 * * MON-FRI\", duration = \"10h\", time_zone = \"Europe/Berlin\" }";

fn hours(merged: &Merged, name: &Name, dict: &Dict, over: &mut Table) -> Option<Window> {
    let mut table = Table::new(merged, vec!["secrets", name.as_str(), "requests", "hours"], dict);
    let cron = table.required("cron", "\"0 8 * * MON-FRI\"", cron::line);
    let duration = table.required("duration", "\"10h\"", length);
    let time_zone = table.optional("time_zone", values::time_zone).unwrap_or(TimeZone::UTC);
    over.faults.extend(table.finish());
    let bounds = Span { opens: Timestamp::MIN, closes: Timestamp::MAX };
    Some(Window::Recurring(Box::new(Recurrence { cron: cron?.into(), duration: duration?, time_zone, bounds })))
}

fn length(value: &Value) -> Result<SignedDuration, String> {
    values::duration(value, SECOND, LONGEST_WINDOW, "")
}

fn path(value: &Value) -> Result<String, String> {
    values::text(value).ok().filter(|path| path.starts_with('/')).ok_or_else(|| "wanted: a path that begins with /".into())
}

fn count(value: &Value) -> Result<u32, String> {
    // A variable of the environment is text.
    let number = value.to_i128().or_else(|| value.as_str()?.parse().ok());
    number
        .and_then(|n| u32::try_from(n).ok())
        .filter(|n| (1..=1000).contains(n))
        .ok_or_else(|| "wanted: a number, 1 to 1000".into())
}

fn people(value: &Value) -> Result<Vec<Person>, String> {
    let wanted = "wanted: a list of one or more users, groups and signers, such as [\"bob\", \"group:security\", \"signer:bob@example.com\"]";
    let list = value.as_array().filter(|list| !list.is_empty()).ok_or(wanted)?;
    list.iter().map(|value| value.as_str().and_then(Person::parse).ok_or_else(|| wanted.into())).collect()
}
