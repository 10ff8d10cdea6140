//! What SES refuses, and what to do about it: the errors of SendEmail (aws-facts §13), which say other things than those of the
//! services that the daemon calls.

use super::trouble::{Kind, Trouble};

/// Whether trying again can't help: the message itself is refused.
pub fn is_hopeless(trouble: &Trouble) -> bool {
    trouble.code == "BadRequestException"
}

/// What to do about a message from `from` to `to` that was not taken.
pub fn remedy(trouble: &Trouble, from: &str, to: &str) -> String {
    let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let names = |address: &str| trouble.message.to_ascii_lowercase().contains(&address.to_ascii_lowercase());
    match trouble.code.as_str() {
        "MessageRejected" if trouble.message.contains("not verified") && names(to) && from != to => format!(
            "SES is in its sandbox, where {to} has to be verified too: verify it (aws sesv2 create-email-identity), or ask for \
             production access"
        ),
        "MessageRejected" if trouble.message.contains("not verified") => {
            format!("verify {from} or {} in this region: aws sesv2 create-email-identity", domain(from))
        }
        "MessageRejected" => "see what SES says of the message; another template may do".into(),
        "MailFromDomainNotVerifiedException" => {
            format!("mend the MX record of the MAIL FROM domain of {}, or let SES use its own domain: aws sesv2 put-email-identity-mail-from-attributes", domain(from))
        }
        "SendingPausedException" => {
            "sending is paused for the configuration set or the account: see why in the SES console, then aws sesv2 \
             put-configuration-set-sending-options --sending-enabled"
                .into()
        }
        "AccountSuspendedException" => "SES has shut this account out for good: open a case with AWS Support".into(),
        "LimitExceededException" => "the quota of messages is used up: ask for a higher one in Service Quotas, or have fewer events mailed".into(),
        "TooManyRequestsException" => "nothing to do unless it lasts: SES takes so many messages a second, 1 in its sandbox".into(),
        "NotFoundException" => "create the configuration set in this region (aws sesv2 create-configuration-set), or correct mail.configuration_set".into(),
        "BadRequestException" => "correct what it names in [mail] or in the template".into(),
        _ if trouble.kind == Kind::Denied => {
            "allow ses:SendEmail, on all identities of the account (a verified recipient is one too), and ses:GetConfigurationSet \
             to the instance role, for this sender and configuration set: credadmin policies"
                .into()
        }
        _ => trouble.remedy().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::trouble::Operation;

    #[test]
    fn each_documented_error_has_a_remedy_of_its_own() {
        let unverified = "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ";
        for (code, status, message, says) in [
            ("MessageRejected", 400, format!("{unverified}credadmin@example.com"), "verify credadmin@example.com or example.com"),
            ("MessageRejected", 400, format!("{unverified}jane@corp.example"), "where jane@corp.example has to be verified too"),
            ("MessageRejected", 400, "Illegal content".into(), "another template"),
            ("MailFromDomainNotVerifiedException", 400, String::new(), "MX record of the MAIL FROM domain of example.com"),
            ("SendingPausedException", 400, String::new(), "sending is paused"),
            ("AccountSuspendedException", 400, String::new(), "AWS Support"),
            ("LimitExceededException", 400, String::new(), "quota of messages"),
            ("TooManyRequestsException", 429, String::new(), "1 in its sandbox"),
            ("NotFoundException", 404, String::new(), "create the configuration set"),
            ("BadRequestException", 400, String::new(), "correct what it names"),
            ("AccessDeniedException", 403, String::new(), "on all identities of the account"),
            ("InternalFailure", 500, String::new(), "AWS Health Dashboard"),
        ] {
            let trouble = Trouble::from_answer(Operation::SendEmail, status, code, &message);
            let said = remedy(&trouble, "credadmin@example.com", "jane@corp.example");
            assert!(said.contains(says), "{code}: {said}");
            assert_eq!(is_hopeless(&trouble), code == "BadRequestException", "{code}");
        }
    }
}
