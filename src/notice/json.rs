//! A notice as the program of `notify.command` reads it: one object, whose keys stay what they are.

use serde_json::{Value, json};

use super::read::Notice;

/// The object. What is not known is `null`.
pub fn object(notice: &Notice) -> Value {
    json!({
        "version": 1,
        "event": notice.news.name(),
        "at": notice.at.to_string(),
        "host": notice.host,
        "secret": notice.secret,
        "grants": notice.grants,
        "until": notice.until.map(|until| until.to_string()),
        "requested_by": notice.requested_by,
        "approved_by": notice.approved_by,
        "reason": notice.reason,
        "ticket": notice.ticket,
        "error_code": notice.code,
        "message": notice.said,
    })
}
