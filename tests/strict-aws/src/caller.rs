//! Who asks, and whether AWS believes it.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::answer::ApiError;
use crate::fault::Service;
use crate::keys::Credentials;
use crate::record::Issued;
use crate::world::State;

/// How far the caller's clock may be from AWS's. The bound of SigV4; S3's own is wider (15 minutes), we are stricter.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What a request says of its sender. `Debug` leaves the session token out.
#[derive(Clone)]
pub struct Caller {
    pub(crate) access_key_id: String,
    pub(crate) session_token: Option<String>,
    pub(crate) signed_at: Option<Timestamp>,
    pub(crate) request_id: Option<String>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl Caller {
    /// A sender with a clock as right as AWS's.
    pub fn new(access_key_id: &str, session_token: Option<&str>) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            session_token: session_token.map(str::to_owned),
            signed_at: None,
            request_id: None,
        }
    }

    /// The sender that holds these keys.
    pub fn holding(keys: &Credentials) -> Self {
        Self::new(&keys.access_key_id, keys.session_token.as_deref())
    }

    /// The same sender, by whose clock it is `at`.
    #[must_use]
    pub fn signed_at(self, at: Timestamp) -> Self {
        Self { signed_at: Some(at), ..self }
    }

    /// The same sender, with the id under which the request is to be recorded.
    #[must_use]
    pub fn request_id(self, id: &str) -> Self {
        Self { request_id: Some(id.to_owned()), ..self }
    }
}

impl State {
    /// The identity behind the keys, if they are real, in time and still alive.
    pub(crate) fn authenticate(&self, service: Service, caller: &Caller, now: Timestamp) -> Result<Arc<Issued>, ApiError> {
        let issued = self.issued.get(&caller.access_key_id).ok_or_else(|| unknown_key(service))?;
        if issued.credentials.session_token != caller.session_token {
            return Err(wrong_token(service));
        }
        check_skew(service, caller.signed_at.unwrap_or(now), now)?;
        if issued.credentials.expiration.is_some_and(|end| now >= end) {
            return Err(expired(service));
        }
        // aws-facts §7: InvalidClientTokenId also when the role was deleted
        if !self.principal_exists(&issued.principal_id) {
            return Err(wrong_token(service));
        }
        Ok(Arc::clone(issued))
    }
}

const INVALID: &str = "The security token included in the request is invalid.";

// aws-facts §7; Secrets Manager's is the name that JSON services have for it
pub(crate) fn unknown_key(service: Service) -> ApiError {
    match service {
        Service::S3 => {
            ApiError::new(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        Service::SecretsManager => ApiError::new(400, "UnrecognizedClientException", INVALID),
        Service::Ses => ApiError::new(403, "UnrecognizedClientException", INVALID),
        Service::Sts | Service::Iam | Service::Imds | Service::Signin => ApiError::new(403, "InvalidClientTokenId", INVALID),
    }
}

fn wrong_token(service: Service) -> ApiError {
    match service {
        Service::S3 => ApiError::new(400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
        other => unknown_key(other),
    }
}

// aws-facts §7: STS 403 `ExpiredToken`; S3 400 `ExpiredToken` with another text
fn expired(service: Service) -> ApiError {
    const TEXT: &str = "The security token included in the request is expired";
    match service {
        Service::S3 => ApiError::new(400, "ExpiredToken", "The provided token has expired."),
        Service::SecretsManager => ApiError::new(400, "ExpiredTokenException", TEXT),
        Service::Ses => ApiError::new(403, "ExpiredTokenException", TEXT),
        Service::Sts | Service::Iam | Service::Imds | Service::Signin => ApiError::new(403, "ExpiredToken", TEXT),
    }
}

// aws-facts §7: `SignatureDoesNotMatch` is skew or a wrong key
fn check_skew(service: Service, signed: Timestamp, now: Timestamp) -> Result<(), ApiError> {
    let skew = now.duration_since(signed);
    if skew.abs() <= SKEW {
        return Ok(());
    }
    if service == Service::S3 {
        let text = "The difference between the request time and the current time is too large.";
        return Err(ApiError::new(403, "RequestTimeTooSkewed", text));
    }
    let basic = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (signed_text, now_text) = (basic(signed), basic(now));
    Err(wrong_signature(
        service,
        if skew.is_positive() {
            let bound = basic(now - SKEW);
            format!("Signature expired: {signed_text} is now earlier than {bound} ({now_text} - 5 min.)")
        } else {
            let bound = basic(now + SKEW);
            format!("Signature not yet current: {signed_text} is still later than {bound} ({now_text} + 5 min.)")
        },
    ))
}

pub(crate) fn wrong_signature(service: Service, message: String) -> ApiError {
    match service {
        Service::SecretsManager => ApiError::new(400, "InvalidSignatureException", message),
        _ => ApiError::new(403, "SignatureDoesNotMatch", message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;
    use crate::world::World;

    const SERVICES: [Service; 3] = [Service::Sts, Service::SecretsManager, Service::S3];

    fn refusals(world: &World, caller: &Caller) -> Vec<(u16, String)> {
        let one = |service| {
            let answer = world.lock().authenticate(service, caller, world.now());
            answer.map_err(|error| (error.status, error.code)).expect_err("must be refused")
        };
        SERVICES.map(one).into()
    }

    fn pairs(expected: [(u16, &str); 3]) -> Vec<(u16, String)> {
        expected.map(|(status, code)| (status, code.to_owned())).into()
    }

    #[test]
    fn each_service_refuses_in_its_own_words() {
        let (world, clock) = crate::world::tests::world_and_clock();
        world.add_role(Role::new("CredAdmin"));
        let instance = world.launch_instance("CredAdmin");
        let keys = world.instance_credentials(&instance).expect("has a role");
        let caller = Caller::holding(&keys);
        for service in SERVICES {
            assert!(world.lock().authenticate(service, &caller, world.now()).is_ok());
        }
        let unknown = Caller::new("ASIAAAAAAAAAAAAAAAAA", caller.session_token.as_deref());
        let expected = [(403, "InvalidClientTokenId"), (400, "UnrecognizedClientException"), (403, "InvalidAccessKeyId")];
        assert_eq!(refusals(&world, &unknown), pairs(expected));

        let expected = [(403, "InvalidClientTokenId"), (400, "UnrecognizedClientException"), (400, "InvalidToken")];
        assert_eq!(refusals(&world, &Caller::new(&keys.access_key_id, None)), pairs(expected));

        let skewed = [(403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"), (403, "RequestTimeTooSkewed")];
        for seconds in [-301, 301] {
            let caller = caller.clone().signed_at(world.now() + SignedDuration::from_secs(seconds));
            assert_eq!(refusals(&world, &caller), pairs(skewed));
        }
        for seconds in [-300, 300] {
            let caller = caller.clone().signed_at(world.now() + SignedDuration::from_secs(seconds));
            assert!(world.lock().authenticate(Service::Sts, &caller, world.now()).is_ok());
        }

        clock.advance(6 * 3600 - 1);
        assert!(world.lock().authenticate(Service::Sts, &caller, world.now()).is_ok());
        clock.advance(1);
        let expected = [(403, "ExpiredToken"), (400, "ExpiredTokenException"), (400, "ExpiredToken")];
        assert_eq!(refusals(&world, &caller), pairs(expected));
    }

    #[test]
    fn skew_is_told_as_aws_tells_it() {
        let now: Timestamp = "2026-01-31T17:00:00Z".parse().expect("a timestamp");
        let text = |seconds| {
            let signed = now + SignedDuration::from_secs(seconds);
            check_skew(Service::Sts, signed, now).expect_err("too far off").message
        };
        assert_eq!(
            text(-600),
            "Signature expired: 20260131T165000Z is now earlier than 20260131T165500Z (20260131T170000Z - 5 min.)"
        );
        assert_eq!(
            text(600),
            "Signature not yet current: 20260131T171000Z is still later than 20260131T170500Z (20260131T170000Z + 5 min.)"
        );
    }

    #[test]
    fn a_deleted_role_takes_its_sessions_along() {
        let (world, _clock) = crate::world::tests::world_and_clock();
        world.add_role(Role::new("CredAdmin"));
        let instance = world.launch_instance("CredAdmin");
        let caller = Caller::holding(&world.instance_credentials(&instance).expect("has a role"));
        world.delete_role("CredAdmin");
        world.add_role(Role::new("CredAdmin"));
        let expected = [(403, "InvalidClientTokenId"), (400, "UnrecognizedClientException"), (400, "InvalidToken")];
        assert_eq!(refusals(&world, &caller), pairs(expected));
    }
}
