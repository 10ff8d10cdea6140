//! What each event is about, in fields: who looks for a grant, a secret or a request id finds its events by them.

use super::event::{About, Access, Event};
use super::words::list;
use crate::grant::{Grant, Papers, Secret};

/// The fields of a record; the names in the journal are these in upper case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of AWS and of the config")]
pub struct Fields {
    pub grant: Option<String>,
    pub secret: Option<String>,
    pub secret_id: Option<String>,
    pub role_arn: Option<String>,
    pub role_session_name: Option<String>,
    pub source_identity: Option<String>,
    pub access_key_id: Option<String>,
    pub expiration: Option<String>,
    pub secret_version_id: Option<String>,
    pub aws_request_id: Option<String>,
    pub sts_request_id: Option<String>,
    pub error_code: Option<String>,
    pub requested_by: Option<String>,
    pub approved_by: Option<String>,
    pub reason: Option<String>,
    pub ticket: Option<String>,
}

impl Fields {
    fn of(secret: &Secret) -> Self {
        Self {
            secret: Some(secret.name.to_string()),
            secret_id: Some(secret.secret_id.clone()),
            role_arn: Some(secret.role_arn.clone()),
            source_identity: secret.source_identity.clone(),
            ..Self::default()
        }
    }

    fn of_grant(secret: &Secret, grant: &Grant) -> Self {
        let text = |paper: &Option<Box<str>>| paper.as_deref().map(str::to_owned);
        let Papers { requested_by, approved_by, reason, ticket } = &grant.papers;
        Self {
            grant: Some(grant.name.to_string()),
            requested_by: text(requested_by),
            approved_by: text(approved_by),
            reason: text(reason),
            ticket: text(ticket),
            ..Self::of(secret)
        }
    }

    fn about(about: &About) -> Self {
        let grant = Some(about.grants.join(", ")).filter(|grants| !grants.is_empty());
        Self { secret: about.secret.clone(), grant, ..Self::default() }
    }
}

impl Event {
    /// Its fields.
    pub(super) fn fields(&self) -> Fields {
        match self {
            Self::Requested { secret, grant }
            | Self::Approved { secret, grant }
            | Self::Denied { secret, grant, .. }
            | Self::Withdrawn { secret, grant } => Fields::of_grant(secret, grant),
            Self::Opened { secret, grant, closes } => {
                Fields { expiration: closes.map(|closes| closes.to_string()), ..Fields::of_grant(secret, grant) }
            }
            Self::Ending { secret, grant, closes, .. } => {
                Fields { expiration: Some(closes.to_string()), ..Fields::of_grant(secret, grant) }
            }
            Self::Closed { secret, grant, access } => {
                let died = match access {
                    Access::Lapsed { died } => *died,
                    Access::LivesOn { until } => Some(*until),
                    Access::Continues { .. } => None,
                };
                Fields { grant: Some(grant.to_string()), expiration: died.map(|died| died.to_string()), ..Fields::of(secret) }
            }
            Self::Published { secret, session } => Fields {
                grant: Some(list(&session.grants)),
                role_session_name: Some(session.session_name.clone()),
                access_key_id: Some(session.access_key_id.clone()),
                expiration: Some(session.ends.to_string()),
                secret_version_id: Some(session.version_id.clone()),
                aws_request_id: session.request_id.clone(),
                sts_request_id: session.sts_request_id.clone(),
                ..Fields::of(secret)
            },
            Self::InPlace { secret, version_id, ends } => {
                Fields { expiration: Some(ends.to_string()), secret_version_id: Some(version_id.clone()), ..Fields::of(secret) }
            }
            Self::Superseded { secret, version_id } | Self::Drift { secret, version_id, .. } => {
                Fields { secret_version_id: Some(version_id.clone()), ..Fields::of(secret) }
            }
            Self::Revoked { secret, version_id, grants, .. } => Fields {
                grant: Some(list(grants)).filter(|grants| !grants.is_empty()),
                secret_version_id: Some(version_id.clone()),
                ..Fields::of(secret)
            },
            // Without the Deny no session ends then.
            Self::Revocation { role_arn, denied_before, denied, secrets, grants, reason, .. } => Fields {
                expiration: denied.then(|| denied_before.to_string()),
                grant: Some(list(grants)).filter(|grants| !grants.is_empty()),
                secret: Some(list(secrets)).filter(|secrets| !secrets.is_empty()),
                role_arn: Some(role_arn.clone()),
                reason: reason.clone(),
                ..Fields::default()
            },
            Self::Failing { secret, grants, trouble, published_until, .. } => Fields {
                grant: Some(list(grants)).filter(|grants| !grants.is_empty()),
                expiration: published_until.map(|until| until.to_string()),
                aws_request_id: trouble.request_id.clone(),
                error_code: Some(trouble.code.clone()),
                ..Fields::of(secret)
            },
            Self::Capped { secret, trouble } => Fields {
                aws_request_id: trouble.request_id.clone(),
                error_code: Some(trouble.code.clone()),
                ..Fields::of(secret)
            },
            Self::Status { secret: Some(secret), .. } => Fields::of(secret),
            Self::MailSent { about, .. }
            | Self::MailFailed { about, .. }
            | Self::HookRan { about, .. }
            | Self::HookFailed { about, .. }
            | Self::NotTold { about, .. }
            | Self::NotClaimed { about, .. } => Fields::about(about),
            Self::Lapsed { secret, grants, .. } => Fields { grant: Some(list(grants)), ..Fields::of(secret) },
            Self::Cut { secret, .. }
            | Self::WellAgain { secret, .. }
            | Self::SecretEmpty { secret }
            | Self::RotationOn { secret }
            | Self::NoSessionPolicy { secret }
            | Self::Looked { secret, .. } => Fields::of(secret),
            Self::Started { .. }
            | Self::Stopped { .. }
            | Self::Reloaded { .. }
            | Self::ReloadRefused { .. }
            | Self::Remark { .. }
            | Self::ClockSkew { .. }
            | Self::ClockStepped { .. }
            | Self::Status { secret: None, .. }
            | Self::EventsLost { .. }
            | Self::NotifierStarted { .. }
            | Self::MailHeld { .. }
            | Self::JournalLost { .. }
            | Self::Library { .. } => Fields::default(),
        }
    }
}
