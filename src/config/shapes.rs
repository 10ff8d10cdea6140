//! The tables of the config, key by key. What a key means and may be is said here and in the README; nowhere else.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use figment::value::{Dict, Value};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use nix::unistd::{Gid, Group};

use super::document::Part;
use super::fault::Fault;
use super::merged::Merged;
use super::read::{Table, show};
use super::requests::{self, Requests};
use super::{cron, evidence, telling, values};
use crate::aws::{Connection, Credentials};
use crate::cadence::{Cadence, LONGEST_SESSION, SAFE_SESSION, SHORTEST_LEAD, SHORTEST_SESSION};
use crate::console::{Page, hosts};
use crate::grant::{Grant, Name, Papers, Recurrence, Secret, Span, Window};
use crate::length;
use crate::notice::Telling;

const DEFAULT_LEAD: SignedDuration = SignedDuration::from_mins(20);
/// Of windows, and of all that limits them.
pub const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(24 * 366);

/// Everything that the sources declare, each table valid by itself.
pub struct Draft {
    /// Where AWS is and as whom it is called.
    pub connection: Connection,
    /// The group that may write drop-ins.
    pub grants_group: Option<Gid>,
    /// Whether the host could not say for the moment which group that is.
    pub group_unknown: bool,
    /// By name.
    pub secrets: Vec<Secret>,
    /// Where the console leads, of those secrets that say it.
    pub pages: BTreeMap<Name, Page>,
    /// By name.
    pub grants: Vec<Grant>,
    /// Who may ask for which of the secrets.
    pub requests: Requests,
    /// Whom to tell, and how.
    pub telling: Telling,
}

/// Reads the whole config.
pub fn read(merged: &Merged, faults: &mut Vec<Fault>) -> Draft {
    let mut root = Table::new(merged, vec![], &merged.root);
    let region = root.optional("region", values::region);
    let sources = [("instance-role", Credentials::InstanceRole), ("default-chain", Credentials::DefaultChain)];
    let credentials = root.optional("credentials", |value| values::one_of(value, &sources)).unwrap_or(Credentials::InstanceRole);
    let mut group_unknown = false;
    let grants_group = root.optional("grants_group", |value| group(value, Group::from_name, &mut group_unknown));
    root.optional("secrets", rooms);
    root.optional("grants", rooms);
    root.optional("requests", |value| value.as_dict().map(|_| ()).ok_or_else(|| "wanted: a table [requests]".into()));
    root.optional("mail", |_| Ok(()));
    root.optional("notify", |_| Ok(()));
    faults.extend(root.finish());
    let mut pages = BTreeMap::new();
    let mut requests = Requests { desk: requests::desk(merged, faults), ..Requests::default() };
    let mut secrets = Vec::new();
    for (name, value) in tables(merged, "secrets") {
        secrets.extend(secret(merged, name, value, &mut pages, faults));
        if let Some((name, dict)) = Name::parse(name).zip(value.as_dict()) {
            requests::rules(merged, &name, dict, &mut requests, faults);
        }
    }
    let mut shared = Shared::default();
    let grants = tables(merged, "grants").filter_map(|(name, value)| grant(merged, name, value, &mut shared, faults)).collect();
    let telling = telling::read(merged, faults);
    let connection = Connection { region, credentials, profile: None };
    Draft { connection, grants_group, group_unknown, secrets, pages, grants, requests, telling }
}

/// Reads one grant.
pub fn grant_called(merged: &Merged, name: &str, shared: &mut Shared, faults: &mut Vec<Fault>) -> Option<Grant> {
    let (name, value) = merged.root.get("grants")?.as_dict()?.get_key_value(name)?;
    grant(merged, name, value, shared, faults)
}

fn secret(
    merged: &Merged,
    name: &str,
    value: &Value,
    pages: &mut BTreeMap<Name, Page>,
    faults: &mut Vec<Fault>,
) -> Option<Secret> {
    let (name, mut table) = named(merged, "secrets", name, value, faults)?;
    let secret_id = table.required("secret_id", "\"SensitiveS3\"", values::secret_id);
    let role_arn = table.required("role_arn", "\"arn:aws:iam::123456789012:role/SensitiveS3Access\"", values::role_arn);
    let session = table.optional("session_duration", |value| {
        values::duration(value, SHORTEST_SESSION, LONGEST_SESSION, ": STS makes no shorter and no longer sessions")
    });
    let lead = table.optional("refresh_lead", |value| {
        let why = ": with less than 15 minutes left, SDKs such as botocore refresh on every call";
        values::duration(value, SHORTEST_LEAD, LONGEST_SESSION, why)
    });
    let exact = table.optional("session_policy", |value| values::one_of(value, &[("on", true), ("off", false)])).unwrap_or(true);
    let source_identity = table.optional("source_identity", values::source_identity);
    let tags = table.optional("tags", values::tags).unwrap_or_default();
    let external_id = table.optional("external_id", values::external_id);
    let page = Page {
        bucket: table.optional("bucket", values::bucket),
        destination: table.optional("console_destination", values::url),
        issuer: table.optional("console_issuer", values::url),
    };
    table.optional("requests", |value| {
        value.as_dict().map(|_| ()).ok_or_else(|| "wanted: a table [secrets.NAME.requests]".into())
    });
    let console = role_arn.as_deref().and_then(hosts::of);
    if let (Some(console), Some(url)) = (console, &page.destination)
        && !console.has(url)
    {
        let wanted = format!("wanted: a page of the AWS console of this role's partition, {}/…", console.console);
        table.refuse("console_destination", &wanted);
    }

    let has_lead = table.has("refresh_lead");
    let unread = (has_lead && lead.is_none()) || (table.has("session_duration") && session.is_none());
    let (lead, session) = (lead.unwrap_or(DEFAULT_LEAD), session.unwrap_or(SAFE_SESSION));
    if lead >= session && !unread {
        let wanted = format!(
            "wanted: refresh_lead (here {}) shorter than session_duration (here {}): a session is refreshed when that much of it is left",
            length::show(lead),
            length::show(session)
        );
        table.refuse(if has_lead { "refresh_lead" } else { "session_duration" }, &wanted);
    }
    let before = faults.len();
    faults.extend(table.finish());
    if faults.len() > before {
        return None;
    }
    let cadence = Cadence::new(name.as_str(), session, lead, exact);
    let (secret_id, role_arn) = (secret_id?, role_arn?);
    if page != Page::default() {
        pages.insert(name.clone(), page);
    }
    Some(Secret { name, secret_id, role_arn, cadence, session_policy: exact, source_identity, tags, external_id })
}

fn grant(merged: &Merged, name: &str, value: &Value, shared: &mut Shared, faults: &mut Vec<Fault>) -> Option<Grant> {
    let (name, mut table) = named(merged, "grants", name, value, faults)?;
    let secret = table.required("secret", "\"sensitive-s3\"", |value| {
        let wanted = "wanted: the name of a [secrets.NAME] table";
        values::text(value).ok().and_then(|text| Name::parse(&text)).ok_or_else(|| wanted.into())
    });
    let window = window(&mut table, shared);
    let papers = Papers {
        requested_by: table.optional("requested_by", values::text).map(String::into_boxed_str),
        approved_by: table.optional("approved_by", values::text).map(String::into_boxed_str),
        reason: table.optional("reason", values::text).map(String::into_boxed_str),
        ticket: table.optional("ticket", values::text).map(String::into_boxed_str),
    };
    let evidence = table
        .optional("evidence", |value| value.as_dict().cloned().ok_or_else(|| "wanted: a table [grants.NAME.evidence]".into()));
    table.faults.extend(evidence.iter().flat_map(|dict| evidence::faults(merged, name.as_str(), dict)));
    let before = faults.len();
    faults.extend(table.finish());
    if faults.len() > before {
        return None;
    }
    Some(Grant { name, secret: shared.secret(secret?), window: window?, papers })
}

fn window(table: &mut Table, shared: &mut Shared) -> Option<Window> {
    let from = table.optional("from", values::instant);
    let until = table.optional("until", values::instant);
    let cron = table.optional("cron", |value| shared.cron(value));
    let duration = table.optional("duration", |value| values::duration(value, SignedDuration::from_secs(1), LONGEST_WINDOW, ""));
    let time_zone = table.optional("time_zone", values::time_zone);
    let not_before = table.optional("not_before", values::instant);
    let not_after = table.optional("not_after", values::instant);

    let once = table.has("from") || table.has("until");
    let recurs = ["duration", "time_zone", "not_before", "not_after"].into_iter().any(|key| table.has(key));
    if table.has("cron") || (recurs && !once) {
        if !table.has("cron") {
            table.missing("cron", "\"0 22 * * MON-FRI\"");
        }
        for key in ["from", "until"].into_iter().filter(|key| table.has(key)).collect::<Vec<_>>() {
            table.refuse(key, "wanted: either cron and duration, or from and until");
        }
        if !table.has("duration") {
            table.missing("duration", "\"2h\"");
        }
        let bounds = Span { opens: not_before.unwrap_or(Timestamp::MIN), closes: not_after.unwrap_or(Timestamp::MAX) };
        if bounds.opens >= bounds.closes {
            table.refuse("not_after", "wanted: not_after later than not_before: the window ends before it starts");
        }
        let time_zone = time_zone.unwrap_or(TimeZone::UTC);
        return Some(Window::Recurring(Box::new(Recurrence { cron: cron?, duration: duration?, time_zone, bounds })));
    }
    for key in ["duration", "time_zone", "not_before", "not_after"].into_iter().filter(|key| table.has(key)).collect::<Vec<_>>() {
        table.refuse(key, "wanted: this key only together with cron; a window that opens once has from and until");
    }
    if !table.has("from") {
        table.missing("from", "\"2026-12-01T08:00:00Z\" (or cron = … with duration = …)");
    }
    if !table.has("until") {
        table.missing("until", "\"2026-12-01T18:00:00Z\" (or cron = … with duration = …)");
    }
    let span = Span { opens: from?, closes: until? };
    if span.opens >= span.closes {
        table.refuse("until", "wanted: until later than from: the window ends before it starts");
    }
    Some(Window::Once(span))
}

/// What grants have in common is kept once: a parsed cron line takes 11 KiB, and ten grants of a secret name it ten times.
#[derive(Default)]
pub struct Shared {
    lines: HashMap<String, Arc<croner::Cron>>,
    secrets: HashSet<Name>,
}

impl Shared {
    fn cron(&mut self, value: &Value) -> Result<Arc<croner::Cron>, String> {
        if let Some(cron) = value.as_str().and_then(|line| self.lines.get(line)) {
            return Ok(Arc::clone(cron));
        }
        let cron = Arc::new(cron::line(value)?);
        self.lines.insert(value.as_str().unwrap_or_default().to_owned(), Arc::clone(&cron));
        Ok(cron)
    }

    fn secret(&mut self, name: Name) -> Name {
        match self.secrets.get(&name) {
            Some(known) => known.clone(),
            None => {
                self.secrets.insert(name.clone());
                name
            }
        }
    }
}

fn tables<'a>(merged: &'a Merged, room: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    let dict = merged.root.get(room).and_then(Value::as_dict);
    dict.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn named<'a>(
    merged: &'a Merged,
    room: &'static str,
    name: &'a str,
    value: &'a Value,
    faults: &mut Vec<Fault>,
) -> Option<(Name, Table<'a>)> {
    let place = |part| merged.place(&[room, name], part);
    let Some(parsed) = Name::parse(name) else {
        let wanted = "wanted: a name of 1 to 64 characters a to z, 0 to 9 and -";
        faults.push(Fault::error(format!("{room}.{name:?} has a name that is not allowed"), wanted, place(Part::Key)));
        return None;
    };
    let Some(dict): Option<&'a Dict> = value.as_dict() else {
        let wanted = format!("wanted: a table [{room}.{name}]");
        faults.push(Fault::error(format!("{room}.{name} is {}", show(value)), wanted, place(Part::Value)));
        return None;
    };
    Some((parsed, Table::new(merged, vec![room, name], dict)))
}

fn rooms(value: &Value) -> Result<(), String> {
    value.as_dict().map(|_| ()).ok_or_else(|| "wanted: tables, [secrets.NAME] or [grants.NAME]".into())
}

/// `ask` tells of the groups of this host; `unknown` says that it could not.
fn group(value: &Value, ask: impl FnOnce(&str) -> nix::Result<Option<Group>>, unknown: &mut bool) -> Result<Gid, String> {
    let wanted = "wanted: the name of a group of this host";
    let name = values::text(value).map_err(|_| wanted)?;
    match ask(&name) {
        Ok(group) => group.map(|group| group.gid).ok_or_else(|| wanted.into()),
        Err(error) => {
            *unknown = true;
            Err(format!("{wanted}, which can't tell its groups now ({error}): until it can, nobody of this one is believed"))
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;

    #[test]
    fn a_group_that_is_not_there_is_no_group_that_can_not_be_asked_for() {
        let read = |answer| {
            let mut unknown = false;
            let gid = group(&Value::from("approvers"), |_| answer, &mut unknown);
            (gid, unknown)
        };
        let group = Group { name: "approvers".into(), passwd: c"x".into(), gid: Gid::from_raw(7), mem: vec![] };
        assert_eq!(read(Ok(Some(group))), (Ok(Gid::from_raw(7)), false));
        assert_eq!(read(Ok(None)), (Err("wanted: the name of a group of this host".into()), false));
        let (gid, unknown) = read(Err(Errno::EIO));
        assert!(unknown && gid.is_err_and(|wanted| wanted.contains("can't tell its groups now (EIO")));
    }
}
