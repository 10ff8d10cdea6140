//! Who asks and who approves, and that these are two.

use std::fmt;

/// Somebody whom the config names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// A user of the system.
    User(String),
    /// Every member of a group of the system: `group:NAME`.
    Group(String),
    /// Whoever signs as this principal of the allowed signers: `signer:PRINCIPAL`.
    Signer(String),
}

impl Person {
    /// Somebody as the config names them; `None` for what is no name.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':').unwrap_or(("", text));
        let good = !name.is_empty() && name.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != ',' && c != ':');
        match kind {
            _ if !good => None,
            "" => Some(Self::User(name.to_owned())),
            "group" => Some(Self::Group(name.to_owned())),
            "signer" => Some(Self::Signer(name.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Signer(name) => write!(f, "signer:{name}"),
        }
    }
}

/// Several, as a sentence has them.
pub fn list(people: &[Person]) -> String {
    people.iter().map(Person::to_string).collect::<Vec<_>>().join(", ")
}

/// What the system says of its users and groups.
pub trait Accounts {
    /// The user of this name.
    fn uid(&self, name: &str) -> Option<u32>;
    /// The name of this user.
    fn user(&self, uid: u32) -> Option<String>;
    /// Whether there is a group of this name.
    fn has_group(&self, group: &str) -> bool;
    /// Whether a user is a member of a group.
    fn is_member(&self, uid: u32, group: &str) -> bool;
}

/// Whose key made a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// All that the allowed signers call this key, one or more.
    pub principals: Vec<String>,
    /// Its fingerprint.
    pub key: String,
}

/// Somebody who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// As they are called in the papers: a user's name, or a principal.
    pub name: String,
    /// The user who did it, by the kernel's word.
    pub uid: Option<u32>,
    /// Who signed it.
    pub signer: Option<Signer>,
}

impl Who {
    /// A user, who may have signed: then the papers call them by the first principal.
    pub fn of(uid: Option<u32>, signer: Option<Signer>, accounts: &impl Accounts) -> Self {
        let user = || uid.map(|uid| accounts.user(uid).unwrap_or_else(|| format!("uid {uid}")));
        let principal = signer.as_ref().and_then(|signer| signer.principals.first().cloned());
        Self { name: principal.or_else(user).unwrap_or_else(|| "nobody".into()), uid, signer }
    }

    /// Whether `people` name them: by their key, if that is what they are called by, or as a user.
    pub fn is_one_of(&self, people: &[Person], accounts: &impl Accounts) -> bool {
        let signs_as = |name: &String| self.signer.as_ref().is_some_and(|signer| signer.principals.contains(name));
        let is_user = self.uid.filter(|uid| accounts.uid(&self.name) == Some(*uid));
        people.iter().any(|person| match person {
            Person::User(name) => is_user.is_some_and(|uid| accounts.uid(name) == Some(uid)),
            // Whoever may use sudo is root: that has to be meant.
            Person::Group(group) => is_user.is_some_and(|uid| uid != 0 && accounts.is_member(uid, group)),
            Person::Signer(name) => *name == self.name && signs_as(name),
        })
    }

    /// Whether `people` name them, by whatever they are: for those who ask.
    pub fn may_ask(&self, people: &[Person], accounts: &impl Accounts) -> bool {
        let uid = self.uid;
        people.iter().any(|person| match person {
            Person::User(name) => uid.is_some() && accounts.uid(name) == uid,
            Person::Group(group) => uid.is_some_and(|uid| accounts.is_member(uid, group)),
            Person::Signer(name) => self.signer.as_ref().is_some_and(|signer| signer.principals.contains(name)),
        })
    }
}

/// Four eyes: why these are, or may be, one person; `None` if they are two.
pub fn one_person(applicant: &Who, approver: &Who) -> Option<String> {
    let (asked, approved) = (&applicant.signer, &approver.signer);
    if applicant.uid.is_some() && applicant.uid == approver.uid {
        let uid = applicant.uid.unwrap_or_default();
        return Some(format!("user {uid} asked for it and approves it: another person has to"));
    }
    match (asked, approved) {
        (Some(asked), Some(approved)) => {
            if let Some(both) = asked.principals.iter().find(|name| approved.principals.contains(name)) {
                return Some(format!("{both} asked for it and approves it: another person has to"));
            }
            (asked.key == approved.key).then(|| format!("one key, {}, signs both the request and the approval", asked.key))
        }
        // A principal and a user can't be compared: one may be the other.
        (Some(_), None) => {
            Some("the request is signed and the approval is not: sign it too, so that the two signers can be compared".into())
        }
        (None, Some(_)) => Some(
            "the approval is signed and the request is not: ask for a signed request, so that the two signers can be compared"
                .into(),
        ),
        (None, None) if applicant.name == approver.name => {
            Some(format!("{} asked for it and approves it: another person has to", approver.name))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{Town, signed, user};
    use super::*;

    fn people(names: &[&str]) -> Vec<Person> {
        names.iter().map(|name| Person::parse(name).expect("a person")).collect()
    }

    #[test]
    fn people_are_users_groups_and_signers() {
        for text in ["bob", "group:security", "signer:bob@example.com"] {
            assert_eq!(Person::parse(text).map(|person| person.to_string()).as_deref(), Some(text));
        }
        for text in ["", "group:", "uid:1", "a b", "a:b:c", "signer:a,b"] {
            assert_eq!(Person::parse(text), None, "{text}");
        }
        assert!(user(2).is_one_of(&people(&["bob"]), &Town) && user(3).is_one_of(&people(&["x", "group:security"]), &Town));
        assert!(!user(1).is_one_of(&people(&["bob", "group:security", "signer:alice"]), &Town));
        assert!(!user(77).is_one_of(&people(&["bob"]), &Town), "a user without a name");
        assert!(user(0).is_one_of(&people(&["root"]), &Town) && !user(0).is_one_of(&people(&["bob", "group:security"]), &Town));
    }

    #[test]
    fn who_is_called_by_a_key_counts_by_that_key_and_not_by_whoever_brings_it() {
        let brought = signed(2, "mallory@x", "SHA256:m");
        assert!(!brought.is_one_of(&people(&["bob", "group:security", "signer:bob@x"]), &Town));
        assert!(brought.is_one_of(&people(&["signer:mallory@x"]), &Town));
        let as_user = Who { name: "bob".into(), ..brought };
        assert!(as_user.is_one_of(&people(&["bob"]), &Town) && !as_user.is_one_of(&people(&["signer:mallory@x"]), &Town));
    }

    #[test]
    fn four_eyes() {
        let same = |a: &Who, b: &Who| one_person(a, b);
        assert_eq!(same(&user(1), &user(2)), None);
        assert_eq!(same(&user(1), &user(1)).as_deref(), Some("user 1 asked for it and approves it: another person has to"));
        assert_eq!(same(&signed(1, "alice@x", "a"), &signed(2, "bob@x", "b")), None);
        assert!(same(&signed(1, "alice@x", "a"), &signed(1, "bob@x", "b")).is_some(), "one user with two keys");
        assert_eq!(
            same(&signed(1, "alice@x", "a"), &signed(0, "alice@x", "b")).as_deref(),
            Some("alice@x asked for it and approves it: another person has to")
        );
        assert_eq!(
            same(&signed(1, "alice@x", "a"), &signed(0, "bob@x", "a")).as_deref(),
            Some("one key, a, signs both the request and the approval")
        );
        assert!(same(&signed(1, "alice@x", "a"), &user(2)).is_some_and(|why| why.starts_with("the request is signed")));
        assert!(same(&user(1), &signed(0, "alice@x", "a")).is_some_and(|why| why.starts_with("the approval is signed")));
    }
}
