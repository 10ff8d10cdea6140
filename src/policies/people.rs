//! What is added to roles that are there already: of those who read the secrets, and of those who may end access at once.

use std::collections::BTreeSet;

use super::arn::Home;
use super::key::{self, Keys};
use super::policy::{Policy, Statement};
use crate::grant::Secret;

/// These secrets' values, and no others.
pub fn read(home: &Home, secrets: &[&Secret], keys: &Keys) -> Policy {
    let values = secrets.iter().map(|secret| home.secret(secret)).collect();
    let mut statements = vec![Statement::allow("Read", &["secretsmanager:GetSecretValue"], values)];
    statements.extend(key::for_secrets(keys, "Encryption", &["kms:Decrypt"]));
    Policy(statements)
}

/// A Deny on the sessions that are alive, and a version of the secret that says so (aws-facts §4).
///
/// IAM can't say which policy may be put: whoever may put one may put any, so this is never the daemon's.
pub fn revoke(home: &Home, secrets: &[&Secret], keys: &Keys) -> Policy {
    let roles: BTreeSet<&String> = secrets.iter().map(|secret| &secret.role_arn).collect();
    let close = ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds", "secretsmanager:PutSecretValue"];
    let mut statements = vec![
        Statement::allow("EndSessions", &["iam:GetRolePolicy", "iam:PutRolePolicy"], roles.into_iter().cloned().collect()),
        Statement::allow("Close", &close, secrets.iter().map(|secret| home.secret(secret)).collect()),
    ];
    statements.extend(key::for_secrets(keys, "Encryption", &["kms:GenerateDataKey", "kms:Decrypt"]));
    Policy(statements)
}
