//! IAM's two calls of whoever revokes: an inline policy of a role, put and read (aws-facts §4).

use jiff::Timestamp;

use crate::answer::ApiError;
use crate::caller::Caller;
use crate::fault::Operation;
use crate::policy::{Policy, Purpose, Request};
use crate::record::Issued;
use crate::role_arn;
use crate::world::{State, World};

impl World {
    /// `PutRolePolicy`, through the API and so by permission; it binds sessions already issued, too.
    ///
    /// # Errors
    /// `AccessDenied` (403), `NoSuchEntity` (404), `MalformedPolicyDocument` (400) and those of authentication.
    pub fn put_role_policy_as(&self, caller: &Caller, role: &str, policy: &str, document: &str) -> Result<(), ApiError> {
        let parameters =
            vec![("roleName", role.to_owned()), ("policyName", policy.to_owned()), ("policyDocument", document.to_owned())];
        self.call(Operation::PutRolePolicy, caller, parameters, |state, now, who| {
            state.may_with_role(now, who, "iam:PutRolePolicy", role)?;
            Policy::parse(document, Purpose::Identity)?;
            let (mut changed, id) =
                state.roles.get(role).map(|it| (it.role.clone(), it.id.clone())).ok_or_else(|| no_role(role))?;
            changed.policies.insert(policy.to_owned(), document.to_owned());
            state.store(changed, id);
            Ok(())
        })
    }

    /// `GetRolePolicy`: the document as it was put.
    ///
    /// # Errors
    /// As [`World::put_role_policy_as`].
    pub fn get_role_policy_as(&self, caller: &Caller, role: &str, policy: &str) -> Result<String, ApiError> {
        let parameters = vec![("roleName", role.to_owned()), ("policyName", policy.to_owned())];
        self.call(Operation::GetRolePolicy, caller, parameters, |state, now, who| {
            state.may_with_role(now, who, "iam:GetRolePolicy", role)?;
            let stored = state.roles.get(role).ok_or_else(|| no_role(role))?;
            let text = format!("The role policy with name {policy} cannot be found.");
            stored.role.policies.get(policy).cloned().ok_or_else(|| ApiError::new(404, "NoSuchEntity", text))
        })
    }
}

fn no_role(name: &str) -> ApiError {
    ApiError::new(404, "NoSuchEntity", format!("The role with name {name} cannot be found."))
}

impl State {
    fn may_with_role(&self, now: Timestamp, who: &Issued, action: &str, role: &str) -> Result<(), ApiError> {
        let resource = role_arn(role);
        let asked = Request::new(action, &resource, now);
        self.allows(who, asked, &[]).map_err(|refusal| {
            let (who, why) = (&who.arn, refusal.text(action));
            let text = format!("User: {who} is not authorized to perform: {action} on resource: role {role} {why}");
            ApiError::new(403, "AccessDenied", text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-12-01T08:00:30Z"}}}}"#;

    #[test]
    fn a_role_policy_is_put_and_read_by_who_may_and_only_then() {
        let (world, _clock) = crate::world::tests::world_and_clock();
        world.add_role(Role::new("Access"));
        let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:PutRolePolicy","iam:GetRolePolicy"],
            "Resource":"arn:aws:iam::123456789012:role/*"}]}"#;
        let admin = Caller::holding(&world.add_user("admin", &[allow]));
        let other = Caller::holding(&world.add_user("other", &[]));
        let code = |answer: Result<String, ApiError>| answer.map_err(|error| (error.status, error.code, error.message));
        let get = |caller: &Caller, role: &str| code(world.get_role_policy_as(caller, role, "P"));
        let put = |caller: &Caller, role: &str, document: &str| {
            code(world.put_role_policy_as(caller, role, "P", document).map(|()| String::new()))
        };
        let missing = |text: &str| Err((404, "NoSuchEntity".to_owned(), text.to_owned()));
        assert_eq!(get(&admin, "Access"), missing("The role policy with name P cannot be found."));
        assert_eq!(get(&admin, "Nobody"), missing("The role with name Nobody cannot be found."));
        assert_eq!(put(&admin, "Nobody", DENY), missing("The role with name Nobody cannot be found."));
        assert_eq!(put(&admin, "Access", "{").map_err(|error| error.1), Err("MalformedPolicyDocument".to_owned()));
        let denied = "User: arn:aws:iam::123456789012:user/other is not authorized to perform: iam:PutRolePolicy on resource: \
                      role Access because no identity-based policy allows the iam:PutRolePolicy action";
        assert_eq!(put(&other, "Access", DENY), Err((403, "AccessDenied".to_owned(), denied.to_owned())));
        assert_eq!(put(&admin, "Access", DENY), Ok(String::new()));
        assert_eq!(get(&admin, "Access"), Ok(DENY.to_owned()));
        assert_eq!(get(&other, "Access").map_err(|error| error.0), Err(403));
    }
}
