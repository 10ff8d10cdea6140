//! STS, Secrets Manager, S3, IAM, SES and the sign-in service behind one port: which of them is meant, who asks, and what.

use std::borrow::Cow;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};

use super::paced::{Hangup, Paced, Reply};
use super::{iam, json, query, rest, scripted, ses, signin, sigv4};
use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::{Fault, Operation, Service};
use crate::world::World;

/// What a request turned out to ask for.
pub(super) struct Asked {
    pub(super) operation: Operation,
    /// the secret id, role ARN or bucket
    pub(super) id: String,
    pub(super) act: Act,
}

/// Does it, and makes the answer's body.
pub(super) type Act = Box<dyn FnOnce(&World, &Caller, Option<&Fault>) -> Result<Reply, ApiError> + Send>;

pub(super) async fn answer(world: World, request: Request<Incoming>) -> Result<Response<Paced>, Hangup> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Hangup)?.to_bytes();
    if parts.uri.path() == signin::PATH {
        return signin::answer(world, &parts, &body).await;
    }
    let service = service_of(&parts, &body);
    let request_id = world.make_request_id();
    let refuse = |error: &ApiError| refuse(service, error, &request_id);

    let asked = match service {
        Service::SecretsManager => json::read(&parts, &body),
        Service::Sts => query::read(&body, &request_id),
        Service::Iam => iam::read(&body, &request_id),
        Service::Ses => ses::read(&parts, &body),
        Service::S3 | Service::Imds | Service::Signin => rest::read(&parts, &body),
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return Ok(refuse(&error).send(world.now(), None)),
    };
    let act = |fault: Option<&Fault>| {
        let outcome = sigv4::verify(&world, service, &parts, &body, &request_id)
            .inspect_err(|error| world.note_fault(asked.operation, &asked.id, &error.code))
            .and_then(|caller| (asked.act)(&world, &caller, fault));
        outcome.map_or_else(|error| refuse(&error), |reply| reply.header(id_header(service), &request_id))
    };
    scripted(&world, asked.operation, &asked.id, refuse, act).await
}

fn service_of(parts: &Parts, body: &[u8]) -> Service {
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if parts.uri.path().starts_with(ses::PREFIX) {
        Service::Ses
    } else if parts.headers.contains_key("x-amz-target") {
        Service::SecretsManager
    } else if parts.method == Method::POST && content_type.starts_with("application/x-www-form-urlencoded") {
        let is_iams = |(name, value): (Cow<'_, str>, Cow<'_, str>)| name == "Version" && value == iam::VERSION;
        if form_urlencoded::parse(body).any(is_iams) { Service::Iam } else { Service::Sts }
    } else {
        Service::S3
    }
}

fn id_header(service: Service) -> &'static str {
    if service == Service::S3 { "x-amz-request-id" } else { "x-amzn-requestid" }
}

fn refuse(service: Service, error: &ApiError, request_id: &str) -> Reply {
    let reply = match service {
        Service::SecretsManager => json::refusal(error),
        Service::Sts => query::refusal(error, request_id),
        Service::Iam => iam::refusal(error, request_id),
        Service::Ses => ses::refusal(error),
        Service::S3 | Service::Imds | Service::Signin => rest::refusal(error, request_id),
    };
    reply.header(id_header(service), request_id)
}
