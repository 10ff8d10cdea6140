//! What others do to a secret: its owner, an operator, a stranger.

use jiff::Timestamp;

use crate::ACCOUNT;
use crate::answer::ApiError;
use crate::record::VersionRecord;
use crate::secret::Secret;
use crate::world::{State, World};

impl World {
    /// Creates a secret, with a first version or (as AWS does without a value) with none; returns its ARN.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn create_secret(&self, name: &str, value: Option<&str>) -> String {
        let now = self.now();
        let mut state = self.lock();
        assert!(!state.secrets.contains_key(name), "the secret {name} exists already");
        let token = state.mint.uuid();
        state.create_secret(now, name, value.map(|value| (token.as_str(), value)), &owner("admin"))
    }

    /// Marks it for deletion: it can still be described, not written or read (aws-facts §6).
    pub fn delete_secret(&self, name: &str) {
        let now = self.now();
        self.change_secret(name, |secret| secret.deleted = Some(now));
    }

    /// Takes the deletion back.
    pub fn restore_secret(&self, name: &str) {
        self.change_secret(name, |secret| secret.deleted = None);
    }

    /// Makes as if it had never been.
    pub fn forget_secret(&self, name: &str) {
        assert!(self.lock().secrets.remove(name).is_some(), "no secret {name}");
    }

    /// Switches its rotation on or off.
    pub fn set_rotation(&self, name: &str, enabled: bool) {
        self.change_secret(name, |secret| secret.rotation_enabled = enabled);
    }

    /// Gives it to another AWS service, such as `rds`, or back.
    pub fn set_owning_service(&self, name: &str, service: Option<&str>) {
        self.change_secret(name, |secret| secret.owning_service = service.map(str::to_owned));
    }

    /// Makes it a replica of one in another region, or no replica any more.
    pub fn set_replica_of(&self, name: &str, region: Option<&str>) {
        self.change_secret(name, |secret| secret.replica_of = region.map(str::to_owned));
    }

    /// Shows it as encrypted with this key. Keys are not modelled further: script `EncryptionFailure` as a fault.
    pub fn set_kms_key(&self, name: &str, key: Option<&str>) {
        self.change_secret(name, |secret| secret.kms_key_id = key.map(str::to_owned));
    }

    /// Moves a label to a version, as an operator's rollback does; `AWSPREVIOUS` follows `AWSCURRENT` (aws-facts §6).
    ///
    /// # Panics
    /// If there is no such version.
    pub fn move_stage(&self, name: &str, label: &str, version_id: &str) {
        self.change_secret(name, |secret| {
            assert!(secret.versions.contains_key(version_id), "{name} has no version {version_id}");
            secret.attach(label, version_id);
        });
    }

    /// Somebody else writes over it, under a token of their own; returns the version id.
    ///
    /// # Errors
    /// As [`World::put_secret_value`], but for permissions.
    pub fn stranger_puts(&self, name: &str, content: &str) -> Result<String, ApiError> {
        let now = self.now();
        let mut state = self.lock();
        let token = state.mint.uuid();
        let secret = state.secrets.get_mut(name).unwrap_or_else(|| panic!("no secret {name}"));
        secret.put(now, &token, content, &[])?;
        state.remember(now, name, &token, content, owner("stranger"));
        Ok(token)
    }

    /// How many versions of it were written in the last 24 hours; AWS stops at 100 (aws-facts §6).
    pub fn versions_in_24h(&self, name: &str) -> usize {
        let since = self.now() - jiff::SignedDuration::from_hours(24);
        let state = self.lock();
        state.versions.iter().filter(|version| version.secret == name && version.created > since).count()
    }

    fn change_secret(&self, name: &str, change: impl FnOnce(&mut Secret)) {
        let now = self.now();
        let mut state = self.lock();
        let secret = state.secrets.get_mut(name).unwrap_or_else(|| panic!("no secret {name}"));
        change(secret);
        secret.show(now);
    }
}

impl State {
    pub(crate) fn create_secret(&mut self, now: Timestamp, name: &str, first: Option<(&str, &str)>, by: &str) -> String {
        let mut secret = Secret::new(name, now);
        secret.show(now);
        let arn = secret.arn.clone();
        if let Some((token, content)) = first {
            secret.put(now, token, content, &[]).expect("a new secret takes its first version");
            self.remember(now, name, token, content, by.to_owned());
        }
        self.secrets.insert(name.to_owned(), secret);
        arn
    }

    pub(crate) fn remember(&mut self, created: Timestamp, secret: &str, version_id: &str, content: &str, written_by: String) {
        let (secret, version_id, content) = (secret.to_owned(), version_id.to_owned(), content.to_owned());
        self.versions.push(VersionRecord { secret, version_id, created, content, written_by });
    }
}

fn owner(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}
