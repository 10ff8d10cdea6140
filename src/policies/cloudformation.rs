//! The account as one CloudFormation template, in JSON.

use super::account::{Account, POLICY, Role};
use super::labels::Labels;
use super::launch;
use super::tree::Tree;

/// The template.
pub fn template(account: &Account) -> Tree {
    let home = &account.home;
    let about = format!("credadmin, for the account {} in {}; made by credadmin policies", home.account, home.region);
    Tree::present([
        ("AWSTemplateFormatVersion", Some(Tree::from("2010-09-09"))),
        ("Description", Some(Tree::from(about))),
        ("Parameters", account.instance.then(parameters)),
        ("Resources", Some(Tree::Table(resources(account)))),
    ])
}

fn resources(account: &Account) -> Vec<(String, Tree)> {
    let mut labels = Labels::default();
    let mut resources = Vec::new();
    let daemon = labels.give(&account.daemon.name.name, "Role", "");
    resources.push((daemon.clone(), role(&account.daemon, None)));
    let profile = labels.give(&account.daemon.name.name, "Profile", "");
    let properties =
        [("InstanceProfileName", Tree::from(account.daemon.name.name.as_str())), ("Roles", Tree::List(vec![reference(&daemon)]))];
    resources.push((profile.clone(), resource("AWS::IAM::InstanceProfile", Tree::table(properties))));
    let mut targets = Vec::new();
    for target in &account.targets {
        let label = labels.give(&target.name.name, "Role", "");
        targets.push(label.clone());
        resources.push((label, role(target, Some(&daemon))));
    }
    for addition in &account.additions {
        let properties = Tree::table([
            ("PolicyName", Tree::from(addition.name)),
            ("Roles", Tree::texts([addition.role.as_str()])),
            ("PolicyDocument", addition.policy.document()),
        ]);
        resources.push((labels.give(&addition.role, "Policy", ""), resource("AWS::IAM::Policy", properties)));
    }
    for secret in &account.secrets {
        let properties = Tree::present([
            ("Name", Some(Tree::from(secret.name.as_str()))),
            ("Description", Some(Tree::from("Sessions, written by credadmin while a grant window is open"))),
            ("KmsKeyId", secret.key.as_deref().map(Tree::from)),
        ]);
        resources.push((labels.give(&secret.name, "Secret", ""), kept(resource("AWS::SecretsManager::Secret", properties))));
    }
    for (name, policy) in &account.buckets {
        let properties = Tree::table([("Bucket", Tree::from(name.as_str())), ("PolicyDocument", policy.document())]);
        let policy = after(&targets, resource("AWS::S3::BucketPolicy", properties));
        resources.push((labels.give(name, "BucketPolicy", ""), policy));
    }
    if account.instance {
        resources.push((labels.give("Instance", "", ""), resource("AWS::EC2::Instance", instance(&profile))));
    }
    resources
}

/// AWS takes no policy that names a role which is not there.
fn role(role: &Role, trusts: Option<&String>) -> Tree {
    let policy = role
        .policy
        .as_ref()
        .map(|policy| Tree::List(vec![Tree::table([("PolicyName", Tree::from(POLICY)), ("PolicyDocument", policy.document())])]));
    let properties = Tree::present([
        ("RoleName", Some(Tree::from(role.name.name.as_str()))),
        ("Path", Some(Tree::from(role.name.path.as_str()))),
        ("Description", Some(Tree::from(role.description))),
        ("MaxSessionDuration", Some(Tree::Number(role.max_session))),
        ("AssumeRolePolicyDocument", Some(role.trust.document())),
        ("Policies", policy),
    ]);
    after(trusts.map(std::slice::from_ref).unwrap_or_default(), resource("AWS::IAM::Role", properties))
}

fn resource(kind: &str, properties: Tree) -> Tree {
    Tree::table([("Type", Tree::from(kind)), ("Properties", properties)])
}

fn with(resource: Tree, more: impl IntoIterator<Item = (&'static str, Tree)>) -> Tree {
    match resource {
        Tree::Table(mut entries) => {
            let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
            entries.splice(1..1, more);
            Tree::Table(entries)
        }
        other => other,
    }
}

fn after(labels: &[String], resource: Tree) -> Tree {
    match labels {
        [] => resource,
        labels => with(resource, [("DependsOn", Tree::one_or_more(labels))]),
    }
}

/// A stack that goes leaves it: the readers would find nothing.
fn kept(resource: Tree) -> Tree {
    with(resource, [("DeletionPolicy", Tree::from("Retain")), ("UpdateReplacePolicy", Tree::from("Retain"))])
}

fn reference(label: &str) -> Tree {
    Tree::table([("Ref", Tree::from(label))])
}

fn parameters() -> Tree {
    let parameter = |kind: &str, about: &str, default: Option<&str>, pattern: Option<&str>| {
        Tree::present([
            ("Type", Some(Tree::from(kind))),
            ("Description", Some(Tree::from(about))),
            ("Default", default.map(Tree::from)),
            ("AllowedPattern", pattern.map(Tree::from)),
        ])
    };
    let groups = "Those of the instance: nothing needs a way to it but you; it needs one to STS and Secrets Manager";
    Tree::table([
        ("PackageUrl", parameter("String", launch::URL_IS, None, Some(launch::URL))),
        ("PackageSha256", parameter("String", launch::SHA256_IS, None, Some(launch::SHA256))),
        ("SubnetId", parameter("AWS::EC2::Subnet::Id", "Where the instance is", None, None)),
        ("SecurityGroupIds", parameter("List<AWS::EC2::SecurityGroup::Id>", groups, None, None)),
        ("InstanceType", parameter("String", "credadmin takes 10 MiB", Some(launch::TYPE), None)),
        (
            "ImageId",
            parameter(
                "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
                "Where Systems Manager keeps its id",
                Some(launch::IMAGE),
                None,
            ),
        ),
    ])
}

/// Dedicated: whoever is root on it is the daemon's role. Tokens are required, and reach no further than the instance.
fn instance(profile: &str) -> Tree {
    let metadata = [
        ("HttpEndpoint", Tree::from("enabled")),
        ("HttpTokens", Tree::from("required")),
        ("HttpPutResponseHopLimit", Tree::Number(1)),
    ];
    let volume = Tree::table([("Encrypted", Tree::Flag(true)), ("VolumeType", Tree::from("gp3"))]);
    let script = Tree::table([("Fn::Sub", Tree::from(launch::script("${PackageUrl}", "${PackageSha256}")))]);
    Tree::table([
        ("ImageId", reference("ImageId")),
        ("InstanceType", reference("InstanceType")),
        ("IamInstanceProfile", reference(profile)),
        ("SubnetId", reference("SubnetId")),
        ("SecurityGroupIds", reference("SecurityGroupIds")),
        ("MetadataOptions", Tree::table(metadata)),
        ("BlockDeviceMappings", Tree::List(vec![Tree::table([("DeviceName", Tree::from("/dev/xvda")), ("Ebs", volume)])])),
        ("UserData", Tree::table([("Fn::Base64", script)])),
        ("Tags", Tree::List(vec![Tree::table([("Key", Tree::from("Name")), ("Value", Tree::from("credadmin"))])])),
    ])
}
