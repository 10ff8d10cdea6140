//! SES v2 (aws-facts §13): what the notifier sends with it, and what doctor asks it.

use aws_config::Region;
use aws_sdk_sesv2 as ses;
use ses::types::{Body, Content, Destination, EmailContent, Message, TlsPolicy};
use zeroize::Zeroizing;

use super::failure::trouble;
use super::sdk::Sdk;
use super::trouble::{Kind, Operation, Trouble};

pub use super::mail_trouble::{is_hopeless, remedy};

/// A message for one person.
pub struct Mail<'a> {
    /// The sender's address.
    pub from: &'a str,
    /// Whom it is for.
    pub to: &'a str,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<&'a str>,
    /// The configuration set that requires TLS.
    pub configuration_set: &'a str,
    /// One line.
    pub subject: String,
    /// The message as plain text. It may hold a sign-in URL.
    pub text: Zeroizing<String>,
    /// The same as HTML.
    pub html: Zeroizing<String>,
}

/// What SES says of this account in a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Whether mail goes to others than verified addresses.
    pub out_of_the_sandbox: bool,
    /// Whether SES sends at all for it.
    pub sends: bool,
    /// What may be sent in 24 hours.
    pub most_in_a_day: f64,
    /// What was sent in the last.
    pub sent: f64,
}

impl Sdk {
    /// Hands a message to SES; answers with its id. That is no delivery yet.
    ///
    /// # Errors
    /// What SES says.
    pub async fn send_email(&self, region: Option<&str>, mail: &Mail<'_>) -> Result<String, Trouble> {
        const OPERATION: Operation = Operation::SendEmail;
        let content = |text: &str| {
            let content = Content::builder().data(text).charset("UTF-8").build();
            content.map_err(|error| Trouble::new(OPERATION, Kind::Invalid, "BadRequest", &error.to_string()))
        };
        let body = Body::builder().text(content(&mail.text)?).html(content(&mail.html)?).build();
        let message = Message::builder().subject(content(&mail.subject)?).body(body).build();
        let call = self.ses(OPERATION, region).await?.send_email();
        let call = call
            .from_email_address(mail.from)
            .destination(Destination::builder().to_addresses(mail.to).build())
            .set_reply_to_addresses(mail.reply_to.map(|address| vec![address.to_owned()]))
            .configuration_set_name(mail.configuration_set)
            .content(EmailContent::builder().simple(message).build());
        let answer = call.send().await.map_err(|error| trouble(OPERATION, &error))?;
        Ok(answer.message_id.unwrap_or_default())
    }

    /// Whether a configuration set lets no message go without TLS.
    ///
    /// # Errors
    /// What SES says.
    pub async fn requires_tls(&self, region: Option<&str>, configuration_set: &str) -> Result<bool, Trouble> {
        const OPERATION: Operation = Operation::GetConfigurationSet;
        let call = self.ses(OPERATION, region).await?.get_configuration_set();
        let answer = call.configuration_set_name(configuration_set).send().await.map_err(|error| trouble(OPERATION, &error))?;
        let policy = answer.delivery_options().and_then(|options| options.tls_policy());
        Ok(policy == Some(&TlsPolicy::Require))
    }

    /// Whether an address, or its domain, is verified.
    ///
    /// # Errors
    /// What SES says.
    pub async fn is_verified(&self, region: Option<&str>, identity: &str) -> Result<bool, Trouble> {
        const OPERATION: Operation = Operation::GetEmailIdentity;
        let call = self.ses(OPERATION, region).await?.get_email_identity();
        let answer = call.email_identity(identity).send().await.map_err(|error| trouble(OPERATION, &error))?;
        Ok(answer.verified_for_sending_status())
    }

    /// How this account stands with SES.
    ///
    /// # Errors
    /// What SES says.
    pub async fn mail_standing(&self, region: Option<&str>) -> Result<Standing, Trouble> {
        const OPERATION: Operation = Operation::GetAccount;
        let answer = self.ses(OPERATION, region).await?.get_account().send().await.map_err(|error| trouble(OPERATION, &error))?;
        let quota = answer.send_quota();
        Ok(Standing {
            out_of_the_sandbox: answer.production_access_enabled(),
            sends: answer.sending_enabled(),
            most_in_a_day: quota.map_or(0.0, |quota| quota.max24_hour_send()),
            sent: quota.map_or(0.0, |quota| quota.sent_last24_hours()),
        })
    }

    /// SES's client; made anew for each call, because mail is rare and the daemon does without.
    async fn ses(&self, operation: Operation, region: Option<&str>) -> Result<ses::Client, Trouble> {
        let clients = self.ready(operation).await?;
        let config = ses::config::Builder::from(&clients.shared);
        let config = match region {
            Some(region) => config.region(Region::new(region.to_owned())),
            None => config,
        };
        Ok(ses::Client::from_conf(config.build()))
    }
}
