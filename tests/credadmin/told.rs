//! What daemons have told, as `journalctl --output=json` writes it: made of the events themselves, so that what is read back is
//! what is written.

use std::sync::Arc;

use credadmin::config::{Watched, load};
use credadmin::grant::{Grant, Secret};
use credadmin::history::{Entry, Ledger, Unit};
use credadmin::journal::{Access, Event, Published};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::Credadmin;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A config's secrets.
pub fn watched(config: &str, now: &str) -> Vec<Watched> {
    let credadmin = Credadmin::new(config);
    load(&credadmin.path("credadmin.toml"), at(now)).expect("a valid config").secrets
}

/// The journals of any hosts.
#[derive(Clone, Debug, Default)]
pub struct Told(Vec<Value>);

impl Told {
    /// The daemon of a host, as this unit, says it.
    pub fn by(&mut self, host: &str, unit: &str, when: &str, event: &Event) {
        let record = event.record();
        let fields = record.fields;
        let given = [
            ("GRANT", fields.grant),
            ("SECRET", fields.secret),
            ("SECRET_ID", fields.secret_id),
            ("ROLE_ARN", fields.role_arn),
            ("ROLE_SESSION_NAME", fields.role_session_name),
            ("SOURCE_IDENTITY", fields.source_identity),
            ("ACCESS_KEY_ID", fields.access_key_id),
            ("EXPIRATION", fields.expiration),
            ("SECRET_VERSION_ID", fields.secret_version_id),
            ("REQUESTED_BY", fields.requested_by),
            ("APPROVED_BY", fields.approved_by),
            ("REASON", fields.reason),
            ("TICKET", fields.ticket),
        ];
        let given: Vec<(&str, String)> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.raw(host, unit, when, record.message_id, &record.message, &given);
    }

    /// An entry of any making.
    pub fn raw(&mut self, host: &str, unit: &str, when: &str, id: &str, message: &str, fields: &[(&str, String)]) {
        let mut entry = json!({
            "MESSAGE_ID": id, "MESSAGE": message, "SYSLOG_IDENTIFIER": "credadmin", "__CURSOR": "s=1",
            "__REALTIME_TIMESTAMP": at(when).as_microsecond().to_string(),
            "_HOSTNAME": host, "_SYSTEMD_UNIT": unit, "_UID": "991", "_EXE": "/usr/bin/credadmin",
        });
        entry.as_object_mut().expect("an object").extend(fields.iter().map(|(name, value)| ((*name).into(), json!(value))));
        self.0.push(entry);
    }

    /// On a host of the usual unit.
    pub fn on(&mut self, host: &str, when: &str, event: &Event) {
        self.by(host, "credadmin.service", when, event);
    }

    /// Somebody on a host runs this program, which says it.
    pub fn run(&mut self, host: &str, program: &str, when: &str, event: &Event) {
        self.by(host, "session-4.scope", when, event);
        let entry = self.0.last_mut().expect("it was said");
        entry["_EXE"] = json!(program);
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|entry| format!("{entry}\n")).collect()
    }

    pub fn ledger(&self) -> Ledger {
        let entry = |value: &Value| Entry::parse(&value.to_string()).expect("an entry").expect("of use");
        Ledger::of(self.0.iter().map(entry).collect(), &Unit::new("credadmin"))
    }
}

pub fn started() -> Event {
    Event::Started { config: "/etc/credadmin/credadmin.toml".into(), secrets: 1, grants: 1 }
}

pub fn stopped() -> Event {
    Event::Stopped { signal: "SIGTERM", finished: vec![], abandoned: vec![] }
}

pub fn opened(secret: &Arc<Secret>, grant: &Grant) -> Event {
    Event::Opened { secret: secret.clone(), grant: grant.clone(), closes: None }
}

pub fn closed(secret: &Arc<Secret>, grant: &Grant, access: Access) -> Event {
    Event::Closed { secret: secret.clone(), grant: grant.name.clone(), access }
}

/// A session of these grants, with a key of this number.
pub fn published(secret: &Arc<Secret>, grants: &[&Grant], ends: &str, number: u32) -> Event {
    let session = Published {
        grants: grants.iter().map(|grant| grant.name.clone()).collect(),
        ends: at(ends),
        version_id: version(secret, ends),
        access_key_id: format!("ASIA{number:016}"),
        session_name: format!("credadmin-{number}"),
        skew: jiff::SignedDuration::ZERO,
        token_utilization: None,
        sts_request_id: None,
        request_id: None,
    };
    Event::Published { secret: secret.clone(), session }
}

pub fn in_place(secret: &Arc<Secret>, ends: &str) -> Event {
    Event::InPlace { secret: secret.clone(), version_id: version(secret, ends), ends: at(ends) }
}

/// Somebody ends access to the secret, and the role denies what it issued before that instant, or can't be made to.
pub fn revocation(secret: &Secret, denied_before: &str, denied: bool) -> Event {
    Event::Revocation {
        by: "root (uid 0), arn:aws:iam::123456789012:user/admin".into(),
        role_arn: secret.role_arn.clone(),
        denied_before: at(denied_before),
        denied,
        secrets: vec![secret.name.clone()],
        grants: vec![],
        reason: None,
        undone: if denied { vec![] } else { vec!["no Deny".into()] },
    }
}

/// The daemon finds the tombstone.
pub fn revoked(secret: &Arc<Secret>, denied_before: &str) -> Event {
    let denied_before = at(denied_before);
    let version_id = credadmin::schedule::token::tombstone(denied_before, 1);
    Event::Revoked { secret: secret.clone(), version_id, denied_before, grants: vec![] }
}

pub fn version(secret: &Secret, ends: &str) -> String {
    credadmin::schedule::token::token(secret, at(ends), None)
}
