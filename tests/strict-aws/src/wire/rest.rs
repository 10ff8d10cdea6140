//! S3's wire format: path-style REST in, XML out.

use hyper::Method;
use hyper::http::request::Parts;

use super::api::{Act, Asked};
use super::paced::Reply;
use super::query::element;
use super::sigv4::decode;
use crate::answer::ApiError;
use crate::fault::Operation;

const XML: &str = "application/xml";

pub(super) fn read(parts: &Parts, body: &[u8]) -> Result<Asked, ApiError> {
    let path = decode(parts.uri.path());
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    let query = parts.uri.query().unwrap_or_default();
    let acl = form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "acl" && value.is_empty());
    let id = bucket.clone();
    let (operation, act): (_, Act) = match (&parts.method, key.is_empty(), acl) {
        (&Method::HEAD, true, false) => (
            Operation::HeadBucket,
            Box::new(move |world, caller, _| {
                world.head_bucket(caller, &bucket)?;
                Ok(Reply::new(200, XML, "").header("x-amz-bucket-region", crate::REGION))
            }),
        ),
        (&Method::GET, false, true) => {
            (Operation::GetObjectAcl, Box::new(move |world, caller, _| Ok(acl_of(&world.get_object_acl(caller, &bucket, &key)?))))
        }
        (&Method::GET, false, false) => (
            Operation::GetObject,
            Box::new(move |world, caller, _| {
                Ok(Reply::new(200, "binary/octet-stream", world.get_object(caller, &bucket, &key)?))
            }),
        ),
        (&Method::PUT, false, false) => {
            let (content, only_if_new) = (body.to_vec(), if_none_match(parts)?);
            let act: Act = Box::new(move |world, caller, _| {
                world.put_object(caller, &bucket, &key, &content, only_if_new)?;
                Ok(Reply::new(200, XML, ""))
            });
            (Operation::PutObject, act)
        }
        _ => {
            return Err(ApiError::new(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            ));
        }
    };
    Ok(Asked { operation, id, act })
}

/// `If-None-Match: *`; no other value is taken.
fn if_none_match(parts: &Parts) -> Result<bool, ApiError> {
    match parts.headers.get("if-none-match").map(|value| value.as_bytes()) {
        None => Ok(false),
        Some(b"*") => Ok(true),
        Some(_) => {
            Err(ApiError::new(501, "NotImplemented", "A header you provided implies functionality that is not implemented"))
        }
    }
}

fn acl_of(owner: &str) -> Reply {
    const ATTRIBUTES: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"";
    let owner = element("ID", owner);
    let grant = format!("<Grant><Grantee {ATTRIBUTES}>{owner}</Grantee>{}</Grant>", element("Permission", "FULL_CONTROL"));
    let policy = format!("<Owner>{owner}</Owner><AccessControlList>{grant}</AccessControlList>");
    let namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
    Reply::new(200, XML, format!("<AccessControlPolicy xmlns=\"{namespace}\">{policy}</AccessControlPolicy>"))
}

pub(super) fn refusal(error: &ApiError, request_id: &str) -> Reply {
    let inner = [element("Code", &error.code), element("Message", &error.message), element("RequestId", request_id)];
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{}</Error>", inner.concat());
    Reply::new(error.status, XML, body)
}
