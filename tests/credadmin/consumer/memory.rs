//! The memory of `credadmin consumer serve`, searched for the session that it hands out, under the unit's own settings.

use nix::unistd::Uid;

use super::serve::{get, start_with};
use super::{Scene, in_seconds};
use crate::harness::not_tested;
use crate::secrets::memory::of_the_units;
use crate::secrets::memory::search::{Copies, Secret, search};
use crate::story::CANARY;

#[test]
fn under_its_unit_one_copy_of_a_session_is_in_memory_until_it_ends_and_none_after_it() {
    if !Uid::effective().is_root() {
        return not_tested("not root, so that the memory of another process can't be read");
    }
    let scene = Scene::new();
    let (process, url) = start_with(&scene, &[("GLIBC_TUNABLES", &of_the_units())]);
    let session = scene.publish("one", in_seconds(10));
    let part = |name, key: &str| Secret { name, value: session[key].as_str().expect("a text").to_owned() };
    let parts = [part("key", "sessionKey"), part("token", "sessionToken")];
    let look = |when: &str| {
        let copies = search(process.id(), &parts, CANARY);
        eprintln!("copies in the memory of serve, {when}: {copies:?}");
        copies
    };
    assert_eq!(look("before"), Copies::new());
    assert_eq!(get(&url).0, 200);
    let once = |name| ((name, "the secret's value"), 1);
    assert_eq!(look("open"), Copies::from([once("key"), once("token")]));
    while get(&url).0 == 200 {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(look("over"), Copies::new());
}
