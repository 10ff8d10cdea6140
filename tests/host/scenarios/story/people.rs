//! Who takes part, and with what: the package, two people with groups, a role for the application, and a user of IAM's for whoever revokes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use strict_aws::{Credentials, Role, World};

use super::super::package::install_deb;
use crate::host::{Host, NOTIFIER, UNIT};
use crate::package::run;

/// Asks.
pub const ALICE: &str = "alice";
/// Approves.
pub const BOB: &str = "bob";
/// The id of the second secret, of the same role.
pub const OTHER: &str = "SensitiveOther";
/// Where the account's policies are written.
const POLICIES: &str = "/run/policies";
/// What the approvers' group needs of each unit: see credadmin.toml(5).
const GROUPS: &str = "[Service]\nPrivateUsers=no\nSupplementaryGroups=approvers\n";
const CONFIG: &str = r#"
region = "eu-central-1"
grants_group = "approvers"

[secrets.sensitive-s3]
secret_id = "SensitiveS3"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
session_duration = "16m"
refresh_lead = "15m"
bucket = "sensitive-bucket"
[secrets.sensitive-s3.requests]
approvers = ["group:approvers"]
longest_window = "8h"

[secrets.other]
secret_id = "SensitiveOther"
role_arn = "arn:aws:iam::123456789012:role/SensitiveS3Access"
[secrets.other.requests]
approvers = ["group:approvers"]

[requests]

[mail]
from = "credadmin@example.com"
configuration_set = "credadmin"
people = { alice = "alice@example.com", bob = "bob@example.com", "group:approvers" = "bob@example.com" }
"#;

/// The scene of a story.
pub struct Scene<'a> {
    pub host: &'a Host,
    /// The application's role's.
    reader: Credentials,
    /// An administrator's.
    revoker: Credentials,
}

impl<'a> Scene<'a> {
    /// The package is installed and configured, the account made of that, and both services run.
    pub fn set(host: &'a Host) -> Self {
        install_deb();
        employ();
        host.write("credadmin.toml", CONFIG);
        for unit in [UNIT, NOTIFIER] {
            host.write_drop_in_of(unit, "20-approvers.conf", GROUPS);
        }
        let world = &host.account.world;
        allow(world);
        host.start();
        host.systemctl(&["start", NOTIFIER]);
        host.wait_until("notifier", || {
            host.journal.of(NOTIFIER).iter().any(|entry| entry.message().contains("notifier started"))
        });
        let reader = world.instance_credentials(&world.launch_instance("EC2Normal")).expect("it has a role");
        let revoker = world.add_user("admin", &[&policy("Admins", "-revoke")]);
        Self { host, reader, revoker }
    }

    /// Alice asks; answers with the id of the request.
    pub fn ask(&self, secret: &str, when: &[&str]) -> String {
        let asked = self.asking(secret, when).output().expect("credadmin");
        let said = String::from_utf8_lossy(&asked.stderr);
        assert!(asked.status.success(), "{said}");
        String::from_utf8(asked.stdout).expect("text").trim().to_owned()
    }

    /// Alice, asking.
    pub fn asking(&self, secret: &str, when: &[&str]) -> Command {
        let why = ["--reason", "quarter-end figures", "--ticket", "OPS-1234"];
        self.by(ALICE, &[&["request", secret], when, &why].concat())
    }

    /// `credadmin …` by one of the host's users, and what comes of it.
    pub fn decide(&self, user: &str, arguments: &[&str]) -> Output {
        self.by(user, arguments).output().expect("setpriv")
    }

    /// `credadmin revoke …`, as an administrator.
    pub fn revoke(&self, arguments: &[&str]) -> Output {
        self.run_as(&self.revoker, &[&["revoke"], arguments].concat())
    }

    fn by(&self, user: &str, arguments: &[&str]) -> Command {
        let who = [&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups"];
        let mut command = Command::new("setpriv");
        command.args(who).arg("credadmin").args(arguments);
        command.env("AWS_ENDPOINT_URL", &self.host.account.services).env("LC_ALL", "C");
        command.env("AWS_ENDPOINT_URL_SIGNIN", &self.host.account.services);
        command
    }

    /// `credadmin consumer process`, as the application's role.
    pub fn consume(&self, secret_id: &str) -> Output {
        self.run_as(
            &self.reader,
            &["consumer", "process", "--credentials", "default-chain", "--region", "eu-central-1", "--secret-id", secret_id],
        )
    }

    /// The environment of an application: the account, and its role's keys.
    pub fn reader(&self) -> Vec<(&'static str, String)> {
        self.environment(&self.reader)
    }

    fn run_as(&self, keys: &Credentials, arguments: &[&str]) -> Output {
        Command::new("credadmin").args(arguments).envs(self.environment(keys)).output().expect("credadmin")
    }

    fn environment(&self, keys: &Credentials) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("AWS_ENDPOINT_URL", self.host.account.services.clone()),
            ("AWS_ACCESS_KEY_ID", keys.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.clone()),
        ];
        environment.extend(keys.session_token.iter().map(|token| ("AWS_SESSION_TOKEN", token.clone())));
        environment
    }

    /// Waits until these people, and nobody else, have had one mail with this in its subject; there is never a second.
    pub fn wait_for_mail(&self, news: &str, to: &[&str]) {
        let mails = || self.host.account.world.mails().into_iter().filter(|mail| mail.subject.contains(news)).collect::<Vec<_>>();
        let wanted: Vec<String> = to.iter().map(|user| format!("{user}@example.com")).collect();
        self.host.wait_until(&format!("mail about {news:?}"), || mails().len() >= wanted.len());
        let mut had: Vec<String> = mails().into_iter().flat_map(|mail| mail.to).collect();
        had.sort();
        assert_eq!(had, wanted, "{news}: {:#?}", mails());
    }
}

/// Two people of the host, and what each may write.
fn employ() {
    for script in [
        "getent group approvers || groupadd approvers",
        "id alice || useradd alice",
        "id bob || useradd bob",
        "usermod --append --groups credadmin alice",
        "usermod --append --groups credadmin,approvers bob",
        "chgrp approvers /etc/credadmin/grants.d && chmod 2770 /etc/credadmin/grants.d",
        "chgrp --recursive credadmin /var/lib/credadmin/requests",
    ] {
        run("sh", &["-c", script]);
    }
}

/// Makes of the account what `credadmin policies` says, and nothing else.
fn allow(world: &World) {
    world.create_secret(OTHER, None);
    world.add_role(Role::new("EC2Normal"));
    // Its own policy opens nothing.
    let closed = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:role/EC2Normal"},
        "Action":"s3:*","Resource":"arn:aws:s3:::sensitive-bucket/*"}]}"#;
    world.add_bucket("sensitive-bucket", closed);
    world.add_object("sensitive-bucket", "report.csv", b"a,b");
    world.verify_identity("credadmin@example.com");
    world.put_configuration_set("credadmin", true);
    world.leave_the_sandbox();
    fs::remove_dir_all(POLICIES).ok();
    let who = ["--bucket", "sensitive-bucket", "--reader-role", "EC2Normal", "--revoker-role", "Admins"];
    run("credadmin", &[&["policies", "--format", "json", "--out", POLICIES][..], &who].concat());
    for (role, what) in [("CredAdmin", ""), ("SensitiveS3Access", ""), ("EC2Normal", "-read")] {
        // In the place of the only one that there is.
        world.put_role_policy(role, "job", &policy(role, what));
    }
}

/// One of the policies that were made.
fn policy(role: &str, what: &str) -> String {
    let file = Path::new(POLICIES).join(format!("{role}.credadmin{what}.json"));
    fs::read_to_string(file).expect("a policy")
}
