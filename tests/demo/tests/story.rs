//! The demo from outside, as a user without a terminal sees it.

use std::process::Command;

#[test]
fn the_whole_story_happens_and_is_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_credadmin-demo")).output().expect("it starts");
    let (told, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}{complaints}");
    assert_eq!(complaints, "");
    let mut rest = &*told;
    for line in [
        "asks for the ACL of s3://sensitive-s3/quarter.csv as EC2Normal: AccessDenied",
        "reads the secret SensitiveS3, which has no value yet: ResourceNotFoundException",
        "window opened: grant quarter-end",
        "session published: ASIA",
        "version credadmin-20261201T",
        "reads the secret, and gets the ACL with ASIA",
        "session published: ASIA",
        "drops a file into grants.d: the window ends at 11:20, not 10:30",
        "reloaded: 1 secret, 1 grant",
        "session published: ASIA",
        "still gets the ACL, past 10:30",
        "version credadmin-20261201T112000Z-",
        "asks once more with the session it holds: ",
        "tries that session again: ExpiredToken",
        "it still holds that session, and no new one",
        "as EC2Normal: AccessDenied",
        "11:30  │×",
        "All of this happened: ",
    ] {
        let (_, after) = rest.split_once(line).unwrap_or_else(|| panic!("{line:?} is missing, or out of order:\n{told}"));
        rest = after;
    }
    // Said at the very moment of the application's last question: before it or after it.
    assert!(told.contains("window closed: grant quarter-end of secret sensitive-s3: access has lapsed"), "{told}");
    assert!(!told.contains("CANARY"), "a key or token was shown:\n{told}");
    assert!(!told.contains('\x1b'), "this is no terminal:\n{told}");
}
