//! What several policies say together (aws-facts §2, the table; §4; §8).

use crate::identity::Principal;
use crate::policy::{Effect, Policy, Request, Statement, strongest};
use crate::record::{Issued, Origin};
use crate::world::State;

/// Statements of a resource's policy, each with the principals it names.
pub(crate) type ResourcePolicy = [(Statement, Vec<Principal>)];

/// Why not, in the words that AWS puts behind "is not authorized to perform …".
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Explicit(&'static str),
    Implicit(&'static str),
}

impl Refusal {
    pub(crate) fn text(&self, action: &str) -> String {
        match self {
            Self::Explicit(kind) => format!("with an explicit deny in {kind}"),
            Self::Implicit(kind) => format!("because no {kind} allows the {action} action"),
        }
    }
}

impl State {
    /// Whether `who` may do that.
    pub(crate) fn allows(&self, who: &Issued, request: Request<'_>, resource: &ResourcePolicy) -> Result<(), Refusal> {
        let token_issued_at = (who.origin != Origin::User).then_some(who.issued_at);
        let request = &Request { token_issued_at, ..request };
        let identity = self.identity_policies(&who.principal_id).iter();
        let identity = strongest(identity.filter_map(|policy| policy.says(request)));
        let session = who.session_policy.as_ref().map(|policy: &Policy| policy.says(request));

        // "An explicit deny in any of these policies overrides the allow" (aws-facts §2)
        let named = resource.iter().filter(|(_, principals)| principals.iter().any(|principal| principal.is(who)));
        let said: Vec<_> = named.filter_map(|(statement, by)| Some((statement.says(request)?, by))).collect();
        for (denied, kind) in [
            (session == Some(Some(Effect::Deny)), "a session policy"),
            (identity == Some(Effect::Deny), "an identity-based policy"),
            (said.iter().any(|(effect, _)| *effect == Effect::Deny), "a resource-based policy"),
        ] {
            if denied {
                return Err(Refusal::Explicit(kind));
            }
        }

        // A session ARN or "*" in a resource policy is not limited by the session policy's implicit deny; a role ARN is.
        let past_the_session_policy = said.iter().any(|(_, principals)| {
            principals.iter().any(|principal| match principal {
                Principal::Session(_) | Principal::Anyone => principal.is(who),
                Principal::Id(_) | Principal::Account => false,
            })
        });
        let by_role = said
            .iter()
            .any(|(_, principals)| principals.iter().any(|principal| matches!(principal, Principal::Id(_)) && principal.is(who)));
        if past_the_session_policy {
            return Ok(());
        }
        if identity.is_none() && !by_role {
            return Err(Refusal::Implicit("identity-based policy"));
        }
        match session {
            Some(None) => Err(Refusal::Implicit("session policy")),
            _ => Ok(()),
        }
    }
}
