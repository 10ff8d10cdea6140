//! SES v2, as far as a notifier uses it: who may send what to whom, in the sandbox and out of it (aws-facts §13).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::Operation;
use crate::policy::Request;
use crate::record::Issued;
use crate::world::{State, World};
use crate::{ACCOUNT, REGION};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// aws-facts §13: in the sandbox.
const MOST_IN_A_DAY: usize = 200;
/// aws-facts §13: in the sandbox.
const MOST_IN_A_SECOND: usize = 1;
/// aws-facts §13.
const MOST_RECIPIENTS: usize = 50;

/// A message that SES took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "AWS's own names")]
pub struct SendEmail {
    pub from: String,
    pub to: Vec<String>,
    pub reply_to: Vec<String>,
    pub configuration_set: Option<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
}

/// What SES remembers.
#[derive(Debug, Default)]
pub(crate) struct Ses {
    identities: BTreeSet<String>,
    /// Whether each requires TLS.
    sets: BTreeMap<String, bool>,
    is_out_of_the_sandbox: bool,
    sent: Vec<(Timestamp, SendEmail)>,
}

impl World {
    /// Verifies an address or a domain.
    pub fn verify_identity(&self, identity: &str) {
        self.lock().ses.identities.insert(identity.to_owned());
    }

    /// Creates a configuration set, or changes whether it requires TLS.
    pub fn put_configuration_set(&self, name: &str, requires_tls: bool) {
        self.lock().ses.sets.insert(name.to_owned(), requires_tls);
    }

    /// Lets mail go to anybody, and more than 200 a day and 1 a second.
    pub fn leave_the_sandbox(&self) {
        self.lock().ses.is_out_of_the_sandbox = true;
    }

    /// The messages that SES took, in order.
    pub fn mails(&self) -> Vec<SendEmail> {
        self.lock().ses.sent.iter().map(|(_, mail)| mail.clone()).collect()
    }

    /// Sends a message; answers with its id.
    ///
    /// # Errors
    /// `MessageRejected` (400) for identities that are not verified, `NotFoundException` (404), `LimitExceededException` (400)
    /// and `TooManyRequestsException` (429) for the quotas of the sandbox, `BadRequestException` (400), `AccessDeniedException`
    /// (403), and the rest of authentication.
    pub fn send_email(&self, caller: &Caller, mail: &SendEmail) -> Result<String, ApiError> {
        let parameters = vec![("from", mail.from.clone()), ("to", mail.to.join(" ")), ("subject", mail.subject.clone())];
        self.call(Operation::SendEmail, caller, parameters, |state, now, who| {
            state.check_mail(now, who, mail)?;
            state.ses.sent.push((now, mail.clone()));
            Ok(format!("{:016x}-{}", state.ses.sent.len(), state.mint.uuid()))
        })
    }

    /// Whether a configuration set requires TLS.
    ///
    /// # Errors
    /// `NotFoundException`, `AccessDeniedException`, and the rest of authentication.
    pub fn get_configuration_set(&self, caller: &Caller, name: &str) -> Result<bool, ApiError> {
        self.call(Operation::GetConfigurationSet, caller, vec![("configurationSetName", name.to_owned())], |state, now, who| {
            state.may_ses(now, who, "ses:GetConfigurationSet", &format!("configuration-set/{name}"))?;
            state.ses.sets.get(name).copied().ok_or_else(|| no_set(name))
        })
    }

    /// Whether an address or domain is verified.
    ///
    /// # Errors
    /// As [`World::get_configuration_set`].
    pub fn get_email_identity(&self, caller: &Caller, name: &str) -> Result<bool, ApiError> {
        self.call(Operation::GetEmailIdentity, caller, vec![("emailIdentity", name.to_owned())], |state, now, who| {
            state.may_ses(now, who, "ses:GetEmailIdentity", &format!("identity/{name}"))?;
            let missing = || ApiError::new(404, "NotFoundException", format!("Email identity {name} does not exist."));
            state.ses.identities.contains(name).then_some(true).ok_or_else(missing)
        })
    }

    /// Whether the account is out of the sandbox, and how many messages it sent in the last day.
    ///
    /// # Errors
    /// As [`World::get_configuration_set`].
    pub fn get_ses_account(&self, caller: &Caller) -> Result<(bool, usize), ApiError> {
        self.call(Operation::GetAccount, caller, vec![], |state, now, who| {
            state.may(now, who, ("ses:GetAccount", "*"), None)?;
            Ok((state.ses.is_out_of_the_sandbox, state.sent_since(now - DAY)))
        })
    }
}

impl State {
    fn check_mail(&self, now: Timestamp, who: &Issued, mail: &SendEmail) -> Result<(), ApiError> {
        let bad = |text: &str| Err(ApiError::new(400, "BadRequestException", text));
        if mail.to.is_empty() || mail.to.len() > MOST_RECIPIENTS {
            return bad("Recipient count must be 1 to 50.");
        }
        if mail.subject.chars().any(char::is_control) {
            return bad("Control or newline characters are not allowed in the subject.");
        }
        if mail.text.is_none() && mail.html.is_none() {
            return bad("The body must have Text or Html.");
        }
        let from = Some(mail.from.as_str());
        let sender = self.identity_of(&mail.from).unwrap_or(&mail.from);
        // A recipient that is an identity of the account is judged as well (aws-sdk-js#3641): in the sandbox, each is one.
        let recipients = mail.to.iter().filter_map(|to| self.identity_of(to));
        for identity in std::iter::once(sender).chain(recipients) {
            self.may(now, who, ("ses:SendEmail", &arn(&format!("identity/{identity}"))), from)?;
        }
        if let Some(set) = &mail.configuration_set {
            self.may(now, who, ("ses:SendEmail", &arn(&format!("configuration-set/{set}"))), from)?;
            self.ses.sets.get(set).ok_or_else(|| no_set(set))?;
        }
        let recipients = mail.to.iter().filter(|_| !self.ses.is_out_of_the_sandbox);
        let unverified: Vec<&str> = std::iter::once(&mail.from)
            .chain(recipients)
            .filter(|address| self.identity_of(address).is_none())
            .map(String::as_str)
            .collect();
        if !unverified.is_empty() {
            let (region, failed) = (REGION.to_uppercase(), unverified.join(", "));
            let text =
                format!("Email address is not verified. The following identities failed the check in region {region}: {failed}");
            return Err(ApiError::new(400, "MessageRejected", text));
        }
        match self.ses.is_out_of_the_sandbox {
            true => Ok(()),
            false if self.sent_since(now - DAY) >= MOST_IN_A_DAY => {
                Err(ApiError::new(400, "LimitExceededException", "Daily message quota exceeded."))
            }
            false if self.sent_since(now - SECOND) >= MOST_IN_A_SECOND => {
                Err(ApiError::new(429, "TooManyRequestsException", "Maximum sending rate exceeded."))
            }
            false => Ok(()),
        }
    }

    fn sent_since(&self, since: Timestamp) -> usize {
        self.ses.sent.iter().filter(|(at, _)| *at > since).count()
    }

    /// The identity by which an address is verified: itself, or its domain.
    fn identity_of(&self, address: &str) -> Option<&str> {
        let domain = address.split('@').next_back().unwrap_or_default();
        [address, domain].into_iter().find_map(|name| self.ses.identities.get(name)).map(String::as_str)
    }

    fn may_ses(&self, now: Timestamp, who: &Issued, action: &str, what: &str) -> Result<(), ApiError> {
        self.may(now, who, (action, &arn(what)), None)
    }

    /// Whether somebody may do something (action, resource), with mail from that sender.
    fn may(&self, now: Timestamp, who: &Issued, (action, resource): (&str, &str), from: Option<&str>) -> Result<(), ApiError> {
        let asked = Request { from_address: from, ..Request::new(action, resource, now) };
        self.allows(who, asked, &[]).map_err(|refusal| {
            let (who, why) = (&who.arn, refusal.text(action));
            ApiError::new(
                403,
                "AccessDeniedException",
                format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}"),
            )
        })
    }
}

fn arn(what: &str) -> String {
    format!("arn:aws:ses:{REGION}:{ACCOUNT}:{what}")
}

fn no_set(name: &str) -> ApiError {
    ApiError::new(404, "NotFoundException", format!("Configuration set <{name}> does not exist."))
}

#[cfg(test)]
#[path = "ses_tests.rs"]
mod tests;
