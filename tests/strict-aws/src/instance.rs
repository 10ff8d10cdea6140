//! EC2 instances, as far as their metadata service hands out credentials.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ACCOUNT;
use crate::keys::Credentials;
use crate::record::{Issued, Origin};
use crate::world::{State, World};

/// How long credentials of an instance role live.
const LIFE: SignedDuration = SignedDuration::from_hours(6);

/// "At least five minutes before the expiration of the old" (aws-facts §9): no earlier here.
const RENEWAL: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) role: Option<String>,
    pub(crate) metadata_enabled: bool,
    tokens_optional: bool,
    frozen: bool,
    current: Option<(String, Credentials, Timestamp)>,
}

impl World {
    /// Starts an instance with that role in its profile; returns the instance id.
    pub fn launch_instance(&self, role: &str) -> String {
        let mut state = self.lock();
        let id = format!("i-{:017x}", state.instances.len() + 1);
        let role = Some(role.to_owned());
        let instance = Instance { role, metadata_enabled: true, tokens_optional: false, frozen: false, current: None };
        state.instances.insert(id.clone(), instance);
        id
    }

    /// Gives the instance another role, or takes it away.
    pub fn set_instance_role(&self, instance: &str, role: Option<&str>) {
        self.change(instance, |instance| instance.role = role.map(str::to_owned));
    }

    /// Switches the instance's metadata service off (403, aws-facts §9) or on.
    pub fn set_metadata_enabled(&self, instance: &str, enabled: bool) {
        self.change(instance, |instance| instance.metadata_enabled = enabled);
    }

    /// Lets the instance's metadata service answer without a token, as IMDSv1 does (aws-facts §9), or not any more.
    pub fn set_tokens_optional(&self, instance: &str, optional: bool) {
        self.change(instance, |instance| instance.tokens_optional = optional);
    }

    /// While frozen, the metadata service goes on handing out what it has, expired or not (aws-facts §9, "Static
    /// stability" is the SDK's answer to that).
    pub fn freeze_instance_credentials(&self, instance: &str, frozen: bool) {
        self.change(instance, |instance| instance.frozen = frozen);
    }

    /// The credentials that the metadata service hands out now: 6 hours of life, renewed 5 minutes before they end.
    /// `None` when the instance has no role, or that role does not exist.
    pub fn instance_credentials(&self, instance: &str) -> Option<Credentials> {
        self.instance_credentials_of(instance).map(|(_, credentials, _)| credentials)
    }

    /// The id of that instance, or of the first, and whether its metadata service is on.
    pub(crate) fn instance(&self, id: Option<&str>) -> Option<(String, bool)> {
        let state = self.lock();
        let mut instances = state.instances.iter();
        let found = instances.find(|(other, _)| id.is_none_or(|id| id == other.as_str()));
        found.map(|(id, instance)| (id.clone(), instance.metadata_enabled))
    }

    pub(crate) fn tokens_are_optional(&self, instance: &str) -> bool {
        self.lock().instances.get(instance).is_some_and(|instance| instance.tokens_optional)
    }

    pub(crate) fn instance_credentials_of(&self, instance: &str) -> Option<(String, Credentials, Timestamp)> {
        let now = self.now();
        self.lock().instance_credentials(instance, now)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Instance)) {
        change(self.lock().instances.get_mut(id).unwrap_or_else(|| panic!("no instance {id}")));
    }
}

impl State {
    /// Role name, credentials, and when they were last renewed.
    pub(crate) fn instance_credentials(&mut self, id: &str, now: Timestamp) -> Option<(String, Credentials, Timestamp)> {
        let instance = self.instances.get(id).unwrap_or_else(|| panic!("no instance {id}"));
        let name = instance.role.clone()?;
        let role_id = self.roles.get(&name)?.id.clone();
        if let Some(current) = instance.current.clone().filter(|(role, _, _)| *role == name) {
            let fresh = current.1.expiration.is_some_and(|end| end.duration_since(now) > RENEWAL);
            if fresh || instance.frozen {
                return Some(current);
            }
        }
        let expiration = crate::sts::whole_seconds(now) + LIFE;
        let credentials = self.mint.temporary(expiration);
        let credentials = self.enter(Issued {
            credentials,
            origin: Origin::Instance,
            chained: false,
            principal_id: role_id,
            // aws-facts §12: the session of an instance role is named after the instance
            arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{id}"),
            issued_at: now,
            session_policy: None,
            source_identity: None,
            transitive_tags: BTreeMap::new(),
            session: None,
        });
        let current = Some((name, credentials, now));
        if let Some(instance) = self.instances.get_mut(id) {
            instance.current.clone_from(&current);
        }
        current
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn credentials_are_renewed_five_minutes_before_they_end() {
        let (world, clock) = crate::world::tests::world_and_clock();
        world.add_role(Role::new("CredAdmin"));
        let id = world.launch_instance("CredAdmin");
        let first = world.instance_credentials(&id).expect("has a role");
        assert_eq!(first.expiration, Some(world.now() + LIFE));
        clock.advance(6 * 3600 - 301);
        assert_eq!(world.instance_credentials(&id), Some(first.clone()));
        clock.advance(1);
        let second = world.instance_credentials(&id).expect("has a role");
        assert_ne!(second.access_key_id, first.access_key_id);
        world.freeze_instance_credentials(&id, true);
        clock.advance(7 * 3600);
        assert_eq!(world.instance_credentials(&id), Some(second));
        world.set_instance_role(&id, None);
        assert_eq!(world.instance_credentials(&id), None);
    }
}
