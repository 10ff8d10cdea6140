//! The ARNs that a config holds, and those that follow from them.

use std::collections::BTreeSet;

use super::Refusal;
use crate::config::Settings;
use crate::grant::Secret;

/// Where everything is. There is one such place, or no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// Where the secrets are.
    pub region: String,
}

/// A role's name, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName {
    /// Such as `/`, or `/service/`.
    pub path: String,
    /// Without its path.
    pub name: String,
}

impl Home {
    /// The account, partition and region of all roles and secrets of the config.
    pub fn of(settings: &Settings) -> Result<Self, Refusal> {
        let secrets: Vec<&Secret> = settings.secrets.iter().map(|watched| &*watched.secret).collect();
        let arns = secrets.iter().flat_map(|secret| [&secret.role_arn, &secret.secret_id]).filter(|arn| arn.starts_with("arn:"));
        let places: BTreeSet<(&str, &str)> = arns.map(|arn| (part(arn, 1), part(arn, 4))).collect();
        let places: Vec<(&str, &str)> = places.into_iter().collect();
        let [(partition, account)] = places[..] else {
            if places.is_empty() {
                return Err(Refusal::Config("the config has no [secrets.NAME] table yet: there is nothing to allow".into()));
            }
            let list: Vec<String> = places.iter().map(|(partition, account)| format!("{account} ({partition})")).collect();
            let list = list.join(", ");
            return Err(Refusal::Config(format!(
                "the roles and secrets of this config are in several accounts: {list}. Policies are made for one: put the secrets \
                 of each account into a config of its own, and run this for each with --config"
            )));
        };
        if !["aws", "aws-cn", "aws-us-gov"].contains(&partition) {
            return Err(Refusal::Config(format!(
                "the roles are in the partition {partition}: only aws, aws-cn and aws-us-gov are known"
            )));
        }
        let of_secrets =
            secrets.iter().find(|secret| secret.secret_id.starts_with("arn:")).map(|secret| part(&secret.secret_id, 3));
        let region = settings.connection.region.as_deref().or(of_secrets).ok_or_else(|| {
            Refusal::Config("the config names no region, and the secrets are in one: add region = \"…\" to it".into())
        })?;
        Ok(Self { partition: partition.into(), account: account.into(), region: region.into() })
    }

    /// The ARN of a role without a path.
    pub fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account)
    }

    /// The ARN of a secret, with what Secrets Manager adds to its name where that is not known.
    pub fn secret(&self, secret: &Secret) -> String {
        let id = &secret.secret_id;
        let whole = id.rsplit_once('-').is_some_and(|(_, end)| end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()));
        match id.starts_with("arn:") {
            true if whole => id.clone(),
            true => format!("{id}-??????"),
            false => format!("arn:{}:secretsmanager:{}:{}:secret:{id}-??????", self.partition, self.region, self.account),
        }
    }

    /// A bucket's ARN.
    pub fn bucket(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", self.partition)
    }

    /// Something of SES's, in its own region.
    pub fn ses(&self, region: Option<&str>, what: &str) -> String {
        format!("arn:{}:ses:{}:{}:{what}", self.partition, region.unwrap_or(&self.region), self.account)
    }

    /// EC2, as a principal.
    pub fn ec2(&self) -> String {
        if self.partition == "aws-cn" { "ec2.amazonaws.com.cn".into() } else { "ec2.amazonaws.com".into() }
    }
}

/// The name in a role's ARN.
pub fn role_name(arn: &str) -> RoleName {
    let whole = arn.split_once(":role/").map_or(arn, |(_, name)| name);
    match whole.rsplit_once('/') {
        Some((path, name)) => RoleName { path: format!("/{path}/"), name: name.into() },
        None => RoleName { path: "/".into(), name: whole.into() },
    }
}

/// One of the six parts of an ARN.
pub fn part(arn: &str, n: usize) -> &str {
    arn.split(':').nth(n).unwrap_or_default()
}
