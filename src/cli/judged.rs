//! What `credadmin check` says of the evidence in drop-ins. The daemon does not look at it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use jiff::Timestamp;

use crate::config::{self, Fault, Sealed, Settings};
use crate::grant::{Grant, Window};
use crate::requests::accounts::Host;
use crate::requests::judge::{Signed, Wrong, judge, verify_at};
use crate::requests::statement::Statement;
use crate::requests::{Evidence, Signer, signature};

/// Every mistake in the evidence, and a warning for what is beyond the limits of today.
pub fn evidence(sealed: &Sealed, settings: &Settings, now: Timestamp) -> Vec<Fault> {
    let requests = &settings.requests;
    let allowed = config::trusted(&requests.desk.allowed_signers).map_err(|fault| fault.one_line());
    let mut faults = Vec::new();
    for (grant, evidence) in &sealed.grants {
        let rules = requests.rules.get(&grant.secret);
        let Some(evidence) = evidence else {
            if rules.is_some_and(|rules| rules.signatures_required) {
                let found = format!(
                    "grants.{} has no evidence, and secrets.{}.requests.signatures is \"required\"",
                    grant.name, grant.secret
                );
                faults.push(Fault::error(
                    found,
                    "wanted: a table of evidence, as credadmin approve makes it",
                    sealed.place(&grant.name, ""),
                ));
            }
            continue;
        };
        let signed = signed(evidence, allowed.as_deref().map_err(String::as_str), verify_at(grant, evidence, now));
        let wrong = judge(grant, evidence, &signed, rules, &Host);
        faults.extend(wrong.into_iter().map(|Wrong { key, found, wanted }| {
            Fault::error(format!("grants.{}: {found}", grant.name), wanted, sealed.place(&grant.name, key))
        }));
        faults.extend(of_another(grant, evidence, &signed, sealed));
        if let (Some(rules), Window::Once(span), Ok(statement)) = (rules, &grant.window, Statement::parse(&evidence.approval))
            && !grant.window.is_over(now)
        {
            let beyond = rules.broken(&grant.secret, *span, &[], statement.at);
            faults.extend(beyond.into_iter().map(|found| {
                let means = "it was approved all the same, or the limit is newer: the window opens";
                Fault::warning(format!("grants.{}: {found}", grant.name), means, sealed.place(&grant.name, ""))
            }));
        }
    }
    faults
}

/// An approval that its approver did not sign, whoever else did, is by whoever the file belongs to: that is the kernel's word. Root
/// may have put it there.
fn of_another(grant: &Grant, evidence: &Evidence, signed: &Signed, sealed: &Sealed) -> Option<Fault> {
    let statement = Statement::parse(&evidence.approval).ok()?;
    let is_signers = matches!(&signed.approval, Some(Ok(signer)) if signer.principals.contains(&statement.approver));
    let approver = evidence.approver_uid.filter(|_| !is_signers)?;
    let place = sealed.place(&grant.name, "evidence");
    let owner = fs::symlink_metadata(place.path()?).ok()?.uid();
    let found = format!("grants.{}: the file belongs to user {owner}, and user {approver} approved it", grant.name);
    (owner != 0 && owner != approver).then(|| Fault::error(found, "wanted: the approver as its owner, or root", place))
}

fn signed(evidence: &Evidence, allowed: Result<&str, &str>, at: Timestamp) -> Signed {
    let verify = |namespace, text: &str, signed: &Option<String>| -> Option<Result<Signer, String>> {
        let signed = signed.as_ref()?;
        Some(allowed.map_err(str::to_owned).and_then(|allowed| signature::verify(allowed, namespace, text, signed, at)))
    };
    Signed {
        request: verify(signature::REQUEST, &evidence.request, &evidence.request_signature),
        approval: verify(signature::APPROVAL, &evidence.approval, &evidence.approval_signature),
    }
}
