//! SES v2's wire format: REST with JSON, the error's name in a header.

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::api::{Act, Asked};
use super::paced::Reply;
use super::sigv4::decode;
use crate::answer::ApiError;
use crate::fault::Operation;
use crate::ses::SendEmail;

const JSON: &str = "application/json";
pub(super) const PREFIX: &str = "/v2/email/";

pub(super) fn read(parts: &Parts, body: &[u8]) -> Result<Asked, ApiError> {
    let path = decode(parts.uri.path());
    let path = path.strip_prefix(PREFIX).unwrap_or_default();
    let (room, name) = path.split_once('/').unwrap_or((path, ""));
    let name = name.to_owned();
    let id = name.clone();
    let (operation, act): (_, Act) = match (&parts.method, room) {
        (&Method::POST, "outbound-emails") => {
            let mail = mail(body)?;
            let act: Act =
                Box::new(move |world, caller, _| Ok(answer(&json!({ "MessageId": world.send_email(caller, &mail)? }))));
            (Operation::SendEmail, act)
        }
        (&Method::GET, "configuration-sets") => (
            Operation::GetConfigurationSet,
            Box::new(move |world, caller, _| {
                let tls = if world.get_configuration_set(caller, &name)? { "REQUIRE" } else { "OPTIONAL" };
                Ok(answer(&json!({ "ConfigurationSetName": name, "DeliveryOptions": { "TlsPolicy": tls } })))
            }),
        ),
        (&Method::GET, "identities") => (
            Operation::GetEmailIdentity,
            Box::new(move |world, caller, _| {
                Ok(answer(&json!({ "VerifiedForSendingStatus": world.get_email_identity(caller, &name)? })))
            }),
        ),
        (&Method::GET, "account") => (
            Operation::GetAccount,
            Box::new(move |world, caller, _| {
                let (production, sent) = world.get_ses_account(caller)?;
                let quota = json!({ "Max24HourSend": if production { 50000.0 } else { 200.0 },
                    "MaxSendRate": if production { 14.0 } else { 1.0 }, "SentLast24Hours": sent });
                Ok(answer(&json!({ "ProductionAccessEnabled": production, "SendingEnabled": true, "SendQuota": quota })))
            }),
        ),
        _ => return Err(ApiError::new(404, "UnknownOperationException", "")),
    };
    Ok(Asked { operation, id, act })
}

fn mail(body: &[u8]) -> Result<SendEmail, ApiError> {
    let bad = |text: &str| ApiError::new(400, "BadRequestException", text);
    let asked: Value = serde_json::from_slice(body).map_err(|_| bad("the body must be JSON"))?;
    let known = ["FromEmailAddress", "Destination", "ReplyToAddresses", "ConfigurationSetName", "Content"];
    if let Some(unknown) = asked.as_object().and_then(|fields| fields.keys().find(|key| !known.contains(&key.as_str()))) {
        return Err(bad(&format!("unknown parameter {unknown}")));
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let texts = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect();
    let simple = &asked["Content"]["Simple"];
    Ok(SendEmail {
        from: text(&asked["FromEmailAddress"]).ok_or_else(|| bad("FromEmailAddress is missing"))?,
        to: texts(&asked["Destination"]["ToAddresses"]),
        reply_to: texts(&asked["ReplyToAddresses"]),
        configuration_set: text(&asked["ConfigurationSetName"]),
        subject: text(&simple["Subject"]["Data"]).ok_or_else(|| bad("Content.Simple.Subject is missing"))?,
        text: text(&simple["Body"]["Text"]["Data"]),
        html: text(&simple["Body"]["Html"]["Data"]),
    })
}

fn answer(value: &Value) -> Reply {
    Reply::new(200, JSON, value.to_string())
}

pub(super) fn refusal(error: &ApiError) -> Reply {
    let reply = Reply::new(error.status, JSON, json!({ "message": error.message }).to_string());
    reply.header("x-amzn-errortype", error.code.clone())
}
