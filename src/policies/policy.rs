//! A policy document, statement by statement.

use super::tree::Tree;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy(pub Vec<Statement>);

/// One statement. It allows: what is not allowed is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name: letters and digits.
    pub sid: String,
    /// To whom, in the policy of a role's trust or of a bucket.
    pub principal: Option<Principal>,
    /// Which calls.
    pub actions: Vec<&'static str>,
    /// On what; nothing in a role's trust.
    pub resources: Vec<String>,
    /// All must hold.
    pub conditions: Vec<Condition>,
}

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An AWS service.
    Service(String),
    /// Roles, by their ARNs.
    Roles(Vec<String>),
}

/// `operator` on `key`; any of the values is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Such as `StringEquals`.
    pub operator: &'static str,
    /// Such as `sts:RoleSessionName`.
    pub key: String,
    /// What the key may be.
    pub values: Vec<String>,
}

impl Statement {
    /// These calls on these resources.
    pub fn allow(sid: impl Into<String>, actions: &[&'static str], resources: Vec<String>) -> Self {
        Self { sid: sid.into(), principal: None, actions: actions.to_vec(), resources, conditions: Vec::new() }
    }

    /// To them.
    #[must_use]
    pub fn to(self, principal: Principal) -> Self {
        Self { principal: Some(principal), ..self }
    }

    /// Only so.
    #[must_use]
    pub fn only(mut self, operator: &'static str, key: impl Into<String>, values: Vec<String>) -> Self {
        self.conditions.push(Condition { operator, key: key.into(), values });
        self
    }

    fn tree(&self) -> Tree {
        let actions: Vec<String> = self.actions.iter().map(|action| (*action).to_owned()).collect();
        let mut statement = vec![("Sid", Tree::text(&self.sid)), ("Effect", Tree::text("Allow"))];
        statement.extend(self.principal.as_ref().map(|principal| ("Principal", principal.tree())));
        statement.push(("Action", Tree::one_or_more(&actions)));
        if !self.resources.is_empty() {
            statement.push(("Resource", Tree::one_or_more(&self.resources)));
        }
        if !self.conditions.is_empty() {
            statement.push(("Condition", conditions(&self.conditions)));
        }
        Tree::table(statement)
    }
}

impl Principal {
    fn tree(&self) -> Tree {
        match self {
            Self::Service(name) => Tree::table(vec![("Service", Tree::text(name))]),
            Self::Roles(arns) => Tree::table(vec![("AWS", Tree::one_or_more(arns))]),
        }
    }
}

/// By operator, then by key.
fn conditions(conditions: &[Condition]) -> Tree {
    let mut operators: Vec<(String, Tree)> = Vec::new();
    for Condition { operator, key, values } in conditions {
        let entry = (key.clone(), Tree::one_or_more(values));
        match operators.iter_mut().find(|(name, _)| name == operator) {
            Some((_, Tree::Table(keys))) => keys.push(entry),
            _ => operators.push(((*operator).to_owned(), Tree::Table(vec![entry]))),
        }
    }
    Tree::Table(operators)
}

impl Policy {
    /// The document.
    pub fn document(&self) -> Tree {
        let statements = self.0.iter().map(Statement::tree).collect();
        Tree::table(vec![("Version", Tree::text("2012-10-17")), ("Statement", Tree::List(statements))])
    }
}
