//! One policy document: read strictly, then asked what it says to a request.
//!
//! It knows what credadmin's policies use (aws-facts §2, §4, §8) and refuses the rest, so that no policy is ever half
//! understood.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::answer::ApiError;

/// Where the document is to stand; it decides whether it names principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// attached to a role or user, or passed to AssumeRole
    Identity,
    Bucket,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone)]
pub(crate) struct Policy(pub(crate) Vec<Statement>);

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    effect: Effect,
    /// ARNs as written; empty but in a bucket policy
    pub(crate) principals: Vec<String>,
    actions: Vec<String>,
    resources: Vec<String>,
    /// all must hold
    conditions: Vec<Condition>,
}

/// One operator on one key; any of its values is enough.
#[derive(Debug, Clone)]
enum Condition {
    CurrentTimeFrom(Vec<Timestamp>),
    CurrentTimeBefore(Vec<Timestamp>),
    TokenIssuedBefore(Vec<Timestamp>),
    SessionNameLike(Vec<String>),
    SessionNameEquals(Vec<String>),
    FromAddressEquals(Vec<String>),
}

/// What a policy is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) now: Timestamp,
    /// of temporary credentials: their exact time of issue (aws-facts §4)
    pub(crate) token_issued_at: Option<Timestamp>,
    /// in an AssumeRole request: the name asked for
    pub(crate) role_session_name: Option<&'a str>,
    /// in a request to send mail: its sender
    pub(crate) from_address: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// With no keys but those that every request has.
    pub(crate) fn new(action: &'a str, resource: &'a str, now: Timestamp) -> Self {
        Self { action, resource, now, token_issued_at: None, role_session_name: None, from_address: None }
    }
}

impl Policy {
    pub(crate) fn parse(document: &str, purpose: Purpose) -> Result<Self, ApiError> {
        // aws-facts §2: malformed JSON gives `MalformedPolicyDocument` (400)
        let malformed = |text: String| ApiError::new(400, "MalformedPolicyDocument", text);
        let value: Value =
            serde_json::from_str(document).map_err(|_| malformed("The policy is not in the valid JSON format.".to_owned()))?;
        Self::read(&value, purpose).map_err(|detail| malformed(format!("Syntax errors in policy. ({detail})")))
    }

    fn read(value: &Value, purpose: Purpose) -> Result<Self, String> {
        let document = object(value, &["Version", "Id", "Statement"])?;
        if document.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
            return Err("Version must be 2012-10-17".to_owned());
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return Err("Statement must be an object or a list of them".to_owned()),
        };
        statements.into_iter().map(|statement| Statement::read(statement, purpose)).collect::<Result<_, _>>().map(Self)
    }

    /// The strongest effect of the statements that match; `None` is the implicit deny.
    pub(crate) fn says(&self, request: &Request<'_>) -> Option<Effect> {
        strongest(self.0.iter().filter_map(|statement| statement.says(request)))
    }

    /// The earliest instant from which this policy explicitly denies everything for good, whatever the resource's own
    /// policy is (aws-facts §2, the table).
    pub(crate) fn end(&self) -> Option<Timestamp> {
        let everything = |patterns: &[String]| patterns.iter().any(|pattern| pattern == "*");
        let end = |statement: &Statement| match statement.conditions.as_slice() {
            _ if statement.effect == Effect::Allow => None,
            _ if !everything(&statement.actions) || !everything(&statement.resources) => None,
            [] => Some(Timestamp::MIN),
            [Condition::CurrentTimeFrom(times)] => times.iter().min().copied(),
            _ => None,
        };
        self.0.iter().filter_map(end).min()
    }
}

/// Deny before Allow before nothing.
pub(crate) fn strongest(effects: impl IntoIterator<Item = Effect>) -> Option<Effect> {
    effects.into_iter().max_by_key(|effect| *effect == Effect::Deny)
}

impl Statement {
    fn read(value: &Value, purpose: Purpose) -> Result<Self, String> {
        let statement = object(value, &["Sid", "Effect", "Principal", "Action", "Resource", "Condition"])?;
        let effect = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err("Effect must be Allow or Deny".to_owned()),
        };
        let principals = match (purpose, statement.get("Principal")) {
            (Purpose::Identity, None) => Vec::new(),
            (Purpose::Identity, Some(_)) => return Err("Principal stands in resource policies only".to_owned()),
            (Purpose::Bucket, Some(Value::String(any))) if any == "*" => vec![any.clone()],
            (Purpose::Bucket, Some(principal)) => strings(object(principal, &["AWS"])?.get("AWS"), "Principal.AWS")?,
            (Purpose::Bucket, None) => return Err("Principal is missing".to_owned()),
        };
        let conditions = match statement.get("Condition") {
            None => Vec::new(),
            Some(Value::Object(operators)) => Condition::read_all(operators)?,
            Some(_) => return Err("Condition must be an object".to_owned()),
        };
        Ok(Self {
            effect,
            principals,
            actions: strings(statement.get("Action"), "Action")?,
            resources: strings(statement.get("Resource"), "Resource")?,
            conditions,
        })
    }

    pub(crate) fn says(&self, request: &Request<'_>) -> Option<Effect> {
        let action = request.action.to_ascii_lowercase();
        let matches = self.actions.iter().any(|pattern| like(&pattern.to_ascii_lowercase(), &action))
            && self.resources.iter().any(|pattern| like(pattern, request.resource))
            && self.conditions.iter().all(|condition| condition.holds(request));
        matches.then_some(self.effect)
    }
}

impl Condition {
    fn read_all(operators: &Map<String, Value>) -> Result<Vec<Self>, String> {
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            for (key, values) in keys.as_object().ok_or("a condition operator must hold an object")? {
                let values = strings(Some(values), key)?;
                conditions.push(Self::read(operator, &key.to_ascii_lowercase(), values)?);
            }
        }
        Ok(conditions)
    }

    fn read(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        match (operator, key) {
            ("DateGreaterThanEquals", "aws:currenttime") => dates(&values).map(Self::CurrentTimeFrom),
            ("DateLessThan", "aws:currenttime") => dates(&values).map(Self::CurrentTimeBefore),
            ("DateLessThan", "aws:tokenissuetime") => dates(&values).map(Self::TokenIssuedBefore),
            ("StringLike", "sts:rolesessionname") => Ok(Self::SessionNameLike(values)),
            ("StringEquals", "sts:rolesessionname") => Ok(Self::SessionNameEquals(values)),
            ("StringEquals", "ses:fromaddress") => Ok(Self::FromAddressEquals(values)),
            _ => Err(format!("the condition {operator} on {key} is not one that this double knows")),
        }
    }

    fn holds(&self, request: &Request<'_>) -> bool {
        match self {
            Self::CurrentTimeFrom(times) => times.iter().any(|time| request.now >= *time),
            Self::CurrentTimeBefore(times) => times.iter().any(|time| request.now < *time),
            // a key that is absent from the request makes the condition false
            Self::TokenIssuedBefore(times) => {
                request.token_issued_at.is_some_and(|issued| times.iter().any(|time| issued < *time))
            }
            Self::SessionNameLike(patterns) => {
                request.role_session_name.is_some_and(|name| patterns.iter().any(|pattern| like(pattern, name)))
            }
            Self::SessionNameEquals(names) => {
                request.role_session_name.is_some_and(|name| names.iter().any(|other| other == name))
            }
            Self::FromAddressEquals(senders) => {
                request.from_address.is_some_and(|from| senders.iter().any(|sender| sender == from))
            }
        }
    }
}

/// aws-facts §2: a literal UTC RFC 3339 timestamp, no wildcards, no variables.
fn dates(values: &[String]) -> Result<Vec<Timestamp>, String> {
    let date = |text: &String| match text.parse() {
        Ok(date) if text.ends_with('Z') => Ok(date),
        _ => Err(format!("not a UTC date: {text}")),
    };
    values.iter().map(date).collect()
}

fn object<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or("an object is wanted")?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("unknown element {unknown}")),
        None => Ok(object),
    }
}

fn strings(value: Option<&Value>, name: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{name} must be a string or a list of strings");
    match value {
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(list)) if !list.is_empty() => {
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

/// Whether `text` matches `pattern`, in which `*` is any run of characters and `?` any one.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
            Some((one, rest)) => text.first().is_some_and(|c| *one == '?' || one == c) && matches(rest, &text[1..]),
        }
    }
    matches(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
