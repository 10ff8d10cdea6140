//! People and a request, for the tests of this room.

use super::{Accounts, Request, Signer, Who};
use crate::grant::{Name, Span};

/// alice is 1, bob 2, carol 3; root, bob and carol are the group security.
pub struct Town;

impl Accounts for Town {
    fn uid(&self, name: &str) -> Option<u32> {
        ["root", "alice", "bob", "carol"].iter().position(|user| *user == name).and_then(|uid| u32::try_from(uid).ok())
    }
    fn user(&self, uid: u32) -> Option<String> {
        ["root", "alice", "bob", "carol"].get(uid as usize).map(|name| (*name).to_owned())
    }
    fn has_group(&self, group: &str) -> bool {
        group == "security"
    }
    fn is_member(&self, uid: u32, group: &str) -> bool {
        group == "security" && [0, 2, 3].contains(&uid)
    }
}

/// A user who did not sign.
pub fn user(uid: u32) -> Who {
    Who::of(Some(uid), None, &Town)
}

/// The same with a signature.
pub fn signed(uid: u32, principal: &str, key: &str) -> Who {
    Who::of(Some(uid), Some(Signer { principals: vec![principal.into()], key: key.into() }), &Town)
}

/// A request such as people write.
pub fn request() -> Request {
    let at = |text: &str| text.parse().expect("an instant");
    Request {
        secret: Name::parse("s").expect("a name"),
        window: Span { opens: at("2026-12-01T08:00:00Z"), closes: at("2026-12-01T18:00:00Z") },
        reason: "quarter-end \"figures\" \\ more".into(),
        ticket: Some("OPS-1234".into()),
        asked: at("2026-11-30T12:00:00Z"),
    }
}
