//! The account as one CloudFormation template, in JSON.

use super::account::{Account, POLICY, Role};
use super::labels::Labels;
use super::launch;
use super::policy::Policy;
use super::tree::Tree;

/// The template.
pub fn template(account: &Account) -> Tree {
    let home = &account.home;
    let about = format!("credadmin, for the account {} in {}; made by credadmin policies", home.account, home.region);
    let mut template = vec![("AWSTemplateFormatVersion", Tree::text("2010-09-09")), ("Description", Tree::Text(about))];
    if account.instance {
        template.push(("Parameters", parameters()));
    }
    template.push(("Resources", Tree::Table(resources(account))));
    Tree::table(template)
}

fn resources(account: &Account) -> Vec<(String, Tree)> {
    let mut labels = Labels::default();
    let mut resources = Vec::new();
    let name = &account.daemon.name.name;
    let daemon = labels.give(name, "Role", "");
    resources.push((daemon.clone(), role(&account.daemon, &[])));
    let profile = labels.give(name, "Profile", "");
    let properties = vec![("InstanceProfileName", Tree::text(name)), ("Roles", Tree::List(vec![reference(&daemon)]))];
    resources.push((profile.clone(), resource("AWS::IAM::InstanceProfile", &[], properties)));
    // AWS takes no policy that names a role which is not there.
    let (daemon, mut targets) = ([daemon], Vec::new());
    for target in &account.targets {
        let label = labels.give(&target.name.name, "Role", "");
        resources.push((label.clone(), role(target, &daemon)));
        targets.push(label);
    }
    for addition in &account.additions {
        let mut properties = policy(addition.name, &addition.policy);
        properties.push(("Roles", Tree::List(vec![Tree::text(&addition.role)])));
        resources.push((labels.give(&addition.role, "Policy", ""), resource("AWS::IAM::Policy", &[], properties)));
    }
    for secret in &account.secrets {
        let about = Tree::text("Sessions, written by credadmin while a grant window is open");
        let mut properties = vec![("Name", Tree::text(&secret.name)), ("Description", about)];
        properties.extend(secret.key.as_deref().map(|key| ("KmsKeyId", Tree::text(key))));
        resources.push((labels.give(&secret.name, "Secret", ""), resource("AWS::SecretsManager::Secret", &[], properties)));
    }
    for (name, policy) in &account.buckets {
        let properties = vec![("Bucket", Tree::text(name)), ("PolicyDocument", policy.document())];
        resources.push((labels.give(name, "BucketPolicy", ""), resource("AWS::S3::BucketPolicy", &targets, properties)));
    }
    if account.instance {
        let image = labels.give("Image", "", "");
        resources.push((image.clone(), resource("AWS::EC2::LaunchTemplate", &[], vec![("LaunchTemplateData", newest_image())])));
        resources.push((labels.give("Instance", "", ""), resource("AWS::EC2::Instance", &[], instance(&profile, &image))));
    }
    resources
}

fn role(role: &Role, after: &[String]) -> Tree {
    let mut properties = vec![
        ("RoleName", Tree::text(&role.name.name)),
        ("Path", Tree::text(&role.name.path)),
        ("Description", Tree::text(role.description)),
        ("MaxSessionDuration", Tree::Number(role.max_session)),
        ("AssumeRolePolicyDocument", role.trust.document()),
    ];
    properties.extend(role.policy.as_ref().map(|own| ("Policies", Tree::List(vec![Tree::table(policy(POLICY, own))]))));
    resource("AWS::IAM::Role", after, properties)
}

fn policy(name: &str, policy: &Policy) -> Vec<(&'static str, Tree)> {
    vec![("PolicyName", Tree::text(name)), ("PolicyDocument", policy.document())]
}

/// A resource that is made after others. A stack that goes leaves the secrets: the readers would find nothing.
fn resource(kind: &str, after: &[String], properties: Vec<(&str, Tree)>) -> Tree {
    let mut resource = vec![("Type", Tree::text(kind))];
    if !after.is_empty() {
        resource.push(("DependsOn", Tree::one_or_more(after)));
    }
    if kind.ends_with("::Secret") {
        resource.extend(["DeletionPolicy", "UpdateReplacePolicy"].map(|policy| (policy, Tree::text("Retain"))));
    }
    resource.push(("Properties", Tree::table(properties)));
    Tree::table(resource)
}

fn reference(label: &str) -> Tree {
    Tree::table(vec![("Ref", Tree::text(label))])
}

/// What the instance is made with: name, type, what it is, and what it has to look like or is by default.
const PARAMETERS: [(&str, &str, &str, &str, &str); 6] = [
    ("PackageUrl", "String", launch::URL_IS, "AllowedPattern", launch::URL),
    ("PackageSha256", "String", launch::SHA256_IS, "AllowedPattern", launch::SHA256),
    ("SubnetId", "AWS::EC2::Subnet::Id", launch::SUBNET_IS, "", ""),
    ("SecurityGroupIds", "List<AWS::EC2::SecurityGroup::Id>", launch::GROUPS_ARE, "", ""),
    ("InstanceType", "String", launch::TYPE_IS, "Default", launch::TYPE),
    ("ImageParameter", "String", launch::IMAGE_IS, "Default", launch::IMAGE),
];

fn parameters() -> Tree {
    let parameter = |(name, kind, about, key, value): (&str, &str, &str, &'static str, &str)| {
        let mut parameter = vec![("Type", Tree::text(kind)), ("Description", Tree::text(about))];
        if !key.is_empty() {
            parameter.push((key, Tree::text(value)));
        }
        (name.to_owned(), Tree::table(parameter))
    };
    Tree::Table(PARAMETERS.into_iter().map(parameter).collect())
}

/// EC2 asks for the image's id when it launches. CloudFormation would ask at each update, and a newer image, as any change of
/// ImageId, would take the instance down, with its config and its journal.
fn newest_image() -> Tree {
    let resolved = Tree::table(vec![("Fn::Sub", Tree::text("resolve:ssm:${ImageParameter}"))]);
    Tree::table(vec![("ImageId", resolved)])
}

/// Dedicated: whoever is root on it is the daemon's role. Tokens are required, and reach no further than the instance.
fn instance(profile: &str, image: &str) -> Vec<(&'static str, Tree)> {
    let metadata = vec![
        ("HttpEndpoint", Tree::text("enabled")),
        ("HttpTokens", Tree::text("required")),
        ("HttpPutResponseHopLimit", Tree::Number(1)),
    ];
    let volume = Tree::table(vec![("Encrypted", Tree::Flag(true)), ("VolumeType", Tree::text("gp3"))]);
    let disk = Tree::table(vec![("DeviceName", Tree::text("/dev/xvda")), ("Ebs", volume)]);
    let script = Tree::table(vec![("Fn::Sub", Tree::Text(launch::script("${PackageUrl}", "${PackageSha256}")))]);
    let name = Tree::table(vec![("Key", Tree::text("Name")), ("Value", Tree::text("credadmin"))]);
    // The first version, not the latest: that would be another when the image is, and take the instance down after all.
    let image = vec![("LaunchTemplateId", reference(image)), ("Version", Tree::text("1"))];
    let mut instance: Vec<_> = ["InstanceType", "SubnetId", "SecurityGroupIds"].map(|name| (name, reference(name))).into();
    instance.extend([
        ("LaunchTemplate", Tree::table(image)),
        ("IamInstanceProfile", reference(profile)),
        ("MetadataOptions", Tree::table(metadata)),
        ("BlockDeviceMappings", Tree::List(vec![disk])),
        ("UserData", Tree::table(vec![("Fn::Base64", script)])),
        ("Tags", Tree::List(vec![name])),
    ]);
    instance
}
