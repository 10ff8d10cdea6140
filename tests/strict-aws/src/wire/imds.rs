//! The instance metadata service, version 2; version 1 only where it is switched on (aws-facts §9).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::paced::{Hangup, Paced, Reply};
use super::scripted;
use crate::answer::ApiError;
use crate::fault::Operation;
use crate::world::World;
use crate::{ACCOUNT, REGION};

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials/";

/// One instance's metadata service, and the tokens that it has given out.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    world: World,
    instance: Option<String>,
    tokens: Arc<Mutex<BTreeMap<String, Timestamp>>>,
}

impl Metadata {
    /// Of that instance; of the first one if none is named.
    pub(super) fn new(world: World, instance: Option<&str>) -> Self {
        Self { world, instance: instance.map(str::to_owned), tokens: Arc::default() }
    }

    pub(super) async fn answer(self, request: Request<Incoming>) -> Result<Response<Paced>, Hangup> {
        let (parts, _) = request.into_parts();
        let path = parts.uri.path();
        let operation = match (&parts.method, path) {
            (&Method::PUT, "/latest/api/token") => Operation::ImdsToken,
            (&Method::GET, "/latest/meta-data/iam/security-credentials" | CREDENTIALS) => Operation::ImdsRole,
            (&Method::GET, "/latest/meta-data/placement/region") => Operation::ImdsRegion,
            (&Method::GET, "/latest/meta-data/instance-id") => Operation::ImdsInstanceId,
            (&Method::GET, "/latest/meta-data/") => Operation::ImdsIndex,
            (&Method::GET, "/latest/dynamic/instance-identity/document") => Operation::ImdsIdentityDocument,
            (&Method::GET, path) if path.starts_with(CREDENTIALS) => Operation::ImdsCredentials,
            (&Method::GET, _) => return Ok(status(404).send(self.world.now(), None)),
            _ => return Ok(status(405).send(self.world.now(), None)),
        };
        let role = path.strip_prefix(CREDENTIALS).unwrap_or_default();
        let refuse = |error: &ApiError| status(error.status);
        let act = |_: Option<&_>| {
            let reply = self.reply(operation, &parts, role);
            self.world.note(operation, role, (reply.status != 200).then(|| reply.status.to_string()));
            reply
        };
        scripted(&self.world, operation, role, refuse, act).await
    }

    fn reply(&self, operation: Operation, parts: &Parts, role: &str) -> Reply {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let Some((instance, enabled)) = self.world.instance(self.instance.as_deref()) else { return status(404) };
        if !enabled {
            return status(403);
        }
        if operation == Operation::ImdsToken {
            // aws-facts §9: rejected with X-Forwarded-For; a life of 1..=21600 s
            return match header(TTL).and_then(|ttl| ttl.parse().ok()) {
                _ if header("x-forwarded-for").is_some() => status(403),
                Some(ttl @ 1..=21600) => self.give_token(ttl),
                _ => status(400),
            };
        }
        let is_known = match header(TOKEN) {
            Some(token) => self.knows(token),
            None => self.world.tokens_are_optional(&instance),
        };
        if !is_known {
            return status(401); // aws-facts §9: the token is missing, wrong or over
        }
        let current = self.world.instance_credentials_of(&instance);
        match (operation, current) {
            (Operation::ImdsRegion, _) => Reply::new(200, "text/plain", REGION),
            (Operation::ImdsInstanceId, _) => Reply::new(200, "text/plain", instance),
            (Operation::ImdsIndex, _) => Reply::new(200, "text/plain", "iam/\ninstance-id\nplacement/"),
            (Operation::ImdsIdentityDocument, _) => {
                let document = json!({"accountId": ACCOUNT, "instanceId": instance, "region": REGION,
                    "availabilityZone": format!("{REGION}a"), "version": "2017-09-30"});
                Reply::new(200, "text/plain", document.to_string())
            }
            (Operation::ImdsRole, Some((name, _, _))) => Reply::new(200, "text/plain", name),
            (Operation::ImdsCredentials, Some((name, keys, updated))) if name == role => {
                let document = json!({
                    "Code": "Success", "LastUpdated": crate::sts::whole_seconds(updated).to_string(), "Type": "AWS-HMAC",
                    "AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key,
                    "Token": keys.session_token, "Expiration": keys.expiration.map(|end| end.to_string()),
                });
                Reply::new(200, "text/plain", document.to_string())
            }
            _ => status(404), // aws-facts §9: no role
        }
    }

    fn give_token(&self, ttl: i64) -> Reply {
        let token = format!("AQAEA{}", self.world.make_request_id().replace('-', ""));
        let end = self.world.now() + SignedDuration::from_secs(ttl);
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), end);
        Reply::new(200, "text/plain", token).header(TTL, ttl.to_string())
    }

    fn knows(&self, token: &str) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).is_some_and(|end| self.world.now() < *end)
    }
}

fn status(status: u16) -> Reply {
    Reply::new(status, "text/html", format!("<html><body><h1>{status}</h1></body></html>"))
}
