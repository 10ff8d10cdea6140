//! Security Token Service: AssumeRole and GetCallerIdentity.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ACCOUNT;
use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::Operation;
use crate::identity::StoredRole;
use crate::keys::Credentials;
use crate::policy::{Policy, Purpose, Request, like};
use crate::record::{Issued, Origin, SessionRecord};
use crate::sts_request::{AssumeRole, check_parameters, packed_size};
use crate::world::{State, World};

/// An AssumeRole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// Always there, but for [`Fault::EmptyCredentials`](crate::Fault::EmptyCredentials).
    pub credentials: Option<Credentials>,
    /// `arn:aws:sts::…:assumed-role/ROLE/SESSION`
    pub arn: String,
    /// `AROA…:SESSION`
    pub assumed_role_id: String,
    /// In percent; absent when neither policy nor tags were passed (aws-facts §2).
    pub packed_policy_size: Option<usize>,
    /// Given or inherited.
    pub source_identity: Option<String>,
}

/// A GetCallerIdentity answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The ARN of the user or session.
    pub arn: String,
    /// `AIDA…`, or `AROA…:SESSION`.
    pub user_id: String,
    /// The account.
    pub account: String,
}

impl World {
    /// Assumes a role. The order of the checks is that of aws-facts §1: the API's own bounds, then whether it is allowed,
    /// then the role's maximum, then the chaining cap; the session policy comes last.
    ///
    /// # Errors
    /// Those of aws-facts §1, §2, §3 and §7.
    pub fn assume_role(&self, caller: &Caller, request: &AssumeRole) -> Result<AssumedRole, ApiError> {
        let mut parameters = vec![
            ("roleArn", request.role_arn.clone()),
            ("roleSessionName", request.role_session_name.clone()),
            ("durationSeconds", request.duration_seconds.unwrap_or(3600).to_string()),
        ];
        let source_identity = request.source_identity.iter().map(|id| ("sourceIdentity", id.clone()));
        let policy = request.policy.iter().map(|policy| ("policy", policy.clone()));
        parameters.extend(source_identity.chain(policy));
        self.call(Operation::AssumeRole, caller, parameters, |state, now, who| state.assume_role(now, who, request))
    }

    /// Says who the caller is; needs no permission, so it is no probe for access (aws-facts §2).
    ///
    /// # Errors
    /// Those of authentication, and `Throttling`.
    pub fn get_caller_identity(&self, caller: &Caller) -> Result<CallerIdentity, ApiError> {
        self.call(Operation::GetCallerIdentity, caller, Vec::new(), |_, _, who| {
            let user_id = match who.origin {
                Origin::User => who.principal_id.clone(),
                _ => format!("{}:{}", who.principal_id, who.arn.rsplit('/').next().unwrap_or_default()),
            };
            Ok(CallerIdentity { arn: who.arn.clone(), user_id, account: ACCOUNT.to_owned() })
        })
    }
}

impl State {
    fn assume_role(&mut self, now: Timestamp, who: &Issued, request: &AssumeRole) -> Result<AssumedRole, ApiError> {
        check_parameters(request)?;
        let name = &request.role_session_name;
        let source_identity = source_identity(who, request)?;
        let target = self.authorize_assume_role(now, who, request, source_identity.is_some())?;
        let (role_id, role_name) = (target.id.clone(), target.role.name.clone());

        let seconds = request.duration_seconds.unwrap_or(3600);
        if seconds > target.role.max_session_seconds {
            return Err(validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
        }
        // aws-facts §1: 3600 works, 3601 fails; whether an instance role is "chaining" can be set
        let chaining = match who.origin {
            Origin::User => false,
            Origin::Instance => self.instance_roles_are_capped,
            Origin::Assumed => true,
        };
        if chaining && seconds > 3600 {
            return Err(validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            ));
        }

        let session_policy = request.policy.as_deref().map(|document| Policy::parse(document, Purpose::Identity)).transpose()?;
        let packed_policy_size = packed_size(request)?;
        let transitive_tags = transitive_tags(who, request)?;

        let expiration = whole_seconds(now) + SignedDuration::from_secs(seconds);
        let credentials = self.mint.temporary(expiration);
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{name}");
        let session = SessionRecord {
            access_key_id: credentials.access_key_id.clone(),
            role_arn: request.role_arn.clone(),
            session_name: name.clone(),
            assumed_by: who.arn.clone(),
            issued_at: now,
            expiration,
            policy_end: session_policy.as_ref().and_then(Policy::end).map(|end| end.max(now)),
            requested_seconds: seconds,
            source_identity: source_identity.clone(),
            tags: request.tags.clone(),
        };
        let credentials = self.enter(Issued {
            credentials,
            origin: Origin::Assumed,
            chained: chaining,
            principal_id: role_id.clone(),
            arn: arn.clone(),
            issued_at: now,
            session_policy,
            source_identity: source_identity.clone(),
            transitive_tags,
            session: Some(session),
        });
        let assumed_role_id = format!("{role_id}:{name}");
        Ok(AssumedRole { credentials: Some(credentials), arn, assumed_role_id, packed_policy_size, source_identity })
    }

    /// Both sides must agree, which is stricter than AWS within one account (§3 and §8 ship both policies): the caller's
    /// own policies and the role's trust.
    fn authorize_assume_role(
        &self,
        now: Timestamp,
        who: &Issued,
        request: &AssumeRole,
        with_source_identity: bool,
    ) -> Result<&StoredRole, ApiError> {
        // aws-facts §7: one text for the caller's policy, the trust and a role that does not exist
        let denied = |action: &str| {
            let text = format!("User: {} is not authorized to perform: {action} on resource: {}", who.arn, request.role_arn);
            ApiError::new(403, "AccessDenied", text)
        };
        let name = request.role_session_name.as_str();
        let may = |action: &str| {
            let role_session_name = Some(name);
            let asked = Request { role_session_name, ..Request::new(action, &request.role_arn, now) };
            self.allows(who, asked, &[]).map_err(|_| denied(action))
        };
        let arn_prefix = format!("arn:aws:iam::{ACCOUNT}:role/");
        let role = request.role_arn.strip_prefix(&arn_prefix).and_then(|name| self.roles.get(name));
        let role = role.ok_or_else(|| denied("sts:AssumeRole"))?;
        may("sts:AssumeRole")?;
        let trusted = role.trusted.iter().any(|principal| principal.is(who))
            && role.role.session_name_like.as_ref().is_none_or(|pattern| like(pattern, name))
            && (role.role.external_id.is_none() || role.role.external_id == request.external_id);
        if !trusted {
            return Err(denied("sts:AssumeRole"));
        }
        // aws-facts §3: needed in both the caller's policy and the trust, else the whole AssumeRole fails
        if with_source_identity {
            may("sts:SetSourceIdentity")?;
            if !role.role.allows_source_identity {
                return Err(denied("sts:SetSourceIdentity"));
            }
        }
        // aws-facts §3: tags need `sts:TagSession` in the trust policy; whoever passes some needs it too (IAM User Guide,
        // "Permissions required to add session tags")
        if !request.tags.is_empty() {
            may("sts:TagSession")?;
        }
        let tagged = !request.tags.is_empty() || !who.transitive_tags.is_empty();
        if tagged && !role.role.allows_tags {
            return Err(denied("sts:TagSession"));
        }
        Ok(role)
    }
}

// aws-facts §1: HTTP 400, wire code `ValidationError`
pub(crate) fn validation(text: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationError", text)
}

/// Given or inherited; once set it cannot be changed along the chain (aws-facts §3).
fn source_identity(who: &Issued, request: &AssumeRole) -> Result<Option<String>, ApiError> {
    match (&who.source_identity, &request.source_identity) {
        (Some(inherited), Some(given)) if inherited != given => {
            Err(validation("The source identity is already set for this assume role session"))
        }
        (inherited, given) => Ok(inherited.clone().or_else(|| given.clone())),
    }
}

/// aws-facts §3: transitive tags persist when chaining; re-passing an inherited key fails.
fn transitive_tags(who: &Issued, request: &AssumeRole) -> Result<BTreeMap<String, String>, ApiError> {
    let inherited = |key: &str| who.transitive_tags.keys().any(|other| other.eq_ignore_ascii_case(key));
    if request.tags.iter().any(|(key, _)| inherited(key)) {
        let text = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                    from the calling session.";
        return Err(ApiError::new(400, "InvalidParameterValue", text));
    }
    let mut tags = who.transitive_tags.clone();
    for key in &request.transitive_tag_keys {
        let Some(tag) = request.tags.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)) else {
            let text = "The specified transitive tag key must be included in the requested tags.";
            return Err(ApiError::new(400, "InvalidParameterValue", text));
        };
        tags.insert(tag.0.clone(), tag.1.clone());
    }
    Ok(tags)
}

/// STS gives instants in whole seconds; what is lost shortens.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("a timestamp's own second")
}

#[cfg(test)]
#[path = "sts_tests.rs"]
mod tests;
