//! The instance-metadata service, where the daemon's own credentials come from.

use super::Finding;
use super::Verdict::{Warning, Wrong};
use crate::aws::metadata::Unanswered;
use crate::aws::sdk::Sdk;

const CHECK: &str = "metadata";

/// Whether it answers, as IMDSv2 and as nothing else.
pub async fn metadata(aws: &Sdk) -> Vec<Finding> {
    let found = match aws.metadata().await {
        Ok(found) => found,
        Err(unanswered) => return vec![told(&unanswered)],
    };
    let (role, instance) = (&found.role, found.instance.as_deref().unwrap_or("INSTANCE-ID"));
    let options =
        format!("aws ec2 describe-instances --instance-ids {instance} --query 'Reservations[].Instances[].MetadataOptions'");
    vec![
        Finding::well(
            CHECK,
            format!(
                "IMDSv2 answers, for the role {role}, so its hop limit is large enough from here; that it is no larger than it \
                 has to be (1; 2 where credadmin runs in a container), EC2 alone tells: {options}"
            ),
        ),
        match found.v1 {
            false => Finding::well("imdsv1", "IMDSv1 is off"),
            true => Finding::of(
                Warning,
                "imdsv1",
                "IMDSv1 is on: whatever can be made to fetch a URL on this host can fetch the instance role's credentials",
                format!("aws ec2 modify-instance-metadata-options --instance-id {instance} --http-tokens required"),
            ),
        },
    ]
}

fn told(unanswered: &Unanswered) -> Finding {
    let (says, remedy) = match unanswered {
        Unanswered::Unreachable(why) => (
            format!("the metadata service can't be reached ({why}): credadmin has no credentials to call AWS with"),
            "is this an EC2 instance? Does a firewall keep this user from 169.254.169.254? Elsewhere: credentials = \"default-chain\"",
        ),
        Unanswered::Off => (
            "the metadata service of this instance is switched off".to_owned(),
            "aws ec2 modify-instance-metadata-options --instance-id INSTANCE-ID --http-endpoint enabled --http-tokens required",
        ),
        Unanswered::NoToken(why) => (
            format!("the metadata service takes connections, and its token does not come back ({why})"),
            "in a container, its hop limit is too small: aws ec2 modify-instance-metadata-options --instance-id INSTANCE-ID \
             --http-put-response-hop-limit 2; better run credadmin on the host",
        ),
        Unanswered::NoRole(why) => (
            format!("the metadata service tells no role ({why}): credadmin has no credentials to call AWS with"),
            "attach an instance profile: aws ec2 associate-iam-instance-profile",
        ),
    };
    Finding::of(Wrong, CHECK, says, remedy)
}
