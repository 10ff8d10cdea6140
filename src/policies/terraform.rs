//! The account as Terraform's resources, in its own language.
//!
//! Written here and not by a crate: what is written is blocks of keys and values, for which those that exist bring a parser.

use std::fmt::Write;

use super::account::{Account, POLICY, Role};
use super::labels::Labels;
use super::launch;
use super::tree::Tree;

/// The value of a key.
enum Value<'a> {
    Plain(Tree),
    /// As it is, such as a reference to another resource.
    Expression(String),
    /// A policy, as the JSON that AWS takes.
    Policy(&'a super::policy::Policy),
}

const PROVIDER: &str = r#"
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"#;

/// The file.
pub fn file(account: &Account) -> String {
    let home = &account.home;
    let mut out = format!("# credadmin, for the account {} in {}; made by credadmin policies.\n", home.account, home.region);
    out += PROVIDER;
    let mut labels = Labels::default();
    let name = &account.daemon.name.name;
    let daemon = role(&mut out, &mut labels, &account.daemon, None);
    let profile = labels.give(name, "_profile", "_");
    let of_role = Value::Expression(format!("aws_iam_role.{daemon}.name"));
    resource(&mut out, "aws_iam_instance_profile", &profile, &[("name", text(name)), ("role", of_role)]);
    let targets: Vec<String> = account.targets.iter().map(|target| role(&mut out, &mut labels, target, Some(&daemon))).collect();
    for addition in &account.additions {
        let label = labels.give(&addition.role, &format!("_{}", addition.name.replace('-', "_")), "_");
        let keys = [("name", text(addition.name)), ("role", text(&addition.role)), ("policy", Value::Policy(&addition.policy))];
        resource(&mut out, "aws_iam_role_policy", &label, &keys);
    }
    for secret in &account.secrets {
        let label = labels.give(&secret.name, "", "_");
        let mut keys = vec![
            ("name", text(&secret.name)),
            ("description", text("Sessions, written by credadmin while a grant window is open")),
        ];
        keys.extend(secret.key.as_deref().map(|key| ("kms_key_id", text(key))));
        resource(&mut out, "aws_secretsmanager_secret", &label, &keys);
    }
    for (name, policy) in &account.buckets {
        let label = labels.give(name, "", "_");
        let needs = targets.iter().map(|label| format!("aws_iam_role.{label}")).collect::<Vec<_>>().join(", ");
        let keys =
            [("bucket", text(name)), ("policy", Value::Policy(policy)), ("depends_on", Value::Expression(format!("[{needs}]")))];
        resource(&mut out, "aws_s3_bucket_policy", &label, &keys);
    }
    if account.instance {
        out += &instance(&profile);
    }
    out
}

fn text(text: &str) -> Value<'static> {
    Value::Plain(Tree::text(text))
}

/// Writes a role and its policy; answers with its label.
fn role(out: &mut String, labels: &mut Labels, role: &Role, trusts: Option<&str>) -> String {
    let label = labels.give(&role.name.name, "", "_");
    let mut keys = vec![
        ("name", text(&role.name.name)),
        ("path", text(&role.name.path)),
        ("description", text(role.description)),
        ("max_session_duration", Value::Plain(Tree::Number(role.max_session))),
        ("assume_role_policy", Value::Policy(&role.trust)),
    ];
    // AWS takes no policy that names a role which is not there.
    keys.extend(trusts.map(|label| ("depends_on", Value::Expression(format!("[aws_iam_role.{label}]")))));
    resource(out, "aws_iam_role", &label, &keys);
    if let Some(policy) = &role.policy {
        let of_role = Value::Expression(format!("aws_iam_role.{label}.name"));
        resource(
            out,
            "aws_iam_role_policy",
            &label,
            &[("name", text(POLICY)), ("role", of_role), ("policy", Value::Policy(policy))],
        );
    }
    label
}

fn resource(out: &mut String, kind: &str, label: &str, keys: &[(&str, Value)]) {
    let _ = writeln!(out, "\nresource \"{kind}\" \"{label}\" {{");
    for (key, value) in keys {
        let value = match value {
            Value::Plain(tree) => expression(tree, 1),
            Value::Expression(expression) => expression.clone(),
            Value::Policy(policy) => format!("jsonencode({})", expression(&policy.document(), 1)),
        };
        let _ = writeln!(out, "  {key} = {value}");
    }
    out.push_str("}\n");
}

/// A value, as the language has it; `depth` is how far it is indented.
fn expression(tree: &Tree, depth: usize) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match tree {
        Tree::Text(text) => quoted(text),
        Tree::Number(number) => number.to_string(),
        Tree::Flag(flag) => flag.to_string(),
        Tree::List(list) => {
            let items: String = list.iter().map(|item| format!("{inner}{},\n", expression(item, depth + 1))).collect();
            format!("[\n{items}{outer}]")
        }
        Tree::Table(entries) => {
            let entry = |(name, value): &(String, Tree)| format!("{inner}{} = {}\n", quoted(name), expression(value, depth + 1));
            format!("{{\n{}{outer}}}", entries.iter().map(entry).collect::<String>())
        }
    }
}

/// Its escapes are those of JSON, and two of its own that keep a text from being a template.
fn quoted(text: &str) -> String {
    let text = text.replace("${", "$${").replace("%{", "%%{");
    serde_json::to_string(&text).unwrap_or_default()
}

/// The instance, and the variables that it takes.
fn instance(profile: &str) -> String {
    let variable = |name: &str, kind: &str, about: &str, more: &str| {
        format!("\nvariable \"{name}\" {{\n  type        = {kind}\n  description = {}\n{more}}}\n", quoted(about))
    };
    let checked = |name: &str, pattern: &str, wanted: &str| {
        format!(
            "\n  validation {{\n    condition     = can(regex({}, var.{name}))\n    error_message = {}\n  }}\n",
            quoted(pattern),
            quoted(wanted)
        )
    };
    let default = |value: &str| format!("  default     = {}\n", quoted(value));
    let variables = [
        variable("package_url", "string", launch::URL_IS, &checked("package_url", launch::URL, "An https URL is wanted.")),
        variable(
            "package_sha256",
            "string",
            launch::SHA256_IS,
            &checked("package_sha256", launch::SHA256, "64 digits are wanted."),
        ),
        variable("subnet_id", "string", launch::SUBNET_IS, ""),
        variable("security_group_ids", "list(string)", launch::GROUPS_ARE, ""),
        variable("instance_type", "string", launch::TYPE_IS, &default(launch::TYPE)),
        variable("image_parameter", "string", launch::IMAGE_IS, &default(launch::IMAGE)),
    ];
    let script = launch::script("${var.package_url}", "${var.package_sha256}");
    format!(
        r#"{}
data "aws_ssm_parameter" "image" {{
  name = var.image_parameter
}}

# Dedicated: whoever is root on it is the daemon's role. Tokens are required, and reach no further than the instance.
resource "aws_instance" "credadmin" {{
  ami                    = data.aws_ssm_parameter.image.insecure_value
  instance_type          = var.instance_type
  iam_instance_profile   = aws_iam_instance_profile.{profile}.name
  subnet_id              = var.subnet_id
  vpc_security_group_ids = var.security_group_ids

  metadata_options {{
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }}

  root_block_device {{
    encrypted   = true
    volume_type = "gp3"
  }}

  tags = {{
    Name = "credadmin"
  }}

  user_data = <<-SCRIPT
{script}  SCRIPT

  # A newer image is no reason to take the instance down.
  lifecycle {{
    ignore_changes = [ami]
  }}
}}
"#,
        variables.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_template() {
        assert_eq!(quoted("a \"${b}\" %{c} $d\\"), r#""a \"$${b}\" %%{c} $d\\""#);
    }
}
