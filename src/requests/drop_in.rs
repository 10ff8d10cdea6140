//! What an approved request becomes: a drop-in of one grant, with its evidence.

use super::text::quoted;
use super::{Evidence, Id, Request};

/// A request that somebody approved.
#[derive(Clone, Debug)]
pub struct Approved {
    /// Its id, and the name of the grant.
    pub id: Id,
    /// What was asked for.
    pub request: Request,
    /// Who asked.
    pub requested_by: String,
    /// Who said yes.
    pub approved_by: String,
    /// What shows it.
    pub evidence: Evidence,
}

impl Approved {
    /// The text of the drop-in. All that an applicant wrote stands in quotes, on one line.
    pub fn text(&self) -> String {
        let Self { id, request, requested_by, approved_by, evidence } = self;
        let mut text = format!("# Made by credadmin approve. credadmin check judges the evidence.\n[grants.{id}]\n");
        let mut key = |key: &str, value: Option<&str>| {
            text.extend(value.map(|value| format!("{key} = {}\n", quoted(value))));
        };
        key("secret", Some(request.secret.as_str()));
        key("from", Some(&request.window.opens.to_string()));
        key("until", Some(&request.window.closes.to_string()));
        key("requested_by", Some(requested_by));
        key("approved_by", Some(approved_by));
        key("reason", Some(&request.reason));
        key("ticket", request.ticket.as_deref());
        text += &format!("\n[grants.{id}.evidence]\n");
        let mut key = |key: &str, value: Option<&str>| {
            text.extend(value.map(|value| format!("{key} = {}\n", quoted(value))));
        };
        key("request", Some(&evidence.request));
        key("request_signature", evidence.request_signature.as_deref());
        key("approval", Some(&evidence.approval));
        key("approval_signature", evidence.approval_signature.as_deref());
        for (key, uid) in [("applicant_uid", evidence.applicant_uid), ("approver_uid", evidence.approver_uid)] {
            text.extend(uid.map(|uid| format!("{key} = {uid}\n")));
        }
        text
    }
}
