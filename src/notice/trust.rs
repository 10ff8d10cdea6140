//! Whose entries are believed: whoever may write to the journal can write anything but journald's own fields, and can have this
//! very program write what people do, on a config, with signers and against an AWS of their own.

use std::path::Path;

use super::read::grant;
use crate::config::{Requests, Watched};
use crate::grant::{Name, Papers};
use crate::history::{Entry, Kind};
use crate::requests::{Accounts, Rules, Who};

/// The daemon's unit.
const UNIT: &str = "credadmin.service";

/// Whether an entry is what it says: of the daemon's unit, or, of what people do, written by this very program.
pub fn is_believed(entry: &Entry, program: &Path) -> bool {
    match entry.kind.is_of_people() {
        true => entry.program.as_deref().is_some_and(|of| Path::new(of) == program),
        false => entry.unit.as_deref() == Some(UNIT),
    }
}

/// Whether what people do was for whoever wrote it to do, by the notifier's own config, and by the text of its allowed signers.
pub fn is_theirs(entry: &Entry, watched: &[Watched], requests: &Requests, signers: &str, accounts: &impl Accounts) -> bool {
    // What is of a secret that nobody can ask for here is of another config.
    let rules = || requests.rules.get(&Name::parse(entry.field("SECRET")?)?);
    match entry.kind {
        Kind::Requested | Kind::Withdrawn => rules().is_some() && asks(entry, signers, accounts),
        Kind::Denied => rules().is_some_and(|rules| decides(entry, rules, accounts)),
        Kind::Approved => rules().is_some_and(|rules| decides(entry, rules, accounts)) || is_dropped_in(entry, watched),
        Kind::Revocation => entry.uid == Some(0),
        // The daemon's: it can say anything.
        _ => true,
    }
}

/// Whether whoever asks is called as the user that they are, or as one of those who may sign: whether they did is in no entry.
fn asks(entry: &Entry, signers: &str, accounts: &impl Accounts) -> bool {
    let is_user = |name: &str| entry.uid.is_some() && Who::of(entry.uid, None, accounts).name == name;
    entry.field("REQUESTED_BY").is_some_and(|name| is_user(name) || is_signer(name, signers))
}

/// Whether allowed signers (ssh-keygen(1)) have this name. A pattern is the name of nobody.
fn is_signer(name: &str, signers: &str) -> bool {
    let lines = signers.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut names = lines.filter_map(|line| line.split_whitespace().next()).flat_map(|names| names.split(','));
    !name.contains(['*', '?', '!']) && names.any(|known| known == name)
}

fn decides(entry: &Entry, rules: &Rules, accounts: &impl Accounts) -> bool {
    entry.uid == Some(0) || Who::of(entry.uid, None, accounts).is_one_of(&rules.approvers, accounts)
}

/// Whether it is in force, as it says: an approval that was signed elsewhere is told by whoever brought it in.
fn is_dropped_in(entry: &Entry, watched: &[Watched]) -> bool {
    entry.field("GRANT").and_then(|name| grant(watched, name)).is_some_and(|grant| {
        let Papers { requested_by, approved_by, reason, ticket } = &grant.papers;
        let papers = [("REQUESTED_BY", requested_by), ("APPROVED_BY", approved_by), ("REASON", reason), ("TICKET", ticket)];
        entry.field("SECRET") == Some(grant.secret.as_str())
            && papers.iter().all(|(field, paper)| entry.field(field) == paper.as_deref())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, load};
    use crate::journal::ids;

    fn entry(id: &str, unit: &str, program: &str) -> Entry {
        let line = format!(
            r#"{{"MESSAGE_ID":"{id}","MESSAGE":"x","__REALTIME_TIMESTAMP":"1","_SYSTEMD_UNIT":"{unit}",
                "_EXE":"{program}","UNIT":"credadmin.service","EXE":"/usr/bin/credadmin"}}"#
        );
        Entry::parse(&line).unwrap().unwrap()
    }

    #[test]
    fn the_daemon_is_believed_by_its_unit_and_people_by_their_program() {
        for (unit, program, daemon, people) in [
            ("credadmin.service", "/usr/bin/credadmin", true, true),
            ("session-4.scope", "/usr/bin/credadmin", false, true),
            ("credadmin.service", "/usr/bin/logger", true, false),
            ("session-4.scope", "/home/x/credadmin", false, false),
            ("credadmin-notify.service", "", false, false),
        ] {
            let is_believed = |id| is_believed(&entry(id, unit, program), Path::new("/usr/bin/credadmin"));
            assert_eq!((is_believed(ids::OPENED), is_believed(ids::REQUESTED)), (daemon, people), "{unit} {program}");
        }
    }

    /// alice is 1, and bob 2. Nobody is in a group.
    struct Town;

    const PEOPLE: [&str; 3] = ["root", "alice", "bob"];

    impl Accounts for Town {
        fn uid(&self, name: &str) -> Option<u32> {
            PEOPLE.iter().position(|user| *user == name).and_then(|uid| u32::try_from(uid).ok())
        }
        fn user(&self, uid: u32) -> Option<String> {
            PEOPLE.get(uid as usize).map(|name| (*name).to_owned())
        }
        fn has_group(&self, _: &str) -> bool {
            false
        }
        fn is_member(&self, _: u32, _: &str) -> bool {
            false
        }
    }

    const CONFIG: &str = "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'S'\nrole_arn = 'arn:aws:iam::123456789012:role/S'\n\
        [secrets.s3.requests]\napprovers = ['bob']\n[secrets.closed]\nsecret_id = 'C'\n\
        role_arn = 'arn:aws:iam::123456789012:role/C'\n[grants.signed]\nsecret = 's3'\nfrom = '2026-12-01T08:00:00Z'\n\
        until = '2026-12-01T18:00:00Z'\nrequested_by = 'a@x.example'\napproved_by = 'b@x.example'\nreason = 'q4'\n";
    const SIGNERS: &str = "# c@x.example ssh-ed25519 A\na@x.example,b@x.example ssh-ed25519 AAAA\n*@x.example ssh-ed25519 B\n";

    fn settings() -> Settings {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("credadmin.toml");
        std::fs::write(&path, CONFIG).expect("a file");
        load(&path, "2026-11-25T00:00:00Z".parse().expect("an instant")).expect("a valid config")
    }

    /// Whether that is believed of this user, of the secret s3 where the fields name no other.
    fn is_theirs_to_say(id: &str, uid: u32, fields: &[(&str, &str)]) -> bool {
        let mut line =
            serde_json::json!({ "MESSAGE_ID": id, "__REALTIME_TIMESTAMP": "1", "_UID": uid.to_string(), "SECRET": "s3" });
        line.as_object_mut().expect("an object").extend(fields.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let (entry, Settings { secrets, requests, .. }) = (Entry::parse(&line.to_string()).unwrap().unwrap(), settings());
        is_theirs(&entry, &secrets, &requests, SIGNERS, &Town)
    }

    #[test]
    fn who_asks_is_the_user_who_wrote_it_or_one_of_the_signers() {
        for id in [ids::REQUESTED, ids::WITHDRAWN] {
            for (uid, name, wanted) in [
                (1, "alice", true),
                (7, "uid 7", true),
                (7, "alice", false),
                (0, "alice", false),
                (7, "a@x.example", true),
                (7, "b@x.example", true),
                (1, "victim@elsewhere.example", false),
                (1, "c@x.example", false),
                (1, "*@x.example", false),
            ] {
                assert_eq!(is_theirs_to_say(id, uid, &[("REQUESTED_BY", name)]), wanted, "{uid} {name}");
            }
            for secret in ["closed", "other", "S3/.."] {
                assert!(!is_theirs_to_say(id, 1, &[("REQUESTED_BY", "alice"), ("SECRET", secret)]), "{secret}");
            }
            assert!(!is_theirs_to_say(id, 1, &[]), "nobody asks");
        }
    }

    #[test]
    fn approvers_and_root_decide_and_root_alone_revokes() {
        for (uid, decides, revokes) in [(0, true, true), (1, false, false), (2, true, false), (7, false, false)] {
            let of = |id| is_theirs_to_say(id, uid, &[("REQUESTED_BY", "alice"), ("APPROVED_BY", "bob"), ("GRANT", "req")]);
            let all = [ids::APPROVED, ids::DENIED, ids::REVOCATION].map(of);
            assert_eq!(all, [decides, decides, revokes], "{uid}");
        }
        assert!(!is_theirs_to_say(ids::DENIED, 0, &[("SECRET", "closed")]));
    }

    #[test]
    fn whoever_brings_an_approval_in_tells_what_is_in_force() {
        let of = |change: &[(&str, &str)]| {
            let papers = [("GRANT", "signed"), ("REQUESTED_BY", "a@x.example"), ("APPROVED_BY", "b@x.example"), ("REASON", "q4")];
            is_theirs_to_say(ids::APPROVED, 7, &[&papers[..], change].concat())
        };
        assert!(of(&[]));
        for change in
            [("GRANT", "other"), ("REQUESTED_BY", "c@y.example"), ("REASON", "more"), ("TICKET", "T-1"), ("SECRET", "closed")]
        {
            assert!(!of(&[change]), "{change:?}");
        }
    }
}
