//! The users and groups of this host, as its name service has them now: whoever left a group is no approver any more, even where
//! they are still logged in with it.

use std::ffi::CString;

use nix::unistd::{Group, Uid, User, getgrouplist};

use super::Accounts;

/// Those of this host.
pub struct Host;

impl Accounts for Host {
    fn uid(&self, name: &str) -> Option<u32> {
        Some(User::from_name(name).ok()??.uid.as_raw())
    }

    fn user(&self, uid: u32) -> Option<String> {
        Some(User::from_uid(Uid::from_raw(uid)).ok()??.name)
    }

    fn has_group(&self, group: &str) -> bool {
        Group::from_name(group).is_ok_and(|group| group.is_some())
    }

    fn is_member(&self, uid: u32, group: &str) -> bool {
        let is_member = || {
            let group = Group::from_name(group).ok()??;
            let user = User::from_uid(Uid::from_raw(uid)).ok()??;
            let groups = getgrouplist(&CString::new(user.name).ok()?, user.gid).ok()?;
            Some(groups.contains(&group.gid))
        };
        is_member().unwrap_or(false)
    }
}
