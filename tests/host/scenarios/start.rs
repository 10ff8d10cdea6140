//! `systemctl start`: it returns when it is known of each secret how it stands, and not before.

use crate::account::{FORBIDDEN, SECRET};
use crate::host::{Host, grant, in_seconds, main_file, open, secret};

pub fn a_start_returns_when_the_session_is_published(host: &Host) {
    let ends = in_seconds(600);
    let nightly = grant("nightly", "sensitive-s3", in_seconds(3600), in_seconds(7200));
    host.write("credadmin.toml", main_file(&(grant("quarter-end", "sensitive-s3", in_seconds(-60), ends) + &nightly)));
    host.start();
    // Without waiting any more.
    assert_eq!(host.account.versions(SECRET).len(), 1, "sessions published when systemctl start came back");
    assert_eq!((host.show("ActiveState"), host.show("SubState")), ("active".into(), "running".into()));
    assert_eq!(host.show("Type"), "notify");

    let value = host.account.value(SECRET);
    for key in ["sessionId", "sessionKey", "sessionToken"] {
        assert!(value[key].as_str().is_some_and(|part| !part.is_empty()), "the reader's {key}");
    }
    assert!(host.last_session_ends(SECRET, ends), "the session does not end with its window: {}", value["expiration"]);
    let status = host.wait_for("STATUS", || Some(host.show("StatusText")).filter(|status| status.contains("1 of 1")));
    assert!(status.starts_with("1 of 1 secret open; next: nightly opens "), "{status}");
    host.tell(format!("STATUS={status}"));
}

pub fn a_denied_secret_keeps_nothing_from_starting(host: &Host) {
    let config = [
        main_file(&open("quarter-end")),
        secret("forbidden", FORBIDDEN),
        open("denied").replace("sensitive-s3", "forbidden"),
        secret("absent", "SensitiveAndAbsent"),
        open("missing").replace("sensitive-s3", "absent"),
    ];
    host.write("credadmin.toml", config.concat());
    host.start();
    assert_eq!(host.show("ActiveState"), "active");
    for (name, id, grant, code) in [
        ("forbidden", FORBIDDEN, "denied", "AccessDeniedException"),
        ("absent", "SensitiveAndAbsent", "missing", "ResourceNotFoundException"),
    ] {
        let entry = host.wait_for_entry(&format!("failing for {name} "));
        let fields = ["SECRET", "SECRET_ID", "GRANT", "ERROR_CODE", "PRIORITY"].map(|field| entry.field(field));
        assert_eq!(fields, [name, id, grant, code, "3"], "{entry:#?}");
        assert!(!entry.field("AWS_REQUEST_ID").is_empty(), "{entry:#?}");
    }
    host.wait_for_versions(SECRET, 1);
    let status = host.wait_for("STATUS", || Some(host.show("StatusText")).filter(|status| status.contains("failing")));
    assert!(status.contains("3 of 3 secrets open, 2 failing"), "{status}");
    host.tell(format!("STATUS={status}"));
}
