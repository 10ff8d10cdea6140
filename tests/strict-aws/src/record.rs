//! What the judges read afterwards: who called, which sessions there were, what was written.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::fault::{Operation, Service};
use crate::keys::Credentials;
use crate::policy::Policy;
use crate::world::{State, World};

/// One request, as CloudTrail would have it (aws-facts §12); never with secret material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it came, by AWS's clock.
    pub at: Timestamp,
    /// The service asked.
    pub service: Service,
    /// The operation asked for.
    pub operation: Operation,
    /// Who it was, when that could be made out.
    pub caller_arn: Option<String>,
    /// The key it was signed with; IMDS has none.
    pub access_key_id: Option<String>,
    /// The parameters that matter, by AWS's names.
    pub parameters: Vec<(&'static str, String)>,
    /// The request id of the answer.
    pub request_id: String,
    /// The error's code, or `None` when it went well.
    pub error: Option<String>,
}

impl Call {
    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// One AssumeRole session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its key id: it joins all the rest.
    pub access_key_id: String,
    /// The ARN of the role assumed.
    pub role_arn: String,
    /// The RoleSessionName.
    pub session_name: String,
    /// Who assumed it.
    pub assumed_by: String,
    /// When it was issued, exactly.
    pub issued_at: Timestamp,
    /// When STS ends it.
    pub expiration: Timestamp,
    /// From when on its session policy denies everything explicitly, if ever.
    pub policy_end: Option<Timestamp>,
    /// The DurationSeconds asked for, or 3600 when none were.
    pub requested_seconds: i64,
    /// Its source identity, given or inherited.
    pub source_identity: Option<String>,
    /// Its own tags, transitive or not.
    pub tags: Vec<(String, String)>,
}

/// One version of a secret, also after Secrets Manager has dropped it. `Debug` leaves the content out.
#[derive(Clone, PartialEq, Eq)]
pub struct VersionRecord {
    /// The secret's name.
    pub secret: String,
    /// The ClientRequestToken it was written with.
    pub version_id: String,
    /// When it was written.
    pub created: Timestamp,
    /// The SecretString, for judges.
    pub content: String,
    /// The ARN of who wrote it.
    pub written_by: String,
}

impl fmt::Debug for VersionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionRecord")
            .field("secret", &self.secret)
            .field("version_id", &self.version_id)
            .field("created", &self.created)
            .field("written_by", &self.written_by)
            .finish_non_exhaustive()
    }
}

/// Where a set of keys comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    User,
    Instance,
    Assumed,
}

/// A set of keys and all that AWS knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) credentials: Credentials,
    pub(crate) origin: Origin,
    /// of a role assumed by a role
    pub(crate) chained: bool,
    /// the unique id of the role or user
    pub(crate) principal_id: String,
    /// of the user, or of the assumed-role session
    pub(crate) arn: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) session_policy: Option<Policy>,
    pub(crate) source_identity: Option<String>,
    pub(crate) transitive_tags: BTreeMap<String, String>,
    /// only of an assumed role
    pub(crate) session: Option<SessionRecord>,
}

impl State {
    pub(crate) fn enter(&mut self, issued: Issued) -> Credentials {
        let credentials = issued.credentials.clone();
        self.issued_in_order.push(credentials.access_key_id.clone());
        self.issued.insert(credentials.access_key_id.clone(), issued.into());
        credentials
    }

    pub(crate) fn change_expiration(&mut self, access_key_id: &str, expiration: Timestamp) -> Credentials {
        let issued = self.issued.get_mut(access_key_id).expect("a session just issued");
        let issued = std::sync::Arc::make_mut(issued);
        issued.credentials.expiration = Some(expiration);
        if let Some(session) = &mut issued.session {
            session.expiration = expiration;
        }
        issued.credentials.clone()
    }
}

impl World {
    /// Every request so far, refused or not, in order. IMDS requests are among them when they came through
    /// [`serve`](crate::serve).
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Every AssumeRole session so far, in order.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        let state = self.lock();
        state.issued_in_order.iter().filter_map(|id| state.issued[id].session.clone()).collect()
    }

    /// Every version ever written to the secret of that name, in order.
    pub fn versions(&self, secret: &str) -> Vec<VersionRecord> {
        self.lock().versions.iter().filter(|version| version.secret == secret).cloned().collect()
    }

    /// The instant from which these keys open nothing: the earlier of expiration and the session policy's end.
    /// `None` for keys that are unknown or live for ever.
    pub fn live_end(&self, access_key_id: &str) -> Option<Timestamp> {
        let state = self.lock();
        let issued = state.issued.get(access_key_id)?;
        let policy_end = issued.session.as_ref().and_then(|session| session.policy_end);
        [issued.credentials.expiration, policy_end].into_iter().flatten().min()
    }

    /// Records a request that never came to one of the calls, with the reason.
    pub(crate) fn note_fault(&self, operation: Operation, id: &str, error: &str) {
        self.note(operation, id, Some(error.to_owned()));
    }

    pub(crate) fn note(&self, operation: Operation, id: &str, error: Option<String>) {
        let at = self.now();
        let mut state = self.lock();
        let request_id = state.mint.uuid();
        state.calls.push(Call {
            at,
            service: operation.service(),
            operation,
            caller_arn: None,
            access_key_id: None,
            parameters: vec![("id", id.to_owned())],
            request_id,
            error,
        });
    }

    pub(crate) fn secret_key(&self, access_key_id: &str) -> Option<String> {
        self.lock().issued.get(access_key_id).map(|issued| issued.credentials.secret_access_key.clone())
    }
}
