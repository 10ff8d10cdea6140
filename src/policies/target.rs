//! The roles that have access: whom each trusts, for how long, and what it may do.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Refusal;
use super::arn::Home;
use super::key;
use super::policy::{Policy, Principal, Statement};
use crate::cadence::SAFE_SESSION;
use crate::grant::Secret;

/// What may be done in a bucket. None of it outlasts a window, as a new bucket policy, ACL or replication would (aws-facts §8).
const READ: [&str; 1] = ["s3:GetObject"];
const WRITE: [&str; 5] =
    ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

/// Only the daemon's role, for sessions that are called as credadmin calls them, with what the config says of them.
pub fn trust(daemon: &str, secrets: &[&Secret]) -> Result<Policy, Refusal> {
    let statement = |sid, action| Statement::allow(sid, &[action], vec![]).to(Principal::Roles(vec![daemon.to_owned()]));
    let mut assume = statement("Assume", "sts:AssumeRole").only("StringLike", "sts:RoleSessionName", vec!["credadmin-*".into()]);
    let ids: BTreeSet<&String> = secrets.iter().filter_map(|secret| secret.external_id.as_ref()).collect();
    if let Some(without) = secrets.iter().find(|secret| secret.external_id.is_none())
        && !ids.is_empty()
    {
        return Err(Refusal::Config(format!(
            "some secrets of the role {} have an external_id and secrets.{} has none, so its trust can't ask for one: give all of \
             them one, or this secret a role of its own",
            without.role_arn, without.name
        )));
    }
    if !ids.is_empty() {
        assume = assume.only("StringEquals", "sts:ExternalId", ids.into_iter().cloned().collect());
    }
    let mut statements = vec![assume];
    let identities: BTreeSet<&String> = secrets.iter().filter_map(|secret| secret.source_identity.as_ref()).collect();
    if !identities.is_empty() {
        let identities = identities.into_iter().cloned().collect();
        let set = statement("SourceIdentity", "sts:SetSourceIdentity");
        statements.push(set.only("StringEquals", "sts:SourceIdentity", identities));
    }
    // One for each set of tags: no session has some of one set and some of another.
    let sets: BTreeSet<_> = secrets.iter().map(|secret| &secret.tags).filter(|tags| !tags.is_empty()).collect();
    for (n, tags) in sets.into_iter().enumerate() {
        let sid = if n == 0 { "Tags".to_owned() } else { format!("Tags{}", n + 1) };
        let mut tag = Statement { sid, ..statement("Tags", "sts:TagSession") };
        for (key, value) in tags {
            tag = tag.only("StringEquals", format!("aws:RequestTag/{key}"), vec![value.clone()]);
        }
        statements.push(tag.only("ForAllValues:StringEquals", "aws:TagKeys", tags.keys().cloned().collect()));
    }
    Ok(Policy(statements))
}

/// The role's MaxSessionDuration in seconds: no longer than its longest session, and AWS's least is an hour (aws-facts §1).
pub fn max_session(secrets: &[&Secret]) -> i64 {
    let longest = secrets.iter().map(|secret| secret.cadence.session()).max().unwrap_or(SignedDuration::ZERO);
    longest.max(SAFE_SESSION).as_secs()
}

/// The access itself, for a role's policy, or to these for a bucket's.
pub fn access(home: &Home, buckets: &[&str], read_only: bool, to: Option<&Principal>) -> Vec<Statement> {
    let whole = buckets.iter().map(|name| home.bucket(name)).collect();
    let inside = buckets.iter().map(|name| home.bucket(&format!("{name}/*"))).collect();
    let objects: &[&'static str] = if read_only { &READ } else { &WRITE };
    let statements = [
        Statement::allow("Bucket", &["s3:ListBucket", "s3:GetBucketLocation"], whole),
        Statement::allow("Objects", objects, inside),
    ];
    statements.into_iter().map(|statement| Statement { principal: to.cloned(), ..statement }).collect()
}

/// The keys that the buckets are encrypted with.
pub fn encryption(keys: &[&str], read_only: bool) -> Vec<Statement> {
    key::for_buckets(keys, if read_only { &["kms:Decrypt"] } else { &["kms:Decrypt", "kms:GenerateDataKey"] })
}
