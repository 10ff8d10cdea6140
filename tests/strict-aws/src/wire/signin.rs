//! The sign-in service's wire format: a form or a query in, JSON, a redirect or a page of HTML out (aws-facts §5).

use std::collections::BTreeMap;

use hyper::http::request::Parts;
use hyper::{Method, Response};
use serde_json::json;

use super::paced::{Hangup, Paced, Reply};
use super::scripted;
use crate::answer::ApiError;
use crate::fault::Operation;
use crate::signin::GetSigninToken;
use crate::world::World;

type Act = Box<dyn FnOnce(&World) -> Result<Reply, ApiError> + Send>;

pub(super) const PATH: &str = "/federation";

/// aws-facts §5: "AWS supports POST requests here" for both steps, plus GET.
pub(super) async fn answer(world: World, parts: &Parts, body: &[u8]) -> Result<Response<Paced>, Hangup> {
    let form = match parts.method {
        Method::POST => body,
        Method::GET => parts.uri.query().unwrap_or_default().as_bytes(),
        _ => return Ok(page(405, "Method Not Allowed").send(world.now(), None)),
    };
    let mut form: BTreeMap<String, String> = form_urlencoded::parse(form).into_owned().collect();
    let (action, method) = (form.remove("Action").unwrap_or_default(), parts.method.to_string());
    let mut take = |name: &str| form.remove(name);
    let (operation, act): (_, Act) = match action.as_str() {
        "getSigninToken" => {
            let (session, session_duration) = (take("Session").unwrap_or_default(), take("SessionDuration"));
            let request = GetSigninToken { method, session, session_duration };
            let act = move |world: &World| {
                let token = world.get_signin_token(&request)?;
                Ok(Reply::new(200, "application/json", json!({ "SigninToken": token }).to_string()))
            };
            (Operation::GetSigninToken, Box::new(act))
        }
        "login" => {
            let [token, issuer, destination] =
                ["SigninToken", "Issuer", "Destination"].map(|name| take(name).unwrap_or_default());
            let act = move |world: &World| {
                let session = world.login(&token, &issuer, &destination)?;
                Ok(page(302, "Found").header("location", session.destination))
            };
            (Operation::Login, Box::new(act))
        }
        _ => return Ok(page(400, "There is no such Action.").send(world.now(), None)),
    };
    if let Some(unknown) = form.keys().next() {
        world.note_fault(operation, "", "BadRequest");
        return Ok(page(400, &format!("Unknown parameter {unknown}.")).send(world.now(), None));
    }
    let refuse = |error: &ApiError| page(error.status, &error.message);
    let asked = world.clone();
    scripted(&world, operation, "", refuse, |_| act(&asked).unwrap_or_else(|error| refuse(&error))).await
}

fn page(status: u16, text: &str) -> Reply {
    Reply::new(status, "text/html", format!("<html><body><h1>HTTP Status {status}</h1><p>{text}</p></body></html>"))
}
