//! Customer keys: used through one service, for these secrets or buckets, and in no other way.

use std::collections::BTreeMap;

use super::Refusal;
use super::arn::{Home, part};
use super::names::Of;
use super::policy::Statement;
use crate::grant::Secret;

/// What is encrypted with each key, by the keys' ARNs.
pub type Keys = BTreeMap<String, Vec<String>>;

/// The secrets, by their keys.
pub fn of_secrets(home: &Home, secrets: &[&Secret], named: &[Of<String>]) -> Result<Keys, Refusal> {
    let mut keys = Keys::new();
    for secret in secrets {
        if let Some(key) = of_secret(secret, named)? {
            if part(key, 3) != home.region {
                let region = &home.region;
                return Err(Refusal::Names(format!("--kms-key {key}: a secret in {region} takes a key of that region")));
            }
            keys.entry(key.to_owned()).or_default().push(home.secret(secret));
        }
    }
    Ok(keys)
}

/// The key of one secret, if it has one.
pub fn of_secret<'a>(secret: &Secret, named: &'a [Of<String>]) -> Result<Option<&'a str>, Refusal> {
    let mut keys: Vec<&str> = named.iter().filter(|of| of.is_of(secret)).map(|of| of.value.as_str()).collect();
    keys.dedup();
    match keys[..] {
        [] => Ok(None),
        [key] => Ok(Some(key)),
        _ => Err(Refusal::Names(format!("--kms-key: a secret has one key, and {} is given {}", secret.name, keys.len()))),
    }
}

/// One statement a key. Only the service may use it, and only for those secrets (aws-facts §6).
pub fn for_secrets(keys: &Keys, sid: &str, actions: &[&'static str]) -> Vec<Statement> {
    let statement = |(n, (key, secrets)): (usize, (&String, &Vec<String>))| {
        let (partition, region) = (part(key, 1), part(key, 3));
        Statement::allow(numbered(sid, n), actions, vec![key.clone()])
            .only("StringEquals", "kms:ViaService", via("secretsmanager", partition, region))
            .only("StringLike", "kms:EncryptionContext:SecretARN", secrets.clone())
    };
    keys.iter().enumerate().map(statement).collect()
}

/// One statement for all the keys of a region.
pub fn for_buckets(keys: &[&str], actions: &[&'static str]) -> Vec<Statement> {
    let mut regions: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for key in keys {
        regions.entry((part(key, 1), part(key, 3))).or_default().push((*key).to_owned());
    }
    let statement = |(n, ((partition, region), keys)): (usize, ((&str, &str), Vec<String>))| {
        Statement::allow(numbered("Encryption", n), actions, keys).only(
            "StringEquals",
            "kms:ViaService",
            via("s3", partition, region),
        )
    };
    regions.into_iter().enumerate().map(statement).collect()
}

fn numbered(sid: &str, n: usize) -> String {
    if n == 0 { sid.to_owned() } else { format!("{sid}{}", n + 1) }
}

/// AWS's texts don't agree on how China's services are called there.
fn via(service: &str, partition: &str, region: &str) -> Vec<String> {
    let name = format!("{service}.{region}.amazonaws.com");
    if partition == "aws-cn" { vec![name.clone(), format!("{name}.cn")] } else { vec![name] }
}
