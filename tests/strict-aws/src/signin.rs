//! The sign-in service: from a session to the console, in two requests that nobody signs (aws-facts §5).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::answer::ApiError;
use crate::fault::Operation;
use crate::record::{Call, Issued};
use crate::world::{State, World};

/// aws-facts §5: a login URL is good for so long.
const LOGIN_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// aws-facts §5: the three names, and no others ("exactly three keys").
const KEYS: [&str; 3] = ["sessionId", "sessionKey", "sessionToken"];

/// What is asked for with `Action=getSigninToken`. `Debug` is left out: it holds a session.
#[derive(Clone, Default)]
pub struct GetSigninToken {
    /// `POST` or `GET`.
    pub method: String,
    /// The session as JSON.
    pub session: String,
    /// In seconds.
    pub session_duration: Option<String>,
}

/// A session of the console, as a browser has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The key id of the session that it was made of.
    pub access_key_id: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ends by itself.
    pub ends: Timestamp,
    /// The page that the browser was sent to.
    pub destination: String,
    /// Who sent it.
    pub issuer: String,
}

/// What the sign-in service remembers.
#[derive(Default)]
pub(crate) struct Signins {
    tokens: BTreeMap<String, Token>,
    sessions: Vec<ConsoleSession>,
    takes_more_keys: bool,
}

struct Token {
    access_key_id: String,
    made: Timestamp,
    /// as asked for; `None` is the life of the credentials
    lasts: Option<SignedDuration>,
}

impl World {
    /// Whether more keys than the three are taken in the session's JSON. It is not known of AWS (aws-facts §15 G), so this can
    /// be set; from the start it is the stricter `false`.
    pub fn set_signin_takes_more_keys(&self, takes: bool) {
        self.lock().signins.takes_more_keys = takes;
    }

    /// Makes a sign-in token of a session.
    ///
    /// # Errors
    /// HTTP 400 for whatever is wrong with it (aws-facts §5).
    pub fn get_signin_token(&self, request: &GetSigninToken) -> Result<String, ApiError> {
        let session: Map<String, Value> = serde_json::from_str(&request.session).unwrap_or_default();
        let keys = session.keys().map(String::as_str).collect::<Vec<_>>().join(" ");
        let access_key_id = text(&session, "sessionId").map(str::to_owned);
        let mut parameters = vec![("method", request.method.clone()), ("keys", keys)];
        parameters.extend(request.session_duration.iter().map(|seconds| ("sessionDuration", seconds.clone())));
        self.unsigned(Operation::GetSigninToken, access_key_id, parameters, |state, now| {
            state.get_signin_token(now, &session, request.session_duration.as_deref())
        })
    }

    /// Signs a browser in with a token. That a token is good for one browser only is not known of AWS (aws-facts §13).
    ///
    /// # Errors
    /// HTTP 400 for a token that is unknown or too old, or made of a session that is over; and for a page that is none.
    pub fn login(&self, token: &str, issuer: &str, destination: &str) -> Result<ConsoleSession, ApiError> {
        let parameters = vec![("issuer", issuer.to_owned()), ("destination", destination.to_owned())];
        self.unsigned(Operation::Login, None, parameters, |state, now| state.login(now, token, issuer, destination))
    }

    /// Every session of the console so far, in order.
    pub fn console_sessions(&self) -> Vec<ConsoleSession> {
        self.lock().signins.sessions.clone()
    }

    fn unsigned<T>(
        &self,
        operation: Operation,
        access_key_id: Option<String>,
        parameters: Vec<(&'static str, String)>,
        act: impl FnOnce(&mut State, Timestamp) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let now = self.now();
        let mut state = self.lock();
        let request_id = state.mint.uuid();
        let outcome = act(&mut state, now);
        let error = outcome.as_ref().err().map(|error| error.code.clone());
        let (at, service) = (now, operation.service());
        state.calls.push(Call { at, service, operation, caller_arn: None, access_key_id, parameters, request_id, error });
        outcome
    }
}

impl State {
    fn get_signin_token(
        &mut self,
        now: Timestamp,
        session: &Map<String, Value>,
        duration: Option<&str>,
    ) -> Result<String, ApiError> {
        if !KEYS.iter().all(|key| session.contains_key(*key)) || (session.len() > KEYS.len() && !self.signins.takes_more_keys) {
            return Err(invalid());
        }
        let issued = self.of_session(session).filter(|issued| lives(issued, now)).ok_or_else(invalid)?;
        let lasts = duration.map(|seconds| duration_of(issued, seconds)).transpose()?;
        let access_key_id = issued.credentials.access_key_id.clone();
        let token = self.mint.signin_token();
        self.signins.tokens.insert(token.clone(), Token { access_key_id, made: now, lasts });
        Ok(token)
    }

    /// The keys as they were issued, if all three parts are right. Those of an IAM user have no token, and so no session.
    fn of_session(&self, session: &Map<String, Value>) -> Option<&Issued> {
        let issued = self.issued.get(text(session, "sessionId")?)?;
        let is_right = Some(issued.credentials.secret_access_key.as_str()) == text(session, "sessionKey")
            && issued.credentials.session_token.as_deref() == text(session, "sessionToken");
        (is_right && issued.credentials.session_token.is_some()).then_some(issued)
    }

    fn login(&mut self, now: Timestamp, token: &str, issuer: &str, destination: &str) -> Result<ConsoleSession, ApiError> {
        let token = self.signins.tokens.get(token).filter(|token| now < token.made + LOGIN_LIFE).ok_or_else(expired)?;
        let credentials_end = self.issued[&token.access_key_id].credentials.expiration.ok_or_else(expired)?;
        // aws-facts §5: omitted, it "defaults to the duration of the credentials"; given, it outlives them
        let ends = token.lasts.map_or(credentials_end, |lasts| now + lasts);
        if ends <= now {
            return Err(expired());
        }
        if !destination.starts_with("https://") {
            return Err(ApiError::new(400, "BadRequest", "The Destination parameter is not a page of the console."));
        }
        let session = ConsoleSession {
            access_key_id: token.access_key_id.clone(),
            began: now,
            ends,
            destination: destination.to_owned(),
            issuer: issuer.to_owned(),
        };
        self.signins.sessions.push(session.clone());
        Ok(session)
    }
}

/// aws-facts §5: 900 to 43200 seconds, and none at all for what a role had of another.
fn duration_of(issued: &Issued, seconds: &str) -> Result<SignedDuration, ApiError> {
    match seconds.parse() {
        Ok(seconds @ 900..=43200) if !issued.chained => Ok(SignedDuration::from_secs(seconds)),
        _ => Err(invalid()),
    }
}

fn lives(issued: &Issued, now: Timestamp) -> bool {
    issued.credentials.expiration.is_some_and(|end| now < end)
}

fn text<'a>(session: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    session.get(key).and_then(Value::as_str)
}

/// aws-facts §5, as it was observed.
fn invalid() -> ApiError {
    let text = "Invalid credentials parameter. The request sent by the client was syntactically incorrect.";
    ApiError::new(400, "BadRequest", text)
}

fn expired() -> ApiError {
    ApiError::new(400, "BadRequest", "The sign-in token is not valid, or not any more.")
}

#[cfg(test)]
#[path = "signin_tests.rs"]
mod tests;
