//! The statement that a request is approved, and the drop-in that comes of it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid};

use super::approve::Arguments;
use super::desk::{self, Desk, REFUSED, Refusal};
use super::{EX_CONFIG, EX_IOERR};
use crate::config::Fault;
use crate::grant::Window;
use crate::instant::whole;
use crate::requests::accounts::Host;
use crate::requests::drop_in::Approved;
use crate::requests::inbox::Pending;
use crate::requests::publish::put;
use crate::requests::statement::Statement;
use crate::requests::{Accounts, Who, signature};

/// An approval, not yet in force.
pub struct Approval {
    /// The statement.
    pub text: String,
    /// Its signature.
    pub signature: Option<String>,
    /// Who makes it.
    pub approver: Who,
}

impl Approval {
    /// The statement, with its signature if there is to be one, and who makes it.
    pub fn of(arguments: &Arguments, desk: &Desk, pending: &Pending) -> Result<Self, Refusal> {
        let user = Some(desk::this_user());
        let refused = |why: String| (format!("{}: {why}", pending.id), REFUSED);
        let second = whole(desk.now);
        let (text, signed) = match (&arguments.approval, &arguments.sign, &arguments.principal) {
            (Some(file), ..) => desk::signed_file(file).map(|(text, signed)| (text, Some(signed)))?,
            (None, Some(key), Some(principal)) => {
                let text = Statement::of(&pending.text, principal, second).text();
                let signed = signature::sign(key, signature::APPROVAL, &text).map_err(refused)?;
                (text, Some(signed))
            }
            _ => (Statement::of(&pending.text, &Who::of(user, None, &Host).name, second).text(), None),
        };
        let statement = Statement::parse(&text).map_err(refused)?;
        if statement.sha256 != Statement::of(&pending.text, "", second).sha256 {
            return Err(refused("the approval is of another request".into()));
        }
        let signer = signed.as_ref().map(|signed| desk.signer(signature::APPROVAL, &text, signed)).transpose();
        let signer = signer.map_err(|why| refused(format!("the signature of the approval does not hold: {why}")))?;
        let is_signers = signer.as_ref().is_some_and(|signer| signer.principals.contains(&statement.approver));
        if !is_signers && Host.uid(&statement.approver) != user {
            return Err(refused(format!(
                "the approval is by {}, and that is neither who signed it nor this user",
                statement.approver
            )));
        }
        let approver = Who { name: statement.approver, ..Who::of(user, signer, &Host) };
        Ok(Self { text, signature: signed, approver })
    }
}

/// Puts the drop-in into grants.d, if the daemon would take it there.
pub fn dropped_in(main: &Path, desk: &Desk, approved: &Approved) -> Result<PathBuf, Refusal> {
    let name = format!("{}.toml", approved.id);
    let directory = desk.sources.drop_ins().directory();
    let file = directory.join(&name);
    let told =
        |error: &dyn std::fmt::Display| (format!("{} can't be written: {error}; nothing is approved", file.display()), EX_IOERR);
    let text = approved.text();
    let trial = desk.sources.settings_with(&name, text.clone(), desk.now).map_err(|faults| (faults.to_string(), EX_CONFIG))?;
    let is_in_force = trial.secrets.iter().flat_map(|watched| watched.grants.iter()).any(|grant| {
        let window = matches!(&grant.window, Window::Once(span) if *span == approved.request.window);
        grant.name == *approved.id.name() && grant.secret == approved.request.secret && window
    });
    if !is_in_force {
        let is_of_all = |fault: &Fault| fault.place.path() == Some(directory);
        let about = |fault: &&Fault| fault.is_error() && (is_of_all(fault) || !desk.settings.remarks.contains(fault));
        let faults: Vec<String> = trial.remarks.iter().filter(about).map(Fault::one_line).collect();
        let why =
            if faults.is_empty() { "another file of the config closes it (credadmin check)".into() } else { faults.join("; ") };
        return Err((format!("{}: the daemon would not take it: {why}; nothing is approved", approved.id), EX_CONFIG));
    }
    let metadata = fs::metadata(directory).map_err(|error| told(&error))?;
    let group = match (Uid::effective().is_root(), desk.settings.grants_group) {
        (true, _) => Gid::from_raw(metadata.gid()),
        (false, Some(group)) => group,
        (false, None) => {
            let why = "the config names no grants_group, so the daemon takes drop-ins from root alone";
            return Err(told(&why));
        }
    };
    // Whoever may read the config may read it: the daemon does.
    let others = fs::metadata(main).map(|metadata| metadata.mode() & 0o004).unwrap_or_default();
    match put(directory, &name, &text, 0o640 | others, Some(group)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err((format!("{} is there already, and not in force (credadmin check); nothing is changed", file.display()), REFUSED))
        }
        Err(error) => Err(told(&error)),
        Ok(()) => Ok(file),
    }
}
