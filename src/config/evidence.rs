//! The evidence that a drop-in carries. The loader holds it to its shape; what it shows is for `credadmin check` to judge.

use figment::value::{Dict, Value};

use super::document::Part;
use super::fault::{Fault, Place};
use super::merged::Merged;
use super::read::Table;
use super::shapes::{self, Shared};
use crate::grant::{Grant, Name, Window};
use crate::requests::Evidence;

/// The grants of drop-ins, with their evidence.
pub struct Sealed {
    /// Each grant with what it carries.
    pub grants: Vec<(Grant, Option<Evidence>)>,
    over: Merged,
}

impl Sealed {
    /// Those of these grants that drop-ins name, which `over` holds; without those that only cut short what `under` has.
    pub fn of<'a>(grants: impl Iterator<Item = &'a Grant>, over: Merged, under: &Merged) -> Self {
        let all = over.root.get("grants").and_then(Value::as_dict);
        let sealed = grants.filter_map(|grant| {
            let (name, value) = all?.get_key_value(grant.name.as_str())?;
            let evidence = value.as_dict()?.get("evidence").and_then(Value::as_dict);
            let evidence = evidence.and_then(|dict| evidence_of(&over, name, dict).0);
            (evidence.is_some() || !cuts(grant, under)).then(|| (grant.clone(), evidence))
        });
        Self { grants: sealed.collect(), over }
    }

    /// Where a key of a grant's table stands: `reason`, or `evidence.request`, or the table itself.
    pub fn place(&self, grant: &Name, key: &str) -> Place {
        let path: Vec<&str> =
            ["grants", grant.as_str()].into_iter().chain(key.split('.').filter(|part| !part.is_empty())).collect();
        self.over.place(&path, if matches!(key, "" | "evidence") { Part::Key } else { Part::Value })
    }
}

/// Whether a grant of the main file is open for no longer than there.
fn cuts(grant: &Grant, under: &Merged) -> bool {
    let whole = shapes::grant_called(under, grant.name.as_str(), &mut Shared::default(), &mut Vec::new());
    whole.is_some_and(|whole| match (&whole.window, &grant.window) {
        (Window::Once(open), Window::Once(span)) => {
            open.opens <= span.opens && span.closes <= open.closes && grant.secret == whole.secret
        }
        _ => false,
    })
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
