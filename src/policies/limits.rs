//! What AWS would refuse, told before anything is made.

use std::collections::BTreeSet;

use super::Refusal;
use super::account::Account;
use super::policy::Policy;

/// IAM's quotas, in characters without white space: all policies in a role, and a role's trust.
const OF_ROLE: usize = 10_240;
const OF_TRUST: usize = 2_048;
/// S3's, in bytes.
const OF_BUCKET: usize = 20 * 1_024;

/// Refuses an account that can't be made.
pub fn check(account: &Account) -> Result<(), Refusal> {
    let made = account.roles().map(|role| role.name.name.as_str());
    let mut seen = BTreeSet::new();
    for name in made.chain(account.additions.iter().map(|addition| addition.role.as_str())) {
        // IAM tells names apart by more than case, but takes no two that differ in it alone.
        if !seen.insert(name.to_lowercase()) {
            return Err(Refusal::Names(format!(
                "the role {name} has two parts to play: who publishes, who has access, who reads and who ends access are \
                 different roles"
            )));
        }
    }
    for role in account.roles() {
        fits(&role.trust, OF_TRUST, &format!("the trust of the role {}", role.name.name))?;
        role.policy.iter().try_for_each(|policy| fits(policy, OF_ROLE, &format!("the policy of the role {}", role.name.name)))?;
    }
    for addition in &account.additions {
        fits(&addition.policy, OF_ROLE, &format!("the policy of the role {}", addition.role))?;
    }
    account.buckets.iter().try_for_each(|(name, policy)| fits(policy, OF_BUCKET, &format!("the policy of the bucket {name}")))
}

fn fits(policy: &Policy, most: usize, what: &str) -> Result<(), Refusal> {
    let text = serde_json::to_string(&policy.document()).map_err(|error| Refusal::Config(error.to_string()))?;
    // Those that IAM takes (aws-facts §2); tags can have others.
    if let Some(c) = text.chars().find(|c| !matches!(c, '\u{20}'..='\u{ff}')) {
        return Err(Refusal::Config(format!(
            "{what} would hold {c:?}, and AWS takes no such character in a policy: change the tags"
        )));
    }
    let length = text.chars().filter(|c| !c.is_whitespace()).count();
    if length > most {
        return Err(Refusal::Config(format!(
            "{what} comes to {length} characters, and AWS takes {most}: put some of its secrets into a config of their own, with \
             roles and an instance of their own"
        )));
    }
    Ok(())
}
