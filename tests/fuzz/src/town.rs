//! The people of a host.

use credadmin::requests::Accounts;

/// root is 0, alice 1, bob 2, carol 3; root, bob and carol are the group security.
pub struct Town;

const USERS: [&str; 4] = ["root", "alice", "bob", "carol"];

impl Accounts for Town {
    fn uid(&self, name: &str) -> Option<u32> {
        USERS.iter().position(|user| *user == name).and_then(|uid| u32::try_from(uid).ok())
    }
    fn user(&self, uid: u32) -> Option<String> {
        USERS.get(uid as usize).map(|name| (*name).to_owned())
    }
    fn has_group(&self, group: &str) -> bool {
        group == "security"
    }
    fn is_member(&self, uid: u32, group: &str) -> bool {
        group == "security" && [0, 2, 3].contains(&uid)
    }
}
