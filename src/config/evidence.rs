//! The evidence that a drop-in carries. The loader holds it to its shape; what it shows is for `credadmin check` to judge.

use figment::value::{Dict, Value};

use super::document::Part;
use super::fault::{Fault, Place};
use super::merged::Merged;
use super::read::Table;
use crate::grant::Name;
use crate::requests::Evidence;

/// The evidence of a grant of a drop-in, and where both stand.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The evidence; `None` where there is none.
    pub evidence: Option<Evidence>,
    places: Vec<(&'static str, Place)>,
}

impl Sealed {
    /// Where a key of the grant's table stands.
    pub fn place(&self, key: &str) -> &Place {
        let place = self.places.iter().find(|(name, _)| *name == key).unwrap_or(&self.places[0]);
        &place.1
    }
}

const KEYS: [&str; 13] = [
    "",
    "secret",
    "from",
    "until",
    "cron",
    "requested_by",
    "approved_by",
    "reason",
    "ticket",
    "evidence",
    "evidence.request",
    "evidence.request_signature",
    "evidence.approval",
];

/// Reads the evidence of one grant of a drop-in; `None` if there is no such grant there.
pub fn sealed(merged: &Merged, grant: &Name) -> Option<Sealed> {
    let (name, value) = merged.root.get("grants")?.as_dict()?.get_key_value(grant.as_str())?;
    let evidence = value.as_dict()?.get("evidence").and_then(Value::as_dict);
    let evidence = evidence.and_then(|dict| evidence_of(merged, name, dict).0);
    let place = |key: &'static str| {
        let path: Vec<&str> = ["grants", name].into_iter().chain(key.split('.').filter(|part| !part.is_empty())).collect();
        (key, merged.place(&path, if matches!(key, "" | "evidence") { Part::Key } else { Part::Value }))
    };
    let places = KEYS.into_iter().chain(["evidence.approval_signature"]).map(place).collect();
    Some(Sealed { evidence, places })
}

/// What is wrong with the shape of a grant's evidence.
pub fn faults(merged: &Merged, name: &str, dict: &Dict) -> Vec<Fault> {
    evidence_of(merged, name, dict).1
}

fn evidence_of(merged: &Merged, name: &str, dict: &Dict) -> (Option<Evidence>, Vec<Fault>) {
    let mut table = Table::new(merged, vec!["grants", name, "evidence"], dict);
    let request = table.required("request", "the text of the request", lines);
    let request_signature = table.optional("request_signature", lines);
    let approval = table.required("approval", "the text of the approval", lines);
    let approval_signature = table.optional("approval_signature", lines);
    let applicant_uid = table.optional("applicant_uid", uid);
    let approver_uid = table.optional("approver_uid", uid);
    let evidence = request.zip(approval).map(|(request, approval)| Evidence {
        request,
        request_signature,
        approval,
        approval_signature,
        applicant_uid,
        approver_uid,
    });
    (evidence, table.finish())
}

fn lines(value: &Value) -> Result<String, String> {
    const LONGEST: usize = 64 << 10;
    let text = value.as_str().filter(|text| !text.trim().is_empty() && text.len() <= LONGEST);
    text.map(str::to_owned).ok_or_else(|| "wanted: text in quotes, not empty, 64 KiB at most".into())
}

fn uid(value: &Value) -> Result<u32, String> {
    let number = value.to_i128().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| "wanted: the number of a user".into())
}
