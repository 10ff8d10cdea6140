//! The application that asks for container credentials, of the unit that answers it.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::Keys;
use super::people::Scene;
use crate::account::SECRET;
use crate::host::Host;
use crate::package::run;

const SOCKET: &str = "credadmin-consumer@SensitiveS3.socket";
const SERVICE: &str = "credadmin-consumer@SensitiveS3.service";
/// As the unit says at its top.
const TOKEN: &str = "mkdir -p /etc/credadmin/consumer && cd /etc/credadmin/consumer
    (umask 027; head -c 32 /dev/urandom | sha256sum | head -c 64 >SensitiveS3.token)
    cat SensitiveS3.token";

pub fn the_consumers_unit_hands_the_session_to_who_has_the_token(host: &Host) {
    let scene = Scene::set(host);
    scene.open("sensitive-s3", 45);
    host.wait_for_versions(SECRET, 1);
    let token = run("sh", &["-c", TOKEN]);
    // The instance's role is the daemon's here, and not an application's.
    let environment: String = scene.reader().iter().map(|(name, value)| format!("Environment={name}={value}\n")).collect();
    let command = "/usr/bin/credadmin consumer serve --secret-id %I --token-file %d/token --region eu-central-1";
    let drop_in = format!("[Service]\n{environment}ExecStart=\nExecStart={command} --credentials default-chain\n");
    host.write_drop_in_of(SERVICE, "10-account.conf", &drop_in);

    host.systemctl(&["start", SOCKET]);
    assert_eq!(host.try_systemctl(&["is-active", SERVICE]).status.code(), Some(3), "nobody has asked");
    let (status, body) = asked(&token);
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    let text = |key: &str| answer[key].as_str().expect("text").to_owned();
    assert_eq!(scene.reads(&Keys { id: text("AccessKeyId"), token: text("Token") }), Ok(b"a,b".to_vec()));
    assert!(host.try_systemctl(&["is-active", SERVICE]).status.success(), "it waits for the next");
    let (status, body) = asked("another");
    assert!(status.starts_with("HTTP/1.1 40") && !body.contains("Token\""), "{status} {body}");

    host.wait_for_entry("window closed");
    let (status, body) = asked(&token);
    assert!(!status.contains(" 200 ") && !body.contains("SecretAccessKey"), "{status} {body}");
    assert!(body.contains("closed"), "{body}");
    host.systemctl(&["stop", SOCKET, SERVICE]);
}

/// The first line and the body of an answer.
fn asked(token: &str) -> (String, String) {
    let mut stream = TcpStream::connect("127.0.0.1:9911").expect("systemd listens");
    let request = format!("GET /credentials HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}
