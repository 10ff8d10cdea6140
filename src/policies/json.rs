//! The policies as JSON, by the names of their files.

use super::account::{Account, POLICY};
use super::tree::Tree;

/// Each document, by its file's name.
pub fn documents(account: &Account) -> Vec<(String, Tree)> {
    let mut documents = Vec::new();
    for role in account.roles() {
        let name = &role.name.name;
        documents.push((format!("{name}.trust.json"), role.trust.document()));
        documents.extend(role.policy.iter().map(|policy| (format!("{name}.{POLICY}.json"), policy.document())));
    }
    let additions = account.additions.iter();
    documents.extend(additions.map(|addition| (format!("{}.{}.json", addition.role, addition.name), addition.policy.document())));
    documents.extend(account.buckets.iter().map(|(name, policy)| (format!("{name}.bucket-policy.json"), policy.document())));
    documents
}

/// As text, indented.
pub fn text(tree: &Tree) -> String {
    // A tree has nothing in it that JSON has no word for.
    serde_json::to_string_pretty(tree).map(|text| text + "\n").unwrap_or_default()
}
