//! Whether mail would go, and whether to others than verified addresses. Access does without.

use super::Verdict::{Unknown, Warning};
use super::{Finding, amiss};
use crate::aws::mail::remedy;
use crate::aws::sdk::Sdk;
use crate::aws::trouble::{Kind, Trouble};
use crate::notice::Mail;

const TLS: &str = "mail-tls";
const SENDER: &str = "mail-sender";
const ACCOUNT: &str = "mail-account";

/// What SES says of the configuration set, the sender and the account.
pub async fn mail(aws: &Sdk, mail: &Mail) -> Vec<Finding> {
    let Mail { from, configuration_set: set, .. } = mail;
    let region = mail.region.as_deref();
    let tls = match aws.requires_tls(region, set).await {
        Ok(true) => Finding::well(TLS, format!("the configuration set {set} requires TLS")),
        Ok(false) => Finding::of(
            Warning,
            TLS,
            format!("the configuration set {set} lets mail go without TLS: nothing is mailed"),
            format!("aws sesv2 put-configuration-set-delivery-options --configuration-set-name {set} --tls-policy REQUIRE"),
        ),
        Err(trouble) => Finding::of(Warning, TLS, format!("{trouble}: nothing is mailed"), remedy(&trouble, from, "")),
    };
    vec![tls, sender(aws, mail).await, account(aws, region).await]
}

async fn sender(aws: &Sdk, mail: &Mail) -> Finding {
    let (from, region) = (&mail.from, mail.region.as_deref());
    let domain = from.rsplit('@').next().unwrap_or_default();
    let mut unknown = None;
    for identity in [from.as_str(), domain] {
        match aws.is_verified(region, identity).await {
            Ok(true) => return Finding::well(SENDER, format!("{identity} is verified")),
            Err(trouble) if trouble.code != "NotFoundException" => unknown = Some(trouble),
            _ => {}
        }
    }
    match unknown {
        Some(trouble) => not_known(SENDER, &trouble),
        None => Finding::of(
            Warning,
            SENDER,
            format!("neither {from} nor {domain} is verified: SES takes no mail from it"),
            format!("aws sesv2 create-email-identity --email-identity {domain}"),
        ),
    }
}

async fn account(aws: &Sdk, region: Option<&str>) -> Finding {
    match aws.mail_standing(region).await {
        Ok(standing) if !standing.sends => {
            Finding::of(Warning, ACCOUNT, "SES does not send for this account: it is paused", "see why in the SES console")
        }
        Ok(standing) if !standing.out_of_the_sandbox => Finding::of(
            Warning,
            ACCOUNT,
            "SES is in its sandbox: mail goes to verified addresses alone, 200 in 24 hours, 1 a second",
            "ask for production access in the SES console, or verify each address",
        ),
        Ok(standing) => {
            let says = format!("SES sends: {} of {} messages in the last 24 hours", standing.sent, standing.most_in_a_day);
            Finding::well(ACCOUNT, says)
        }
        Err(trouble) => not_known(ACCOUNT, &trouble),
    }
}

/// The notifier needs neither call, so the instance role need not allow them.
fn not_known(check: &'static str, trouble: &Trouble) -> Finding {
    match trouble.kind {
        Kind::Denied => {
            let says = format!("the instance role may not ask ({}): the notifier does without", trouble.operation);
            Finding::of(Unknown, check, says, "aws sesv2 get-account and get-email-identity, with rights of your own")
        }
        _ => amiss(Unknown, check, trouble),
    }
}
