//! The tables `[mail]` and `[notify]`: whom `credadmin notify` tells, and how. The daemon does without.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use figment::value::{Dict, Value};
use jiff::SignedDuration;

use super::document::Part;
use super::fault::Fault;
use super::merged::Merged;
use super::read::{Table, show};
use super::values;
use crate::notice::{Claims, Hook, Mail, News, Telling};

const SHORTEST_PATIENCE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PATIENCE: SignedDuration = SignedDuration::from_mins(5);
const USUAL_PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Reads both, each of which may be left out.
pub fn read(merged: &Merged, faults: &mut Vec<Fault>) -> Telling {
    let mail = table(merged, "mail", faults).and_then(|table| mail(merged, table, faults));
    let (hook, claims) = table(merged, "notify", faults).map(|table| notify(table, faults)).unwrap_or_default();
    Telling { mail, hook, claims }
}

fn mail(merged: &Merged, mut table: Table, faults: &mut Vec<Fault>) -> Option<Mail> {
    let from = table.required("from", "\"credadmin@example.com\"", address);
    let configuration_set = table.required("configuration_set", "\"credadmin\"", configuration_set);
    let mail = Mail {
        from: from.clone().unwrap_or_default(),
        configuration_set: configuration_set.clone().unwrap_or_default(),
        region: table.optional("region", values::region),
        reply_to: table.optional("reply_to", address),
        people: table.optional("people", people).unwrap_or_default(),
        always: table.optional("always", addresses).unwrap_or_default(),
        secrets: table.optional("secrets", of_secrets).unwrap_or_default(),
        templates: table.optional("templates", directory),
        console_url: table
            .optional("console_url", |value| values::one_of(value, &[("on", true), ("off", false)]))
            .unwrap_or(false),
        events: table.optional("events", events).unwrap_or_else(News::all),
        time_zone: table.optional("time_zone", values::time_zone),
    };
    for name in mail.secrets.keys().filter(|name| merged.complete && !has_secret(merged, name)) {
        let place = merged.place(&["mail", "secrets", name], Part::Key);
        let wanted = "wanted: the NAME of a [secrets.NAME] table";
        table.faults.push(Fault::error(format!("mail.secrets names secret {name:?}, which does not exist"), wanted, place));
    }
    let before = faults.len();
    faults.extend(table.finish());
    (faults.len() == before && from.is_some() && configuration_set.is_some()).then_some(mail)
}

fn notify(mut table: Table, faults: &mut Vec<Fault>) -> (Option<Hook>, Option<Claims>) {
    let command = table.optional("command", command);
    let timeout = table.optional("timeout", |value| values::duration(value, SHORTEST_PATIENCE, LONGEST_PATIENCE, ""));
    let events = table.optional("events", events);
    let claims = table.optional("claims", claims);
    for (key, is_good) in [("timeout", timeout.is_some()), ("events", events.is_some())] {
        if is_good && !table.has("command") {
            table.refuse(key, "wanted: this key only together with command");
        }
    }
    let (timeout, events) = (timeout.unwrap_or(USUAL_PATIENCE), events.unwrap_or_else(News::all));
    faults.extend(table.finish());
    (command.map(|command| Hook { command, timeout, events }), claims)
}

fn table<'a>(merged: &'a Merged, name: &'static str, faults: &mut Vec<Fault>) -> Option<Table<'a>> {
    let value = merged.root.get(name)?;
    let Some(dict): Option<&'a Dict> = value.as_dict() else {
        let place = merged.place(&[name], Part::Value);
        faults.push(Fault::error(format!("{name} is {}", show(value)), format!("wanted: a table [{name}]"), place));
        return None;
    };
    Some(Table::new(merged, vec![name], dict))
}

fn has_secret(merged: &Merged, name: &str) -> bool {
    merged.root.get("secrets").and_then(Value::as_dict).is_some_and(|secrets| secrets.contains_key(name))
}

/// An address as SES takes it, and as it goes into a header and a policy: ASCII, without quotes and comments.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let word = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    (1..=64).contains(&local.len())
        && word(local, "._+-=&'*/!#$%?^`{|}~")
        && domain.len() <= 255
        && domain.contains('.')
        && domain.split('.').all(|label| (1..=63).contains(&label.len()) && word(label, "-"))
}

fn address(value: &Value) -> Result<String, String> {
    let wanted = "wanted: an address alone, such as \"jane.doe@example.com\"";
    value.as_str().filter(|text| is_address(text)).map(str::to_owned).ok_or_else(|| wanted.into())
}

fn addresses(value: &Value) -> Result<Vec<String>, String> {
    let wanted = "wanted: a list of at most 50 addresses, such as [\"security@example.com\"]";
    let list = value.as_array().filter(|list| list.len() <= 50).ok_or(wanted)?;
    list.iter().map(address).collect::<Result<_, _>>().map_err(|_| wanted.into())
}

fn people(value: &Value) -> Result<BTreeMap<String, String>, String> {
    let wanted = "wanted: names of people with their addresses, such as { \"jane.doe\" = \"jane.doe@example.com\" }";
    let table = value.as_dict().ok_or(wanted)?;
    let person = |(name, value): (&String, &Value)| Ok((name.clone(), address(value)?));
    table.iter().map(person).collect::<Result<_, String>>().map_err(|_| wanted.into())
}

fn of_secrets(value: &Value) -> Result<BTreeMap<String, Vec<String>>, String> {
    let wanted = "wanted: names of secrets with lists of addresses, such as { sensitive-s3 = [\"owner@example.com\"] }";
    let table = value.as_dict().ok_or(wanted)?;
    let secret = |(name, value): (&String, &Value)| Ok((name.clone(), addresses(value)?));
    table.iter().map(secret).collect::<Result<_, String>>().map_err(|_| wanted.into())
}

fn configuration_set(value: &Value) -> Result<String, String> {
    let wanted = "wanted: the name of a configuration set: 1 to 64 letters, digits and _-";
    let name = values::text(value).map_err(|_| wanted)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.len() <= 64 && name.chars().all(allowed) { Ok(name) } else { Err(wanted.into()) }
}

fn directory(value: &Value) -> Result<PathBuf, String> {
    let path = values::text(value).ok().map(PathBuf::from).filter(|path| path.is_absolute());
    path.ok_or_else(|| "wanted: a directory from the root on, such as \"/etc/credadmin/mail\"".into())
}

fn events(value: &Value) -> Result<BTreeSet<News>, String> {
    let names: Vec<&str> = News::ALL.iter().map(|(name, _)| *name).collect();
    let wanted = || format!("wanted: a list of some of {}", names.join(", "));
    let list = value.as_array().ok_or_else(wanted)?;
    list.iter().map(|value| value.as_str().and_then(News::named).ok_or_else(wanted)).collect()
}

fn command(value: &Value) -> Result<Vec<String>, String> {
    let wanted = "wanted: a program from the root on and its arguments, such as [\"/usr/local/bin/tell-chat\", \"#security\"]";
    let list = value.as_array().filter(|list| list.len() <= 64).ok_or(wanted)?;
    let words: Vec<String> = list.iter().map(values::text).collect::<Result<_, _>>().map_err(|_| wanted)?;
    if words.first().is_some_and(|program| program.starts_with('/')) { Ok(words) } else { Err(wanted.into()) }
}

fn claims(value: &Value) -> Result<Claims, String> {
    let wanted = "wanted: a bucket in the region of this config, and what keys in it begin with, such as \"s3://my-bucket/credadmin\" \
                  (letters, digits and /_.-)";
    let text = values::text(value).map_err(|_| wanted)?;
    let (bucket, prefix) = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).ok_or(wanted)?;
    let prefix = prefix.trim_end_matches('/');
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
    let is_path = (1..=256).contains(&prefix.len())
        && prefix.chars().all(allowed)
        && !prefix.split('/').any(|part| part.trim_matches('.').is_empty());
    match values::bucket(&Value::from(bucket)) {
        Ok(bucket) if is_path => Ok(Claims { bucket, prefix: prefix.to_owned() }),
        _ => Err(wanted.into()),
    }
}
