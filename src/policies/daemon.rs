//! The role of the daemon's instance: it assumes the roles and writes the secrets, and can neither read these nor do more.

use std::collections::BTreeSet;

use super::arn::Home;
use super::key::{self, Keys};
use super::names::Mail;
use super::policy::{Policy, Principal, Statement};
use crate::grant::Secret;
use crate::notice::Claims;

/// Only EC2 may assume it, for its instances.
pub fn trust(home: &Home) -> Policy {
    Policy(vec![Statement::allow("Instance", &["sts:AssumeRole"], vec![]).to(Principal::Service(home.ec2()))])
}

/// What the daemon calls, and nothing else (aws-facts §8).
pub fn policy(home: &Home, secrets: &[&Secret], keys: &Keys, mail: Option<&Mail>, claims: Option<&Claims>) -> Policy {
    let roles_of = |wanted: fn(&Secret) -> bool| -> Vec<String> {
        let roles: BTreeSet<&String> = secrets.iter().filter(|secret| wanted(secret)).map(|secret| &secret.role_arn).collect();
        roles.into_iter().cloned().collect()
    };
    // Whoever sets these needs them in both policies, its own and the trust (aws-facts §3).
    let of_roles = [
        ("Assume", "sts:AssumeRole", roles_of(|_| true)),
        ("SourceIdentity", "sts:SetSourceIdentity", roles_of(|secret| secret.source_identity.is_some())),
        ("Tags", "sts:TagSession", roles_of(|secret| !secret.tags.is_empty())),
    ];
    let of_roles = of_roles.into_iter().filter(|(_, _, roles)| !roles.is_empty());
    let mut statements: Vec<Statement> = of_roles.map(|(sid, action, roles)| Statement::allow(sid, &[action], roles)).collect();
    let publish = ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"];
    statements.push(Statement::allow("Publish", &publish, secrets.iter().map(|secret| home.secret(secret)).collect()));
    statements.extend(key::for_secrets(keys, "Encryption", &["kms:GenerateDataKey", "kms:Decrypt"]));
    statements.extend(mail.and_then(|mail| tls(home, mail)));
    statements.extend(claims.map(|claims| claim(home, claims)));
    statements.extend(mail.map(|mail| send(home, mail)));
    Policy(statements)
}

/// The notifier asks whether the configuration set requires TLS, and sends nothing otherwise.
fn tls(home: &Home, mail: &Mail) -> Option<Statement> {
    let set = mail.configuration_set.as_ref()?;
    let set = home.ses(mail.region.as_deref(), &format!("configuration-set/{set}"));
    Some(Statement::allow("MailTls", &["ses:GetConfigurationSet"], vec![set]))
}

/// The notifiers of several hosts agree by making objects, which none of them reads.
fn claim(home: &Home, Claims { bucket, prefix }: &Claims) -> Statement {
    Statement::allow("Claims", &["s3:PutObject"], vec![format!("{}/{prefix}/*", home.bucket(bucket))])
}

/// SES asks for the right to the sender's identity, and to the recipient's own where that is verified in this account, as all are
/// in its sandbox. The condition binds the sender.
fn send(home: &Home, mail: &Mail) -> Statement {
    let region = mail.region.as_deref();
    let set = mail.configuration_set.iter().map(|name| home.ses(region, &format!("configuration-set/{name}")));
    let resources = std::iter::once(home.ses(region, "identity/*")).chain(set).collect();
    Statement::allow("Mail", &["ses:SendEmail"], resources).only("StringEquals", "ses:FromAddress", vec![mail.from.clone()])
}
