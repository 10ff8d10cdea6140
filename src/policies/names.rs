//! What an account calls things, as far as the config doesn't say it.

use super::Refusal;
use crate::grant::{Name, Secret};

/// The names that the command line gives.
#[derive(Clone, Debug)]
pub struct Names {
    /// The role of the daemon's instance.
    pub daemon_role: String,
    /// The roles that read secrets; they are there already.
    pub reader_roles: Vec<Of<String>>,
    /// The buckets that the roles of the config have access to.
    pub buckets: Vec<Of<String>>,
    /// Whether the buckets' own policies allow it, and not those of the roles.
    pub by_bucket_policy: bool,
    /// Whether nothing in the buckets may be changed.
    pub read_only: bool,
    /// The customer keys of secrets, by ARN.
    pub secret_keys: Vec<Of<String>>,
    /// The customer keys of buckets, by ARN.
    pub bucket_keys: Vec<Of<String>>,
    /// Whom the daemon's mail is from, if it sends any and the config doesn't say it, or not all of it.
    pub mail: Option<Mail>,
    /// The role of those who may end access before its time; it is there already.
    pub revoker_role: Option<String>,
    /// Whether the instance itself is wanted.
    pub instance: bool,
}

/// What SES is to be allowed.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender's address.
    pub from: String,
    /// The configuration set that requires TLS.
    pub configuration_set: Option<String>,
    /// SES's region, if it is not that of the config.
    pub region: Option<String>,
}

impl Mail {
    /// What the config says of it.
    pub fn of_config(mail: &crate::notice::Mail) -> Self {
        Self { from: mail.from.clone(), configuration_set: Some(mail.configuration_set.clone()), region: mail.region.clone() }
    }

    /// The same, with what it leaves open as the config says it.
    pub fn over(self, config: Self) -> Self {
        Self {
            configuration_set: self.configuration_set.or(config.configuration_set),
            region: self.region.or(config.region),
            ..self
        }
    }
}

/// Something of one secret of the config, or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of<T> {
    /// The secret's name in the config; all of them, if it is not given.
    pub secret: Option<Name>,
    /// What it is.
    pub value: T,
}

impl<T> Of<T> {
    /// Whether it is of that secret.
    pub fn is_of(&self, secret: &Secret) -> bool {
        self.secret.as_ref().is_none_or(|name| *name == secret.name)
    }
}

impl Names {
    /// Refuses what names a secret that is not in the config.
    pub fn check(&self, secrets: &[&Secret]) -> Result<(), Refusal> {
        let options = [
            ("--reader-role", &self.reader_roles),
            ("--bucket", &self.buckets),
            ("--kms-key", &self.secret_keys),
            ("--bucket-kms-key", &self.bucket_keys),
        ];
        for (option, of) in options.into_iter().flat_map(|(option, all)| all.iter().map(move |of| (option, of))) {
            let unknown = of.secret.as_ref().filter(|name| secrets.iter().all(|secret| secret.name != **name));
            if let Some(name) = unknown {
                let known: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
                let known = known.join(", ");
                return Err(Refusal::Names(format!(
                    "{option} {name}={}: the config has no [secrets.{name}]; it has {known}",
                    of.value
                )));
            }
        }
        Ok(())
    }
}
