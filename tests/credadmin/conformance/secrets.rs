//! Secrets Manager: aws-facts §6.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::Client;

use super::Findings;
use super::site::{Site, outcome};

/// A version id of 32 characters, told by its name.
fn token(name: &str) -> String {
    format!("{name:-<32}")
}

/// Creates a secret; answers with its first version's id, which is `v0`'s token where it is as with AWS.
async fn create(client: &Client, name: &str) -> String {
    let create = client.create_secret().name(name).secret_string("first").client_request_token(token("v0"));
    create.send().await.expect("a name that is free").version_id.expect("a first version")
}

async fn put(client: &Client, secret: &str, token: &str, value: &str) -> String {
    outcome(&client.put_secret_value().secret_id(secret).client_request_token(token).secret_string(value).send().await)
}

/// What a reader gets.
async fn value(client: &Client, secret: &str) -> String {
    let got = client.get_secret_value().secret_id(secret).send().await;
    got.as_ref().ok().and_then(|got| got.secret_string.clone()).unwrap_or_else(|| outcome(&got))
}

/// The versions that DescribeSecret lists, with their labels; `first` is told as v0.
async fn labels_of(client: &Client, secret: &str, first: &str) -> String {
    let described = client.describe_secret().secret_id(secret).send().await.expect("it is there");
    let versions = described.version_ids_to_stages.unwrap_or_default().into_iter().map(|(version, mut labels)| {
        labels.sort();
        let name = match version.trim_end_matches('-') {
            _ if version == first => "v0",
            name if name.len() < version.len() => name,
            _ => "a version of its own",
        };
        [vec![name.to_owned()], labels].concat().join(" ")
    });
    versions.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}

pub async fn tokens_and_values(site: &Site, findings: &mut Findings) {
    let client = &site.admin.secrets;
    let first = create(client, "Tokens").await;
    let same = if first == token("v0") { "the same" } else { "another" };
    findings.add("the token of CreateSecret, the first version's id", "the same", same);
    findings.add("a new token", "ok", put(client, "Tokens", &token("v1"), "second").await);
    findings.add("the same token, the same content", "ok", put(client, "Tokens", &token("v1"), "second").await);
    let other = put(client, "Tokens", &token("v1"), "other").await;
    findings.add("the same token, other content", "ResourceExistsException 400", other);
    findings.add("the same token, other content: the value stays", "second", value(client, "Tokens").await);

    let too = "InvalidParameterException 400";
    findings.add("a token of 31 characters", too, put(client, "Tokens", &"t".repeat(31), "x").await);
    findings.add("a token of 32 characters", "ok", put(client, "Tokens", &"t".repeat(32), "x").await);
    findings.add("a token of 64 characters", "ok", put(client, "Tokens", &"t".repeat(64), "x").await);
    findings.add("a token of 65 characters", too, put(client, "Tokens", &"t".repeat(65), "x").await);
    findings.add("a value of 65,536 bytes", "ok", put(client, "Tokens", &token("long"), &"x".repeat(65_536)).await);
    // The API model gives the bound; the code is our double's reading of it.
    findings.add("a value of 65,537 bytes", too, put(client, "Tokens", &token("longer"), &"x".repeat(65_537)).await);

    let described = client.describe_secret().secret_id("Tokens").send().await.expect("it is there");
    let arn = described.arn.expect("an ARN");
    findings.add("by ARN", "ok", put(client, &arn, &token("v2"), "x").await);
    let without_suffix = &arn[..arn.len() - "-123456".len()];
    findings.add("by ARN without its suffix", "ok", put(client, without_suffix, &token("v3"), "x").await);
    let taken = client.create_secret().name("Tokens").secret_string("x").send().await;
    findings.add("a name that is taken", "ResourceExistsException 400", outcome(&taken));
}

pub async fn labels(site: &Site, findings: &mut Findings) {
    let client = &site.admin.secrets;
    let v0 = create(client, "Labels").await;
    findings.add("the first version", "v0 AWSCURRENT", labels_of(client, "Labels", &v0).await);
    put(client, "Labels", &token("v1"), "second").await;
    let two = "v0 AWSPREVIOUS, v1 AWSCURRENT";
    findings.add("the second version: labels move", two, labels_of(client, "Labels", &v0).await);
    put(client, "Labels", &token("v2"), "third").await;
    let three = "v1 AWSPREVIOUS, v2 AWSCURRENT";
    findings.add("the third version: the first is no longer listed", three, labels_of(client, "Labels", &v0).await);

    let v0 = create(client, "Again").await;
    put(client, "Again", &token("v1"), "second").await;
    put(client, "Again", &token("v1"), "second").await;
    findings.add("the current version sent again: labels stay", two, labels_of(client, "Again", &v0).await);

    let v0 = create(client, "Older").await;
    put(client, "Older", &token("v1"), "second").await;
    put(client, "Older", &v0, "first").await;
    findings.add("an older version sent again: labels stay", two, labels_of(client, "Older", &v0).await);

    let v0 = create(client, "Pending").await;
    let pending = client.put_secret_value().secret_id("Pending").client_request_token(token("v1")).secret_string("second");
    findings.add("a version with a label of its own", "ok", outcome(&pending.version_stages("AWSPENDING").send().await));
    let aside = "v0 AWSCURRENT, v1 AWSPENDING";
    findings.add("a version with a label of its own: AWSCURRENT stays", aside, labels_of(client, "Pending", &v0).await);
}

pub async fn labels_moved(site: &Site, findings: &mut Findings) {
    let client = &site.admin.secrets;
    let back = |secret: &str, to: &str| {
        client.update_secret_version_stage().secret_id(secret).version_stage("AWSCURRENT").move_to_version_id(to)
    };
    let v0 = create(client, "Blind").await;
    put(client, "Blind", &token("v1"), "second").await;
    let blind = back("Blind", &v0).send().await;
    findings.add("AWSCURRENT moved without saying from where", "InvalidParameterException 400", outcome(&blind));

    let v0 = create(client, "Rollback").await;
    put(client, "Rollback", &token("v1"), "second").await;
    let told = back("Rollback", &v0).remove_from_version_id(token("v1")).send().await;
    findings.add("AWSCURRENT moved back", "ok", outcome(&told));
    let moved = "v0 AWSCURRENT, v1 AWSPREVIOUS";
    findings.add("AWSCURRENT moved back: AWSPREVIOUS follows", moved, labels_of(client, "Rollback", &v0).await);
}

pub async fn without_a_value(site: &Site, findings: &mut Findings) {
    let client = &site.admin.secrets;
    findings.add("a secret without a value", "ok", outcome(&client.create_secret().name("Empty").send().await));
    findings.add("a secret without a value: no version", "", labels_of(client, "Empty", "").await);
    findings.add("a secret without a value: read", "ResourceNotFoundException 400", value(client, "Empty").await);
    put(client, "Empty", &token("v1"), "first").await;
    findings.add("a secret without a value: its first version", "v1 AWSCURRENT", labels_of(client, "Empty", "").await);
}

pub async fn absent_and_deleted(site: &Site, findings: &mut Findings) {
    let client = &site.admin.secrets;
    let absent = "ResourceNotFoundException 400";
    let described = client.describe_secret().secret_id("Absent").send().await;
    findings.add("describe what is absent", absent, outcome(&described));
    findings.add("write what is absent", absent, put(client, "Absent", &token("v1"), "x").await);
    findings.add("read what is absent", absent, value(client, "Absent").await);

    create(client, "Deleted").await;
    let delete = client.delete_secret().secret_id("Deleted").recovery_window_in_days(7).send().await;
    findings.add("delete", "ok", outcome(&delete));
    let refused = "InvalidRequestException 400";
    findings.add("write what is deleted", refused, put(client, "Deleted", &token("v1"), "x").await);
    findings.add("read what is deleted", refused, value(client, "Deleted").await);
    let described = client.describe_secret().secret_id("Deleted").send().await;
    let tells = described.as_ref().map_or_else(|_| outcome(&described), |it| format!("deleted: {}", it.deleted_date.is_some()));
    findings.add("describe what is deleted", "deleted: true", tells);

    create(client, "Restored").await;
    client.delete_secret().secret_id("Restored").recovery_window_in_days(7).send().await.expect("it is there");
    let restored = client.restore_secret().secret_id("Restored").send().await;
    findings.add("restore", "ok", outcome(&restored));
    findings.add("read what is restored", "first", value(client, "Restored").await);
    findings.add("write what is restored", "ok", put(client, "Restored", &token("v1"), "x").await);
}

pub async fn quota(site: &Site, findings: &mut Findings) {
    let client = &site.admin.secrets;
    create(client, "Quota").await;
    for version in 1..100 {
        assert_eq!(put(client, "Quota", &token(&format!("v{version}")), "x").await, "ok", "version {version}");
    }
    let one_more = put(client, "Quota", &token("v100"), "x").await;
    findings.add("version 101 in 24 hours", "LimitExceededException 400", one_more);
}
