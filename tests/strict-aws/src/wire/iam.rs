//! IAM's wire format: a form in, XML out, API version 2010-05-08. What tells it from STS is that version.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::api::Asked;
use super::paced::Reply;
use super::query::{element, error, response};
use crate::answer::ApiError;
use crate::fault::Operation;

pub(super) const VERSION: &str = "2010-05-08";
const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

pub(super) fn read(body: &[u8], request_id: &str) -> Result<Asked, ApiError> {
    let mut form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let mut take = |name: &str| form.remove(name).unwrap_or_default();
    let (action, _, role, policy) = (take("Action"), take("Version"), take("RoleName"), take("PolicyName"));
    let document = take("PolicyDocument");
    let request_id = request_id.to_owned();
    let (id, name) = (role.clone(), action.clone());
    let asked = match action.as_str() {
        "PutRolePolicy" => Asked {
            operation: Operation::PutRolePolicy,
            id,
            act: Box::new(move |world, caller, _| {
                world.put_role_policy_as(caller, &role, &policy, &document)?;
                Ok(response(NAMESPACE, &name, None, &request_id))
            }),
        },
        "GetRolePolicy" => Asked {
            operation: Operation::GetRolePolicy,
            id,
            act: Box::new(move |world, caller, _| {
                let document = world.get_role_policy_as(caller, &role, &policy)?;
                // RFC 3986, as the API's reference has it.
                let document = utf8_percent_encode(&document, NON_ALPHANUMERIC).to_string();
                let result = [element("RoleName", &role), element("PolicyName", &policy), element("PolicyDocument", &document)];
                Ok(response(NAMESPACE, &name, Some(&result.concat()), &request_id))
            }),
        },
        _ => {
            let text = format!("Could not find operation {action} for version {VERSION}");
            return Err(ApiError::new(400, "InvalidAction", text));
        }
    };
    match form.keys().next() {
        Some(unknown) => Err(ApiError::new(400, "ValidationError", format!("unexpected parameter {unknown}"))),
        None => Ok(asked),
    }
}

pub(super) fn refusal(refused: &ApiError, request_id: &str) -> Reply {
    error(NAMESPACE, refused, request_id)
}
