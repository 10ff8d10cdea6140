//! The packages, as an administrator has them: installed, configured, upgraded, removed.

mod crates;
mod rpm;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::catalog;
use crate::account::SECRET;
use crate::host::{CATALOG, Host, NOTIFIER, UNIT, UNITS, grant, in_seconds, main_file, open};
use crate::package::{NEXT, dpkg, given, listing, next, run};

pub use crates::the_binary_and_the_sbom_name_the_same_crates;
pub use rpm::the_rpm_is_installed_upgraded_and_erased;

const SKELETON: &str = "credadmin.toml";
const CONSUMER: &str = "credadmin-consumer@x.service";
const IDLE: &str = "/run/systemd/system/credadmin-consumer@.service.d";
/// What stays of a package that creates a user: the user, and the files that guard the list of them.
const OF_USERS: [&str; 5] = ["/etc/.pwd.lock", "/etc/group-", "/etc/gshadow-", "/etc/passwd-", "/etc/shadow-"];

pub fn the_deb_is_installed_and_starts_nothing_before_it_is_told_to(host: &Host) {
    install_deb();
    // As an upgrade, it starts nothing that was not running.
    install_deb();
    assert_eq!((host.show("ActiveState"), host.show("UnitFileState")), ("inactive".into(), "disabled".into()));
    // It explains itself, and opens nothing.
    let checked = run("credadmin", &["check"]);
    assert!(checked.contains("there is nothing to do"), "{checked}");
    starts_with_a_config_of_the_administrator(host);

    let inactive = host.try_systemctl(&["is-enabled", UNIT]);
    assert_eq!(inactive.stdout, b"disabled\n", "it is enabled by who wants it");
    host.systemctl(&["enable", UNIT]);
    assert_eq!(host.show("UnitFileState"), "enabled");
}

pub fn the_deb_explains_itself(host: &Host) {
    install_deb();
    for page in [["8", "credadmin"], ["5", "credadmin.toml"]] {
        let file = run("man", &["-w", page[0], page[1]]);
        let text = run("sh", &["-c", &format!("zcat {file} | mandoc -T utf8 | col -b", file = file.trim())]);
        assert!(text.contains(page[1]) && text.contains("DESCRIPTION"), "{text}");
    }
    for document in ["README.md", "install.md", "events.md", "requests.md", "copyright", "examples/vpc-endpoints.conf"] {
        let path = Path::new("/usr/share/doc/credadmin").join(document);
        assert!(fs::metadata(&path).expect("a document").len() > 100, "{path:?}");
    }
    completes(host, "");

    assert!(Path::new(CATALOG).exists());
    edit(host, SKELETON, &main_file(&open("quarter-end")));
    host.start();
    host.wait_for_entry("session published");
    catalog::is_explained(host);
}

pub fn an_upgrade_of_the_deb_restarts_the_daemon_and_keeps_the_config(host: &Host) {
    install_deb();
    let config = main_file(&open("quarter-end"));
    edit(host, SKELETON, &config);
    host.start();
    host.systemctl(&["enable", UNIT]);
    let (before, pid) = (host.account.versions(SECRET), host.show("MainPID"));
    assert_eq!(before.len(), 1);
    let consumer = consumer(host);

    // Its skeleton is another one too.
    let (tree, package) = (Path::new("/run/next"), "/run/next.deb");
    run("dpkg-deb", &["-R", next("deb").to_str().expect("UTF-8"), "/run/next"]);
    fs::write(tree.join("etc/credadmin").join(SKELETON), "# Another skeleton.\n").expect("a skeleton");
    run("dpkg-deb", &["-b", "-Znone", "/run/next", package]);
    dpkg(&["-i", package]);

    assert_eq!(run("dpkg-query", &["-W", "-f", "${Status} ${Version}", "credadmin"]), format!("install ok installed {NEXT}-1"));
    assert_ne!(host.show("MainPID"), pid, "the daemon runs on, as the version before");
    goes_on(host, &before);
    consumer_restarts(host, &consumer);
    assert_eq!(host.show("UnitFileState"), "enabled");
    assert_eq!(read(host, SKELETON), config);
    assert_eq!(owner_and_mode(host, SKELETON), "root:credadmin 640");
    assert_eq!(read(host, "credadmin.toml.dpkg-dist"), "# Another skeleton.\n");
}

pub fn a_deb_that_is_removed_stops_and_one_that_is_purged_leaves_nothing(host: &Host) {
    let before = listing();
    install_deb();
    let config = main_file(&open("quarter-end"));
    edit(host, SKELETON, &config);
    host.start();
    host.systemctl(&["enable", UNIT, NOTIFIER]);

    dpkg(&["--remove", "credadmin"]);
    host.wait_for_entry("stopped by SIGTERM");
    assert_eq!(host.show("ActiveState"), "inactive");
    assert!(!host.try_systemctl(&["start", UNIT]).status.success(), "there is nothing left to start");
    assert_eq!(read(host, SKELETON), config);

    dpkg(&["--purge", "credadmin"]);
    let after = listing();
    let left: Vec<_> = after.difference(&before).filter(|path| !OF_USERS.contains(&path.as_str())).collect();
    assert_eq!((left, before.difference(&after).next()), (vec![], None));
    assert!(!Path::new(UNITS).join(UNIT).exists() && host.show("LoadState") == "not-found", "{}", host.show("LoadState"));

    // A grant that somebody has dropped in is theirs.
    install_deb();
    drop_in(host, "20-own.toml", "");
    dpkg(&["--purge", "credadmin"]);
    let left: Vec<_> = listing().difference(&after).cloned().collect();
    assert_eq!(left, ["/etc/credadmin", "/etc/credadmin/grants.d", "/etc/credadmin/grants.d/20-own.toml"]);
}

pub fn those_who_approve_drop_in_grants_beside_a_config_that_they_cannot_read(host: &Host) {
    install_deb();
    edit(host, SKELETON, &format!("grants_group = 'approvers'\n{}", main_file("")));
    run("groupadd", &["approvers"]);
    run("chgrp", &["approvers", "/etc/credadmin/grants.d"]);
    run("chmod", &["2770", "/etc/credadmin/grants.d"]);
    host.write_drop_in("20-approvers.conf", "[Service]\nPrivateUsers=no\nSupplementaryGroups=approvers\n");
    host.start();
    assert_eq!(host.account.versions(SECRET).len(), 0);

    let text = open("incident").replace('\'', "\"");
    let script = format!("cd /etc/credadmin && ! cat {SKELETON} && umask 027 && echo '{text}' >grants.d/20-incident.toml");
    run("setpriv", &["--reuid=4711", "--regid=approvers", "--clear-groups", "sh", "-c", &script]);
    host.wait_for_versions(SECRET, 1);
}

pub fn install_deb() {
    dpkg(&["-i", given("deb").to_str().expect("UTF-8")]);
}

/// Over the skeleton, and a drop-in beside it; for nobody else to read.
fn starts_with_a_config_of_the_administrator(host: &Host) {
    assert_eq!(owner_and_mode(host, SKELETON), "root:credadmin 640");
    edit(host, SKELETON, &main_file(""));
    drop_in(host, "20-incident.toml", &grant("incident", "sensitive-s3", in_seconds(-60), in_seconds(1000)));
    for name in [SKELETON, "grants.d/20-incident.toml", "grants.d/50-example.toml"] {
        assert_eq!(owner_and_mode(host, name), "root:credadmin 640", "{name}");
    }
    host.start();
    assert_eq!(host.account.versions(SECRET).len(), 1, "sessions published when systemctl start came back");
    host.wait_for_entry("session published");
}

/// As an editor does that writes into the file itself.
fn edit(host: &Host, name: &str, text: &str) {
    assert!(host.path(name).exists(), "no {name} to edit");
    fs::write(host.path(name), text).expect("a file to write");
}

/// A new file of root's, made with a umask of 027.
fn drop_in(host: &Host, name: &str, text: &str) {
    let path = host.path("grants.d").join(name);
    fs::write(&path, text).expect("a drop-in");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("a mode");
}

fn read(host: &Host, name: &str) -> String {
    fs::read_to_string(host.path(name)).expect("a file to read")
}

fn owner_and_mode(host: &Host, name: &str) -> String {
    run("stat", &["-c", "%U:%G %a", host.path(name).to_str().expect("UTF-8")]).trim_end().to_owned()
}

/// The daemon, another process, has found in place what its forerunner published.
fn goes_on(host: &Host, published: &[String]) {
    assert_eq!(host.show("ActiveState"), "active");
    host.wait_for_entry("session in place");
    assert_eq!((host.account.versions(SECRET).as_slice(), host.account.world.sessions().len()), (published, 1));
}

/// Starts one that hands sessions to applications, as far as the packages can tell, and answers with its process.
fn consumer(host: &Host) -> String {
    fs::create_dir_all(IDLE).expect("a directory");
    let idle = "[Service]\nType=exec\nLoadCredential=\nExecStart=\nExecStart=/usr/bin/sleep infinity\n";
    fs::write(Path::new(IDLE).join("20-idle.conf"), idle).expect("a drop-in");
    host.systemctl(&["daemon-reload"]);
    host.systemctl(&["start", CONSUMER]);
    pid(host)
}

/// It runs, as another process; and is gone then, with what made it idle.
fn consumer_restarts(host: &Host, before: &str) {
    host.wait_until("restart of the consumer", || ![before, "0"].contains(&pid(host).as_str()));
    host.systemctl(&["stop", CONSUMER]);
    fs::remove_dir_all(IDLE).expect("the drop-in");
    host.systemctl(&["daemon-reload"]);
}

fn pid(host: &Host) -> String {
    let output = host.try_systemctl(&["show", "--value", "--property", "MainPID", CONSUMER]);
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// bash, and zsh and fish where they are installed, complete credadmin's commands. `fpath` is where else zsh has to look.
fn completes(host: &Host, fpath: &str) {
    let bash = "/usr/share/bash-completion/completions/credadmin";
    let said = run("bash", &["-c", &format!("source {bash} && complete -p credadmin")]);
    assert!(said.contains("-F _credadmin"), "{said}");
    let zsh = format!("fpath+=({fpath}); autoload -Uz compinit; compinit -D; print $_comps[credadmin]");
    for (shell, script, says) in [("zsh", zsh.as_str(), "_credadmin"), ("fish", "complete -C 'credadmin pl'", "plan")] {
        if Path::new("/usr/bin").join(shell).exists() {
            let said = run(shell, &["-c", script]);
            assert!(said.contains(says), "{shell}: {said}");
        } else {
            host.tell(format!("{shell} is not installed: its completion was NOT tried"));
        }
    }
}
