//! Roles and users: what is set up before the story starts.

use std::collections::BTreeMap;

use crate::keys::Credentials;
use crate::policy::{Policy, Purpose};
use crate::record::{Issued, Origin};
use crate::world::{State, World};
use crate::{ACCOUNT, role_arn};

/// A role to be created.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name; no path.
    pub name: String,
    /// MaxSessionDuration in seconds, 3600..=43200, default 3600 (aws-facts §1).
    pub max_session_seconds: i64,
    /// ARNs of those who may assume it: roles, users, role sessions, or `arn:aws:iam::ACCOUNT:root` for all.
    pub trusted: Vec<String>,
    /// The trust's `StringLike` on `sts:RoleSessionName`, if any (aws-facts §8).
    pub session_name_like: Option<String>,
    /// The ExternalId that the trust asks for, if any (aws-facts §3).
    pub external_id: Option<String>,
    /// Whether the trust allows `sts:SetSourceIdentity` (aws-facts §3).
    pub allows_source_identity: bool,
    /// Whether the trust allows `sts:TagSession` (aws-facts §3).
    pub allows_tags: bool,
    /// Its identity policies by name, as JSON.
    pub policies: BTreeMap<String, String>,
}

impl Role {
    /// A role that nobody may assume and that may do nothing.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            max_session_seconds: 3600,
            trusted: Vec::new(),
            session_name_like: None,
            external_id: None,
            allows_source_identity: false,
            allows_tags: false,
            policies: BTreeMap::new(),
        }
    }

    /// Adds one who may assume it.
    #[must_use]
    pub fn trusting(mut self, arn: &str) -> Self {
        self.trusted.push(arn.to_owned());
        self
    }

    /// Sets MaxSessionDuration, 3600..=43200 seconds.
    #[must_use]
    pub fn max_session(self, seconds: i64) -> Self {
        Self { max_session_seconds: seconds, ..self }
    }

    /// Asks for session names of this pattern, such as `credadmin-*`.
    #[must_use]
    pub fn session_name_like(self, pattern: &str) -> Self {
        Self { session_name_like: Some(pattern.to_owned()), ..self }
    }

    /// Asks for this ExternalId.
    #[must_use]
    pub fn external_id(self, id: &str) -> Self {
        Self { external_id: Some(id.to_owned()), ..self }
    }

    /// Lets callers set a source identity.
    #[must_use]
    pub fn allowing_source_identity(self) -> Self {
        Self { allows_source_identity: true, ..self }
    }

    /// Lets callers set tags.
    #[must_use]
    pub fn allowing_tags(self) -> Self {
        Self { allows_tags: true, ..self }
    }

    /// Adds an identity policy.
    #[must_use]
    pub fn policy(mut self, name: &str, document: &str) -> Self {
        self.policies.insert(name.to_owned(), document.to_owned());
        self
    }
}

/// Who a policy names, as AWS stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    Anyone,
    Account,
    /// A role or user by its unique id: recreating it under the same name does not bring it back (aws-facts §8).
    Id(String),
    Session(String),
}

impl Principal {
    pub(crate) fn is(&self, who: &Issued) -> bool {
        match self {
            Self::Anyone | Self::Account => true,
            Self::Id(id) => *id == who.principal_id,
            Self::Session(arn) => *arn == who.arn,
        }
    }
}

#[derive(Debug)]
pub(crate) struct StoredRole {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) trusted: Vec<Principal>,
    pub(crate) policies: Vec<Policy>,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) policies: Vec<Policy>,
}

impl State {
    pub(crate) fn principal_exists(&self, id: &str) -> bool {
        self.roles.values().any(|role| role.id == id) || self.users.values().any(|user| user.id == id)
    }

    /// The identity policies of the role or user with that unique id.
    pub(crate) fn identity_policies(&self, id: &str) -> &[Policy] {
        let of_role = self.roles.values().find(|role| role.id == id).map(|role| &role.policies);
        let of_user = || self.users.values().find(|user| user.id == id).map(|user| &user.policies);
        of_role.or_else(of_user).map_or(&[], Vec::as_slice)
    }

    /// Looks a principal up as AWS does when a policy is saved.
    pub(crate) fn resolve(&self, arn: &str) -> Result<Principal, String> {
        let iam = format!("arn:aws:iam::{ACCOUNT}:");
        let found = match arn.strip_prefix(&iam).map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
            Some(("root", "")) => Some(Principal::Account),
            Some(("role", name)) => self.roles.get(name).map(|role| Principal::Id(role.id.clone())),
            Some(("user", name)) => self.users.get(name).map(|user| Principal::Id(user.id.clone())),
            None if arn == "*" => Some(Principal::Anyone),
            None if arn.starts_with(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/")) => Some(Principal::Session(arn.to_owned())),
            _ => None,
        };
        found.ok_or_else(|| format!("Invalid principal in policy: {arn}"))
    }

    pub(crate) fn store(&mut self, role: Role, id: String) {
        assert!((3600..=43200).contains(&role.max_session_seconds), "MaxSessionDuration is 3600..=43200 (aws-facts §1)");
        let trusted = role.trusted.iter().map(|arn| self.resolve(arn)).collect::<Result<_, _>>();
        let trusted = trusted.unwrap_or_else(|error| panic!("trust of {}: {error}", role.name));
        let policies = role.policies.values().map(|document| identity_policy(document)).collect();
        self.roles.insert(role.name.clone(), StoredRole { id, trusted, policies, role });
    }
}

fn identity_policy(document: &str) -> Policy {
    Policy::parse(document, Purpose::Identity).unwrap_or_else(|error| panic!("{error}: {document}"))
}

impl World {
    /// Creates the role; returns its ARN.
    ///
    /// # Panics
    /// As AWS refuses: a trusted principal that does not exist, a malformed policy, a maximum out of bounds, a name taken.
    pub fn add_role(&self, role: Role) -> String {
        let mut state = self.lock();
        assert!(!state.roles.contains_key(&role.name), "the role {} exists already", role.name);
        let arn = role_arn(&role.name);
        let id = state.mint.unique_id("AROA");
        state.store(role, id);
        arn
    }

    /// Changes the role and saves it anew, so its trust is looked up anew too.
    ///
    /// # Panics
    /// As [`World::add_role`]; or if there is no such role.
    pub fn update_role(&self, name: &str, change: impl FnOnce(&mut Role)) {
        let mut state = self.lock();
        let stored = state.roles.get(name).unwrap_or_else(|| panic!("no role {name}"));
        let (mut role, id) = (stored.role.clone(), stored.id.clone());
        change(&mut role);
        assert_eq!(role.name, name, "AWS renames no role");
        state.store(role, id);
    }

    /// Sets one identity policy; it binds sessions already issued, too (aws-facts §4).
    ///
    /// # Panics
    /// As [`World::update_role`].
    pub fn put_role_policy(&self, role: &str, policy: &str, document: &str) {
        self.update_role(role, |role| {
            role.policies.insert(policy.to_owned(), document.to_owned());
        });
    }

    /// Deletes the role, and with it its sessions (aws-facts §7) and every trust in it (§8).
    ///
    /// # Panics
    /// If there is no such role.
    pub fn delete_role(&self, name: &str) {
        assert!(self.lock().roles.remove(name).is_some(), "no role {name}");
    }

    /// Creates an IAM user with these identity policies and one long-lived key.
    ///
    /// # Panics
    /// If a policy is malformed or the name is taken.
    pub fn add_user(&self, name: &str, policies: &[&str]) -> Credentials {
        let now = self.now();
        let mut state = self.lock();
        assert!(!state.users.contains_key(name), "the user {name} exists already");
        let id = state.mint.unique_id("AIDA");
        let policies = policies.iter().map(|document| identity_policy(document)).collect();
        state.users.insert(name.to_owned(), User { id: id.clone(), policies });
        let credentials = state.mint.long_lived();
        state.enter(Issued {
            credentials,
            origin: Origin::User,
            chained: false,
            principal_id: id,
            arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            issued_at: now,
            session_policy: None,
            source_identity: None,
            transitive_tags: BTreeMap::new(),
            session: None,
        })
    }
}
