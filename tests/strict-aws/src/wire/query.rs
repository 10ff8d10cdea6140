//! STS's wire format: a form in, XML out, API version 2011-06-15.

use std::collections::BTreeMap;

use super::api::Asked;
use super::paced::Reply;
use crate::answer::ApiError;
use crate::fault::Operation;
use crate::sts::{AssumedRole, CallerIdentity};
use crate::sts_request::AssumeRole;

const XML: &str = "text/xml";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn read(body: &[u8], request_id: &str) -> Result<Asked, ApiError> {
    let mut form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let invalid = |code: &str, text: String| ApiError::new(400, code, text);
    let action = form.remove("Action").ok_or_else(|| invalid("MissingAction", "No Action was given.".to_owned()))?;
    let version = form.remove("Version").unwrap_or_default();
    if version != "2011-06-15" {
        let text = format!("Could not find operation {action} for version {version}");
        return Err(invalid("InvalidAction", text));
    }
    let request_id = request_id.to_owned();
    let asked = match action.as_str() {
        "AssumeRole" => {
            let request = assume_role(&mut form)?;
            Asked {
                operation: Operation::AssumeRole,
                id: request.role_arn.clone(),
                act: Box::new(move |world, caller, fault| {
                    let answer = world.assume_role(caller, &request)?;
                    let answer = fault.map_or(answer.clone(), |fault| world.twist(fault, answer));
                    Ok(envelope("AssumeRole", &assumed(&answer), &request_id))
                }),
            }
        }
        "GetCallerIdentity" => Asked {
            operation: Operation::GetCallerIdentity,
            id: String::new(),
            act: Box::new(move |world, caller, _| {
                let answer = world.get_caller_identity(caller)?;
                Ok(envelope("GetCallerIdentity", &identity(&answer), &request_id))
            }),
        },
        _ => return Err(invalid("InvalidAction", format!("Could not find operation {action} for version {version}"))),
    };
    match form.keys().next() {
        Some(unknown) => Err(invalid("ValidationError", format!("unexpected parameter {unknown}"))),
        None => Ok(asked),
    }
}

fn assume_role(form: &mut BTreeMap<String, String>) -> Result<AssumeRole, ApiError> {
    let seconds = form.remove("DurationSeconds").map(|text| {
        let text = text.as_str();
        text.parse().map_err(|_| ApiError::new(400, "MalformedInput", format!("not a number of seconds: {text}")))
    });
    Ok(AssumeRole {
        role_arn: form.remove("RoleArn").unwrap_or_default(),
        role_session_name: form.remove("RoleSessionName").unwrap_or_default(),
        duration_seconds: seconds.transpose()?,
        policy: form.remove("Policy"),
        external_id: form.remove("ExternalId"),
        source_identity: form.remove("SourceIdentity"),
        tags: list(|n| {
            let key = form.remove(&format!("Tags.member.{n}.Key"))?;
            Some((key, form.remove(&format!("Tags.member.{n}.Value")).unwrap_or_default()))
        }),
        transitive_tag_keys: list(|n| form.remove(&format!("TransitiveTagKeys.member.{n}"))),
    })
}

fn list<T>(member: impl FnMut(u32) -> Option<T>) -> Vec<T> {
    (1..).map_while(member).collect()
}

fn assumed(answer: &AssumedRole) -> String {
    let credentials = answer.credentials.as_ref().map(|keys| {
        let inner = [
            element("AccessKeyId", &keys.access_key_id),
            element("SecretAccessKey", &keys.secret_access_key),
            element("SessionToken", keys.session_token.as_deref().unwrap_or_default()),
            keys.expiration.map(|end| element("Expiration", &end.to_string())).unwrap_or_default(),
        ];
        format!("<Credentials>{}</Credentials>", inner.concat())
    });
    let size = answer.packed_policy_size.map(|percent| element("PackedPolicySize", &percent.to_string()));
    let token = answer.credentials.as_ref().and_then(|keys| keys.session_token.as_ref());
    let token = token.map(|token| token_size(token.len()));
    let source = answer.source_identity.as_ref().map(|id| element("SourceIdentity", id));
    let user = [element("AssumedRoleId", &answer.assumed_role_id), element("Arn", &answer.arn)].concat();
    let user = Some(format!("<AssumedRoleUser>{user}</AssumedRoleUser>"));
    [credentials, user, size, token, source].into_iter().flatten().collect()
}

/// The API's two fields that are to replace PackedPolicySize. The maximum is not published: we take the 4096 bytes of
/// aws-facts §5, "typical size is less than".
fn token_size(bytes: usize) -> String {
    let percent = (bytes * 100).div_ceil(4096);
    element("SessionTokenSize", &bytes.to_string()) + &element("SessionTokenUtilization", &percent.to_string())
}

fn identity(answer: &CallerIdentity) -> String {
    [element("Arn", &answer.arn), element("UserId", &answer.user_id), element("Account", &answer.account)].concat()
}

fn envelope(action: &str, result: &str, request_id: &str) -> Reply {
    response(NAMESPACE, action, Some(result), request_id)
}

/// An answer of a service with this format. Some calls have no result.
pub(super) fn response(namespace: &str, action: &str, result: Option<&str>, request_id: &str) -> Reply {
    let metadata = format!("<ResponseMetadata>{}</ResponseMetadata>", element("RequestId", request_id));
    let result = result.map(|result| format!("<{action}Result>{result}</{action}Result>")).unwrap_or_default();
    let body = format!("<{action}Response xmlns=\"{namespace}\">{result}{metadata}</{action}Response>");
    Reply::new(200, XML, body)
}

pub(super) fn refusal(refused: &ApiError, request_id: &str) -> Reply {
    error(NAMESPACE, refused, request_id)
}

/// A refusal of a service with this format.
pub(super) fn error(namespace: &str, error: &ApiError, request_id: &str) -> Reply {
    let kind = if error.status < 500 { "Sender" } else { "Receiver" };
    let inner = [element("Type", kind), element("Code", &error.code), element("Message", &error.message)].concat();
    let id = element("RequestId", request_id);
    let body = format!("<ErrorResponse xmlns=\"{namespace}\"><Error>{inner}</Error>{id}</ErrorResponse>");
    Reply::new(error.status, XML, body)
}

/// `<name>text</name>`, escaped.
pub(super) fn element(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;");
    format!("<{name}>{text}</{name}>")
}
