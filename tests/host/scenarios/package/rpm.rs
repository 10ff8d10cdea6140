//! The .rpm, from its first day to its last, on a Debian: dnf would bring what it requires.

use std::fs;

use super::{
    OF_USERS, SKELETON, catalog, completes, consumer, consumer_restarts, goes_on, owner_and_mode, read,
    starts_with_a_config_of_the_administrator,
};
use crate::account::SECRET;
use crate::host::Host;
use crate::package::{NEXT, given, listing, next, rpm, run};

pub fn the_rpm_is_installed_upgraded_and_erased(host: &Host) {
    // Where rpm is at home they are other packages'.
    for directory in ["/usr/share/licenses", "/usr/share/zsh/site-functions"] {
        fs::create_dir_all(directory).expect("a directory");
    }
    let before = listing();
    let install = ["--nodeps", "--force-debian", "-U"];
    let path = given("rpm");
    rpm(&[&install[..], &[path.to_str().expect("UTF-8")]].concat());
    assert_eq!((host.show("ActiveState"), host.show("UnitFileState")), ("inactive".into(), "disabled".into()));
    let trusted = ["/etc/credadmin", "/etc/credadmin/grants.d"].map(|path| run("stat", &["-c", "%U:%G %a", path]));
    assert_eq!(trusted, ["root:credadmin 2755\n", "root:credadmin 2750\n"]);
    starts_with_a_config_of_the_administrator(host);
    completes(host, "/usr/share/zsh/site-functions");
    catalog::is_explained(host);
    let (versions, pid, config) = (host.account.versions(SECRET), host.show("MainPID"), read(host, SKELETON));
    let before_upgrade = consumer(host);

    let path = next("rpm");
    rpm(&[&install[..], &[path.to_str().expect("UTF-8")]].concat());
    assert_eq!(rpm(&["-q", "--queryformat", "%{VERSION}", "credadmin"]), NEXT);
    assert_ne!(host.show("MainPID"), pid, "the daemon runs on, as the version before");
    goes_on(host, &versions);
    consumer_restarts(host, &before_upgrade);
    assert_eq!((read(host, SKELETON), owner_and_mode(host, SKELETON)), (config.clone(), "root:credadmin 640".into()));

    rpm(&["-e", "credadmin"]);
    host.wait_for_entry("stopped by SIGTERM");
    assert_eq!((host.show("ActiveState"), host.show("LoadState")), ("inactive".into(), "not-found".into()));
    assert_eq!(read(host, "credadmin.toml.rpmsave"), config);
    let after = listing();
    let left: Vec<_> = after.difference(&before).filter(|path| !OF_USERS.contains(&path.as_str())).collect();
    let own =
        ["", "/credadmin.toml.rpmsave", "/grants.d", "/grants.d/20-incident.toml"].map(|path| format!("/etc/credadmin{path}"));
    assert_eq!((left, before.difference(&after).next()), (own.iter().collect(), None));
}
