//! The account as it has to be: its roles, its secrets, its buckets, and what each of them says.

use std::collections::{BTreeMap, BTreeSet};

use super::arn::{Home, RoleName, role_name};
use super::key::{self, Keys};
use super::names::{Mail, Names};
use super::policy::{Policy, Principal};
use super::{Refusal, daemon, limits, people, target};
use crate::config::Settings;
use crate::grant::Secret;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where it is.
    pub home: Home,
    /// The role of the daemon's instance.
    pub daemon: Role,
    /// The roles that have access.
    pub targets: Vec<Role>,
    /// What is added to roles that are there already.
    pub additions: Vec<Addition>,
    /// The secrets that the config names, and so may not be there yet. One that it has the ARN of is there.
    pub secrets: Vec<NewSecret>,
    /// The buckets whose own policies are replaced, by name.
    pub buckets: Vec<(String, Policy)>,
    /// Whether the instance itself is wanted.
    pub instance: bool,
}

/// A role to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: &'static str,
    /// Who may assume it.
    pub trust: Policy,
    /// What it may do, if anything.
    pub policy: Option<Policy>,
    /// MaxSessionDuration, in seconds.
    pub max_session: i64,
}

/// A policy for a role that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The role's name.
    pub role: String,
    /// The policy's.
    pub name: &'static str,
    /// What it says.
    pub policy: Policy,
}

/// A secret to be made, without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    /// Its name in Secrets Manager.
    pub name: String,
    /// The ARN of its customer key, if it has one.
    pub key: Option<String>,
}

/// What the role of these policies is called in each role.
pub const POLICY: &str = "credadmin";

impl Account {
    /// The account that this config needs, with these names.
    ///
    /// # Errors
    /// What the config and the names leave open, or what AWS would refuse.
    pub fn of(settings: &Settings, names: &Names) -> Result<Self, Refusal> {
        let home = Home::of(settings)?;
        let secrets: Vec<&Secret> = settings.secrets.iter().map(|watched| &*watched.secret).collect();
        names.check(&secrets)?;
        let mut by_role: BTreeMap<&str, Vec<&Secret>> = BTreeMap::new();
        secrets.iter().for_each(|secret| by_role.entry(&secret.role_arn).or_default().push(secret));
        whose_bucket(&by_role, names)?;

        let daemon_arn = home.role(&names.daemon_role);
        let keys = |secrets: &[&Secret]| key::of_secrets(&home, secrets, &names.secret_keys);
        let telling = &settings.telling;
        let mail = match (names.mail.clone(), telling.mail.as_ref().map(Mail::of_config)) {
            (Some(named), Some(config)) => Some(named.over(config)),
            (named, config) => named.or(config),
        };
        let daemon = Role {
            name: RoleName { path: "/".into(), name: names.daemon_role.clone() },
            description: "credadmin's instance: assumes the roles of its config, and writes their sessions to its secrets",
            trust: daemon::trust(&home),
            policy: Some(daemon::policy(&home, &secrets, &keys(&secrets)?, mail.as_ref(), telling.claims.as_ref())),
            max_session: target::max_session(&[]),
        };
        let targets = by_role.iter().map(|(arn, secrets)| {
            Ok(Role {
                name: role_name(arn),
                description: "Access, by sessions that credadmin makes while a grant window is open",
                trust: target::trust(&daemon_arn, secrets)?,
                policy: in_buckets(&home, secrets, names),
                max_session: target::max_session(secrets),
            })
        });
        let account = Self {
            daemon,
            targets: targets.collect::<Result<_, _>>()?,
            additions: additions(&home, &secrets, names, keys)?,
            secrets: new_secrets(&secrets, names)?,
            buckets: bucket_policies(&home, &by_role, names),
            instance: names.instance,
            home,
        };
        limits::check(&account)?;
        Ok(account)
    }

    /// All the roles to be made.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        std::iter::once(&self.daemon).chain(&self.targets)
    }
}

/// With several roles, it has to be said which of them a bucket is for.
fn whose_bucket(by_role: &BTreeMap<&str, Vec<&Secret>>, names: &Names) -> Result<(), Refusal> {
    let options = [("--bucket", &names.buckets), ("--bucket-kms-key", &names.bucket_keys)];
    let open = options.into_iter().find_map(|(option, all)| Some((option, all.iter().find(|of| of.secret.is_none())?)));
    match open {
        Some((option, of)) if by_role.len() > 1 => {
            let value = &of.value;
            Err(Refusal::Names(format!(
                "{option} {value}: the config has {} roles: say whose it is, with the name of a secret in the config, as in \
                 {option} SECRET={value}",
                by_role.len()
            )))
        }
        _ => Ok(()),
    }
}

fn of_role<'a>(secrets: &[&Secret], named: &'a [super::names::Of<String>]) -> Vec<&'a str> {
    let mine = named.iter().filter(|of| secrets.iter().any(|secret| of.is_of(secret)));
    mine.map(|of| of.value.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What the policy of a role with access says of its buckets.
fn in_buckets(home: &Home, secrets: &[&Secret], names: &Names) -> Option<Policy> {
    let (buckets, keys) = (of_role(secrets, &names.buckets), of_role(secrets, &names.bucket_keys));
    let mut statements = Vec::new();
    if !names.by_bucket_policy && !buckets.is_empty() {
        statements.extend(target::access(home, &buckets, names.read_only, None));
    }
    statements.extend(target::encryption(&keys, names.read_only));
    (!statements.is_empty()).then_some(Policy(statements))
}

/// What the buckets' own policies say, if they are to.
fn bucket_policies(home: &Home, by_role: &BTreeMap<&str, Vec<&Secret>>, names: &Names) -> Vec<(String, Policy)> {
    let mut roles: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (arn, secrets) in by_role.iter().filter(|_| names.by_bucket_policy) {
        of_role(secrets, &names.buckets).into_iter().for_each(|name| roles.entry(name).or_default().push((*arn).to_owned()));
    }
    let policy = |name: &str, arns| Policy(target::access(home, &[name], names.read_only, Some(&Principal::Roles(arns))));
    roles.into_iter().map(|(name, arns)| (name.to_owned(), policy(name, arns))).collect()
}

fn additions(
    home: &Home,
    secrets: &[&Secret],
    names: &Names,
    keys: impl Fn(&[&Secret]) -> Result<Keys, Refusal>,
) -> Result<Vec<Addition>, Refusal> {
    let readers: BTreeSet<&str> = names.reader_roles.iter().map(|of| of.value.as_str()).collect();
    let mut additions = Vec::new();
    for reader in readers {
        let reads = |secret: &&&Secret| names.reader_roles.iter().any(|of| of.value == reader && of.is_of(secret));
        let mine: Vec<&Secret> = secrets.iter().filter(reads).copied().collect();
        additions.push(Addition {
            role: reader.into(),
            name: "credadmin-read",
            policy: people::read(home, &mine, &keys(&mine)?),
        });
    }
    if let Some(role) = &names.revoker_role {
        let policy = people::revoke(home, secrets, &keys(secrets)?);
        additions.push(Addition { role: role.clone(), name: "credadmin-revoke", policy });
    }
    Ok(additions)
}

fn new_secrets(secrets: &[&Secret], names: &Names) -> Result<Vec<NewSecret>, Refusal> {
    let new = secrets.iter().filter(|secret| !secret.secret_id.starts_with("arn:"));
    new.map(|secret| {
        let key = key::of_secret(secret, &names.secret_keys)?;
        Ok(NewSecret { name: secret.secret_id.clone(), key: key.map(str::to_owned) })
    })
    .collect()
}
