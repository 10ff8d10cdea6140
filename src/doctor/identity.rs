//! As whom AWS is called.

use super::Verdict::{Warning, Wrong};
use super::{Finding, amiss};
use crate::aws::sdk::Sdk;

/// Asks AWS who we are.
pub async fn identity(aws: &Sdk) -> Finding {
    match aws.caller().await {
        Ok(arn) => judge_identity(&arn),
        Err(trouble) => amiss(Wrong, "identity", &trouble),
    }
}

fn judge_identity(arn: &str) -> Finding {
    let says = format!("AWS is called as {arn}");
    match arn.rsplit(':').next().unwrap_or_default() {
        "root" => Finding::of(Wrong, "identity", format!("{says}: may do everything"), "use the instance's own role"),
        user if user.starts_with("user/") => Finding::of(
            Warning,
            "identity",
            format!("{says}: an IAM user, whose keys live until somebody deletes them"),
            "give the instance a role, set credentials = \"instance-role\", and delete the user's access keys",
        ),
        _ => Finding::well("identity", says),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_role_is_well() {
        for (arn, verdict) in [
            ("arn:aws:sts::123456789012:assumed-role/CredAdmin/i-0123456789abcdef0", crate::doctor::Verdict::Well),
            ("arn:aws:iam::123456789012:user/credadmin", Warning),
            ("arn:aws:iam::123456789012:user/ops/credadmin", Warning),
            ("arn:aws:iam::123456789012:root", Wrong),
        ] {
            assert_eq!(judge_identity(arn).verdict, verdict, "{arn}");
        }
    }
}
