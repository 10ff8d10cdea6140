//! What the environment of the process may not hold, and what of it counts for nothing. Only names are ever told, no values.

use std::collections::BTreeMap;

use crate::aws::Credentials;

/// The SDK logs whole answers, credentials included, where this is set.
const LOG_SENSITIVE_BODIES: &str = "LOG_SENSITIVE_BODIES";
/// Whom plain HTTP is sent through. The metadata service speaks nothing else.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// The metadata service's addresses (aws-facts §9).
const METADATA: [&str; 2] = ["169.254.169.254", "fd00:ec2::254"];
/// Where the SDK's default chain would find other credentials than the instance role's.
const STRAY: [&str; 10] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_DISABLED",
];

/// The variables of a process.
pub struct Surroundings(BTreeMap<String, String>);

impl Surroundings {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self(std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }

    /// Why nothing may be started in them, if that is so.
    pub fn refusal(&self, credentials: Credentials) -> Option<String> {
        if self.0.contains_key(LOG_SENSITIVE_BODIES) {
            let why = "with it the AWS SDK logs credentials";
            return Some(format!("{LOG_SENSITIVE_BODIES} is set: {why}. Unset it; credadmin does not start."));
        }
        let proxy = PROXIES.iter().find(|name| self.0.get(**name).is_some_and(|value| !value.is_empty()))?;
        let around = NO_PROXY.iter().filter_map(|name| self.0.get(*name)).flat_map(|list| list.split(',')).map(str::trim);
        let is_spared = around.clone().any(|host| host == "*" || METADATA.contains(&host));
        (credentials == Credentials::InstanceRole && !is_spared).then(|| {
            format!(
                "{proxy} is set: the instance's own credentials would come through that proxy. Add {} to NO_PROXY, or set only \
                 HTTPS_PROXY; credadmin does not start.",
                METADATA[0]
            )
        })
    }

    /// What is set there and counts for nothing, for the journal.
    pub fn ignored(&self, credentials: Credentials) -> Option<String> {
        if credentials != Credentials::InstanceRole {
            return None;
        }
        let names: Vec<&str> = STRAY.into_iter().filter(|name| self.0.contains_key(*name)).collect();
        (!names.is_empty()).then(|| {
            format!(
                "the environment sets {}: ignored, because credentials = \"instance-role\" takes those of the instance's role \
                 and no others; a long-lived key there is one to delete",
                names.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings(variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }

    #[test]
    fn a_proxy_between_the_daemon_and_its_own_credentials_is_refused() {
        for (variables, refused) in [
            (&[("HTTPS_PROXY", "http://proxy:3128")][..], false),
            (&[("HTTP_PROXY", "")], false),
            (&[("HTTP_PROXY", "http://user:hunter2@proxy:3128")], true),
            (&[("all_proxy", "http://proxy:3128"), ("NO_PROXY", "localhost")], true),
            (&[("all_proxy", "http://proxy:3128"), ("NO_PROXY", "localhost, 169.254.169.254")], false),
            (&[("http_proxy", "http://proxy:3128"), ("no_proxy", "*")], false),
        ] {
            let said = with(variables).refusal(Credentials::InstanceRole);
            assert_eq!(said.is_some(), refused, "{variables:?}");
            assert!(!said.unwrap_or_default().contains("hunter2"));
            assert_eq!(with(variables).refusal(Credentials::DefaultChain), None);
        }
    }

    #[test]
    fn stray_keys_are_named_and_never_shown() {
        let stray =
            with(&[("AWS_ACCESS_KEY_ID", "AKIAHUNTER2"), ("AWS_SECRET_ACCESS_KEY", "hunter2"), ("AWS_REGION", "eu-central-1")]);
        let said = stray.ignored(Credentials::InstanceRole).unwrap();
        assert!(said.starts_with("the environment sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: ignored"), "{said}");
        assert!(!said.to_lowercase().contains("hunter2"), "{said}");
        assert_eq!(stray.ignored(Credentials::DefaultChain), None);
        assert_eq!(with(&[("AWS_REGION", "eu-central-1")]).ignored(Credentials::InstanceRole), None);
    }
}
