//! Signature Version 4, the side that checks. Only signatures in the `Authorization` header.

use hmac::{Hmac, KeyInit, Mac};
use hyper::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::REGION;
use crate::answer::ApiError;
use crate::caller::{Caller, unknown_key, wrong_signature};
use crate::fault::Service;
use crate::world::World;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the `Authorization` header says.
struct Authorization<'a> {
    access_key_id: &'a str,
    /// `DATE/REGION/SERVICE/aws4_request`
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Who signed the request, if the signature is right. A wrong one is answered with AWS's text, which really holds the
/// canonical request, and so the session token: nobody should log it.
pub(super) fn verify(world: &World, service: Service, parts: &Parts, body: &[u8], request_id: &str) -> Result<Caller, ApiError> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").ok_or_else(|| missing(service))?;
    let given = Authorization::read(authorization).ok_or_else(|| incomplete(service, authorization))?;
    let date = header("x-amz-date").unwrap_or_default();
    let signed_at = instant(date).ok_or_else(|| incomplete(service, authorization))?;
    check_scope(service, given.scope, date)?;
    for name in parts.headers.keys().map(hyper::header::HeaderName::as_str).filter(|name| must_be_signed(name)) {
        if !given.signed_headers.split(';').any(|signed| signed == name) {
            let text = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
            return Err(wrong_signature(service, text));
        }
    }

    let secret = world.secret_key(given.access_key_id).ok_or_else(|| unknown_key(service))?;
    let payload = hex(&Sha256::digest(body));
    let sent = header("x-amz-content-sha256");
    if service == Service::S3 && sent != Some(payload.as_str()) {
        let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(ApiError::new(400, "XAmzContentSHA256Mismatch", text));
    }
    let canonical = canonical_request(service, parts, given.signed_headers, &payload);
    let to_sign = format!("{ALGORITHM}\n{date}\n{}\n{}", given.scope, hex(&Sha256::digest(&canonical)));
    let key = given.scope.split('/').fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    if hex(&mac(&key, &to_sign)) != given.signature {
        return Err(wrong_signature(service, mismatch(&canonical, &to_sign)));
    }
    let caller = Caller::new(given.access_key_id, header("x-amz-security-token"));
    Ok(caller.signed_at(signed_at).request_id(request_id))
}

impl<'a> Authorization<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in text.strip_prefix(ALGORITHM)?.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => credential = value.split_once('/'),
                ("SignedHeaders", value) => signed_headers = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        let (access_key_id, scope) = credential?;
        Some(Self { access_key_id, scope, signed_headers: signed_headers?, signature: signature? })
    }
}

fn check_scope(service: Service, scope: &str, date: &str) -> Result<(), ApiError> {
    let name = match service {
        Service::SecretsManager => "secretsmanager",
        Service::S3 => "s3",
        Service::Iam => "iam",
        Service::Ses => "ses",
        Service::Sts | Service::Imds | Service::Signin => "sts",
    };
    // IAM is one for all regions, and is signed for where it is; by an SDK that was led elsewhere, for the SDK's own region.
    let is_home = |region: &str| region == REGION || service == Service::Iam && region == "us-east-1";
    let text = match scope.split('/').collect::<Vec<_>>().as_slice() {
        [day, ..] if !date.starts_with(*day) => {
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
        }
        [_, region, ..] if !is_home(region) => "Credential should be scoped to a valid region.",
        [_, _, other, ..] if *other != name => "Credential should be scoped to correct service.",
        [_, _, _, "aws4_request"] => return Ok(()),
        _ => "Credential should be scoped with a valid terminator: 'aws4_request'.",
    };
    Err(wrong_signature(service, text.to_owned()))
}

/// Of the headers that come, these must be among the signed; stricter than AWS, which asks for `host` and some of `x-amz-*`.
fn must_be_signed(name: &str) -> bool {
    name == "host" || name.starts_with("x-amz-") && name != "x-amz-user-agent"
}

fn canonical_request(service: Service, parts: &Parts, signed_headers: &str, payload: &str) -> String {
    let mut query: Vec<_> = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    let with_equals: Vec<_> = query
        .drain(..)
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name)), encode(&decode(value))))
        .collect();
    let mut query = with_equals;
    query.sort();
    let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    // S3 signs the path as it is sent, the others encode it once more
    let path = match service {
        Service::S3 => parts.uri.path().to_owned(),
        _ => parts.uri.path().split('/').map(encode).collect::<Vec<_>>().join("/"),
    };
    let headers: String = signed_headers
        .split(';')
        .map(|name| {
            let values = parts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let values: Vec<_> = values.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            format!("{name}:{}\n", values.join(","))
        })
        .collect();
    let (method, query) = (parts.method.as_str(), query.join("&"));
    format!("{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload}")
}

fn mismatch(canonical: &str, to_sign: &str) -> String {
    format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key \
         and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should \
         have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
    )
}

fn missing(service: Service) -> ApiError {
    match service {
        Service::SecretsManager => ApiError::new(400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        Service::S3 => ApiError::new(403, "AccessDenied", "Access Denied"),
        _ => ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
    }
}

fn incomplete(service: Service, header: &str) -> ApiError {
    let code = if service == Service::SecretsManager { "IncompleteSignatureException" } else { "IncompleteSignature" };
    ApiError::new(400, code, format!("Authorization header or X-Amz-Date is not well formed: '{header}'"))
}

/// `20260131T170000Z`
fn instant(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Takes percent-encoding back.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
