//! The thread that writes events: natively to journald under systemd, as readable lines to standard error elsewhere.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::Receiver;
use tracing::{Dispatch, Level};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Registry};

use super::event::Event;
use super::record::Record;
use super::taken;

/// Writes until nobody can tell anything any more.
pub fn write(events: &mut Receiver<Event>, lost: &AtomicU64) {
    tracing::dispatcher::with_default(&subscriber(), || {
        while let Some(event) = events.blocking_recv() {
            emit(&event.record());
            let count = lost.swap(0, Ordering::Relaxed);
            if count > 0 {
                emit(&Event::EventsLost { count }.record());
            }
        }
    });
}

fn subscriber() -> Dispatch {
    let filter = EnvFilter::builder().with_default_directive(Level::INFO.into()).from_env_lossy();
    match journald() {
        Some(journald) => Registry::default().with(filter).with(journald).into(),
        None => {
            // Everything that matters is in the sentence; the fields are for machines, which read the journal.
            let message_only = debug_fn(|writer, field, value| match field.name() {
                "message" => write!(writer, "{value:?}"),
                _ => Ok(()),
            });
            let lines = tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(false)
                .with_target(false)
                .fmt_fields(message_only);
            Registry::default().with(filter).with(lines).into()
        }
    }
}

/// Writes one event to journald, whoever runs this, and waits until journald has taken it in: only of a process that is still
/// there does it know the program, by which the event is believed. A journald that is stuck is given up after 10 seconds.
///
/// # Errors
/// If there is no journald to write to, or it takes nothing in.
pub fn note(event: &Event) -> std::io::Result<()> {
    // The layer itself would wait for ever.
    taken::wait()?;
    let subscriber = Registry::default().with(layer()?);
    tracing::subscriber::with_default(subscriber, || emit(&event.record()));
    taken::wait()
}

fn journald() -> Option<tracing_journald::Layer> {
    stderr_is_the_journal().then(layer)?.ok()
}

fn layer() -> std::io::Result<tracing_journald::Layer> {
    let priorities = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    let layer = tracing_journald::layer()?;
    Ok(layer.with_field_prefix(None).with_syslog_identifier("credadmin".into()).with_priority_mappings(priorities))
}

/// As systemd.exec(5) has it: `JOURNAL_STREAM` is `device:inode`, and is about us only if standard error is that file.
fn stderr_is_the_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let stderr = nix::sys::stat::fstat(std::io::stderr().as_fd());
    stderr.is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// A level is part of a call site, so there is one for each.
fn emit(record: &Record) {
    macro_rules! at {
        ($level:expr) => {{
            let fields = &record.fields;
            tracing::event!(
                target: "credadmin",
                $level,
                MESSAGE_ID = record.message_id,
                GRANT = fields.grant.as_deref(),
                SECRET = fields.secret.as_deref(),
                SECRET_ID = fields.secret_id.as_deref(),
                ROLE_ARN = fields.role_arn.as_deref(),
                ROLE_SESSION_NAME = fields.role_session_name.as_deref(),
                SOURCE_IDENTITY = fields.source_identity.as_deref(),
                ACCESS_KEY_ID = fields.access_key_id.as_deref(),
                EXPIRATION = fields.expiration.as_deref(),
                SECRET_VERSION_ID = fields.secret_version_id.as_deref(),
                AWS_REQUEST_ID = fields.aws_request_id.as_deref(),
                STS_REQUEST_ID = fields.sts_request_id.as_deref(),
                ERROR_CODE = fields.error_code.as_deref(),
                REQUESTED_BY = fields.requested_by.as_deref(),
                APPROVED_BY = fields.approved_by.as_deref(),
                REASON = fields.reason.as_deref(),
                TICKET = fields.ticket.as_deref(),
                "{}",
                record.message
            )
        }};
    }
    match record.level {
        Level::ERROR => at!(Level::ERROR),
        Level::WARN => at!(Level::WARN),
        Level::INFO => at!(Level::INFO),
        Level::DEBUG => at!(Level::DEBUG),
        Level::TRACE => at!(Level::TRACE),
    }
}
